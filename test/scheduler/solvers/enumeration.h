// The optimum of very small problems with everything that pods say of one another: walks through
// all states that can be reached by binding one pod after the other, each passing the filters of
// one pod. Shares no code with solvers, filters or the checker beyond the plain data.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/model/placement.h"
#include "test/scheduler/solvers/brute_force.h"

namespace stowage::scheduler {

// Bound pods are where the witness of `bound` has them. `states`, if not nullptr, takes how many
// states there are. Without latency and egress.
Optimum Enumerate(const Problem& problem, const Placement& bound, int64_t* states = nullptr);

}  // namespace stowage::scheduler
