#include "scheduler/placement/filters/peer_filter.h"

namespace stowage::scheduler {

const std::vector<const PeerFilter*>& PeerFilters() {
  static const std::vector<const PeerFilter*> all = {&HostPortsFilter(), &TopologySpreadFilter(),
                                                     &InterPodAffinityFilter()};
  return all;
}

Allowance AllowanceAt(const PodRules& pod, const PodState& state, const Site& site,
                      std::optional<Refusal>* refusal) {
  Allowance allowed;
  for (const PeerFilter* filter : PeerFilters()) {
    const char* reason = filter->Limit(pod, state, site, allowed);
    if (reason == nullptr) continue;
    if (refusal != nullptr) *refusal = Refusal{filter->name(), reason, ""};
    return {0, 0};
  }
  return allowed;
}

}  // namespace stowage::scheduler
