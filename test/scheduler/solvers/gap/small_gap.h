// Small GAP problems with single items and one resource, and what an answer to one costs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/instance.h"
#include "scheduler/solvers/gap/problem.h"

namespace stowage::scheduler::gap {

// Small enough to try everything; often tight.
inline GapProblem Small(uint64_t seed) {
  Rng rng = Rng(seed).Stream("branching");
  GapProblem p;
  p.classes = static_cast<int32_t>(rng.Between(2, 9));
  p.agents = static_cast<int32_t>(rng.Between(2, 4));
  p.resources = 1;
  p.counts.assign(p.classes, 1);
  for (int i = 0; i < p.classes * p.agents; ++i) {
    p.costs.push_back(rng.Chance(0.05) ? GapProblem::kForbidden : rng.Between(0, 40));
    p.sizes.push_back(rng.Between(0, 12));
  }
  for (int j = 0; j < p.agents; ++j) {
    p.capacities.push_back(p.classes * rng.Between(4, 8) / p.agents);
  }
  return p;
}

inline int64_t MoreThanAnyCost(const GapInstance& g) {
  int64_t sum = 1;
  for (int32_t k = 0; k < g.classes; ++k) {
    int64_t most = 0;
    for (int32_t j = 0; j < g.agents; ++j) most = std::max(most, g.Cost(k, j));
    sum += most;
  }
  return sum;
}

// Expects that everything is where it may be, and that all capacities hold.
inline int64_t CostOf(const GapInstance& g, const std::vector<int32_t>& at) {
  std::vector<int64_t> room = g.capacities;
  int64_t cost = 0;
  for (int32_t k = 0; k < g.classes; ++k) {
    EXPECT_TRUE(g.Allowed(k, at[k]));
    cost += g.Cost(k, at[k]);
    room[at[k]] -= g.Sizes(k, at[k])[0];
  }
  for (int64_t left : room) EXPECT_GE(left, 0);
  return cost;
}

}  // namespace stowage::scheduler::gap
