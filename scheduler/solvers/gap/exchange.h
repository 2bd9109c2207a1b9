// Exchange: improves an assignment by solving small parts of it to the end. It frees all lots of a
// few agents that have lots to exchange, and finds a best way to put them back by depth-first
// search, cut off where regret and unused capacity at their prices cost too much. How many agents
// it frees follows from how long such searches take.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class Exchange {
 public:
  // `prices` as for Annealer. Classes have few items each: every item is a lot.
  Exchange(const GapInstance& instance, const std::vector<double>& prices, Rng rng);

  // Goes on from here: the agent of each item, items of a class side by side. All capacities hold.
  void Start(const std::vector<int32_t>& at);
  // A few parts; the work in units of 100 ns. `temperature`: what a step may cost, in units of
  // cost.
  int64_t Step(double temperature);

  int64_t best_cost() const { return best_cost_; }
  const std::vector<int32_t>& best() const { return best_; }

 private:
  void ChooseMembers();
  void ListItems();
  void OpenMember(size_t member, double value);
  void Descend(size_t member, size_t depth, double value);
  double Waste(size_t member, size_t depth) const;
  bool Replace();
  int32_t Neighbour(int32_t j);

  double Regret(int32_t k, int32_t j) const { return regret_[static_cast<size_t>(k) * m_ + j]; }
  const double* Size(int32_t k, int32_t j) const {
    return &size_[(g_.uniform ? k : static_cast<size_t>(k) * m_ + j) * s_];
  }

  const GapInstance& g_;
  const int32_t m_, s_;
  Rng rng_;
  std::vector<int32_t> class_of_;
  std::vector<double> price_, capacity_, regret_, size_;
  std::vector<int32_t> near_;  // [class][near_width_]
  std::vector<int32_t> near_count_;
  int32_t near_width_ = 0;

  std::vector<int32_t> at_, best_;
  std::vector<std::vector<int32_t>> items_on_;
  std::vector<double> load_;
  int64_t cost_ = 0, best_cost_ = 0;

  double wish_ = 3;  // agents to free, on average
  std::vector<int32_t> members_;
  std::vector<int32_t> items_;  // theirs
  std::vector<double> loss_;    // [item][member]: regret over its least among the members
  std::vector<double> tail_;    // [item][member]: the least loss there and later on
  std::vector<int> was_, now_, found_at_;   // [item]: its member
  std::vector<std::vector<int>> lists_;     // [member]: items that may go there, in search order
  std::vector<double> room_;                // [member][resource]
  std::vector<std::vector<double>> reach_;  // [member][depth][resource]: what the rest could fill
  double limit_ = 0;
  bool found_ = false;
  int64_t nodes_ = 0;
};

}  // namespace stowage::scheduler::gap
