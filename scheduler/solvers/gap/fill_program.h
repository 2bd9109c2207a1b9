// FillProgram: the linear program over some fills: each item once, each agent at most one fill, and
// cuts. A library's simplex solves it; its answers steer and prove nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scheduler/solvers/gap/fill_cuts.h"
#include "scheduler/solvers/gap/fills.h"

namespace stowage::scheduler::gap {

class FillProgram {
 public:
  // Where a program ended, for one with the same rows and some of the fills to begin from.
  struct Basis {
    std::vector<uint8_t> rows;   // and what items are left out
    std::vector<int32_t> fills;  // in rising order
    std::vector<uint8_t> columns;
  };

  // With the `fills` listed; `left_out` is what an item costs that is in no fill.
  FillProgram(const Fills& all, int32_t items, int32_t agents, FillCuts* cuts, double left_out,
              std::span<const int32_t> fills, const Basis& basis);
  ~FillProgram();
  FillProgram(const FillProgram&) = delete;
  FillProgram& operator=(const FillProgram&) = delete;

  void Add(std::span<const int32_t> fills);
  // False: the library gave up; what follows then is of no worth.
  bool Solve();
  double dual(int32_t row) const;  // of items, then agents, then cuts
  double left_out() const;         // the sum over items of how much of each is in no fill
  std::span<const int32_t> fills() const { return fills_; }
  double level(size_t place) const;  // of fills()[place]
  Basis basis() const;
  int64_t TakeWork();  // since the last call, in units of 100 ns; an estimate that repeats

 private:
  struct Library;
  void Start(const Basis& basis);

  const Fills& all_;
  const int32_t items_, agents_;
  FillCuts* cuts_;
  std::vector<int32_t> fills_;
  size_t started_ = 0;  // of fills_: those from the start
  int64_t work_ = 0, entries_ = 0;
  std::unique_ptr<Library> library_;
};

}  // namespace stowage::scheduler::gap
