// Candidates: what a knapsack chooses from, priced. Shared by the two that solve it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

using Values = std::span<const int64_t>;  // [item], >= 0; or numbers of items

// The best fill of a bin worth more than `enough`, what its items cost there taken off. The relaxed
// value must be below 2^61.
struct FillTask {
  int32_t type;
  Values value, left;               // of items; how many there are of each
  std::span<const int32_t> items;   // those to choose from: each once; others are not looked at
  std::span<const int64_t> prices;  // of room
  int64_t enough = 0;
};

struct Fill {
  int64_t value = 0;
  Loads loads;        // empty: none was found
  int64_t limit = 0;  // proven: no fill is worth more than the larger of this and `enough`
};

struct Candidates {
  struct Option {
    int32_t choice;
    int64_t gain;  // value less the price of its size
    int64_t most;
  };
  struct Group {  // an item, or a part of its number
    int32_t first, last;
    int64_t most, gain;  // gain: of its best option
    int64_t unit;        // so many at once
    int64_t certainty() const { return gain < 0 ? -gain : gain; }
  };
  std::vector<Option> options;
  std::vector<Group> groups;
  int64_t empty = 0;    // the room of an empty bin at its price
  int64_t relaxed = 0;  // no fill is worth more

  void Collect(const Core& core, const FillTask& task);
  // Drops items whose every use costs more than `budget`; the most certain ones come first.
  void Order(int64_t budget);
  // What each group and the later ones may gain; one entry more than there are groups.
  std::vector<int64_t> Rest() const;
};

inline int64_t PriceOf(std::span<const int64_t> size, std::span<const int64_t> prices) {
  int64_t price = 0;
  for (size_t r = 0; r < size.size(); ++r) price += prices[r] * size[r];
  return price;
}

}  // namespace stowage::scheduler::packing
