// The proof: what values of items say about the cost of every solution. Integers only, so it holds
// however the values were found.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

struct Proof {
  int64_t cost = 0;            // no solution costs less
  std::vector<int64_t> value;  // scaled so that no fill of an unlimited type exceeds its cost
  std::vector<int64_t> price;  // [type] what a bin costs, or more: what a fill may be worth
};

// `limit[type]`: proven, no fill of that type is worth more beyond what its items cost there, at
// most `demand` of each item in it.
// `extra`: what conditions on the numbers of bins add to the values; a type's limit then has the
// values of the conditions it counts for added.
Proof Prove(const Core& core, std::span<const int64_t> value, std::span<const int64_t> limit,
            __int128 extra = 0);

}  // namespace stowage::scheduler::packing
