// Repair: takes over a solution of a problem into what the problem has become.
//
// Pods that nobody asks for any more leave: those that pay most first, those of classes with rules
// in the order in which they came, the last first, so that the bind order of the others still
// holds. Nodes of clusters that are others now are found again (adoption.h); whoever no longer
// passes, now that clusters, quotas or gangs are others or pods are gone that others need, leaves
// as well (sieve.h). All others stay where they are; what is missing is for the packer to place.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/placement/solver.h"
#include "scheduler/solvers/lagrangian/past.h"
#include "scheduler/solvers/lagrangian/tables.h"
#include "scheduler/solvers/lagrangian/take_out.h"

namespace stowage::scheduler::lagrangian {

class Repair {
 public:
  // All must outlive it. `prices` as Tables::prices().
  Repair(const Instance& instance, const Rooms& rooms, const Tables& tables,
         const std::vector<double>& prices, const Past& past, const Difference& difference);

  // Takes from `solution` what does not stay. False: too much changed; `solution` is of no use any
  // more. O(pods that leave, and all loads).
  bool TakeOver(Solution& solution);

 private:
  bool CountLeaving(const Solution& solution);
  std::vector<Spot> FindSpots(const Solution& solution) const;
  void Leave(Solution& solution, std::vector<Spot> spots);
  void Renumber(Solution& solution);

  const Instance& instance_;
  const Rooms& rooms_;
  const Tables& t_;
  const std::vector<double>& prices_;
  const Past& past_;
  const Difference& difference_;
  std::vector<int64_t> leaving_;  // by past class: pods
  bool others_need_ = false;      // some of them, or they are of gangs
};

}  // namespace stowage::scheduler::lagrangian
