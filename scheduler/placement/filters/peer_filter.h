// Peer filters: what keeps a pod away from nodes because of the pods that are there, or elsewhere.
// One file each. Unlike other filters they change their answer with every pod that is placed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scheduler/placement/filters/filter.h"
#include "scheduler/placement/pod_state.h"

namespace stowage::scheduler {

// How many pods may go to the nodes of a site before the filters have to be asked again. Whatever
// the order in which these are bound, each passes.
struct Allowance {
  int64_t per_node = kMaxPods;
  int64_t total = kMaxPods;
  bool none() const { return per_node <= 0 || total <= 0; }
};

class PeerFilter {
 public:
  virtual ~PeerFilter() = default;
  virtual const char* name() const = 0;  // of kube-scheduler's plugin
  // Lowers `allowed`. nullptr: one more pod may go there; else why not, in Kubernetes' words.
  virtual const char* Limit(const PodRules& pod, const PodState& state, const Site& site,
                            Allowance& allowed) const = 0;
};

// All of them, in the order in which they are asked; the first refusal counts.
const std::vector<const PeerFilter*>& PeerFilters();

const PeerFilter& HostPortsFilter();         // filters/host_ports.cc
const PeerFilter& TopologySpreadFilter();    // filters/topology_spread.cc
const PeerFilter& InterPodAffinityFilter();  // filters/inter_pod_affinity.cc

// What all of them allow; `refusal`, if not nullptr, takes the first reason.
Allowance AllowanceAt(const PodRules& pod, const PodState& state, const Site& site,
                      std::optional<Refusal>* refusal = nullptr);

// Points of preference (as PreferenceWeight) for the site: preferred inter-pod affinity whose pods
// are in its domain, less kSkewPoints for every pod by which ScheduleAnyway would be passed. Lowers
// `allowed` to what leaves the points as they are. filters/peer_preference.cc
inline constexpr int64_t kSkewPoints = 10;
int64_t PeerPreference(const PodRules& pod, const PodState& state, const Site& site,
                       Allowance& allowed);
// No site has more.
int64_t MostPeerPreference(const PodRules& pod);

}  // namespace stowage::scheduler
