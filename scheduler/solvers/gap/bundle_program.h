// BundleProgram: the linear program over some bundles: each item once, each agent at most one
// bundle, and cuts. A library's simplex solves it; its answers steer and prove nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scheduler/solvers/gap/bundle_cuts.h"
#include "scheduler/solvers/gap/bundles.h"

namespace stowage::scheduler::gap {

class BundleProgram {
 public:
  // Where a program ended, for one with the same rows and some of the bundles to begin from.
  struct Basis {
    std::vector<uint8_t> rows;     // and what items are left out
    std::vector<int32_t> bundles;  // in rising order
    std::vector<uint8_t> columns;
  };

  // With `bundles`, in rising order; `left_out` is what an item costs that is in no bundle.
  BundleProgram(const Bundles& all, int32_t items, int32_t agents, BundleCuts* cuts,
                double left_out, std::span<const int32_t> bundles, const Basis& basis);
  ~BundleProgram();
  BundleProgram(const BundleProgram&) = delete;
  BundleProgram& operator=(const BundleProgram&) = delete;

  void Add(std::span<const int32_t> bundles);
  // kPast: the optimum is above `limit`, as the duals prove. kFailed: the library gave up; what
  // follows then is of no worth.
  enum class Outcome { kSolved, kPast, kFailed };
  Outcome Solve(double limit);
  double dual(int32_t row) const;  // of items, then agents, then cuts
  double left_out() const;         // the sum over items of how much of each is in no bundle
  std::span<const int32_t> bundles() const { return bundles_; }  // some may be fixed at 0
  double level(size_t place) const;                              // of bundles()[place]
  Basis basis() const;
  int64_t TakeWork();  // since the last call, in units of 100 ns; an estimate that repeats

 private:
  struct Library;
  void Start(const Basis& basis);

  const Bundles& all_;
  const int32_t items_, agents_;
  BundleCuts* cuts_;
  std::vector<int32_t> bundles_;
  int64_t work_ = 0, entries_ = 0;
  std::unique_ptr<Library> library_;
};

}  // namespace stowage::scheduler::gap
