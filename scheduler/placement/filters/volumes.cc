#include <algorithm>

#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {
namespace {

// Volumes that exist can be attached to some nodes only: spec.nodeAffinity of their volumes.
class VolumeBinding : public NodeFilter {
 public:
  std::optional<Refusal> Check(const PodConstraints& pod, const NodeView& node) const override {
    if (Passes(pod, node)) return std::nullopt;
    return Refusal{"VolumeBinding", "node(s) had volume node affinity conflict", ""};
  }

  bool Passes(const PodConstraints& pod, const NodeView& node) const override {
    const LabelView labels{&node.cluster.labels, &node.labels};
    for (const std::vector<NodeSelectorTerm>& volume : pod.volumes) {
      const bool any = std::any_of(volume.begin(), volume.end(), [&](const NodeSelectorTerm& term) {
        return term.Matches(labels, node.cluster.name);
      });
      if (!any) return false;
    }
    return true;
  }
};

}  // namespace

const NodeFilter& VolumeFilter() {
  static const VolumeBinding filter;
  return filter;
}

}  // namespace stowage::scheduler
