// Branching: a better bound than the master's, by cases. Each case says of some types together that
// at most, or at least, so many of them are opened; its bound is that of its own column generation.
// The least bound of all open cases holds for the problem.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "scheduler/solvers/packing/columns.h"
#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

class Branching {
 public:
  // Both must outlive this; `root` is the whole problem, converged.
  Branching(const Core& core, const Columns& root);

  // A slice of work. `cost` is that of the best solution: cases that cannot beat it are closed.
  // False: nothing is left to divide.
  bool Step(int64_t cost);
  // No solution that costs less than `cost` of the last step is below this.
  int64_t bound() const { return bound_; }
  int64_t work() const { return work_; }

 private:
  struct Case {
    int64_t bound = 0;
    std::vector<Branch> branches;
    std::shared_ptr<const Columns> parent;
    bool stuck = false;  // cannot be divided
  };
  void Open();
  void Divide(int64_t cost);
  std::vector<Branch> Questions(const Columns& columns) const;
  void UpdateBound(int64_t cost);

  const Core& core_;
  std::vector<Case> cases_;  // closed ones are taken out
  size_t at_ = 0;            // the case at hand, while `columns_` is
  std::shared_ptr<Columns> columns_;
  int64_t bound_, work_ = 0;
  std::vector<std::vector<char>> sets_;  // of types, to ask about
};

}  // namespace stowage::scheduler::packing
