#include <algorithm>

#include "scheduler/placement/filters/peer_filter.h"

namespace stowage::scheduler {
namespace {

// Constraints with DoNotSchedule: the domain's count with this pod may be at most maxSkew above the
// least count of all domains, full ones included.
class TopologySpread : public PeerFilter {
 public:
  const char* name() const override { return "PodTopologySpread"; }
  const char* Limit(const PodRules& pod, const PodState& state, const Site& site,
                    Allowance& allowed) const override {
    for (const PodRules::Spread& s : pod.spread) {
      const int64_t count = state.Count(s.counter, site);
      if (count < 0) {
        return "node(s) didn't match pod topology spread constraints (missing required label)";
      }
      const int64_t room = s.max_skew + state.Least(s, site) - count;
      if (room < (s.self ? 1 : 0)) return "node(s) didn't match pod topology spread constraints";
      if (!s.self) continue;
      int64_t& allowance = state.OnNode(s.counter) ? allowed.per_node : allowed.total;
      allowance = std::min(allowance, room);
    }
    return nullptr;
  }
};

}  // namespace

const PeerFilter& TopologySpreadFilter() {
  static const TopologySpread filter;
  return filter;
}

}  // namespace stowage::scheduler
