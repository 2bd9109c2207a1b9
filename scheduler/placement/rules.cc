#include "scheduler/placement/rules.h"

namespace stowage::scheduler {

bool Rules::Topology::OfCluster(size_t first, size_t last) const {
  for (size_t p = first; p < last; ++p) {
    if (domain[p] != domain[first]) return false;
  }
  return first < last && domain[first] != kNowhere;
}

}  // namespace stowage::scheduler
