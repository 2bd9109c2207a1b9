// Rows: what the master has to cover. Few kinds of items: each its demand. Many: groups of similar
// ones their number, and each dimension all that is asked for, so that an item's value is a price
// for its sizes and a surcharge for its group. That is weaker than a row for each item, and far
// quicker.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/core.h"
#include "scheduler/solvers/packing/master.h"

namespace stowage::scheduler::packing {

class Rows {
 public:
  // About `most` groups. `core` must outlive this.
  Rows(const Core& core, size_t most);

  int32_t count() const { return static_cast<int32_t>(least_.size()); }
  double least(int32_t row) const { return least_[row]; }
  // Adds what `count` of the item cover to a column by row.
  void Add(int32_t item, double count, std::vector<double>& column) const;
  double Worth(int32_t item, std::span<const double> duals) const;
  // Similar items; each that is asked for is in one group.
  const std::vector<std::vector<int32_t>>& groups() const { return groups_; }
  int32_t group_of(int32_t item) const { return group_of_[item]; }

 private:
  void Split(std::vector<int32_t> items, size_t parts);
  int SplitDimension(const std::vector<int32_t>& items) const;

  const Core& core_;
  std::vector<std::vector<int32_t>> groups_;
  std::vector<int32_t> group_of_;
  std::vector<double> least_, scale_;  // scale: [dimension]
  bool by_size_ = false;
};

}  // namespace stowage::scheduler::packing
