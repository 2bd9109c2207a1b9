// Instances of the published families for the generalized assignment problem, made from a seed.
#pragma once

#include <cstdint>

#include "scheduler/solvers/gap/problem.h"

namespace stowage::scheduler {

// Type 'C', 'D' or 'E' as Chu and Beasley, and Yagiura, Ibaraki and Glover define them; with
// several resources each has sizes and capacities of its own, and the cost follows the mean over
// them.
//   C: size U[5, 25], cost U[10, 50]
//   D: size U[1, 100], cost 111 - size + U[-10, 10]
//   E: size 1 - 10 ln U(0, 1], cost 1000 / size - 10 U[0, 1]
// Capacities are 0.8 x (sum of the sizes on the agent) / agents. Sizes differ by agent.
GapProblem MakeGap(char type, int32_t agents, int32_t items, int32_t resources, uint64_t seed);

// A fleet: 101 clusters (cores, memory, pods), classes of alike pods with a heavy tail of counts
// (about 16 on average), prices per core and GiB that differ by cluster, latency by region, and
// clusters that some classes may not use. Capacity of cores and memory is `tightness` x demand.
// Cost: nano-currency per hour.
GapProblem MakeFleet(int64_t items, double tightness, uint64_t seed);

}  // namespace stowage::scheduler
