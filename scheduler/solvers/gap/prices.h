// PriceSearch: the Lagrangian relaxation of the capacities. Each agent asks a price per unit of
// each resource; then every class takes the agent where its cost and what it pays are least, and
//
//   L(prices) = sum over k of count(k) min over j of (cost(k, j) + price(j) . size(k, j))
//             - sum over j of price(j) . capacity(j)
//
// is a lower bound on the cost of every solution; the best one equals the bound of the linear
// relaxation. The search raises the prices of what is overloaded in steps that shrink where the
// overload changes its sign, and looks at the mean of the prices; it is steered by floating point.
// What bound() says is worked out in integers from prices in fixed point.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class PriceSearch {
 public:
  explicit PriceSearch(const GapInstance& instance);  // must outlive the search

  // The next `steps` steps shrink from `first` to `last`, in parts of the mean cost of an item.
  void Begin(int steps, double first, double last);
  // One look at all pairs: an exact bound, and for each class the agents worth a look for a while.
  int64_t Evaluate();
  // The same at prices of somebody else's, from which the search goes on.
  int64_t EvaluateAt(const std::vector<double>& prices);
  // The agents that Evaluate found worth a look, the best first.
  std::span<const int32_t> Candidates(int32_t k) const {
    return {&agent_[static_cast<size_t>(k) * width_], static_cast<size_t>(listed_[k])};
  }
  // One step of the prices over those agents only; early steps look at a sample of the classes
  // and all agents instead. Both return the work in units of 100 ns.
  int64_t Iterate();

  int64_t bound() const { return bound_; }
  // Of the best bound so far. [agent][resource], cost per unit of size, >= 0.
  const std::vector<double>& prices() const { return best_prices_; }
  // How much the last ten evaluations gained, as a part of the bound.
  double recent_gain() const;

 private:
  template <typename Sum>
  void EvaluateIn();
  void FindLoads();
  void SampleLoads(int32_t first, int32_t stride);
  void MovePrices();
  int64_t FixedPrice(size_t at, double price) const;

  const GapInstance& g_;
  size_t slots_;                        // agents x resources
  int width_;                           // candidates per class
  int shift_;                           // fixed point: 2^shift_ is one unit of cost
  bool wide_;                           // 64 bits do not hold the cost of a pair
  int64_t price_limit_;                 // of a price times a size, in fixed point
  std::vector<int64_t> largest_;        // per slot: the largest size there, at least 1
  std::vector<double> unit_, inverse_;  // per slot: the order of a price; 1 / capacity

  std::vector<double> prices_, average_, best_prices_;
  std::vector<double> load_, mean_, square_;  // overloads: now; their mean and mean square lately
  double keep_mean_ = 1, keep_square_ = 1;
  double step_ = 0, decay_ = 1;
  int done_ = 0, sampled_ = 0;  // steps of this run; those that look at a sample of the classes
  int64_t bound_ = 0;
  std::vector<int64_t> history_;

  // Candidates of class k: [k * width_, k * width_ + listed_[k]).
  std::vector<int32_t> listed_, agent_;
  std::vector<double> cost_, size_;
};

}  // namespace stowage::scheduler::gap
