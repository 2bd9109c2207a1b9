#include "scheduler/solvers/lagrangian/tables.h"

#include <algorithm>
#include <limits>

#include "scheduler/placement/solver.h"

namespace stowage::scheduler::lagrangian {

Tables::Tables(const Instance& instance, const Rooms& all, Filled filled)
    : classes(instance.classes().size()), rooms(all.size()), resources(all.resources()) {
  for (size_t s = 0; s < rooms; ++s) {
    const Room& room = all[s];
    nodes.push_back(static_cast<double>(room.nodes));
    node_hour.push_back(room.Opens() ? static_cast<double>(room.node_hour.nano) : -1);
    for (const Wide c : room.capacity) capacity.push_back(static_cast<double>(c));
  }
  cost.assign(classes * rooms, kNever);
  count.assign(classes, 0);
  per_node.assign(classes, kNever);
  ceiling.assign(classes, 0);
  spread.assign(classes, nullptr);
  demand_.assign(classes * resources, 0);
  varied_.assign(classes, -1);
  SetQuotas(all);
  if (filled == Filled::kInSteps) return;
  Work whole(std::numeric_limits<int64_t>::max());
  Fill(instance, all, whole);
}

bool Tables::Fill(const Instance& instance, const Rooms& all, Work& work) {
  for (; next_ < classes; ++next_) {
    if (work.over()) return false;
    SetClass(instance, all, next_);
    work.Spend(static_cast<int64_t>(rooms) / 8 + 1);
  }
  return true;
}

void Tables::SetQuotas(const Rooms& all) {
  quotas = all.quotas().size();
  if (quotas > 0) quotas_of.resize(classes);
  for (size_t row = 0; row < quotas; ++row) {
    const QuotaRows::Row& of = all.quotas()[row];
    quota_room.push_back(static_cast<double>(of.room));
    quota_resource.push_back(of.resource);
    for (size_t s = 0; s < rooms; ++s) {
      quota_covers.push_back(of.in_cluster[static_cast<size_t>(all[s].j)]);
    }
  }
}

void Tables::Follow(const Instance& instance, const Rooms& all, const std::vector<char>& changed) {
  for (size_t k = 0; k < classes; ++k) {
    SetCount(instance, all, k);
    spread[k] = all.SpreadOf(k);
    if (changed[k] != 0) SetClass(instance, all, k);
  }
}

void Tables::SetCount(const Instance& instance, const Rooms& all, size_t k) {
  count[k] = all.Hopeless(k) ? 0 : static_cast<double>(instance.classes()[k]->count);
}

void Tables::SetDemand(const Instance& instance, const Rooms& all, size_t k) {
  const PodClass& pods = *instance.classes()[k];
  for (size_t r = 0; r < resources; ++r) {
    demand_[k * resources + r] = static_cast<double>(AmountOf(pods.demand, r));
  }
  if (pods.demand_in.empty() || rooms == 0) {
    varied_[k] = -1;
    return;
  }
  const size_t size = rooms * resources;
  if (varied_[k] < 0) {
    varied_[k] = static_cast<int32_t>(varied_demand_.size() / std::max<size_t>(size, 1));
    varied_demand_.resize(varied_demand_.size() + size, 0);
  }
  double* varied = varied_demand_.data() + static_cast<size_t>(varied_[k]) * size;
  for (size_t s = 0; s < rooms; ++s) {
    const Amounts& demand = instance.DemandOf(k, all[s].j);
    for (size_t r = 0; r < resources; ++r) *varied++ = static_cast<double>(AmountOf(demand, r));
  }
}

void Tables::SetClass(const Instance& instance, const Rooms& all, size_t k) {
  SetCount(instance, all, k);
  const int64_t most = instance.rules().Of(k).per_node_most;
  per_node[k] = most < kMaxPods ? static_cast<double>(most) : kNever;
  spread[k] = all.SpreadOf(k);
  if (quotas > 0) quotas_of[k] = all.quotas().Of(k);
  SetDemand(instance, all, k);
  double dearest = 0;
  for (size_t s = 0; s < rooms; ++s) {
    cost[k * rooms + s] = kNever;
    if (!all.Admits(k, s)) continue;
    const double* demand = Demand(k, s);
    double sum = static_cast<double>(all.FixedCost(k, s));
    bool fits = true;
    for (size_t r = 0; r < resources; ++r) {
      const double most_room =
          Pool(s) ? static_cast<double>(all[s].node[r]) : capacity[s * resources + r];
      fits = fits && demand[r] <= most_room;
      const double units = static_cast<double>(Wide{1} << all.shift(r));
      sum += static_cast<double>(all[s].charge[r]) / units * demand[r];
    }
    if (!fits) continue;
    cost[k * rooms + s] = sum;
    dearest = std::max(dearest, sum + NodeShare(k, s));
  }
  ceiling[k] = 4 * dearest + 1e6;
}

// What the pod would pay of a node that it opens.
double Tables::NodeShare(size_t k, size_t s) const {
  double share = 0;
  const double* demand = Demand(k, s);
  for (size_t r = 0; r < resources && Pool(s); ++r) {
    const double room = capacity[s * resources + r];
    if (room > 0) share = std::max(share, demand[r] / room * nodes[s]);
  }
  return Pool(s) ? share * node_hour[s] : 0;
}

}  // namespace stowage::scheduler::lagrangian
