// What the application decides about one virtual node.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/time/types.h"
#include "kube/api/views.h"

namespace stowage::vkubelet {

struct VirtualNodeOptions {
  std::string name;          // of the Node; and of the Cluster
  std::string region, zone;  // topology labels; "" for none
  std::string arch = "amd64";
  std::map<std::string, std::string> labels;  // besides the standard ones
  std::vector<kube::Taint> taints;            // besides virtual-kubelet.io/provider
  // Where the host's API server reaches the kubelet endpoint.
  std::string internal_ip;
  std::string hostname;  // "": the name
  uint16_t kubelet_port = 10250;
  std::string version = "v1.33.0";  // until the member has told its own; "-stowage" is added

  Duration probe_interval = Seconds(10);
  Duration probe_timeout = Seconds(5);
  int probe_failures = 3;                    // in a row, and ...
  Duration probe_grace = Seconds(20);        // ... so long since the last success: Ready is Unknown
  Duration heartbeat = Minutes(5);           // of a status that does not change
  Duration capacity_interval = Seconds(10);  // at least, between writes for capacity alone
  Duration lease_duration = Seconds(40);
  Duration lease_renewal = Seconds(10);
};

// What a node tells others in this process (vkubelet/pod). May be empty.
struct NodeHooks {
  // The member answers its probes, or does not any more. Called on every change.
  std::function<void(bool)> on_reachable;
};

// On the Node: so many running copies without a host pod may be deleted at once, once.
inline constexpr std::string_view kAnnotationAllowSweep = "stowage.dev/allow-sweep";
// On the Node: what of labels, taints and resources is ours, so that it goes when it is not wanted.
inline constexpr std::string_view kAnnotationApplied = "stowage.dev/applied";

}  // namespace stowage::vkubelet
