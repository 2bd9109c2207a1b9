// Capacity of a member from its nodes and the pods that are not ours. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kube/api/object.h"
#include "providers/api/provider.h"
#include "providers/kubernetes/options.h"

namespace stowage::providers {

using Amounts = std::map<std::string, int64_t>;

// A Node, as much of it as capacity needs.
struct NodeFacts {
  std::map<std::string, std::string> labels;  // without those that only name the node
  kube::Json taints;                          // array
  Amounts capacity;
  Amounts allocatable;
  bool usable = false;  // ready and not cordoned
  bool operator==(const NodeFacts&) const = default;
};
NodeFacts FactsOf(const kube::Object& node);

// What a pod takes of its node: containers and sidecars, or its largest init container if that is
// more, and overhead; and one of "pods".
Amounts RequestsOf(kube::JsonRef pod_spec);

// `foreign`: by node, what pods that are not ours request there. At most 256 shapes: beyond that,
// free amounts are rounded down and, if that is not enough, labels that tell most shapes apart go.
Capacity ComputeCapacity(const std::map<kube::NamespacedName, NodeFacts>& nodes,
                         const std::map<std::string, Amounts>& foreign,
                         const ResourceLimits& limits);

// Where nodes cannot be seen: the limits are taken at their word.
Capacity CapacityFromLimits(const ResourceLimits& limits);

}  // namespace stowage::providers
