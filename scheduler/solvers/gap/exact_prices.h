// ExactPrices: the prices of the capacities by linear programming, for instances with few classes
// of many items, where PriceSearch comes near the best bound only slowly: one class that moves to
// a small agent and back overloads it many times over. Columns are the pairs that are worth a look
// at the prices so far; the library's answers steer, and PriceSearch evaluates them exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/gap/instance.h"
#include "scheduler/solvers/gap/prices.h"
#include "scheduler/solvers/packing/master.h"

namespace stowage::scheduler::gap {

class ExactPrices {
 public:
  static bool Suits(const GapInstance& instance);

  // `instance` and `prices` must outlive this. `prices` has been evaluated.
  ExactPrices(const GapInstance& instance, PriceSearch& prices);

  // Some pivots, or a look at all pairs; adds the work (units of 100 ns). False: the prices are
  // the best there are.
  bool Step(int64_t* work);

 private:
  bool AddCandidates();

  const GapInstance& g_;
  PriceSearch& prices_;
  double unit_;  // of cost, in the linear program
  packing::Master lp_;
  std::vector<uint8_t> added_;  // [class][agent]
};

}  // namespace stowage::scheduler::gap
