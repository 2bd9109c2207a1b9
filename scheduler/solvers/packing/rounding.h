// Rounding: a solution from the levels of the patterns. Whole copies first, then parts by chance;
// what is left over is packed by the builder.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/packing/builder.h"
#include "scheduler/solvers/packing/columns.h"
#include "scheduler/solvers/packing/improve.h"

namespace stowage::scheduler::packing {

class Rounding {
 public:
  Rounding(const Core& core, Rng rng);
  // May leave items out where types are limited.
  std::vector<Bins> Build(const Columns& columns, const Guide& guide);
  int64_t work() const { return builder_.work() + work_; }

 private:
  int64_t Most(const Pattern& pattern) const;
  void Take(const Pattern& pattern, int64_t count, std::vector<Bins>& out);

  const Core& core_;
  Rng rng_;
  Builder builder_;
  std::vector<int64_t> left_, quota_;
  int64_t work_ = 0;
};

}  // namespace stowage::scheduler::packing
