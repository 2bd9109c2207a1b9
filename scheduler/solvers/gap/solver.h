// The search over a GapProblem: prices of the capacities by a Lagrangian relaxation (a proven
// bound), an annealer guided by them (solutions), and knapsack bounds where the former are weak.
#pragma once

#include <memory>

#include "scheduler/solvers/anytime.h"
#include "scheduler/solvers/gap/problem.h"

namespace stowage::scheduler {

// `problem` must be valid (Validate) and outlive the search. The answer depends on the problem, the
// seed and the iterations asked for, not on `threads` nor on the order of classes and agents as
// long as no two are alike in all respects.
std::unique_ptr<AnytimeSearch<GapSolution>> StartGapSearch(const GapProblem& problem,
                                                           const SearchOptions& options);

}  // namespace stowage::scheduler
