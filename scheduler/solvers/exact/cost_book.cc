#include "scheduler/solvers/exact/cost_book.h"

#include <algorithm>
#include <limits>

namespace stowage::scheduler::exact {
namespace {

// The resource of which the pods in all would need most nodes.
size_t SurrogateOf(const ElasticPool& pool, const std::vector<__int128>& wanted) {
  size_t best = ResourceTable::kPods;
  __int128 most = -1;
  for (size_t r = 0; r < wanted.size(); ++r) {
    const int64_t room = AmountOf(pool.allocatable, r);
    if (room <= 0 || wanted[r] / room <= most) continue;
    most = wanted[r] / room;
    best = r;
  }
  return best;
}

// Of `known`, by pods, the one that is asked for; worked out once.
template <class Fn>
int64_t Remember(std::vector<int64_t>& known, int64_t pods, Fn cost) {
  const auto n = static_cast<size_t>(pods);
  if (known.size() <= n) known.resize(n + 1, -1);
  if (known[n] < 0) known[n] = cost().nano;
  return known[n];
}

}  // namespace

CostBook::CostBook(const Instance& instance) : instance_(instance) {
  std::vector<__int128> wanted(instance.resources().size(), 0);
  for (const PodClass* k : instance.classes()) {
    for (size_t r = 0; r < k->demand.size(); ++r) {
      wanted[r] += static_cast<__int128>(k->demand[r]) * k->count;
    }
  }
  for (const ClusterView* view : instance.clusters()) {
    std::vector<size_t>& of = surrogate_.emplace_back();
    for (const ElasticPool& pool : view->pools) of.push_back(SurrogateOf(pool, wanted));
  }
  for (size_t k = 0; k < instance.classes().size(); ++k) FindLeast(k);
}

int64_t CostBook::OnPaid(size_t k, size_t j, int32_t where) const {
  return instance_.PodCost(k, j, where, 1, Rounding::kDown).nano;
}

int64_t CostBook::Share(size_t k, size_t j, int32_t where) const {
  if (where < 0) return 0;  // nobody pays for the node
  const auto pool = static_cast<size_t>(where);
  const size_t r = surrogate_[j][pool];
  const int64_t room = AmountOf(instance_.clusters()[j]->pools[pool].allocatable, r);
  const int64_t demand = AmountOf(instance_.DemandOf(k, j), r);
  return room > 0 ? MulDivFloor(instance_.NodeHour(j, where).nano, demand, 1, room) : 0;
}

int64_t CostBook::Shared(size_t k, size_t j, int32_t where) {
  const auto [it, added] = shared_.try_emplace({k, j, where});
  if (added) it->second = OnPaid(k, j, where) + Share(k, j, where);
  return it->second;
}

void CostBook::FindLeast(size_t k) {
  int64_t shared = std::numeric_limits<int64_t>::max(), free = shared;
  for (size_t j = 0; j < instance_.clusters().size(); ++j) {
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal) continue;
    for (const NodeGroup& g : instance_.Base(j).groups()) {
      if (g.count == 0 || !Admits(verdict.admission, g)) continue;
      if (PodsPerNode(g, instance_.DemandOf(k, j)) == 0) continue;
      const int32_t where = ClusterBins::WhereOf(g);
      shared = std::min(shared, Shared(k, j, where));
      free = std::min(free, OnPaid(k, j, where));
    }
  }
  const bool nowhere = free == std::numeric_limits<int64_t>::max();
  least_shared_.push_back(nowhere ? 0 : shared);
  least_free_.push_back(nowhere ? 0 : free);
}

int64_t CostBook::ForCluster(size_t k, size_t j, int64_t pods) {
  return Remember(for_cluster_[{k, j}], pods,
                  [&] { return instance_.ClusterCost(k, j, pods, Rounding::kUp); });
}

int64_t CostBook::ForRoom(size_t k, size_t j, int32_t where, int64_t pods) {
  return Remember(for_room_[{k, j, where}], pods,
                  [&] { return instance_.RoomCost(k, j, where, pods, Rounding::kUp); });
}

}  // namespace stowage::scheduler::exact
