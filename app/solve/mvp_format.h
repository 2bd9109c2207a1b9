// Vector bin packing with bin types and incarnations as text (VPSolver's .mvp): whole numbers
// separated by white space.
//
//   dimensions; number of bin types; each type: its capacities, cost, quantity (-1: any);
//   number of items; each item: number of incarnations, demand; for each incarnation its sizes.
#pragma once

#include "app/solve/source.h"
#include "base/result/result.h"
#include "scheduler/solvers/packing/problem.h"

namespace stowage::app {

// kInvalid with file, line and column: what was expected and what was found. What comes back has
// passed Validate().
Result<scheduler::PackingProblem> ParseMvp(Source source);

}  // namespace stowage::app
