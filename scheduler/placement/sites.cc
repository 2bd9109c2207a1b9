#include "scheduler/placement/sites.h"

#include <algorithm>
#include <tuple>

namespace stowage::scheduler {

std::optional<Opening> BestOpening(const Instance& instance, const PodState& state,
                                   const ClusterBins& bins, size_t k, size_t j, int32_t pool,
                                   int64_t n, std::optional<Refusal>* refusal) {
  const PodRules& rules = instance.rules().Of(k);
  const Amounts& demand = instance.DemandOf(k, j);
  const Admission& admission = instance.VerdictOf(k, j).admission;
  std::optional<Opening> best;
  std::tuple<int64_t, int64_t, int, int64_t> best_rank;  // the least is the best
  for (size_t i = 0; i < bins.groups().size(); ++i) {
    const NodeGroup& g = bins.groups()[i];
    if (!ClusterBins::Takes(g, pool) || !Admits(admission, g)) continue;
    const int64_t room = PodsPerNode(g.free, demand);
    if (room == 0) continue;
    const Site site{j, g};
    const bool first = refusal != nullptr && !*refusal;
    Allowance allowed = AllowanceAt(rules, state, site, first ? refusal : nullptr);
    if (allowed.none()) continue;
    const int64_t points = PeerPreference(rules, state, site, allowed);
    const int64_t per_node = std::min(room, allowed.per_node);
    const int64_t most = std::min(n, allowed.total);
    const int64_t pods = per_node > most / g.count ? most : per_node * g.count;
    const std::tuple rank(-points, -most, ClusterBins::Waste(g.free, demand), room);
    if (best && rank >= best_rank) continue;
    best = {i, pods, per_node, points};
    best_rank = rank;
  }
  return best;
}

}  // namespace stowage::scheduler
