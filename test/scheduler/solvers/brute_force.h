// The optimum of very small problems, by trying everything. Shares no code with the solvers: prices
// are worked out anew from the problem.
#pragma once

#include <vector>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

struct Optimum {
  std::vector<int64_t> placed;  // by tier, highest priority first
  Money cost;
};

// Every pod apart goes to any node, or to none. Only for problems without latency and egress, and
// at most about 10^6 combinations.
Optimum BruteForce(const Problem& problem);

}  // namespace stowage::scheduler
