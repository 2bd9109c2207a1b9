// GapInstance: a GapProblem as the searches want it. Classes and agents are in an order that
// depends on their content only, so that the answer does not depend on the order of the input
// (classes or agents that are alike in all respects may change places). Sizes are divided by what
// they have in common; pairs that no solution can use are forbidden; classes without items are left
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scheduler/solvers/gap/problem.h"

namespace stowage::scheduler::gap {

struct GapInstance {
  explicit GapInstance(const GapProblem& problem);  // a valid one
  // The part of `whole` with these classes and agents only, in this order.
  GapInstance(const GapInstance& whole, const std::vector<int32_t>& part_classes,
              const std::vector<int32_t>& part_agents);

  int32_t classes = 0, agents = 0, resources = 0;
  bool uniform = false;
  std::vector<int64_t> counts;      // [class], > 0
  std::vector<int64_t> costs;       // [class][agent]; kForbidden where the pair cannot be used
  std::vector<int64_t> sizes;       // as in GapProblem
  std::vector<int64_t> capacities;  // [agent][resource]
  std::vector<int32_t> class_at, agent_at;  // where each stands in the problem
  int64_t items = 0;
  // Set when no solution exists for a plain reason: a class that fits nowhere, or more demand than
  // there is capacity in all.
  bool hopeless = false;

  int64_t Cost(int32_t k, int32_t j) const { return costs[static_cast<size_t>(k) * agents + j]; }
  bool Allowed(int32_t k, int32_t j) const { return Cost(k, j) >= 0; }
  const int64_t* Sizes(int32_t k, int32_t j) const {
    const size_t row = uniform ? k : static_cast<size_t>(k) * agents + j;
    return sizes.data() + row * resources;
  }
  const int64_t* Capacities(int32_t j) const {
    return capacities.data() + static_cast<size_t>(j) * resources;
  }
};

}  // namespace stowage::scheduler::gap
