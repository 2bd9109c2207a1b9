// AnytimeSearch: what the solvers of the arithmetic cores (gap/, packing/) share. Stepped by
// iterations, deterministic: the same problem, options and steps give the same answer on every
// machine. No clock: the shell looks at the time between steps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stowage::scheduler {

struct SearchOptions {
  uint64_t seed = 1;
  int threads = 1;  // never changes the answer
};

enum class SearchStatus {
  kUnknown,     // no solution yet, and none is proven impossible
  kFeasible,    // a solution
  kOptimal,     // a solution, and the bound says that none is cheaper
  kInfeasible,  // proven: there is no solution
};

// One way to a bound.
struct NamedBound {
  std::string name;
  int64_t value;
};

template <typename Solution>
class AnytimeSearch {
 public:
  virtual ~AnytimeSearch() = default;
  // About so many units of work (one: 100 ns). False: nothing more to try.
  virtual bool Step(int64_t iterations) = 0;
  virtual SearchStatus status() const = 0;
  // The best so far; nullptr while there is none. Valid until the next Step().
  virtual const Solution* best() const = 0;
  // Proven: no solution costs less. Rounded up to the integer it implies.
  virtual int64_t bound() const = 0;
  // The bounds that it is the best of, by name, the weakest kind first.
  virtual std::vector<NamedBound> bounds() const { return {}; }
  // Of the best try while there is no solution: by how much capacities are passed, or how many
  // items are left out, as a text for people. Empty when there is a solution.
  virtual std::string violation() const = 0;
  virtual int64_t iterations() const = 0;  // spent
};

}  // namespace stowage::scheduler
