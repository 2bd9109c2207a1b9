// The canonical order of a problem's lists, and hashes of answers.
//
// The order in which a file lists its jobs, agents, items or bin types means nothing. Solvers work
// on problems in canonical order, so that a shuffled file gets the same answer, and a hash of the
// answer in canonical order is the same on every machine and for every order of the file. (Colour
// refinement finds the order by content; two rows that it cannot tell apart are alike, but for
// contrived symmetries.)
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/model/placement.h"
#include "scheduler/solvers/gap/problem.h"
#include "scheduler/solvers/packing/problem.h"

namespace stowage::app {

// Of each canonical place: the place in the file.
struct GapOrder {
  std::vector<int32_t> classes, agents;
};
struct PackingOrder {
  std::vector<int32_t> types, items;
};

GapOrder CanonicalOrder(const scheduler::GapProblem& problem);
PackingOrder CanonicalOrder(const scheduler::PackingProblem& problem);

scheduler::GapProblem InOrder(const scheduler::GapProblem& problem, const GapOrder& order);
scheduler::PackingProblem InOrder(const scheduler::PackingProblem& problem,
                                  const PackingOrder& order);

// An answer to the problem in canonical order as one to the file's, and back.
scheduler::GapSolution InFile(const scheduler::GapSolution& canonical, const GapOrder& order);
scheduler::GapSolution InCanonical(const scheduler::GapSolution& in_file, const GapOrder& order);
scheduler::PackingSolution InFile(const scheduler::PackingSolution& canonical,
                                  const PackingOrder& order);
scheduler::PackingSolution InCanonical(const scheduler::PackingSolution& in_file,
                                       const PackingOrder& order);

// Of answers in canonical order. Bins that are filled alike count as one group.
uint64_t HashOf(const scheduler::GapSolution& canonical);
uint64_t HashOf(const scheduler::PackingSolution& canonical);
uint64_t HashOf(const scheduler::Placement& placement, scheduler::Money cost);

}  // namespace stowage::app
