#include <algorithm>
#include <limits>

#include "scheduler/placement/quotas.h"

namespace stowage::scheduler {
namespace {

constexpr __int128 kMaxUsed = std::numeric_limits<int64_t>::max();

}  // namespace

std::optional<Refusal> QuotaState::Check(size_t k, size_t j) const {
  if (of_class_.empty()) return std::nullopt;
  const Amounts& demand = instance_.DemandOf(k, j);
  const ResourceTable& names = instance_.resources();
  for (const size_t q : of_class_[k]) {
    if (in_cluster_[q][j] == 0 || RoomIn(q, demand) > 0) continue;
    const Quota& quota = instance_.quotas()[q];
    Refusal refusal{"Quota", "exceeded quota: " + quota.name, ""};
    for (size_t i = 0; i < quota.caps.size(); ++i) {
      const size_t r = quota.caps[i].resource;
      const int64_t each = AmountOf(demand, r);
      if (each == 0 || used_[q][i] + each <= quota.caps[i].most) continue;
      if (!refusal.detail.empty()) refusal.detail += "; ";
      refusal.detail +=
          "requested " + names.name(r) + " " + names.Format(r, each) + ", used " +
          names.Format(r, static_cast<int64_t>(std::min<__int128>(used_[q][i], kMaxUsed))) +
          ", limited to " + names.Format(r, quota.caps[i].most);
    }
    return refusal;
  }
  return std::nullopt;
}

}  // namespace stowage::scheduler
