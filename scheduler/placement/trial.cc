#include "scheduler/placement/trial.h"

#include <algorithm>

#include "scheduler/placement/sites.h"

namespace stowage::scheduler {

struct Trial::Packed {
  Packed(const Instance& instance, const Solution& solution, const SolutionView& view,
         const Extra& extra)
      : bins(With(instance, solution, extra)),
        pods(instance.rules(), instance.clusters(), bins),
        quotas(view.quotas) {}
  static std::vector<ClusterBins> With(const Instance& instance, const Solution& solution,
                                       const Extra& extra) {
    std::vector<ClusterBins> bins = solution.bins;
    if (extra.count > 0) {
      bins[extra.j].Add(*instance.clusters()[extra.j], extra.shape, extra.pool, extra.count);
    }
    return bins;
  }
  std::vector<ClusterBins> bins;
  PodState pods;
  QuotaState quotas;
};

bool Trial::Plain() const {
  return wanted_.clusters.size() == 1 && wanted_.pods.size() == 1 &&
         instance_.rules().Of(wanted_.pods[0].first).care == PodRules::Care::kNone;
}

Trial::Outcome Trial::Run(const Extra& extra, Quotas quotas, Work& work) const {
  for (const size_t j : wanted_.clusters) {
    work.Spend(static_cast<int64_t>(solution_.bins[j].groups().size()));
  }
  if (Plain()) return RunPlain(extra, quotas);
  for (const ClusterBins& b : solution_.bins) {
    work.Spend(static_cast<int64_t>(b.groups().size()));
  }
  Packed packed(instance_, solution_, view_, extra);
  Outcome out;
  std::vector<int64_t> left;
  for (const auto& [k, pods] : wanted_.pods) left.push_back(pods);
  for (bool any = true; any;) {  // pods of one class may wait for those of another
    any = false;
    for (size_t i = 0; i < left.size(); ++i) {
      const int64_t most = std::min(left[i], wanted_.pods_max - out.pods);
      const int64_t placed = Fill(packed, wanted_.pods[i].first, most, quotas);
      any = any || placed > 0;
      left[i] -= placed;
      out.pods += placed;
    }
  }
  out.passed = packed.quotas.PassedSince(view_.quotas);
  return out;
}

int64_t Trial::Fill(Packed& packed, size_t k, int64_t most, Quotas quotas) const {
  int64_t placed = 0;
  for (const size_t j : wanted_.clusters) {
    if (instance_.VerdictOf(k, j).refusal) continue;
    ClusterBins& bins = packed.bins[j];
    const auto pools = static_cast<int32_t>(instance_.clusters()[j]->pools.size());
    const Packing packing{.id = static_cast<int32_t>(k),
                          .demand = instance_.DemandOf(k, j),
                          .admission = instance_.VerdictOf(k, j).admission};
    for (int32_t pool = ClusterBins::kStanding; pool < pools;) {
      int64_t n = most - placed;
      if (quotas == Quotas::kKept) n = std::min(n, packed.quotas.Room(k, j));
      if (n <= 0) break;
      const auto opening = BestOpening(instance_, packed.pods, bins, k, j, pool, n);
      if (!opening) {
        ++pool;
        continue;
      }
      const NodeGroup& nodes = bins.groups()[opening->group];
      Landing landing{nodes.shape, nodes.pool, 0};
      landing.pods = bins.PlaceOn(opening->group, packing, opening->per_node, opening->pods);
      packed.pods.Add(k, j, landing);
      packed.quotas.Use(k, j, landing.pods);
      placed += landing.pods;
    }
  }
  return placed;
}

Trial::Outcome Trial::RunPlain(const Extra& extra, Quotas quotas) const {
  const auto& [k, pods] = wanted_.pods[0];
  const size_t j = wanted_.clusters[0];
  const ClusterView& view = *instance_.clusters()[j];
  const Verdict& verdict = instance_.VerdictOf(k, j);
  if (verdict.refusal) return {};
  const Amounts& demand = instance_.DemandOf(k, j);
  const int64_t most = std::min(pods, wanted_.pods_max);
  Outcome out;
  for (int32_t pool = ClusterBins::kStanding; pool < static_cast<int32_t>(view.pools.size());
       ++pool) {
    if (out.pods < most) {
      out.pods += solution_.bins[j].Fit(demand, verdict.admission, pool, most - out.pods);
    }
  }
  if (extra.count > 0 && out.pods < most) {
    const int64_t each = extra.pool >= 0 ? PodsPerNode(view.pools[extra.pool], demand)
                                         : PodsPerNode(view.shapes[extra.shape].free,
                                                       view.shapes[extra.shape].devices, demand);
    const int64_t left = most - out.pods;
    out.pods += each >= left ? left : std::min(left, each * std::min(extra.count, left));
  }
  const int64_t room = view_.quotas.Room(k, j);
  if (quotas == Quotas::kKept) {
    out.pods = std::min(out.pods, room);
  } else if (room < out.pods) {
    QuotaState with = view_.quotas;
    with.Use(k, j, out.pods);
    out.passed = with.PassedSince(view_.quotas);
  }
  return out;
}

}  // namespace stowage::scheduler
