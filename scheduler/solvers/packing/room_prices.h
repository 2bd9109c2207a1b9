// RoomPrices: the linear relaxation of a knapsack with several dimensions, solved for its dual:
// what a unit of room is worth. Dual simplex with one row a dimension; a step goes on past the
// items that change sides as long as that pays (bound flipping). Plain doubles in a fixed order:
// the same answer everywhere. It only steers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

class RoomPrices {
 public:
  RoomPrices(const Core& core, int32_t type, std::span<const int64_t> value,
             std::span<const int64_t> left);
  // [dimension], >= 0, in units of value per unit of room.
  std::vector<int64_t> Solve();
  // After Solve(): a fill in fractions that attains them.
  struct Part {
    int32_t choice;
    double count;
  };
  std::vector<Part> Parts() const;
  int64_t work() const { return work_; }

 private:
  struct Break {
    double at;
    int32_t var;
    bool operator<(const Break& o) const { return at != o.at ? at < o.at : var < o.var; }
  };
  bool Improve();
  bool Invert();                       // of the basis; false: singular
  void PriceOut();                     // prices_ from the basis
  std::vector<double> Levels() const;  // of the basis
  int WorstRow();                      // of the basis; -1: none violates its bounds
  std::vector<Break> Breaks(const std::vector<double>& along) const;
  double Dot(const std::vector<double>& row, int32_t var) const;
  bool IsSlack(int32_t var) const { return var >= count_; }

  const Core& core_;
  const int d_;
  int32_t type_;
  int32_t count_ = 0;  // items' variables [0, count_), then a slack for each dimension
  std::vector<int32_t> choice_;
  std::vector<double> value_, most_, size_;  // size_[var * d + r], of the room of the bin
  std::vector<char> upper_, basic_;
  std::vector<int32_t> basis_;
  std::vector<double> inverse_, prices_;
  double excess_ = 0;  // of the worst row
  bool above_ = false;
  int64_t work_ = 0;
};

}  // namespace stowage::scheduler::packing
