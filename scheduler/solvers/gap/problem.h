// GapProblem: the multi-resource generalized assignment problem over classes of alike items, the
// arithmetic core of placing pods (classes) on clusters (agents). Plain dense data.
//
//   minimise  sum cost(k, j) x(k, j)    x integer >= 0
//   with      sum over j of x(k, j) = count(k)                      every item is placed
//             sum over k of size(k, j, r) x(k, j) <= capacity(j, r)  for every agent and resource
#pragma once

#include <cstdint>
#include <vector>

#include "base/result/result.h"

namespace stowage::scheduler {

struct GapProblem {
  static constexpr int64_t kForbidden = -1;

  int32_t classes = 0, agents = 0, resources = 0;
  std::vector<int64_t> counts;      // [class], >= 0
  std::vector<int64_t> costs;       // [class][agent]: of one item, >= 0, or kForbidden
  bool uniform = false;             // sizes are the same on all agents
  std::vector<int64_t> sizes;       // uniform: [class][resource]; else [class][agent][resource]
  std::vector<int64_t> capacities;  // [agent][resource], >= 0

  int64_t Cost(int32_t k, int32_t j) const { return costs[static_cast<size_t>(k) * agents + j]; }
  // The sizes of one item of class `k` on agent `j`: `resources` numbers.
  const int64_t* Sizes(int32_t k, int32_t j) const {
    const size_t row = uniform ? k : static_cast<size_t>(k) * agents + j;
    return sizes.data() + row * resources;
  }
  const int64_t* Capacities(int32_t j) const {
    return capacities.data() + static_cast<size_t>(j) * resources;
  }
};

// `count` items of class `k` on agent `j`.
struct GapShare {
  int32_t k, j;
  int64_t count;
  bool operator==(const GapShare&) const = default;
};

// A whole assignment. `shares` are sorted by (k, j), each pair at most once, counts > 0.
struct GapSolution {
  std::vector<GapShare> shares;
  int64_t cost = 0;
};

// kInvalid: the dimensions do not match, a number is out of range, or a sum that solvers make
// (of items; the dearest total cost; the total size on an agent) could pass 2^62.
Result<void> Validate(const GapProblem& problem);

// Without any solver code. kInvalid says what is wrong: an item unplaced or placed twice, a
// forbidden pair, an agent over its capacity, a cost that is not the sum.
Result<void> Check(const GapProblem& problem, const GapSolution& solution);

}  // namespace stowage::scheduler
