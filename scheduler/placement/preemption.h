// Preemption: which bound pods would have to go so that one more pod of a class fits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

struct Preemption {
  struct Victims {
    size_t bound;  // place in ClusterView::bound
    int64_t count;
    auto operator<=>(const Victims&) const = default;
  };
  std::string cluster;
  int32_t shape = -1;  // of the node that the pod would get
  int32_t pool = -1;
  std::vector<Victims> victims;  // all on that node; sorted
  int64_t pods = 0;              // that are evicted
  int64_t violations = 0;        // of them, beyond what their disruption budgets allow
  int32_t highest = 0;           // priority of the dearest victim
  int64_t priorities = 0;        // sum of the victims'
};

// The least disruption, as kube-scheduler ranks it: fewest violated budgets, then the lowest of the
// highest priorities, the lowest sum of priorities, the fewest pods, the first cluster by name.
// Only pods of lower priority go; on the chosen node those of higher priority stay first. nullopt:
// no eviction on one node helps, or the class must not preempt. O(nodes that are not alike).
std::optional<Preemption> ProposePreemption(const Instance& instance, const Solution& solution,
                                            size_t k);

}  // namespace stowage::scheduler
