// Greedy placement by regret.
//
// Problem: place each class, tier by tier, where it is cheapest. Algorithm: of all classes of the
// tier take the one that loses most, for its size, if it does not get its cheapest cluster (Vogel's
// regret; classes with only one cluster first); put as many of its pods there as fit; repeat. A
// class's regret is worked out again when it comes up, not with every change. Where pods are left
// over, two more orders are tried (largest first, smallest first) and the best answer is kept:
// most pods tier by tier, then least cost; then those of the first order.
// Equal costs: the emptier cluster, then the name.
//
// Pools: a node is charged to the pods that open it, shared by as many of the class as fit; room
// left on it is free for those that follow.
//
// Work: O(classes * clusters * groups) at worst, counts and not pods. No bound of its own; see
// placement/bound.h. Fails to find a packing where one exists only through the order of classes.
#pragma once

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class GreedySolver : public Solver {
 public:
  std::string_view name() const override { return "greedy"; }
  std::unique_ptr<Search> Start(const Instance& instance,
                                const SolveOptions& options) const override;
};

}  // namespace stowage::scheduler
