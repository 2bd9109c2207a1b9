// Assignment problems as text: whole numbers separated by white space, nothing else.
//
//   gap     m n; costs c[i][j], m lines of n; sizes a[i][j], m lines of n; m capacities.
//   mrgap   m n s; costs c[i][j]; s blocks of sizes, each m lines of n; s lines of m capacities.
//   fleet   m C s; m lines of s capacities; C lines: count, s sizes, m costs (-1: not allowed).
//
// m agents, n jobs (classes of one item), s resources, C classes of alike items.
#pragma once

#include "app/solve/source.h"
#include "base/result/result.h"
#include "scheduler/solvers/gap/problem.h"

namespace stowage::app {

// kInvalid with file, line and column: what was expected and what was found. What comes back has
// passed Validate(): sums that solvers make cannot overflow.
Result<scheduler::GapProblem> ParseGap(Source source);
Result<scheduler::GapProblem> ParseMrgap(Source source);
Result<scheduler::GapProblem> ParseFleet(Source source);

}  // namespace stowage::app
