// The optimum of very small GAP problems by trying everything. Shares no code with the solvers.
#pragma once

#include <optional>
#include <vector>

#include "scheduler/solvers/gap/problem.h"

namespace stowage::scheduler {

class GapEnumeration {
 public:
  explicit GapEnumeration(const GapProblem& problem)
      : p_(problem), load_(problem.capacities.size(), 0) {
    Place(0, problem.classes > 0 ? problem.counts[0] : 0, 0, 0);
  }
  std::optional<int64_t> optimum() const { return best_; }

 private:
  // The rest of class `k`, `left` items, goes to agents from `j` on.
  void Place(int32_t k, int64_t left, int32_t j, int64_t cost) {
    if (k == p_.classes) {
      if (!best_ || cost < *best_) best_ = cost;
      return;
    }
    if (left == 0) {
      Place(k + 1, k + 1 < p_.classes ? p_.counts[k + 1] : 0, 0, cost);
      return;
    }
    if (j == p_.agents) return;
    for (int64_t n = p_.Cost(k, j) < 0 ? 0 : left; n >= 0; --n) {
      if (Add(k, j, n)) Place(k, left - n, j + 1, cost + n * std::max<int64_t>(p_.Cost(k, j), 0));
      Add(k, j, -n);
    }
  }

  bool Add(int32_t k, int32_t j, int64_t n) {
    bool fits = true;
    for (int32_t r = 0; r < p_.resources; ++r) {
      int64_t& load = load_[static_cast<size_t>(j) * p_.resources + r];
      load += n * p_.Sizes(k, j)[r];
      fits &= load <= p_.Capacities(j)[r];
    }
    return fits;
  }

  const GapProblem& p_;
  std::vector<int64_t> load_;
  std::optional<int64_t> best_;
};

}  // namespace stowage::scheduler
