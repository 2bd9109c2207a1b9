#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {

const std::vector<const ClusterFilter*>& ClusterFilters() {
  static const std::vector<const ClusterFilter*> all = {
      &UnschedulableFilter(), &ClusterTaintFilter(), &ResidencyFilter(), &LatencyFilter()};
  return all;
}

const std::vector<const NodeFilter*>& NodeFilters() {
  static const std::vector<const NodeFilter*> all = {&NodeTaintFilter(), &NodeSelectorFilter(),
                                                     &VolumeFilter()};
  return all;
}

}  // namespace stowage::scheduler
