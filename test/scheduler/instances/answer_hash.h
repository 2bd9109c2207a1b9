// Hashes of answers, the same on every machine, for benches and tests that compare them.
#pragma once

#include <cstdint>

#include "scheduler/model/placement.h"

namespace stowage::scheduler {

// Which pods go to which clusters.
uint64_t HashOf(const Placement& placement, uint64_t start = 0);
// The same, and what it costs.
uint64_t HashOf(const Incumbent& incumbent);

}  // namespace stowage::scheduler
