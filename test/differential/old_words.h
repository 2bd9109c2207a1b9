// Worlds in the words of Kubernetes 1.20, the release that Debian has. What came later is said by
// what it stands for, so that the old kube-scheduler answers the new question:
//
// - sidecars (1.28): their requests are added to the containers, and to the init containers after
//   them; their ports are ports of the pod.
// - namespaceSelector (1.21): the list of the namespaces that it selects.
// - matchLabelKeys, mismatchLabelKeys (1.25, 1.29): expressions of the selector.
// - minDomains (1.24): where there are too few, one more node, which takes nobody, with a domain of
//   its own without pods.
// - nodeTaintsPolicy, nodeAffinityPolicy (1.25): a topology key of the pod's own, which nodes that
//   do not count lack; with Ignore a taint of the pod's own stands for its node selector.
//
// The last is done for all pods that spread over some nodes only: 1.20 still counted pods on nodes
// that do not count if another node of the domain did.
#pragma once

#include <string>

#include "test/differential/draft.h"

namespace stowage::differential {

World InOldWords(const World& world);

// The taint that stands for a node selector.
inline constexpr const char* kNotSelected = "-not-selected";

}  // namespace stowage::differential
