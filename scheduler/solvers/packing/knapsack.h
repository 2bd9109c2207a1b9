// Knapsack: the best fill of one bin. Items have values; which of them, at most so many of each, go
// into a bin of a given type so that they are worth most? Also the proof that nothing is worth
// more.
//
// Relaxation: prices per unit of room, one a dimension; a fill is worth no more than the room at
// its price plus what the items' values exceed the prices of their sizes. The smallest such sum is
// found by a dual simplex with as many rows as there are dimensions (floating point; any prices >=
// 0 are valid), and is then evaluated in integers.
//
// Search: depth first, most certain items first, cut where the loss against the relaxation passes
// what may be lost. Complete unless it runs out of nodes; frontier.h is the thorough one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/candidates.h"
#include "scheduler/solvers/packing/core.h"
#include "scheduler/solvers/packing/room_prices.h"

namespace stowage::scheduler::packing {

class Knapsack {
 public:
  // `core` must outlive this.
  explicit Knapsack(const Core& core);

  Fill Solve(const FillTask& task, int64_t nodes);

  // Good prices of the room of an empty bin, over all items; and what attains them, in fractions.
  std::vector<int64_t> Prices(int32_t type, Values value, Values left);
  const std::vector<RoomPrices::Part>& parts() const { return parts_; }

  // An upper bound on any fill for any prices >= 0; saturates at 2^62.
  int64_t Relaxed(int32_t type, Values value, Values left, std::span<const int64_t> prices);

  // Work done since the start, in units of about a nanosecond.
  int64_t work() const { return work_; }

 private:
  void Order(int64_t budget);
  void Dive(size_t group, int32_t option, int64_t left, int64_t worth);
  void DiveNext(size_t group, int32_t option, int64_t left, int64_t worth);
  void Finish(int64_t worth);
  void Complete(int64_t worth);
  int64_t Fitting(const Candidates::Option& option, int64_t left) const;

  const Core& core_;
  Candidates from_;
  std::vector<RoomPrices::Part> parts_;
  std::vector<int64_t> taken_, rest_;  // [group]
  std::span<const int64_t> prices_;
  std::vector<int64_t> room_;
  Loads chosen_, best_;
  int64_t best_value_ = 0, nodes_ = 0, work_ = 0;
  bool complete_ = true, tried_ = false;
};

}  // namespace stowage::scheduler::packing
