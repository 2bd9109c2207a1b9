#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/knapsacks.h"
#include "scheduler/solvers/gap/prices.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/solvers/gap/enumerate.h"

namespace stowage::scheduler::gap {
namespace {

int64_t PriceBound(PriceSearch& prices) {
  prices.Begin(200, 0.1, 1e-4);
  for (int i = 0; i < 200; ++i) {
    if (i % 10 == 0) prices.Evaluate();
    prices.Iterate();
  }
  return prices.bound();
}

int64_t KnapsackBoundOf(const GapInstance& g, const std::vector<double>& prices) {
  KnapsackBound knapsacks(g, prices);
  knapsacks.Begin(60, 0.5, 0.02);
  int64_t work = 0;
  while (knapsacks.sweeps() < 60) knapsacks.Step(&work);
  return knapsacks.bound();
}

// Few items of one agent each, so that everything can be tried.
GapProblem Singles(uint64_t seed) {
  Rng rng = Rng(seed).Stream("singles");
  GapProblem p;
  p.classes = static_cast<int32_t>(rng.Between(2, 7));
  p.agents = static_cast<int32_t>(rng.Between(2, 3));
  p.resources = static_cast<int32_t>(rng.Between(1, 3));
  p.counts.assign(p.classes, 1);
  for (int i = 0; i < p.classes * p.agents; ++i) {
    p.costs.push_back(rng.Chance(0.05) ? GapProblem::kForbidden : rng.Between(1, 60));
    for (int r = 0; r < p.resources; ++r) p.sizes.push_back(rng.Between(0, 12));
  }
  for (int i = 0; i < p.agents * p.resources; ++i) {
    p.capacities.push_back(p.classes * rng.Between(5, 10) / p.agents);
  }
  return p;
}

TEST(GapBoundsTest, NeitherBoundPassesTheOptimumAndKnapsacksAreOftenTighter) {
  int solvable = 0, tighter = 0;
  for (uint64_t seed = 0; seed < 600; ++seed) {
    const GapProblem p = Singles(seed);
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    const GapInstance g(p);
    if (g.hopeless) {
      ASSERT_FALSE(optimum) << "seed " << seed;
      continue;
    }
    if (!optimum) continue;
    ++solvable;
    PriceSearch prices(g);
    const int64_t simple = PriceBound(prices);
    const int64_t strong = KnapsackBoundOf(g, prices.prices());
    ASSERT_LE(simple, *optimum) << "seed " << seed;
    ASSERT_LE(strong, *optimum) << "seed " << seed;
    tighter += strong > simple;
  }
  EXPECT_GT(solvable, 300);
  EXPECT_GT(tighter, 100);
}

TEST(GapBoundsTest, OnFewItemsPerAgentKnapsacksCloseMuchOfTheGap) {
  const GapInstance g(MakeGap('C', 10, 60, 1, 3));
  PriceSearch prices(g);
  const int64_t simple = PriceBound(prices);
  EXPECT_GT(KnapsackBoundOf(g, prices.prices()), simple + simple / 500);
}

TEST(GapBoundsTest, MoreCapacityNeverRaisesTheConvergedBoundAboveTheCostOfLess) {
  GapProblem p = MakeGap('E', 5, 40, 1, 4);
  const GapInstance tight(p);
  PriceSearch tight_prices(tight);
  const int64_t bound = PriceBound(tight_prices);
  for (int64_t& capacity : p.capacities) capacity *= 2;
  const GapInstance loose(p);
  PriceSearch loose_prices(loose);
  EXPECT_LE(PriceBound(loose_prices), bound);
}

TEST(GapBoundsTest, WhatFitsNowhereOrNotAtAllIsHopeless) {
  GapProblem p;
  p.classes = 1, p.agents = 2, p.resources = 1, p.uniform = true;
  p.counts = {3}, p.costs = {1, 1}, p.sizes = {2}, p.capacities = {3, 3};
  EXPECT_TRUE(GapInstance(p).hopeless);  // six units, but nothing can use the third of an agent
  p.counts = {2};
  EXPECT_FALSE(GapInstance(p).hopeless);
  p.counts = {1}, p.capacities = {1, 1};
  EXPECT_TRUE(GapInstance(p).hopeless);
}

}  // namespace
}  // namespace stowage::scheduler::gap
