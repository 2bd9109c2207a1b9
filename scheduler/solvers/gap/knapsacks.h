// KnapsackBound: the Lagrangian relaxation of "every item is placed once". Each item has a reward;
// then every agent packs the items that pay best within its capacities, a knapsack of its own, and
//
//   L(rewards) = sum of the rewards - sum over agents of the most it can earn: reward less cost
//
// is a lower bound on the cost of every solution. It is at least as good as that of PriceSearch,
// which lets agents take parts of items, and much better where an agent holds few items.
//
// A knapsack is solved against its relaxation at the prices of the capacities: a depth-first search
// over what each deviation loses proves how much less the agent earns. All in integers (rewards and
// prices in fixed point); only the choice of the next rewards is floating point.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class KnapsackBound {
 public:
  // Whether the numbers are small enough, and the classes have one item each.
  static bool Suits(const GapInstance& instance);

  // `prices` as from PriceSearch. `instance` suits and must outlive the search.
  KnapsackBound(const GapInstance& instance, const std::vector<double>& prices);

  // The next `sweeps` sweeps take steps that shrink from `first` to `last`, in units of cost.
  void Begin(int sweeps, double first, double last);
  // One agent's knapsack; after the last of a sweep, new rewards. Adds the work (units of 100 ns).
  // False at the end of a sweep.
  bool Step(int64_t* work);

  int64_t bound() const { return bound_; }
  int sweeps() const { return sweeps_; }

 private:
  struct Item {
    int32_t k;
    int64_t gain;  // reward - cost - what its sizes cost at the prices
    int64_t loss;  // of doing the opposite of what the gain says
    const int64_t* size;
  };

  void SolveAgent(int32_t j);
  void Free(int32_t j, int64_t budget);
  void Descend(size_t depth, int64_t loss);
  int64_t Waste(size_t depth) const;
  void EndSweep();

  const GapInstance& g_;
  const int32_t m_, s_;
  int shift_ = 0;
  std::vector<int64_t> cost_, price_;           // fixed point
  std::vector<int64_t> reward_;                 // [class]
  std::vector<double> centre_, mean_, square_;  // [class]
  std::vector<int64_t> loss_guess_;             // [agent]
  std::vector<int32_t> taken_;                  // [class]: by how many agents in this sweep
  __int128 total_ = 0;
  int32_t next_agent_ = 0;
  int sweeps_ = 0;
  double step_ = 0, decay_ = 1, keep_mean_ = 1, keep_square_ = 1;
  int64_t bound_ = 0;

  std::vector<Item> items_;            // free ones of the agent at hand
  std::vector<int32_t> forced_;        // classes it takes whatever comes
  std::vector<int64_t> room_, reach_;  // [resource]; [depth][resource]
  std::vector<uint8_t> in_, best_in_;
  int64_t limit_ = 0, nodes_ = 0, node_limit_ = 0;
  bool found_ = false;
  int32_t agent_ = 0;
};

}  // namespace stowage::scheduler::gap
