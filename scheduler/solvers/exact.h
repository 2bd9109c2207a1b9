// Placement by branch and bound: proven optima of tiny problems, and proofs that pods have no
// place.
//
// Starts from the better answer of `greedy` and `lagrangian`, then walks through the states that
// binding one pod after the other can reach, each pod passing the filters in its turn
// (exact/walk.h). What cannot become better than the best so far is cut off: fewer pods tier by
// tier, or as many that cost no less. A state that was seen is not looked at again. Exponential:
// where it ends within kStatesMax states the best is optimal, and with it the number of pods; else
// it is what was found by then.
//
// Where pods have preferences the first answer is kept if as many pods are placed by it:
// preferences steer and cost nothing, and the bound then tells what they cost.
#pragma once

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class ExactSolver : public Solver {
 public:
  static constexpr size_t kStatesMax = 400'000;
  static constexpr int64_t kPodsMax = 200;  // more are left to those two

  std::string_view name() const override { return "exact"; }
  std::unique_ptr<Search> Start(const Instance& instance,
                                const SolveOptions& options) const override;

  // So few pods and kinds of nodes that a search will mostly come to its end.
  static bool Suits(const Instance& instance);
};

}  // namespace stowage::scheduler
