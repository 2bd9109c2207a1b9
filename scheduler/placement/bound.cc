#include "scheduler/placement/bound.h"

#include <algorithm>
#include <tuple>

namespace stowage::scheduler {

std::vector<std::string> BoundSearch::Relaxed() const {
  std::vector<std::string> relaxed = {"classes compete for room", "elastic nodes are whole"};
  bool spread = false, affinity = false, ports = false, gangs = false;
  for (size_t k = 0; k < instance_.classes().size(); ++k) {
    const PodRules& rules = instance_.rules().Of(k);
    spread = spread || !rules.spread.empty();
    affinity = affinity || !rules.affinity.empty();
    gangs = gangs || instance_.GangOf(k) != nullptr;
    for (const PodRules::Exclusion& e : rules.exclusions) {
      (e.why == PodRules::Exclusion::Why::kPorts ? ports : affinity) = true;
    }
  }
  if (spread) relaxed.emplace_back("topology spread");
  if (affinity) relaxed.emplace_back("inter-pod affinity");
  if (ports) relaxed.emplace_back("host ports");
  if (!instance_.quotas().empty()) relaxed.emplace_back("quotas");
  if (gangs) relaxed.emplace_back("gangs");
  if (instance_.HasDevices()) relaxed.emplace_back("single devices");
  return relaxed;
}

// For every pool the resource of which all pods together would need the most nodes; ties by name.
void BoundSearch::ChooseSurrogates() {
  const ResourceTable& resources = instance_.resources();
  std::vector<__int128> total(resources.size(), 0);
  for (const PodClass* k : instance_.classes()) {
    for (size_t r = 0; r < k->demand.size(); ++r) {
      total[r] += static_cast<__int128>(k->demand[r]) * k->count;
    }
  }
  for (const ClusterView* view : instance_.clusters()) {
    std::vector<size_t> of_pools;
    for (const ElasticPool& pool : view->pools) {
      size_t best = ResourceTable::kCpu;
      __int128 best_nodes = -1;
      for (size_t r = 0; r < resources.size(); ++r) {
        const int64_t room = AmountOf(pool.allocatable, r);
        if (room <= 0) continue;
        const __int128 nodes = total[r] / room;
        if (nodes > best_nodes ||
            (nodes == best_nodes && resources.name(r) < resources.name(best))) {
          best_nodes = nodes;
          best = r;
        }
      }
      of_pools.push_back(best);
    }
    surrogate_.push_back(std::move(of_pools));
  }
}

void BoundSearch::FindOpenPools() {
  for (size_t j = 0; j < instance_.clusters().size(); ++j) {
    std::set<int32_t>& open = open_pools_.emplace_back();
    for (const NodeGroup& g : instance_.Base(j).groups()) {
      if (g.open && g.pool >= 0) open.insert(g.pool);
    }
  }
}

std::vector<BoundSearch::Segment> BoundSearch::SegmentsOf(size_t k, Work& work) const {
  std::vector<Segment> segments;
  const int64_t count = instance_.classes()[k]->count;
  for (size_t j = 0; j < instance_.clusters().size(); ++j) {
    work.Spend(1);
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal) continue;
    const ClusterBins& base = instance_.Base(j);
    const Amounts& demand = instance_.DemandOf(k, j);
    work.Spend(static_cast<int64_t>(base.groups().size()));
    const auto each = [&](int32_t where) {
      return instance_.PodCost(k, j, where, 1, Rounding::kDown);
    };
    // Open nodes of pools cost otherwise, so the cheapest of the rates is taken.
    Money standing = each(ClusterBins::kStanding);
    for (const int32_t pool : open_pools_[j]) {
      standing = std::min(standing, each(ClusterBins::OpenOf(pool)));
    }
    segments.push_back(
        {standing, base.Fit(demand, verdict.admission, ClusterBins::kStanding, count)});
    const auto& pools = instance_.clusters()[j]->pools;
    for (size_t p = 0; p < pools.size(); ++p) {
      const auto pool = static_cast<int32_t>(p);
      const int64_t fit = base.Fit(demand, verdict.admission, pool, count);
      const size_t r = surrogate_[j][p];
      const int64_t room = AmountOf(pools[p].allocatable, r);
      if (fit == 0 || room == 0) continue;
      const int64_t share =
          MulDivFloor(instance_.NodeHour(j, pool).nano, AmountOf(demand, r), 1, room);
      segments.push_back({each(pool) + Money{share}, fit});
    }
  }
  std::sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return std::tie(a.each, a.pods) < std::tie(b.each, b.pods);
  });
  int64_t left = count;
  for (Segment& s : segments) {
    s.pods = std::min(s.pods, left);
    left -= s.pods;
  }
  std::erase_if(segments, [](const Segment& s) { return s.pods == 0; });
  return segments;
}

bool BoundSearch::Step(Work& work) {
  if (!started_) {
    started_ = true;
    ChooseSurrogates();
    FindOpenPools();
    segments_.resize(instance_.tiers().size());
    placed_max_.assign(instance_.tiers().size(), 0);
  }
  for (size_t t = 0; t < instance_.tiers().size(); ++t) {
    const Instance::Tier& tier = instance_.tiers()[t];
    if (next_class_ >= tier.end) continue;
    for (; next_class_ < tier.end; ++next_class_) {
      if (work.over()) return false;
      for (const Segment& s : SegmentsOf(next_class_, work)) {
        segments_[t].push_back(s);
        placed_max_[t] += s.pods;
      }
    }
    std::sort(segments_[t].begin(), segments_[t].end(), [](const Segment& a, const Segment& b) {
      return std::tie(a.each, a.pods) < std::tie(b.each, b.pods);
    });
  }
  return true;
}

Money BoundSearch::CostOf(const std::vector<int64_t>& placed) const {
  Money sum;
  for (size_t t = 0; t < segments_.size(); ++t) {
    int64_t left = placed[t];
    for (const Segment& s : segments_[t]) {
      const int64_t take = std::min(left, s.pods);
      sum.nano += s.each.nano * take;
      left -= take;
    }
  }
  return sum;
}

}  // namespace stowage::scheduler
