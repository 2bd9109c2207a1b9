#include "scheduler/solvers/gap/interior.h"

#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/prices.h"
#include "scheduler/solvers/gap/sample.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/solvers/gap/enumerate.h"

namespace stowage::scheduler::gap {
namespace {

// Some steps of the subgradient search: a rough guess.
PriceSearch Rough(const GapInstance& g, int steps) {
  PriceSearch prices(g);
  prices.Begin(steps, 0.1, 1e-3);
  for (int i = 0; i < steps; ++i) {
    if (i % 20 == 0) prices.Evaluate();
    prices.Iterate();
  }
  prices.Evaluate();
  return prices;
}

std::vector<double> Converged(const GapInstance& g, const std::vector<double>& guess) {
  InteriorPoint method(g, guess);
  int64_t work = 0;
  while (method.Step(&work)) {
  }
  EXPECT_GT(work, 0);
  return method.prices();
}

int64_t Bound(const GapInstance& g, int64_t* before) {
  PriceSearch prices = Rough(g, 100);
  *before = prices.bound();
  prices.EvaluateAt(Converged(g, prices.prices()));
  return prices.bound();
}

TEST(GapInteriorPointTest, ItRaisesTheBoundOfAFleetAndSuitsOnlyClassesOfSeveralItems) {
  const GapInstance fleet(MakeFleet(1'000, 1.05, 1));
  ASSERT_TRUE(InteriorPoint::Suits(fleet));
  int64_t before = 0;
  const int64_t bound = Bound(fleet, &before);
  EXPECT_GT(bound, before + before / 1000);
  EXPECT_FALSE(InteriorPoint::Suits(GapInstance(MakeGap('C', 5, 100, 1, 1))));
}

TEST(GapInteriorPointTest, TheGuessHardlyMatters) {
  const GapInstance fleet(MakeFleet(1'000, 1.05, 1));
  PriceSearch from_nothing(fleet), from_a_guess(fleet);
  from_nothing.EvaluateAt(Converged(fleet, std::vector<double>(fleet.capacities.size(), 0)));
  from_a_guess.EvaluateAt(Converged(fleet, Rough(fleet, 300).prices()));
  EXPECT_NEAR(static_cast<double>(from_nothing.bound()), static_cast<double>(from_a_guess.bound()),
              1e-5 * static_cast<double>(from_nothing.bound()));
}

TEST(GapInteriorPointTest, ItsBoundIsThatOfTheLinearRelaxationAndNeverPassesTheOptimum) {
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
    ASSERT_TRUE(InteriorPoint::Suits(g));
    int64_t before = 0;
    const int64_t bound = Bound(g, &before);
    ASSERT_LE(bound, *optimum) << "seed " << seed;
    equal += bound == *optimum;
  }
  EXPECT_GT(solvable, 100);
  EXPECT_GT(equal, 20);
}

TEST(GapInteriorPointTest, PricesOfASampleAreNearlyThoseOfTheWhole) {
  const GapInstance fleet(MakeFleet(20'000, 1.05, 1));
  PriceSearch prices = Rough(fleet, 60);
  const GapInstance sample = SampleOf(fleet, prices, 400);
  EXPECT_LT(sample.classes, 420);
  EXPECT_GT(sample.classes, 200);
  prices.EvaluateAt(Converged(sample, prices.prices()));
  const int64_t of_sample = prices.bound();
  prices.EvaluateAt(Converged(fleet, prices.prices()));
  EXPECT_GE(prices.bound(), of_sample);
  EXPECT_LT(static_cast<double>(prices.bound() - of_sample),
            1e-3 * static_cast<double>(prices.bound()));
}

TEST(GapInteriorPointTest, WithoutRoomPricesStayFinite) {
  GapProblem p;
  p.classes = 2, p.agents = 2, p.resources = 1, p.uniform = true;
  p.counts = {5, 5}, p.costs = {1, 2, 2, 1}, p.sizes = {3, 4}, p.capacities = {4, 0};
  const GapInstance g(p);
  for (const double price : Converged(g, {0, 0})) {
    EXPECT_GE(price, 0);
    EXPECT_LT(price, 1e6);
  }
}

}  // namespace
}  // namespace stowage::scheduler::gap
