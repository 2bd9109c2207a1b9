// The optimum of very small packing problems, by trying everything. Shares no code with the solver.
#pragma once

#include <cstdint>
#include <optional>

#include "scheduler/solvers/packing/problem.h"

namespace stowage::scheduler {

// Nothing: there is no solution. Every item apart goes into each open bin, or a new one of each
// type; only for up to about seven items.
std::optional<int64_t> CheapestPacking(const PackingProblem& problem);

}  // namespace stowage::scheduler
