#include "scheduler/placement/explain.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "scheduler/placement/filters/capacity.h"
#include "scheduler/placement/sites.h"

namespace stowage::scheduler {
namespace {

// Where the pods of a class are in a cluster: on nodes of pools (by Instance::RoomCost's `where`),
// of which they pay their part, and on standing ones.
struct Whereabouts {
  std::string pool;
  int64_t paid = 0;
  std::map<int32_t, int64_t> pods;
};

Whereabouts FindPods(const Instance& instance, const ClusterBins& bins, size_t k, size_t j,
                     int64_t placed) {
  Whereabouts out;
  const auto& pools = instance.clusters()[j]->pools;
  for (const NodeGroup& g : bins.groups()) {
    if (g.pool < 0 || g.count == 0) continue;
    int64_t mine = 0, all = 0;
    for (const NodeGroup::Load& load : g.loads) {
      all += load.per_node;
      if (load.id == static_cast<int32_t>(k)) mine += load.per_node;
    }
    if (mine == 0) continue;
    out.pool = pools[g.pool].name;
    out.pods[ClusterBins::WhereOf(g)] += mine * g.count;
    placed -= mine * g.count;
    if (g.bought) out.paid += MulDivCeil(instance.NodeHour(j, g.pool).nano, mine, g.count, all);
  }
  if (placed > 0) out.pods[ClusterBins::kStanding] = placed;
  return out;
}

// What one of the pods pays on average: a part of bought nodes, and the terms of the nodes. What
// pods without wishes never pay is left out where it is nothing.
void AddRoomTerms(const Instance& instance, size_t k, size_t j, const Whereabouts& where,
                  ClusterVerdict& verdict) {
  int64_t placed = 0;
  for (const auto& [at, pods] : where.pods) placed += pods;
  for (const CostTerm* term : RoomTerms()) {
    const bool capacity = term == &ChargeBackTerm();
    int64_t sum = capacity ? where.paid : 0;
    for (const auto& [at, pods] : where.pods) {
      sum += term->Cost(instance.InputOf(k, j, at), pods, Rounding::kUp).nano;
    }
    if (sum > 0 || capacity) verdict.terms.emplace_back(term->name(), Money{sum / placed});
  }
}

// One more pod of the class would find room: do the pods that are there let it in?
std::optional<Refusal> CheckPeers(const Instance& instance, const ClusterBins& bins,
                                  const PodState& state, size_t k, size_t j) {
  if (instance.rules().Of(k).care == PodRules::Care::kNone) return std::nullopt;
  std::optional<Refusal> refusal;
  if (BestOpening(instance, state, bins, k, j, ClusterBins::kStanding, 1, &refusal)) {
    return std::nullopt;
  }
  for (size_t p = 0; p < instance.clusters()[j]->pools.size(); ++p) {
    if (BestOpening(instance, state, bins, k, j, static_cast<int32_t>(p), 1, &refusal)) {
      return std::nullopt;
    }
  }
  return refusal;
}

// The cheapest way for one more pod; charges the whole part of a node that a full one would pay.
void PriceNext(const Instance& instance, const ClusterBins& bins, const PodState& state, size_t k,
               size_t j, ClusterVerdict& verdict) {
  const Amounts& demand = instance.DemandOf(k, j);
  const Admission& admission = instance.VerdictOf(k, j).admission;
  const bool free = instance.rules().Of(k).care == PodRules::Care::kNone;
  const auto fits = [&](int32_t pool) {
    return free ? bins.Fit(demand, admission, pool, 1) > 0
                : BestOpening(instance, state, bins, k, j, pool, 1).has_value();
  };
  Whereabouts best;
  best.pods = {{ClusterBins::kStanding, 1}};
  Money cheapest = instance.RoomCost(k, j, ClusterBins::kStanding, 1, Rounding::kUp);
  if (!fits(ClusterBins::kStanding)) {
    const auto& pools = instance.clusters()[j]->pools;
    for (size_t p = 0; p < pools.size(); ++p) {
      const auto pool = static_cast<int32_t>(p);
      if (!fits(pool)) continue;
      const int64_t per_node = std::max<int64_t>(1, PodsPerNode(pools[p], demand));
      const int64_t node = MulDivCeil(instance.NodeHour(j, pool).nano, 1, 1, per_node);
      const Money each = instance.RoomCost(k, j, pool, 1, Rounding::kUp) + Money{node};
      if (verdict.pool.empty() ||
          std::tie(each, pools[p].name) < std::tie(cheapest, verdict.pool)) {
        verdict.pool = pools[p].name;
        cheapest = each;
        best = {pools[p].name, node, {{pool, 1}}};
      }
    }
  }
  AddRoomTerms(instance, k, j, best, verdict);
}

void AddClusterTerms(const Instance& instance, size_t k, size_t j, ClusterVerdict& verdict) {
  for (const CostTerm* term : ClusterTerms()) {
    const Money each = term->Cost(instance.InputOf(k, j), 1, Rounding::kUp);
    if (each.nano > 0 || term != &MovingTerm()) verdict.terms.emplace_back(term->name(), each);
  }
  for (const auto& [name, money] : verdict.terms) verdict.total += money;
}

ClusterVerdict ExplainCluster(const Instance& instance, const ClusterBins& bins,
                              const PodState& pods, const QuotaState& quotas, size_t k, size_t j,
                              int64_t placed) {
  ClusterVerdict verdict{.cluster = instance.clusters()[j]->name, .placed = placed};
  const Verdict& of_instance = instance.VerdictOf(k, j);
  verdict.preference = of_instance.preference;
  verdict.refusal = of_instance.refusal;
  if (!verdict.refusal) {
    verdict.refusal =
        CheckCapacity(instance.resources(), instance.DemandOf(k, j), of_instance.admission, bins);
  }
  if (!verdict.refusal) verdict.refusal = CheckPeers(instance, bins, pods, k, j);
  if (!verdict.refusal) verdict.refusal = quotas.Check(k, j);
  if (verdict.refusal && placed == 0) return verdict;
  if (placed > 0) {
    const Whereabouts where = FindPods(instance, bins, k, j, placed);
    verdict.pool = where.pool;
    AddRoomTerms(instance, k, j, where, verdict);
  } else {
    PriceNext(instance, bins, pods, k, j, verdict);
  }
  AddClusterTerms(instance, k, j, verdict);
  return verdict;
}

// A cluster that would take a pod of the class takes none while its gang is not whole.
void ExplainGang(const Instance& instance, size_t k, ClassExplanation& explanation) {
  const Gang* gang = instance.GangOf(k);
  if (gang == nullptr || (explanation.placed > 0 && !gang->one_cluster)) return;
  const std::string group = "pod group " + gang->name;
  for (ClusterVerdict& v : explanation.clusters) {
    if (v.refusal || v.placed > 0) continue;
    if (explanation.placed > 0) {
      v.refusal = Refusal{"Coscheduling", group + " is in another cluster", ""};
      continue;
    }
    v.refusal = Refusal{"Coscheduling", group + " could not be placed as a whole",
                        "at least " + std::to_string(gang->min_count) + " pods at once" +
                            (gang->one_cluster ? " in one cluster" : "")};
  }
}

}  // namespace

void PriceNextPod(const Instance& instance, const ClusterBins& bins, const PodState& pods, size_t k,
                  size_t j, ClusterVerdict& verdict) {
  PriceNext(instance, bins, pods, k, j, verdict);
  AddClusterTerms(instance, k, j, verdict);
}

SolutionView::SolutionView(const Instance& instance, const Solution& solution)
    : pods(instance.rules(), instance.clusters(), solution.bins), quotas(instance) {
  for (const Share& s : solution.shares) quotas.Use(s.k, s.j, s.count);
}

ClassExplanation ExplainClass(const Instance& instance, const std::vector<ClusterBins>& bins,
                              const PodState& pods, const QuotaState& quotas, size_t k,
                              const std::vector<int64_t>& placed) {
  const PodClass& of = *instance.classes()[k];
  ClassExplanation explanation{.key = of.key};
  for (size_t j = 0; j < placed.size(); ++j) {
    explanation.placed += placed[j];
    explanation.clusters.push_back(
        ExplainCluster(instance, bins[j], pods, quotas, k, j, placed[j]));
  }
  explanation.count = std::max(of.count, explanation.placed);
  ExplainGang(instance, k, explanation);
  return explanation;
}

ClassExplanation ExplainClass(const Instance& instance, const Solution& solution,
                              const SolutionView& view, size_t k) {
  std::vector<int64_t> placed(instance.clusters().size(), 0);
  auto share = std::lower_bound(
      solution.shares.begin(), solution.shares.end(), k,
      [](const Share& s, size_t wanted) { return s.k < static_cast<int32_t>(wanted); });
  for (; share != solution.shares.end() && share->k == static_cast<int32_t>(k); ++share) {
    placed[share->j] += share->count;
  }
  return ExplainClass(instance, solution.bins, view.pods, view.quotas, k, placed);
}

const ClusterVerdict* ClassExplanation::RunnerUp(const std::string& cluster) const {
  const ClusterVerdict* best = nullptr;
  for (const ClusterVerdict& v : clusters) {
    if (v.cluster == cluster || v.refusal) continue;
    if (best == nullptr || v.total < best->total) best = &v;
  }
  return best;
}

const ClusterVerdict* ClassExplanation::Of(const std::string& cluster) const {
  const auto it = std::find_if(clusters.begin(), clusters.end(),
                               [&](const ClusterVerdict& v) { return v.cluster == cluster; });
  return it == clusters.end() ? nullptr : &*it;
}

}  // namespace stowage::scheduler
