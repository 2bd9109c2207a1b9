// Bundles: sets of items that one agent may take together. With rewards for the items, an answer
// costs the Lagrangian value plus what its bundles lose, each against the best of its agent. So
// answers of at most some cost consist of bundles that lose little, and where agents hold few items
// each, those can be listed. All in integers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

// Bundle f: the items agent[f] takes, in falling order, and what they cost.
struct Bundles {
  std::vector<int32_t> agent, cost;
  std::vector<uint32_t> starts{0};
  std::vector<int16_t> items;

  size_t size() const { return agent.size(); }
  std::span<const int16_t> Items(int32_t f) const {
    return {items.data() + starts[f], items.data() + starts[f + 1]};
  }
};

class BundleLister {
 public:
  // `instance` has one resource, single items, and less than 2^15 of them; it must outlive this.
  // `rewards` are in units of 2^-shift, as DenseKnapsacks wants them.
  BundleLister(const GapInstance& instance, std::vector<int32_t> rewards, int shift);

  // A bound on the cost of all answers, in fixed point: rewards less what the best bundles earn.
  int64_t value() const { return value_; }
  // Adds the bundles of agent `j` that answers of at most `cost` may have; adds the work, in units
  // of 100 ns. False: there would be more than `most` in all.
  bool List(int32_t j, int64_t cost, size_t most, Bundles* bundles, int64_t* work);

 private:
  struct Item {
    int32_t k, profit, size;
  };
  void Tabulate(int32_t j, int64_t budget, int64_t* work);
  bool Extend(size_t undecided, int32_t room, int64_t budget);
  const int32_t* Row(size_t i) const { return rows_.data() + i * stride_; }

  const GapInstance& g_;
  const std::vector<int32_t> rewards_;
  const int shift_;
  int64_t value_ = 0;
  std::vector<Item> items_;
  size_t stride_ = 0;
  std::vector<int32_t> rows_;  // [item of items_ + 1][capacity + 1]: the best of those before it
  // Of the agent at hand.
  Bundles* out_ = nullptr;
  int32_t agent_ = 0, cost_ = 0;
  size_t most_ = 0;
  std::vector<int16_t> path_;
};

}  // namespace stowage::scheduler::gap
