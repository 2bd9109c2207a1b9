#include "scheduler/placement/sites.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace stowage::scheduler {
namespace {

struct Finding {
  Allowance allowed;
  int64_t points = 0;
};

// What the rules say of a group; of nodes of one kind only once, where no rule looks at single
// ones.
class Asking {
 public:
  Asking(const PodRules& rules, const PodState& state, size_t j)
      : rules_(rules), state_(state), j_(j) {}

  Finding Of(const NodeGroup& g, std::optional<Refusal>* refusal) {
    if (rules_.of_nodes) return Ask(g, refusal);
    const std::pair key(state_.rules().KindOf(state_.rules().PlaceOf(j_, g)), g.open);
    for (const auto& [known, finding] : known_) {
      if (known == key) return finding;
    }
    known_.emplace_back(key, Ask(g, refusal));
    return known_.back().second;
  }

 private:
  Finding Ask(const NodeGroup& g, std::optional<Refusal>* refusal) const {
    const Site site{j_, g};
    const bool first = refusal != nullptr && !*refusal;
    Finding finding{AllowanceAt(rules_, state_, site, first ? refusal : nullptr)};
    if (!finding.allowed.none()) {
      finding.points = PeerPreference(rules_, state_, site, finding.allowed);
    }
    return finding;
  }

  const PodRules& rules_;
  const PodState& state_;
  const size_t j_;
  std::vector<std::pair<std::pair<int32_t, bool>, Finding>> known_;
};

}  // namespace

std::optional<Opening> BestOpening(const Instance& instance, const PodState& state,
                                   const ClusterBins& bins, size_t k, size_t j, int32_t pool,
                                   int64_t n, std::optional<Refusal>* refusal,
                                   const std::vector<char>* kinds) {
  const PodRules& rules = instance.rules().Of(k);
  const Amounts& demand = instance.DemandOf(k, j);
  const Admission& admission = instance.VerdictOf(k, j).admission;
  Asking asking(rules, state, j);
  std::optional<Opening> best;
  std::tuple<int64_t, int64_t, int, int64_t> best_rank;  // the least is the best
  for (size_t i = 0; i < bins.groups().size(); ++i) {
    const NodeGroup& g = bins.groups()[i];
    if (!ClusterBins::Takes(g, pool) || !Admits(admission, g)) continue;
    if (kinds != nullptr && (*kinds)[g.kind] == 0) continue;
    // Asked first where it is the cheaper question.
    if (!rules.of_nodes && refusal == nullptr && asking.Of(g, nullptr).allowed.none()) continue;
    const int64_t room = PodsPerNode(g, demand);
    if (room == 0) continue;
    const auto [allowed, points] = asking.Of(g, refusal);
    if (allowed.none()) continue;
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
