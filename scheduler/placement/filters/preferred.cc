#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {

int64_t PreferenceWeight(const PodConstraints& pod, const NodeView& node) {
  constexpr int64_t kPreferNoSchedule = 10;
  const LabelView labels{&node.cluster.labels, &node.labels};
  int64_t weight = 0;
  for (const PreferredTerm& preferred : pod.preferred) {
    if (preferred.term.Matches(labels, node.cluster.name)) weight += preferred.weight;
  }
  for (const auto* taints : {&node.cluster.taints, &node.taints}) {
    for (const Taint& taint : *taints) {
      if (taint.effect != Taint::Effect::kPreferNoSchedule) continue;
      if (!Tolerated(pod.tolerations, taint)) weight -= kPreferNoSchedule;
    }
  }
  return weight;
}

}  // namespace stowage::scheduler
