#include <algorithm>

#include "scheduler/placement/filters/peer_filter.h"

namespace stowage::scheduler {
namespace {

using Why = PodRules::Exclusion::Why;

// Required inter-pod affinity and anti-affinity, with the anti-affinity of pods that are there.
class InterPodAffinity : public PeerFilter {
 public:
  const char* name() const override { return "InterPodAffinity"; }
  const char* Limit(const PodRules& pod, const PodState& state, const Site& site,
                    Allowance& allowed) const override {
    if (const char* reason = CheckAffinity(pod, state, site, allowed)) return reason;
    if (!Exclude(pod, Why::kOwn, state, site, allowed)) {
      return "node(s) didn't match pod anti-affinity rules";
    }
    if (!Exclude(pod, Why::kExisting, state, site, allowed)) {
      return "node(s) didn't satisfy existing pods anti-affinity rules";
    }
    return nullptr;
  }

 private:
  // The first pod of a group that wants to be together may go anywhere, if it is one of the group.
  static const char* CheckAffinity(const PodRules& pod, const PodState& state, const Site& site,
                                   Allowance& allowed) {
    constexpr const char* kReason = "node(s) didn't match pod affinity rules";
    bool together = true, any = false;
    for (const int32_t counter : pod.affinity) {
      const int64_t count = state.Count(counter, site);
      if (count < 0) return kReason;
      together = together && count > 0;
      any = any || state.Total(counter) > 0;
    }
    if (together) return nullptr;
    if (any || !pod.affinity_self) return kReason;
    allowed.total = std::min<int64_t>(allowed.total, 1);
    return nullptr;
  }

  static bool Exclude(const PodRules& pod, Why why, const PodState& state, const Site& site,
                      Allowance& allowed) {
    for (const PodRules::Exclusion& e : pod.exclusions) {
      if (e.why != why) continue;
      const int64_t count = state.Count(e.counter, site);
      if (count > 0) return false;
      if (count < 0 || !e.self) continue;
      int64_t& room = state.OnNode(e.counter) ? allowed.per_node : allowed.total;
      room = std::min<int64_t>(room, 1);
    }
    return true;
  }
};

}  // namespace

const PeerFilter& InterPodAffinityFilter() {
  static const InterPodAffinity filter;
  return filter;
}

}  // namespace stowage::scheduler
