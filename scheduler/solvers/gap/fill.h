// Fill: what one agent should hold, where items have a worth each: the best fill of its capacities,
// and a proof that no fill is worth more than so much. Branch and bound with linear relaxations of
// as many rows as there are resources; the most promising case goes first, so that a search that is
// cut short leaves little open.
//
// The relaxations are solved in floating point by the dual simplex method. What is proven follows
// from their prices, rounded, in integers: room at its price and what items are worth beyond the
// prices of their sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class Fill {
 public:
  static constexpr int32_t kMostResources = 4;
  static constexpr int64_t kWorthOfDearest = 16;  // an item is worth at most so many dearest costs
  // Few resources, and numbers small enough for a fixed point of some bits.
  static bool Suits(const GapInstance& instance);

  explicit Fill(const GapInstance& instance);  // suits; must outlive this

  int shift() const { return shift_; }  // 2^shift() is one unit of cost
  // [class]: of one item, in fixed point, in [0, most_worth()]. `left`: [class], how many there are
  // at most. Looks at so many cases.
  void Solve(int32_t j, std::span<const int64_t> worth, std::span<const int64_t> left,
             int64_t cases);
  int64_t most_worth() const { return most_worth_; }

  // Of the last call: what the best fill found is worth beyond its cost, which no fill exceeds
  // by more than most() - value(). Both in fixed point, >= 0.
  int64_t value() const { return value_; }
  int64_t most() const { return most_; }
  const std::vector<std::pair<int32_t, int64_t>>& taken() const { return taken_; }  // by class
  int64_t TakeWork();  // since the last call, in units of 100 ns

 private:
  struct Item {
    int32_t k;
    int64_t worth;  // beyond its cost
    int64_t most;
    int64_t size[kMostResources];
    double value, take[kMostResources];
  };
  // A case: bounds of how many of each item, and where the simplex method stands.
  struct Case {
    int64_t most = 0;     // no fill of this case is worth more
    int32_t branch = -1;  // item at hand: at most, or more than, this many
    int64_t at = 0;
    int32_t basis[kMostResources];  // items, or n + r for unused room
  };

  struct Entrant {
    double loss;   // for each unit of the level
    double moves;  // the level, each
    int32_t i;
  };

  void ListItems(int32_t j, std::span<const int64_t> worth, std::span<const int64_t> left);
  int32_t NewCase();
  void CopyCase(int32_t from, int32_t to);
  bool Tighten(int32_t at);
  void Relax(int32_t at);
  bool Factor(const Case& c);
  void FindLevels(int32_t at);
  int32_t RowOut(int32_t at, bool* above, double* by) const;
  void FindEntrants(int32_t at, int32_t row, bool above);
  bool Pivot(int32_t at);
  int64_t Proven(int32_t at) const;
  void Round(int32_t at);
  void ChooseBranch(int32_t at);
  void Enter(int32_t at);
  void Open(int32_t parent, bool above);
  void Begin();
  int64_t* lower(int32_t at) { return &lower_[static_cast<size_t>(at) * items_.size()]; }
  int64_t* upper(int32_t at) { return &upper_[static_cast<size_t>(at) * items_.size()]; }
  uint8_t* full(int32_t at) { return &full_[static_cast<size_t>(at) * items_.size()]; }
  const int64_t* lower(int32_t at) const {
    return &lower_[static_cast<size_t>(at) * items_.size()];
  }
  const int64_t* upper(int32_t at) const {
    return &upper_[static_cast<size_t>(at) * items_.size()];
  }

  const GapInstance& g_;
  const int32_t s_;
  int shift_ = 0;
  int64_t most_worth_ = 0;
  int64_t most_price_[kMostResources];  // any higher one has the same effect

  std::vector<Item> items_;
  const int64_t* room_ = nullptr;
  // In the relaxation sizes are parts of the room and a little, worths parts of the largest one.
  double unit_ = 1, part_[kMostResources];
  std::vector<Case> cases_;
  std::vector<int64_t> lower_, upper_;  // [case][item]
  std::vector<uint8_t> full_;           // [case][item]: at its upper bound, where not in the basis
  std::vector<int32_t> free_;           // cases no longer needed
  std::vector<std::pair<int64_t, int32_t>> heap_;

  double inverse_[kMostResources][kMostResources], level_[kMostResources], price_[kMostResources];
  std::vector<double> reduced_;    // [item and resource]: worth beyond the prices
  std::vector<uint8_t> in_basis_;  // the same
  std::vector<Entrant> entrants_;
  std::vector<int32_t> order_;         // items by worth for their size
  std::vector<int64_t> trial_, best_;  // [item]
  int64_t value_ = 0, most_ = 0, looks_ = 0;
  std::vector<std::pair<int32_t, int64_t>> taken_;
};

}  // namespace stowage::scheduler::gap
