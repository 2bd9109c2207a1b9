// PackingProblem: variable-sized vector bin packing with incarnations, the arithmetic core of
// buying nodes: which types of bins (node types, with prices) to open, and how many, so that all
// items (pods) fit at least cost. Plain dense data.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "base/result/result.h"

namespace stowage::scheduler {

struct BinType {
  static constexpr int64_t kAny = -1;
  std::vector<int64_t> capacity;  // [dimension]
  int64_t cost = 0;               // of one bin, >= 0
  int64_t quantity = kAny;        // how many there are at most
};

struct PackingItem {
  int64_t demand = 0;                              // how many of them are to be packed
  std::vector<std::vector<int64_t>> incarnations;  // [incarnation][dimension]: one is chosen each
  // On one type of bin.
  struct Terms {
    static constexpr int32_t kNever = -1;
    int32_t incarnation = kNever;  // the only one that counts there
    int64_t cost = 0;              // of one item, >= 0
    auto operator<=>(const Terms&) const = default;
  };
  std::vector<Terms> terms;  // [type]; empty: any incarnation on any type, for nothing
};

struct PackingProblem {
  int32_t dimensions = 0;
  std::vector<BinType> bins;
  std::vector<PackingItem> items;
};

// `count` bins that are filled alike.
struct PackedBins {
  int32_t type = 0;
  int64_t count = 0;
  struct Load {
    int32_t item, incarnation;
    int64_t per_bin;
    bool operator==(const Load&) const = default;
  };
  std::vector<Load> loads;  // sorted by (item, incarnation)
  bool operator==(const PackedBins&) const = default;
};

struct PackingSolution {
  std::vector<PackedBins> bins;
  int64_t cost = 0;  // of the bins and of the items on them
};

// kInvalid: dimensions do not match, a number is out of range, or a sum could pass 2^62.
Result<void> Validate(const PackingProblem& problem);

// Without any solver code. kInvalid says what is wrong.
Result<void> Check(const PackingProblem& problem, const PackingSolution& solution);

}  // namespace stowage::scheduler
