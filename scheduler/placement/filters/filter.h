// Filters: what keeps a pod away from a cluster, or from nodes of it. One file each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/model/problem.h"
#include "scheduler/placement/costs/latency_table.h"

namespace stowage::scheduler {

// Why not, in Kubernetes' words where it has some.
struct Refusal {
  std::string filter;  // "NodeAffinity", "TaintToleration", "NodeResourcesFit" ... as its plugins
  std::string reason;  // "node(s) had untolerated taint {dedicated: gpu}"
  std::string detail;  // numbers: "needs cpu 4, the largest free node has 2500m"; may be empty
};

// Holds for a cluster as a whole.
class ClusterFilter {
 public:
  virtual ~ClusterFilter() = default;
  virtual std::optional<Refusal> Check(const PodConstraints& pod, const ClusterView& cluster,
                                       const LatencyTable& latency) const = 0;
};

// The nodes of one shape, or of one elastic pool.
struct NodeView {
  const ClusterView& cluster;
  const Labels& labels;
  const std::vector<Taint>& taints;
};

// Holds for nodes; a cluster is out if it holds for all of them.
class NodeFilter {
 public:
  virtual ~NodeFilter() = default;
  virtual std::optional<Refusal> Check(const PodConstraints& pod, const NodeView& node) const = 0;
  // Check() has nothing to say, found without putting reasons into words.
  virtual bool Passes(const PodConstraints& pod, const NodeView& node) const = 0;
};

// All of them, in the order in which they are asked (kube-scheduler's); the first refusal counts.
const std::vector<const ClusterFilter*>& ClusterFilters();
const std::vector<const NodeFilter*>& NodeFilters();

const ClusterFilter& UnschedulableFilter();  // filters/unschedulable.cc
const ClusterFilter& ClusterTaintFilter();   // filters/taints.cc
const ClusterFilter& LatencyFilter();        // filters/latency.cc
const ClusterFilter& ResidencyFilter();      // filters/residency.cc
const NodeFilter& NodeSelectorFilter();      // filters/node_affinity.cc
const NodeFilter& NodeTaintFilter();         // filters/taints.cc
const NodeFilter& VolumeFilter();            // filters/volumes.cc

// The sum of the weights of the preferred terms that the node satisfies, less 10 for every taint of
// effect PreferNoSchedule that is not tolerated. filters/preferred.cc
int64_t PreferenceWeight(const PodConstraints& pod, const NodeView& node);

}  // namespace stowage::scheduler
