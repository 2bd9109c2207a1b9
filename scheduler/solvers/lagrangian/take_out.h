// TakeOut: pods leave a solution.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "scheduler/placement/solver.h"

namespace stowage::scheduler::lagrangian {

// Pods of one load.
struct Spot {
  int32_t k;
  double key;  // of one class, those of the least leave first
  int64_t step;
  int32_t j;
  int32_t group;
  int64_t pods;
};

// All pods of `spots` leave nodes and shares, one spot after the other. `demand_of(k, j)`: what one
// of them asks for.
void TakeOut(Solution& solution, const std::vector<Spot>& spots,
             const std::function<const Amounts&(int32_t k, int32_t j)>& demand_of);

}  // namespace stowage::scheduler::lagrangian
