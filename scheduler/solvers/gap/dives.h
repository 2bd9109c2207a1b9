// Dives: one dive after the other (Dive), over all agents at first, then over those that were
// filled last, with all that they hold; what is better is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/dive.h"
#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class Dives {
 public:
  static bool Suits(const GapInstance& instance) { return Dive::Suits(instance); }

  // `instance` suits and must outlive this; `prices` as of PriceSearch; `unit` of temperature, as
  // of Annealer.
  Dives(const GapInstance& instance, const std::vector<double>& prices, double unit, Rng rng);

  // Goes on from here: the agent of each item. All capacities hold.
  void Start(const std::vector<int32_t>& at);
  // A step of the dive at hand; returns the work in units of 100 ns.
  int64_t Step();

  bool whole() const { return whole_ > 0; }    // a dive over all agents has ended
  bool gained() const { return gains_ > 0; }   // one was better than what was known
  int64_t idle_work() const { return idle_; }  // since that
  int64_t best_cost() const { return cost_; }
  const std::vector<int32_t>& best() const { return at_; }  // empty: none is known

 private:
  void Take(const std::vector<int32_t>& at);
  void ChooseMembers();
  void Open();
  bool All() const { return static_cast<int32_t>(members_.size()) == g_.agents; }
  void Close();

  const GapInstance& g_;
  const std::vector<double> prices_;
  const double unit_;
  Rng rng_;
  std::vector<int32_t> at_;
  std::vector<std::vector<int32_t>> items_on_;
  int64_t cost_ = 0;
  std::vector<int32_t> order_;  // agents; those filled last, with least choice, at the end
  int whole_ = 0, dives_ = 0, gains_ = 0;
  int64_t idle_ = 0;

  std::vector<int32_t> members_, items_;
  int64_t members_cost_ = 0;
  std::optional<GapInstance> part_;
  std::optional<Dive> dive_;
};

}  // namespace stowage::scheduler::gap
