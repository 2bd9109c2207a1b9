// Sieve: takes out of a solution what no longer passes, now that clusters, quotas or gangs are
// others, or pods have left that others needed.
//
// Pods that a quota has no room for leave, those that pay most first; a gang of which too little is
// left leaves whole. Then all pods are bound once more in their order: whom a rule keeps away
// leaves.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/placement/pod_state.h"
#include "scheduler/solvers/lagrangian/tables.h"
#include "scheduler/solvers/lagrangian/take_out.h"

namespace stowage::scheduler::lagrangian {

class Sieve {
 public:
  // All must outlive it. `prices` as Tables::prices().
  Sieve(const Instance& instance, const Rooms& rooms, const Tables& tables,
        const std::vector<double>& prices)
      : instance_(instance), rooms_(rooms), t_(tables), prices_(prices) {}

  // False: what is left does not settle; `solution` is as it was. O(loads log loads).
  bool Sift(Solution& solution);

 private:
  void FindSpots(const Solution& solution);
  void SiftQuotas(const Solution& solution);
  bool SiftGangs();
  bool SiftRules(const Solution& solution);
  int64_t Passes(const Spot& spot, const PodState& state, const NodeGroup& nodes) const;
  NodeGroup NodesThen(const Spot& spot, const NodeGroup& nodes) const;
  int64_t Stay(size_t spot) const { return spots_[spot].pods - leave_[spot]; }

  const Instance& instance_;
  const Rooms& rooms_;
  const Tables& t_;
  const std::vector<double>& prices_;
  std::vector<Spot> spots_;                 // by cluster, group and load
  std::vector<std::vector<size_t>> first_;  // by cluster and group
  std::vector<size_t> order_;               // in which they came
  std::vector<int64_t> leave_;              // by spot: pods
};

}  // namespace stowage::scheduler::lagrangian
