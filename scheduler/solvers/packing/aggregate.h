// The first values of items: what their sizes are worth if bins could be bought in any fraction and
// filled without a gap. One small linear program with a row a dimension.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

// [item], in units of cost. Steers; proves nothing.
std::vector<double> AggregateValues(const Core& core);

}  // namespace stowage::scheduler::packing
