// Dive: a solution by fixing patterns step by step. The patterns that the master wants most are
// taken, the values of what is left are found anew by column generation, and so on until all is
// packed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/packing/builder.h"
#include "scheduler/solvers/packing/columns.h"
#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

class Dive {
 public:
  // Both must outlive this; `columns` must have passed its first stage. Hasty: larger steps.
  Dive(const Core& core, const Columns& columns, bool hasty, Rng rng);
  // Packs only what `kept` does not, around it.
  Dive(const Core& core, const Columns& columns, std::vector<Bins> kept, Rng rng);

  // A slice of work. False: done.
  bool Step();
  // What is packed so far; all of it in the end, unless limited types ran out.
  const std::vector<Bins>& bins() const { return bins_; }
  int64_t work() const;

 private:
  Dive(const Core& core, Rng rng, bool hasty);
  void SortItems(const Columns& columns);
  void Fix(const Columns& columns);
  void Next(const Columns& columns);
  int64_t Take(const Columns& columns, int32_t type, Loads loads, int64_t most);
  Loads Refill(const Columns& columns, const Pattern& pattern);
  int32_t Similar(const Columns& columns, const std::vector<int32_t>& group, int32_t item) const;
  void Fit(const Columns& columns, int32_t type, Loads& loads);
  bool Dearer(const Columns& columns, int32_t a, int32_t b, size_t r) const;
  void TopUp(int32_t type, const std::vector<int64_t>& values, std::vector<int64_t>& room,
             Loads& loads);
  int64_t Copies(const Loads& loads) const;

  const Core& core_;
  Rng rng_;
  Builder cheapest_;
  std::vector<int64_t> left_, quota_;
  std::vector<int64_t> spare_;     // [item] left besides the bin at hand
  std::vector<int32_t> by_value_;  // items, the dearest first
  std::vector<Bins> bins_;
  std::unique_ptr<Core> rest_;        // the problem that is left
  std::unique_ptr<Columns> columns_;  // of it
  bool hasty_ = false;
  int steps_ = 0;
  int64_t work_ = 0;
};

}  // namespace stowage::scheduler::packing
