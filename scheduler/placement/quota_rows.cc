#include "scheduler/placement/quota_rows.h"

#include <algorithm>
#include <string>

namespace stowage::scheduler {
namespace {

// What bound pods leave of the cap.
int64_t RoomOf(const Instance& instance, const Quota& quota, const Quota::Cap& cap,
               const std::vector<char>& in_cluster) {
  __int128 left = cap.most;
  for (size_t j = 0; j < in_cluster.size(); ++j) {
    if (in_cluster[j] == 0) continue;
    for (const BoundPods& b : instance.clusters()[j]->bound) {
      if (!Covers(quota.namespaces, b.Relations().ns)) continue;
      left -= static_cast<__int128>(AmountOf(b.demand, cap.resource)) * b.count;
    }
  }
  return static_cast<int64_t>(std::max<__int128>(left, 0));
}

}  // namespace

QuotaRows::QuotaRows(const Instance& instance) {
  const std::vector<Quota>& quotas = instance.quotas();
  if (quotas.empty()) return;
  of_class_.resize(instance.classes().size());
  for (size_t q = 0; q < quotas.size(); ++q) {
    std::vector<char> in_cluster;
    for (const ClusterView* c : instance.clusters()) {
      in_cluster.push_back(Covers(quotas[q].clusters, c->name) ? 1 : 0);
    }
    const auto first = static_cast<int32_t>(rows_.size());
    for (const Quota::Cap& cap : quotas[q].caps) {
      rows_.push_back({q, cap.resource, RoomOf(instance, quotas[q], cap, in_cluster), in_cluster});
    }
    const auto end = static_cast<int32_t>(rows_.size());
    for (size_t k = 0; k < of_class_.size(); ++k) {
      if (!Covers(quotas[q].namespaces, instance.classes()[k]->Relations().ns)) continue;
      for (int32_t row = first; row < end; ++row) of_class_[k].push_back(row);
    }
  }
}

Money QuotaPrice(const Instance& instance, const ShadowPrices& prices, size_t k, size_t j) {
  __int128 sum = 0;
  for (const ShadowPrices::OfQuota& p : prices.quotas) {
    const std::vector<Quota>& quotas = instance.quotas();
    const auto quota =
        std::lower_bound(quotas.begin(), quotas.end(), p.quota,
                         [](const Quota& q, const std::string& name) { return q.name < name; });
    if (quota == quotas.end() || quota->name != p.quota || p.resource >= prices.shift.size() ||
        !Covers(quota->namespaces, instance.classes()[k]->Relations().ns) ||
        !Covers(quota->clusters, instance.clusters()[j]->name)) {
      continue;
    }
    const int64_t demand = AmountOf(instance.DemandOf(k, j), p.resource);
    sum += (static_cast<__int128>(p.price.nano) * demand) >> prices.shift[p.resource];
  }
  return {static_cast<int64_t>(std::min<__int128>(sum, kMaxBill.nano))};
}

}  // namespace stowage::scheduler
