#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {
namespace {

std::optional<Refusal> CheckTaints(const std::vector<Toleration>& tolerations,
                                   const std::vector<Taint>& taints) {
  const Taint* taint = FindUntolerated(tolerations, taints);
  if (taint == nullptr) return std::nullopt;
  return Refusal{"TaintToleration",
                 "node(s) had untolerated taint {" + taint->key + ": " + taint->value + "}", ""};
}

class ClusterTaint : public ClusterFilter {
 public:
  std::optional<Refusal> Check(const PodConstraints& pod, const ClusterView& cluster,
                               const LatencyTable&) const override {
    return CheckTaints(pod.tolerations, cluster.taints);
  }
};

class NodeTaint : public NodeFilter {
 public:
  std::optional<Refusal> Check(const PodConstraints& pod, const NodeView& node) const override {
    return CheckTaints(pod.tolerations, node.taints);
  }
  bool Passes(const PodConstraints& pod, const NodeView& node) const override {
    return FindUntolerated(pod.tolerations, node.taints) == nullptr;
  }
};

}  // namespace

const ClusterFilter& ClusterTaintFilter() {
  static const ClusterTaint filter;
  return filter;
}

const NodeFilter& NodeTaintFilter() {
  static const NodeTaint filter;
  return filter;
}

}  // namespace stowage::scheduler
