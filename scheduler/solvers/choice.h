// ChosenSolver: of all solvers the one that suits an instance, by its size and structure. Whoever
// has no solver of their own to try takes it.
#pragma once

#include <string_view>

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class ChosenSolver : public Solver {
 public:
  enum class Aim {
    kBest,   // the best answer, and the best proof; seconds if need be
    kRounds  // a good answer soon: rounds of a few pods take no longer than by greedy
  };
  explicit ChosenSolver(Aim aim) : aim_(aim) {}

  std::string_view name() const override { return "auto"; }
  // Says by Search::solver() whom it chose. Chooses again whenever the instance has changed.
  std::unique_ptr<Search> Start(const Instance& instance,
                                const SolveOptions& options) const override;

 private:
  const Aim aim_;
};

}  // namespace stowage::scheduler
