#include "scheduler/solvers/gap/branching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/regions.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/solvers/gap/enumerate.h"
#include "test/scheduler/solvers/gap/small_gap.h"

namespace stowage::scheduler::gap {
namespace {

std::vector<double> Worth(const GapInstance& g) {
  return Branching::RewardsAt(g, std::vector<double>(g.agents, 1));
}

TEST(GapBranchingTest, SearchedToTheEndTheAnswerIsTheOptimumOrThereIsNone) {
  int solved = 0, impossible = 0, beaten = 0;
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const GapProblem p = Small(seed);
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    const GapInstance g(p);
    if (g.hopeless || !Branching::Suits(g)) continue;
    const int64_t upper = MoreThanAnyCost(g);
    Branching search(g, Worth(g), {.root_steps = 20, .staged = seed % 2 == 0});
    search.Improve(upper);
    int64_t work = 0;
    do {
      ASSERT_LE(search.bound(), optimum.value_or(upper));
      beaten += search.found() && search.best_cost() > *optimum;
    } while (search.Step(&work));
    if (!optimum) {
      ASSERT_FALSE(search.found());
      ASSERT_EQ(search.bound(), upper);
      ++impossible;
      continue;
    }
    ASSERT_TRUE(search.found());
    ASSERT_EQ(search.best_cost(), *optimum);
    ASSERT_EQ(search.bound(), *optimum);
    ASSERT_EQ(CostOf(g, search.best()), *optimum);
    ++solved;
  }
  EXPECT_GT(solved, 500);
  EXPECT_GT(impossible, 50);
  EXPECT_GT(beaten, 100);  // answers on the way that were not the last
}

TEST(GapBranchingTest, AnAnswerThatIsOptimalIsProvenAndNotReplaced) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const GapProblem p = Small(seed);
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    const GapInstance g(p);
    if (!optimum) continue;
    Branching search(g, Worth(g), {.root_steps = 20});
    int64_t work = 0;
    search.Improve(*optimum);
    while (search.Step(&work)) {
    }
    EXPECT_EQ(search.bound(), *optimum);
    EXPECT_FALSE(search.found());
  }
}

// What agent `j` earns with the best of its open items, by trying all; item `k` in or out if >= 0.
int64_t BestEarning(const GapInstance& g, const DenseKnapsacks& knapsacks, const Residual& residual,
                    const std::vector<int32_t>& rewards, int32_t j, int32_t k, bool in) {
  std::vector<int32_t> open;
  for (int32_t i = 0; i < g.classes; ++i) {
    if (residual.Open(i, j)) open.push_back(i);
  }
  int64_t best = INT64_MIN;
  for (uint32_t set = 0; set < 1u << open.size(); ++set) {
    int64_t earning = 0, size = 0;
    bool right = true;
    for (size_t i = 0; i < open.size(); ++i) {
      const bool taken = (set >> i & 1) != 0;
      right &= open[i] != k || taken == in;
      if (!taken) continue;
      earning += rewards[open[i]] - (g.Cost(open[i], j) << knapsacks.shift());
      size += g.Sizes(open[i], j)[0];
    }
    if (right && size <= residual.room(j)) best = std::max(best, earning);
  }
  return best;
}

TEST(GapDenseKnapsacksTest, PackingsAndDeviationsAreThoseOfTryingEverything) {
  int taken = 0, left = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const GapProblem p = Small(seed);
    const GapInstance g(p);
    if (g.hopeless) continue;
    Residual residual(g);
    Rng rng = Rng(seed).Stream("rewards");
    const auto first = static_cast<int32_t>(rng.Below(g.agents));
    if (g.Allowed(0, first) && !residual.Place(0, first)) continue;
    DenseKnapsacks knapsacks(g);
    knapsacks.Load(residual);
    std::vector<int32_t> rewards(g.classes);
    for (int32_t& r : rewards) {
      r = static_cast<int32_t>(rng.Between(0, 40)) << knapsacks.shift();
      r = std::min(r, knapsacks.most_reward());
    }
    int64_t expected = residual.cost() << knapsacks.shift();
    for (int32_t k = 0; k < g.classes; ++k) {
      if (residual.placed(k) < 0) expected += rewards[k];
    }
    for (int32_t j = 0; j < g.agents; ++j) {
      expected -= BestEarning(g, knapsacks, residual, rewards, j, -1, false);
    }
    ASSERT_EQ(knapsacks.Pack(rewards), expected) << "seed " << seed;
    knapsacks.FindDeviations(rewards);
    for (int32_t j = 0; j < g.agents; ++j) {
      const int64_t most = BestEarning(g, knapsacks, residual, rewards, j, -1, false);
      for (int32_t k = 0; k < g.classes; ++k) {
        if (!residual.Open(k, j)) continue;
        const bool takes = knapsacks.takes(k, j);
        const int64_t other = BestEarning(g, knapsacks, residual, rewards, j, k, !takes);
        ASSERT_EQ(knapsacks.deviation(k, j), most - other) << "seed " << seed;
        ++(takes ? taken : left);
      }
    }
  }
  EXPECT_GT(taken, 300);
  EXPECT_GT(left, 300);
}

TEST(GapResidualTest, WhatIsUndoneIsAsItWas) {
  const GapInstance g(MakeGap('C', 5, 40, 1, 2));
  Residual residual(g);
  Rng rng(3);
  std::vector<size_t> marks;
  const auto state = [&] {
    std::vector<int64_t> all = {residual.cost(), residual.free_items()};
    for (int32_t j = 0; j < g.agents; ++j) all.push_back(residual.room(j));
    for (int32_t k = 0; k < g.classes; ++k) {
      all.push_back(residual.placed(k)), all.push_back(residual.open_agents(k));
      for (int32_t j = 0; j < g.agents; ++j) all.push_back(residual.Open(k, j));
    }
    return all;
  };
  std::vector<std::vector<int64_t>> states;
  for (int step = 0; step < 30; ++step) {
    marks.push_back(residual.mark()), states.push_back(state());
    const auto k = static_cast<int32_t>(rng.Below(g.classes));
    const auto j = static_cast<int32_t>(rng.Below(g.agents));
    if (!residual.Open(k, j)) continue;
    if (!(rng.Chance(0.5) ? residual.Close(k, j) : residual.Place(k, j))) break;
  }
  ASSERT_NE(state(), states[0]);
  for (size_t i = marks.size(); i-- > 0;) {
    residual.UndoTo(marks[i]);
    ASSERT_EQ(state(), states[i]);
  }
}

TEST(GapRegionsTest, AnswersOnlyGetCheaperAndHoldAllCapacities) {
  const GapInstance g(MakeGap('D', 10, 60, 1, 4));
  Branching first(g, Worth(g), {.root_steps = 50, .staged = false});
  first.Improve(MoreThanAnyCost(g));
  int64_t work = 0;
  while (!first.found() && first.Step(&work)) {
  }
  ASSERT_TRUE(first.found());
  Regions regions(g, std::vector<double>(g.agents, 1), Rng(5));
  regions.Start(first.best());
  int64_t last = regions.best_cost();
  EXPECT_EQ(last, first.best_cost());
  for (int step = 0; step < 300; ++step) {
    regions.Step();
    ASSERT_LE(regions.best_cost(), last);
    last = regions.best_cost();
  }
  EXPECT_LT(last, first.best_cost());
  EXPECT_EQ(CostOf(g, regions.best()), last);
}

}  // namespace
}  // namespace stowage::scheduler::gap
