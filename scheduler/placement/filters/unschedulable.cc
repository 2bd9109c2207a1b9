#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {
namespace {

// A cordoned node takes new pods only from those that tolerate the taint of that name.
class Unschedulable : public ClusterFilter {
 public:
  std::optional<Refusal> Check(const PodConstraints& pod, const ClusterView& cluster,
                               const LatencyTable&) const override {
    static const Taint cordon{"node.kubernetes.io/unschedulable", "", Taint::Effect::kNoSchedule};
    if (!cluster.unschedulable || Tolerated(pod.tolerations, cordon)) return std::nullopt;
    return Refusal{"NodeUnschedulable", "node(s) were unschedulable", ""};
  }
};

}  // namespace

const ClusterFilter& UnschedulableFilter() {
  static const Unschedulable filter;
  return filter;
}

}  // namespace stowage::scheduler
