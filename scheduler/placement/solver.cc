#include "scheduler/placement/solver.h"

#include <map>
#include <utility>

namespace stowage::scheduler {

bool AllPlaced(const Instance& instance, const Solution& solution) {
  for (size_t t = 0; t < solution.placed.size(); ++t) {
    if (solution.placed[t] != instance.tiers()[t].pods) return false;
  }
  return true;
}

std::vector<Share> SharesOf(const std::vector<ClusterBins>& bins) {
  std::map<std::pair<int32_t, int32_t>, int64_t> pods;
  for (size_t j = 0; j < bins.size(); ++j) {
    for (const NodeGroup& g : bins[j].groups()) {
      for (const NodeGroup::Load& load : g.loads) {
        if (load.id < 0 || g.count == 0) continue;
        pods[{load.id, static_cast<int32_t>(j)}] += load.per_node * g.count;
      }
    }
  }
  std::vector<Share> shares;
  for (const auto& [kj, count] : pods) shares.push_back({kj.first, kj.second, count});
  return shares;
}

std::vector<int64_t> PlacedOf(const Instance& instance, const std::vector<Share>& shares) {
  std::vector<int64_t> placed(instance.tiers().size(), 0);
  size_t t = 0;
  for (const Share& share : shares) {
    while (static_cast<size_t>(share.k) >= instance.tiers()[t].end) ++t;
    placed[t] += share.count;
  }
  return placed;
}

bool MovesFreely(const Instance& instance, size_t k) {
  const Rules& rules = instance.rules();
  return rules.Of(k).care == PodRules::Care::kNone && instance.GangOf(k) == nullptr &&
         (rules.empty() || rules.RaisedBy(0, static_cast<int32_t>(k)).empty()) &&
         instance.classes()[k]->constraints->preferred.empty();
}

bool DomainsAsked(const Instance& instance) {
  for (size_t k = 0; k < instance.classes().size(); ++k) {
    for (const PodRules::Spread& s : instance.rules().Of(k).spread) {
      if (s.min_domains > 1) return true;
    }
  }
  return false;
}

int64_t PodsOf(const Instance& instance) {
  int64_t pods = 0;
  for (const Instance::Tier& tier : instance.tiers()) pods += tier.pods;
  return pods;
}

int64_t PairsOf(const Instance& instance) {
  int64_t groups = 0;
  for (size_t j = 0; j < instance.clusters().size(); ++j) {
    groups += static_cast<int64_t>(instance.Base(j).groups().size());
  }
  return groups * static_cast<int64_t>(instance.classes().size());
}

bool Better(const Solution& a, const Solution& b) {
  if (a.placed != b.placed) return a.placed > b.placed;
  return a.cost < b.cost;
}

// Nodes that are bought, and what each pod costs where it is.
Money Bill(const Instance& instance, const std::vector<Share>& shares,
           const std::vector<ClusterBins>& bins) {
  // (k, j) -> where on nodes of pools, and how many pods
  std::map<std::pair<int32_t, int32_t>, std::map<int32_t, int64_t>> on_pools;
  Money sum;
  for (size_t j = 0; j < bins.size(); ++j) {
    for (const NodeGroup& g : bins[j].groups()) {
      if (g.pool < 0) continue;
      for (const NodeGroup::Load& load : g.loads) {
        if (load.id < 0) continue;
        const int32_t where = ClusterBins::WhereOf(g);
        on_pools[{load.id, static_cast<int32_t>(j)}][where] += load.per_node * g.count;
      }
    }
    const auto& pools = instance.clusters()[j]->pools;
    for (size_t p = 0; p < pools.size(); ++p) {
      const auto pool = static_cast<int32_t>(p);
      sum.nano += instance.NodeHour(j, pool).nano * bins[j].bought(pool);
    }
  }
  for (const Share& s : shares) {
    int64_t standing = s.count;
    if (const auto it = on_pools.find({s.k, s.j}); it != on_pools.end()) {
      for (const auto& [where, pods] : it->second) {
        standing -= pods;
        sum += instance.RoomCost(s.k, s.j, where, pods, Rounding::kUp);
      }
    }
    sum += instance.ClusterCost(s.k, s.j, s.count, Rounding::kUp);
    sum += instance.RoomCost(s.k, s.j, ClusterBins::kStanding, standing, Rounding::kUp);
  }
  return sum;
}

}  // namespace stowage::scheduler
