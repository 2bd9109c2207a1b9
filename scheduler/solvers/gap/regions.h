// Regions: improves an assignment by solving parts of it to the end, as Exchange does, with the
// bounds of Branching. It frees all items of a few agents and looks for a cheaper way to place
// them; how many agents follows from how much work that takes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/branching.h"
#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class Regions {
 public:
  // `instance` suits Branching and must outlive this. `prices` as from PriceSearch.
  Regions(const GapInstance& instance, const std::vector<double>& prices, Rng rng);

  // Goes on from here: the agent of each item. All capacities hold.
  void Start(const std::vector<int32_t>& at);
  // Better rewards to begin with than those at the prices, in units of cost.
  void SetRewards(std::vector<double> rewards) { rewards_ = std::move(rewards); }
  // Some work on the region at hand, or a new one; returns it in units of 100 ns.
  int64_t Step();

  int64_t best_cost() const { return cost_; }
  const std::vector<int32_t>& best() const { return at_; }

 private:
  void FindNear(const std::vector<double>& prices);
  int32_t Neighbour(int32_t j);
  void ChooseMembers();
  void Open();
  void Finish(bool whole);

  const GapInstance& g_;
  Rng rng_;
  std::vector<double> rewards_;
  std::vector<int32_t> near_, near_count_;  // [item][near_width_]: agents by regret
  int32_t near_width_ = 0;
  std::vector<int32_t> at_;
  std::vector<std::vector<int32_t>> items_on_;
  int64_t cost_ = 0;

  double wish_;  // agents to free, on average
  std::vector<int32_t> members_, items_;
  std::optional<GapInstance> part_;
  std::optional<Branching> search_;
  int64_t spent_ = 0;  // on the region at hand
};

}  // namespace stowage::scheduler::gap
