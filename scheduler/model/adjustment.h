// Adjustment: what of a problem, pods apart, would have to be larger.
#pragma once

#include <cstdint>
#include <string>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

struct Adjustment {
  enum class What {
    kQuota,        // a cap is raised
    kPoolMaximum,  // more nodes of an elastic pool may be bought
    kNodes,        // a cluster gets more nodes like some that it has
    kGangMinimum   // a gang runs with fewer pods; the only one that gets smaller
  };
  What what = What::kQuota;
  std::string name;     // of the quota, the cluster or the gang
  int32_t place = -1;   // in ClusterView::pools (kPoolMaximum) or ::shapes (kNodes)
  size_t resource = 0;  // of the cap
  int64_t from = 0;     // a cap in the unit of its resource; ElasticPool::nodes_max,
  int64_t to = 0;       // NodeShape::count, Gang::min_count
  bool operator==(const Adjustment&) const = default;
};

// Makes it. What it names must be there.
void Apply(const Adjustment& adjustment, Problem& problem);

}  // namespace stowage::scheduler
