#include <algorithm>

#include "scheduler/placement/filters/peer_filter.h"

namespace stowage::scheduler {

int64_t PeerPreference(const PodRules& pod, const PodState& state, const Site& site,
                       Allowance& allowed) {
  int64_t points = 0;
  for (const PodRules::Preference& p : pod.preferences) {
    const int64_t count = state.Count(p.counter, site);
    if (count > 0) points += p.weight;
    if (count != 0 || !p.self) continue;
    // The first one changes what the next ones find.
    int64_t& room = state.OnNode(p.counter) ? allowed.per_node : allowed.total;
    room = std::min<int64_t>(room, 1);
  }
  for (const PodRules::Spread& s : pod.soft_spread) {
    const int64_t count = state.Count(s.counter, site);
    if (count < 0) {
      points -= kSkewPoints;
      continue;
    }
    const int64_t room = s.max_skew + state.Least(s, site) - count;
    points += kSkewPoints * std::min<int64_t>(0, room - (s.self ? 1 : 0));
    if (!s.self) continue;
    int64_t& allowance = state.OnNode(s.counter) ? allowed.per_node : allowed.total;
    allowance = std::min(allowance, std::max<int64_t>(1, room));
  }
  return points;
}

int64_t MostPeerPreference(const PodRules& pod) {
  int64_t points = 0;
  for (const PodRules::Preference& p : pod.preferences) points += std::max<int64_t>(0, p.weight);
  return points;
}

}  // namespace stowage::scheduler
