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
// what may be lost. Complete unless it runs out of nodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

using Values = std::span<const int64_t>;  // [item], >= 0; or numbers of items

class Knapsack {
 public:
  // `core` must outlive this.
  explicit Knapsack(const Core& core);

  struct Fill {
    int64_t value = 0;
    Loads loads;
    int64_t limit = 0;  // proven: no fill is worth more than the larger of this and `enough`
  };
  // The best fill worth more than `enough`, if any (loads are empty when none was found). `left`
  // says how many of each item there are. Relaxed() must be below 2^61.
  struct Task {
    int32_t type;
    Values value, left;
    std::span<const int32_t> items;  // those to choose from: each once; others are not looked at
    std::span<const int64_t> prices;
    int64_t enough = 0;
    int64_t nodes = 1000;
  };
  Fill Solve(const Task& task);

  // Good prices of the room of an empty bin. Of every number of items.
  std::vector<int64_t> Prices(int32_t type, Values value, Values left);

  // An upper bound on any fill for any prices >= 0; saturates at 2^62.
  int64_t Relaxed(int32_t type, Values value, Values left, std::span<const int64_t> prices);

  // Work done since the start, in units of about a nanosecond.
  int64_t work() const { return work_; }

 private:
  struct Option {
    int32_t choice;
    int64_t gain;  // value less the price of its size
    int64_t most;
  };
  struct Group {  // an item
    int32_t first, last;
    int64_t most, gain;  // gain: of its best option
  };
  void Collect(const Task& task);
  void Order(int64_t budget);
  void Dive(size_t group, int32_t option, int64_t left, int64_t worth);
  void DiveNext(size_t group, int32_t option, int64_t left, int64_t worth);
  void Finish(int64_t worth);
  int64_t Price(int32_t choice) const;

  const Core& core_;
  std::vector<Option> options_;
  std::vector<Group> groups_;
  std::vector<int64_t> rest_;  // [group] what it and the later ones may gain
  std::span<const int64_t> prices_;
  std::vector<int64_t> room_;
  Loads chosen_, best_;
  int64_t best_value_ = 0, nodes_ = 0, work_ = 0;
  bool complete_ = true;
};

}  // namespace stowage::scheduler::packing
