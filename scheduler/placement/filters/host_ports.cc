#include <algorithm>

#include "scheduler/placement/filters/peer_filter.h"

namespace stowage::scheduler {
namespace {

// A port of a node is taken by one pod at a time.
class HostPorts : public PeerFilter {
 public:
  const char* name() const override { return "NodePorts"; }
  const char* Limit(const PodRules& pod, const PodState& state, const Site& site,
                    Allowance& allowed) const override {
    for (const PodRules::Exclusion& e : pod.exclusions) {
      if (e.why != PodRules::Exclusion::Why::kPorts) continue;
      if (state.Count(e.counter, site) > 0) {
        return "node(s) didn't have free ports for the requested pod ports";
      }
      allowed.per_node = std::min<int64_t>(allowed.per_node, 1);
    }
    return nullptr;
  }
};

}  // namespace

const PeerFilter& HostPortsFilter() {
  static const HostPorts filter;
  return filter;
}

}  // namespace stowage::scheduler
