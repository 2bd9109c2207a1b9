// The packing solver: which bins to open, and what goes where, at least cost.
//
// It goes two ways in turn. Column generation (columns.h) values the items and proves a bound;
// rounding and a search by ruin and rebuilding (search.h), guided by those values, find solutions.
// Deterministic: the same problem and seed give the same answer after as many iterations, and the
// order of items and types in the input does not change the cost. Threads are not used.
//
// Infeasible is said only where it is proven: an item fits into no type, or the limited types do
// not hold everything even if items could be cut.
#pragma once

#include <memory>

#include "scheduler/solvers/anytime.h"
#include "scheduler/solvers/packing/problem.h"

namespace stowage::scheduler {

// `problem` must be valid (Validate) and outlive the search.
std::unique_ptr<AnytimeSearch<PackingSolution>> StartPackingSearch(const PackingProblem& problem,
                                                                   const SearchOptions& options);
// Begins with a solution (Check), or with a part of one.
std::unique_ptr<AnytimeSearch<PackingSolution>> StartPackingSearchFrom(
    const PackingSolution& start, const PackingProblem& problem, const SearchOptions& options);

}  // namespace stowage::scheduler
