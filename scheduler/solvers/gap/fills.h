// Fills: bounds and answers by whole fills of agents, for classes of many items where an agent
// holds some ten of them. First the relaxation over fills (FillColumns) and its bound; then dives:
// the fills that a master wants most are fixed, some at a time, and what is left is priced anew.
// The first dive is over all agents, the later ones over some, with all that they hold; what is
// better is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/fill.h"
#include "scheduler/solvers/gap/fill_columns.h"
#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class Fills {
 public:
  // Whether it pays: the same sizes everywhere, few classes and agents, few items an agent.
  static bool Suits(const GapInstance& instance);

  // `instance` suits and must outlive this; `prices`: [agent][resource], as of PriceSearch.
  Fills(const GapInstance& instance, const std::vector<double>& prices, Rng rng);

  // An answer: all items have places, and all capacities hold.
  void Offer(const std::vector<GapShare>& shares);
  // A slice of work; returns it in units of 100 ns.
  int64_t Step();

  int64_t bound() const { return root_->bound(); }
  int64_t missing() const { return missing_; }  // items without a place where the search stands
  bool found() const { return found_; }
  int64_t best_cost() const { return best_cost_; }  // once found
  std::vector<GapShare> best() const;               // sorted

 private:
  void PriceRoot(int64_t* work);
  void OpenDive();
  void ChooseMembers();
  int32_t Neighbour(int32_t k);
  void StepDive(int64_t* work);
  int64_t KnownCost() const;
  int64_t DiveCost() const;
  bool Hopeless();
  void CloseDive();
  void NoteBest();
  int64_t CostOf(int32_t j, const Loads& loads) const;

  const GapInstance& g_;
  Rng rng_;
  Fill fill_;
  std::vector<int32_t> near_, near_count_;  // [class][near_width_]: agents, the best first
  int32_t near_width_;
  std::optional<FillColumns> root_;
  enum class Stage { kColumns, kProof, kDives } stage_ = Stage::kColumns;
  int64_t cases_;
  std::vector<double> relaxed_;  // of the root, by round

  std::vector<Loads> at_;      // [agent], where the search stands
  std::vector<int64_t> left_;  // [class]: what has no place
  int64_t missing_;
  bool found_ = false;
  int64_t best_cost_ = 0;
  std::vector<Loads> best_;       // [agent]: everything has a place
  std::vector<int64_t> penalty_;  // [class]: what an item without a place counts
  double wish_;                   // agents of a dive, on average

  std::vector<int32_t> members_;
  std::optional<FillColumns> dive_;
  int64_t dives_ = 0;
  int rounds_ = 0;  // of the dive, since it fixed something
};

}  // namespace stowage::scheduler::gap
