#include <algorithm>

#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {
namespace {

// spec.nodeSelector and required node affinity, over the labels of the shape and of its cluster.
class NodeSelector : public NodeFilter {
 public:
  std::optional<Refusal> Check(const PodConstraints& pod, const NodeView& node) const override {
    if (Passes(pod, node)) return std::nullopt;
    return Refusal{"NodeAffinity", "node(s) didn't match Pod's node affinity/selector", ""};
  }

  bool Passes(const PodConstraints& pod, const NodeView& node) const override {
    const LabelView labels{&node.cluster.labels, &node.labels};
    for (const auto& [key, value] : pod.node_selector) {
      const std::string* have = labels.Find(key);
      if (have == nullptr || *have != value) return false;
    }
    if (!pod.required) return true;
    return std::any_of(
        pod.required->begin(), pod.required->end(),
        [&](const NodeSelectorTerm& term) { return term.Matches(labels, node.cluster.name); });
  }
};

}  // namespace

const NodeFilter& NodeSelectorFilter() {
  static const NodeSelector filter;
  return filter;
}

}  // namespace stowage::scheduler
