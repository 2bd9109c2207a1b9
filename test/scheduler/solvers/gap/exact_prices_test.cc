#include "scheduler/solvers/gap/exact_prices.h"

#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/solvers/gap/enumerate.h"

namespace stowage::scheduler::gap {
namespace {

// A few steps of the search, then the linear program to its end.
int64_t Bound(const GapInstance& g, int64_t* before) {
  PriceSearch prices(g);
  prices.Begin(300, 0.1, 1e-3);
  for (int i = 0; i < 300; ++i) {
    if (i % 20 == 0) prices.Evaluate();
    prices.Iterate();
  }
  prices.Evaluate();
  *before = prices.bound();
  ExactPrices exact(g, prices);
  int64_t work = 0;
  while (exact.Step(&work)) {
  }
  return prices.bound();
}

TEST(GapExactPricesTest, TheyRaiseTheBoundOfAFleetAndSuitOnlyFewLargeClasses) {
  const GapInstance fleet(MakeFleet(1'000, 1.05, 1));
  ASSERT_TRUE(ExactPrices::Suits(fleet));
  int64_t before = 0;
  const int64_t bound = Bound(fleet, &before);
  EXPECT_GT(bound, before + before / 1000);
  EXPECT_FALSE(ExactPrices::Suits(GapInstance(MakeGap('C', 5, 100, 1, 1))));
  EXPECT_FALSE(ExactPrices::Suits(GapInstance(MakeFleet(100'000, 1.05, 1))));
}

TEST(GapExactPricesTest, TheirBoundNeverPassesTheOptimum) {
  int solvable = 0, equal = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng = Rng(seed).Stream("exact prices");
    GapProblem p;
    p.classes = 3, p.agents = 3, p.resources = 2, p.uniform = true;
    for (int k = 0; k < p.classes; ++k) {
      p.counts.push_back(rng.Between(2, 4));
      for (int j = 0; j < p.agents; ++j) p.costs.push_back(rng.Between(1, 90));
      for (int r = 0; r < p.resources; ++r) p.sizes.push_back(rng.Between(1, 6));
    }
    for (int i = 0; i < p.agents * p.resources; ++i) p.capacities.push_back(rng.Between(8, 20));
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    const GapInstance g(p);
    if (!optimum || g.hopeless) continue;
    ++solvable;
    ASSERT_TRUE(ExactPrices::Suits(g));
    int64_t before = 0;
    const int64_t bound = Bound(g, &before);
    ASSERT_LE(bound, *optimum) << "seed " << seed;
    equal += bound == *optimum;
  }
  EXPECT_GT(solvable, 100);
  EXPECT_GT(equal, 20);
}

}  // namespace
}  // namespace stowage::scheduler::gap
