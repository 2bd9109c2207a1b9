// Leftovers: what nodes have free beside a placement, by its witness.
#pragma once

#include <vector>

#include "scheduler/model/placement.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

struct Leftover {
  int32_t shape = -1, pool = -1;  // one of them is a place in the cluster's list
  bool open = true;               // false: a node of the pool that could still be bought
  int64_t count = 0;
  Amounts free;  // of each node
};

// By place in Problem::clusters. `placement` must be one of `problem` (CheckPlacement). O(classes +
// nodes in the witness x loads).
std::vector<std::vector<Leftover>> LeftoversOf(const Problem& problem, const Placement& placement);

}  // namespace stowage::scheduler
