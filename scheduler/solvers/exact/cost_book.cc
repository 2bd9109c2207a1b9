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

}  // namespace

CostBook::CostBook(const Instance& instance)
    : instance_(instance), clusters_(instance.clusters().size()) {
  const size_t classes = instance.classes().size();
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
  for_cluster_.resize(classes * clusters_);
  for_room_.resize(classes * clusters_);
  for (size_t k = 0; k < classes; ++k) {
    for (size_t j = 0; j < clusters_; ++j) {
      const bool none = instance.VerdictOf(k, j).refusal.has_value();
      standing_.push_back(none ? 0 : instance.StandingCost(k, j, 1, Rounding::kDown).nano);
      on_pool_.push_back(none ? 0 : instance.ClusterCost(k, j, 1, Rounding::kDown).nano);
    }
  }
  for (size_t k = 0; k < classes; ++k) FindLeast(k);
}

int64_t CostBook::Shared(size_t k, size_t j, size_t pool) const {
  const ElasticPool& p = instance_.clusters()[j]->pools[pool];
  const size_t r = surrogate_[j][pool];
  const int64_t room = AmountOf(p.allocatable, r);
  const int64_t demand = AmountOf(instance_.DemandOf(k, j), r);
  return on_pool_[Pair(k, j)] + (room > 0 ? MulDivFloor(p.node_hour.nano, demand, 1, room) : 0);
}

void CostBook::FindLeast(size_t k) {
  int64_t shared = std::numeric_limits<int64_t>::max(), free = shared;
  for (size_t j = 0; j < clusters_; ++j) {
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal) continue;
    for (const NodeGroup& g : instance_.Base(j).groups()) {
      if (g.count == 0 || !Admits(verdict.admission, g)) continue;
      if (PodsPerNode(g.free, instance_.DemandOf(k, j)) == 0) continue;
      if (g.pool < 0) {
        shared = std::min(shared, Standing(k, j));
        free = std::min(free, Standing(k, j));
      } else {
        // A node that bound pods have opened costs nothing more.
        shared = std::min(
            shared, g.open ? on_pool_[Pair(k, j)] : Shared(k, j, static_cast<size_t>(g.pool)));
        free = std::min(free, on_pool_[Pair(k, j)]);
      }
    }
  }
  const bool nowhere = free == std::numeric_limits<int64_t>::max();
  least_shared_.push_back(nowhere ? 0 : shared);
  least_free_.push_back(nowhere ? 0 : free);
}

int64_t CostBook::ForCluster(size_t k, size_t j, int64_t pods) {
  std::vector<int64_t>& known = for_cluster_[Pair(k, j)];
  const auto n = static_cast<size_t>(pods);
  if (known.size() <= n) known.resize(n + 1, -1);
  if (known[n] < 0) known[n] = instance_.ClusterCost(k, j, pods, Rounding::kUp).nano;
  return known[n];
}

int64_t CostBook::ForRoom(size_t k, size_t j, int64_t pods) {
  std::vector<int64_t>& known = for_room_[Pair(k, j)];
  const auto n = static_cast<size_t>(pods);
  if (known.size() <= n) known.resize(n + 1, -1);
  if (known[n] < 0) {
    known[n] = ChargeBackTerm().Cost(instance_.InputOf(k, j), pods, Rounding::kUp).nano;
  }
  return known[n];
}

}  // namespace stowage::scheduler::exact
