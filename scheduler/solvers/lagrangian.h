// Placement by shadow prices.
//
// Problem: all classes want the same cheap room. Algorithm: a Lagrangian relaxation of the room of
// every cluster finds what room is worth (lagrangian/price_search.h); a plan gives each class its
// share of sums of room (planner.h); the plan is packed onto nodes (packer.h). Where the problem is
// small, or pods are left over, `greedy` is tried as well and the better answer is kept.
//
// The prices go with the answer: they prove a bound (placement/lagrangian_bound.h) that is as good
// as the linear relaxation's.
#pragma once

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class LagrangianSolver : public Solver {
 public:
  std::string_view name() const override { return "lagrangian"; }
  std::unique_ptr<Search> Start(const Instance& instance,
                                const SolveOptions& options) const override;
};

}  // namespace stowage::scheduler
