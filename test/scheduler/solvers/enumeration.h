// The optimum of very small problems with everything that pods say of one another: walks through
// all states that can be reached by binding one pod after the other, each passing the filters of
// one pod. Shares no code with solvers, filters or the checker beyond the plain data.
#pragma once

#include <cstdint>
#include <optional>

#include "scheduler/model/placement.h"
#include "test/scheduler/solvers/brute_force.h"

namespace stowage::scheduler {

// Bound pods are where the witness of `bound` has them. nullopt: more than `states_max` states.
// Without the costs of latency and egress; volumes and node affinity as the property test makes
// them.
std::optional<Optimum> Enumerate(const Problem& problem, const Placement& bound, size_t states_max);

}  // namespace stowage::scheduler
