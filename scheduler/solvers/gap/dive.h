// Dive: one assignment, agent by agent. The agent whose turn it is takes those of the items left
// that serve best: against what they would cost elsewhere, at the prices of what is left
// (SoftPrices), and such that they fill it almost wholly in all resources (SubsetFit). The last
// few agents have too little choice for that; an annealer fills them together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/annealer.h"
#include "scheduler/solvers/gap/instance.h"
#include "scheduler/solvers/gap/soft_prices.h"
#include "scheduler/solvers/gap/subset_fit.h"

namespace stowage::scheduler::gap {

class Dive {
 public:
  static bool Suits(const GapInstance& instance);

  struct Options {
    double temperature;  // of the prices at first, in units of cost
    int32_t tail = 4;    // agents that are filled together in the end
    size_t subsets = 30'000;
  };
  // `instance` suits and must outlive the dive; `prices` as of PriceSearch.
  Dive(const GapInstance& instance, const std::vector<double>& prices, Rng rng, Options options);

  // One step of the prices, one agent, or a part of the end; adds the work (units of 100 ns).
  // False: the dive has ended.
  bool Step(int64_t* work);

  bool found() const { return found_; }
  int64_t cost() const { return cost_; }                  // once found
  const std::vector<int32_t>& at() const { return at_; }  // the agent of each item
  // Agents in the order in which they were filled; those of the end, who have least choice, last.
  const std::vector<int32_t>& filled() const { return filled_; }

 private:
  struct Offer {
    double loss;  // of doing the opposite of what the gain says
    int32_t k;
    bool taken;  // what the gain says
  };

  bool FillNext(int64_t* work);
  bool Fit(int32_t j, const std::vector<double>& prices, std::vector<Offer>* offers,
           std::vector<int32_t>* held, int64_t* work);
  bool BeginTail(int64_t* work);
  bool StepTail(int64_t* work);
  void BeginRun();

  const GapInstance& g_;
  const Options options_;
  Rng rng_;
  SoftPrices soft_;
  SubsetFit fit_;
  std::vector<int32_t> order_;  // agents to come; the next at the back
  std::vector<int32_t> filled_;
  double temperature_;
  int steps_left_;  // of the prices before the next agent
  double scale_;    // what an agent loses, about
  std::vector<int32_t> at_;
  int64_t cost_ = 0;
  bool found_ = false;

  std::vector<int32_t> tail_items_, tail_agents_;
  std::optional<GapInstance> part_;
  std::optional<Annealer> annealer_;
  int runs_ = 0;
};

}  // namespace stowage::scheduler::gap
