// Sample: a smaller instance whose prices are close to those of the whole: some of the classes, the
// larger ones more likely, each for as many as are left out beside it. All agents, with capacities
// as scarce as they were.
#pragma once

#include <cstdint>

#include "scheduler/solvers/gap/instance.h"
#include "scheduler/solvers/gap/prices.h"

namespace stowage::scheduler::gap {

// About `classes` of those of `whole`; all of them where there are no more. `prices` has evaluated:
// classes that prefer the same agent, with sizes of the same proportions, stand in for each other.
GapInstance SampleOf(const GapInstance& whole, const PriceSearch& prices, int32_t classes);

}  // namespace stowage::scheduler::gap
