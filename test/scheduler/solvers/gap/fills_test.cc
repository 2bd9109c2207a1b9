#include "scheduler/solvers/gap/fills.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/prices.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/solvers/gap/enumerate.h"

namespace stowage::scheduler::gap {
namespace {

// Few classes of a few items, with the same sizes everywhere.
GapProblem Tiny(uint64_t seed) {
  Rng rng = Rng(seed).Stream("tiny");
  GapProblem p;
  p.classes = static_cast<int32_t>(rng.Between(2, 4));
  p.agents = static_cast<int32_t>(rng.Between(2, 3));
  p.resources = static_cast<int32_t>(rng.Between(1, 3)), p.uniform = true;
  int64_t items = 0;
  for (int k = 0; k < p.classes; ++k) {
    p.counts.push_back(rng.Between(1, 3)), items += p.counts.back();
    for (int r = 0; r < p.resources; ++r) p.sizes.push_back(rng.Between(r == 0, 9));
    for (int j = 0; j < p.agents; ++j) {
      p.costs.push_back(rng.Chance(0.1) ? GapProblem::kForbidden : rng.Between(0, 60));
    }
  }
  for (int i = 0; i < p.agents * p.resources; ++i) {
    p.capacities.push_back(items * rng.Between(4, 9) / p.agents);
  }
  return p;
}

// The best worth beyond cost that agent `j` can hold, by trying everything from class `k` on.
int64_t BestWorth(const GapInstance& g, int32_t j, const std::vector<int64_t>& worth, int shift,
                  int32_t k, std::vector<int64_t> room) {
  if (k == g.classes) return 0;
  int64_t best = BestWorth(g, j, worth, shift, k + 1, room);
  if (!g.Allowed(k, j)) return best;
  for (int64_t n = 1; n <= g.counts[k]; ++n) {
    for (int32_t r = 0; r < g.resources; ++r) {
      room[r] -= g.Sizes(k, j)[r];
      if (room[r] < 0) return best;
    }
    const int64_t mine = n * (worth[k] - (g.Cost(k, j) << shift));
    best = std::max(best, mine + BestWorth(g, j, worth, shift, k + 1, room));
  }
  return best;
}

std::vector<int64_t> RandomWorths(const GapInstance& g, const Fill& fill, Rng& rng) {
  std::vector<int64_t> worth;
  for (int32_t k = 0; k < g.classes; ++k) worth.push_back(rng.Between(0, 90) << fill.shift());
  return worth;
}

void ExpectTakenIsWorthItsValue(const GapInstance& g, int32_t j, const Fill& fill,
                                const std::vector<int64_t>& worth) {
  int64_t value = 0;
  std::vector<int64_t> room(g.Capacities(j), g.Capacities(j) + g.resources);
  for (const auto& [k, count] : fill.taken()) {
    ASSERT_TRUE(g.Allowed(k, j));
    ASSERT_GT(count, 0);
    ASSERT_LE(count, g.counts[k]);
    value += count * (worth[k] - (g.Cost(k, j) << fill.shift()));
    for (int32_t r = 0; r < g.resources; ++r) room[r] -= count * g.Sizes(k, j)[r];
  }
  for (int64_t left : room) ASSERT_GE(left, 0);
  EXPECT_EQ(value, fill.value());
}

TEST(GapFillTest, ItFindsTheBestFillAndProvesIt) {
  int solved = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const GapInstance g(Tiny(seed));
    if (g.hopeless) continue;
    ASSERT_TRUE(Fill::Suits(g));
    Fill fill(g);
    Rng rng = Rng(seed).Stream("worths");
    const std::vector<int64_t> worth = RandomWorths(g, fill, rng);
    for (int32_t j = 0; j < g.agents; ++j) {
      fill.Solve(j, worth, g.counts, 10'000);
      const std::vector<int64_t> room(g.Capacities(j), g.Capacities(j) + g.resources);
      const int64_t best = BestWorth(g, j, worth, fill.shift(), 0, room);
      ASSERT_EQ(fill.value(), best) << "seed " << seed;
      ASSERT_GE(fill.most(), best) << "seed " << seed;
      ASSERT_LE(fill.most(), best + best / 1'000'000 + 100) << "seed " << seed;
      ExpectTakenIsWorthItsValue(g, j, fill, worth);
      ++solved;
    }
  }
  EXPECT_GT(solved, 300);
}

TEST(GapFillTest, CutShortItStillProvesWhatNoFillExceeds) {
  int open = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const GapInstance g(Tiny(seed));
    if (g.hopeless) continue;
    Fill fill(g);
    Rng rng = Rng(seed).Stream("worths");
    const std::vector<int64_t> worth = RandomWorths(g, fill, rng);
    fill.Solve(0, worth, g.counts, 0);
    const std::vector<int64_t> room(g.Capacities(0), g.Capacities(0) + g.resources);
    const int64_t best = BestWorth(g, 0, worth, fill.shift(), 0, room);
    ASSERT_LE(fill.value(), best) << "seed " << seed;
    ASSERT_GE(fill.most(), best) << "seed " << seed;
    ExpectTakenIsWorthItsValue(g, 0, fill, worth);
    open += fill.most() > fill.value() + 100;
  }
  EXPECT_GT(open, 30);
}

TEST(GapFillTest, ItSuitsTheSameSizesEverywhereAndNumbersThatLeaveRoomForAFixedPoint) {
  EXPECT_TRUE(Fill::Suits(GapInstance(MakeFleet(1'000, 1.05, 1))));
  EXPECT_FALSE(Fill::Suits(GapInstance(MakeGap('C', 5, 100, 1, 1))));
  GapProblem p = Tiny(1);
  for (int64_t& cost : p.costs) cost = std::max<int64_t>(cost, 0) + (int64_t{1} << 54);
  EXPECT_FALSE(Fill::Suits(GapInstance(p)));
}

std::vector<double> Prices(const GapInstance& g) {
  PriceSearch prices(g);
  prices.Begin(200, 0.1, 1e-3);
  for (int i = 0; i < 200; ++i) {
    if (i % 20 == 0) prices.Evaluate();
    prices.Iterate();
  }
  prices.Evaluate();
  return prices.prices();
}

GapSolution SolutionOf(const GapInstance& g, const Fills& fills) {
  GapSolution solution{.shares = fills.best(), .cost = fills.best_cost()};
  for (GapShare& share : solution.shares)
    share.k = g.class_at[share.k], share.j = g.agent_at[share.j];
  std::sort(
      solution.shares.begin(), solution.shares.end(),
      [](const GapShare& a, const GapShare& b) { return a.k != b.k ? a.k < b.k : a.j < b.j; });
  return solution;
}

TEST(GapFillsTest, OnTinyProblemsTheBoundNeverPassesTheOptimumAndAnswersReachIt) {
  int solvable = 0, reached = 0, tight = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const GapProblem p = Tiny(seed);
    const GapInstance g(p);
    if (g.hopeless) continue;
    ASSERT_TRUE(Fills::Suits(g));
    Fills fills(g, Prices(g), Rng(seed));
    for (int64_t work = 0; work < 20'000;) work += fills.Step();
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    ASSERT_TRUE(optimum || !fills.found()) << "seed " << seed;
    if (!optimum) continue;
    ++solvable;
    ASSERT_LE(fills.bound(), *optimum) << "seed " << seed;
    tight += fills.bound() == *optimum;
    if (!fills.found()) continue;
    ASSERT_TRUE(Check(p, SolutionOf(g, fills))) << "seed " << seed;
    reached += fills.best_cost() == *optimum;
  }
  EXPECT_GT(solvable, 100);
  EXPECT_GT(reached, solvable * 2 / 3);
  EXPECT_GT(tight, solvable / 2);
}

TEST(GapFillsTest, AFleetOfAThousandPodsIsPlacedCloseToItsBoundWithLittleRoomToSpare) {
  const GapProblem p = MakeFleet(1'000, 1.05, 3);
  const GapInstance g(p);
  const std::vector<double> prices = Prices(g);
  Fills fills(g, prices, Rng(1));
  int64_t work = 0;
  while (work < 20'000'000 && !fills.found()) work += fills.Step();
  ASSERT_TRUE(fills.found()) << fills.missing();
  EXPECT_TRUE(Check(p, SolutionOf(g, fills)));
  EXPECT_LT(fills.best_cost() - fills.bound(), fills.best_cost() / 100);
  PriceSearch linear(g);
  linear.EvaluateAt(prices);
  EXPECT_GT(fills.bound(), linear.bound() + linear.bound() / 100);
}

TEST(GapFillsTest, AnAnswerOfOthersIsTakenOverWhereItIsBetter) {
  GapProblem p;
  p.classes = 1, p.agents = 3, p.resources = 1, p.uniform = true;
  p.counts = {2}, p.costs = {1, 5, 7}, p.sizes = {2}, p.capacities = {3, 3, 3};
  const GapInstance g(p);
  Fills fills(g, std::vector<double>(3, 0), Rng(1));
  const auto offer = [&](int32_t a, int32_t b) {
    fills.Offer({{0, std::min(a, b), 1}, {0, std::max(a, b), 1}});
    return fills.best_cost();
  };
  std::vector<int32_t> by_cost(3);
  for (int32_t j = 0; j < 3; ++j) by_cost[g.agent_at[j]] = j;
  EXPECT_FALSE(fills.found());
  EXPECT_EQ(offer(by_cost[1], by_cost[2]), 12);
  EXPECT_TRUE(fills.found());
  EXPECT_EQ(offer(by_cost[0], by_cost[1]), 6);
  EXPECT_EQ(offer(by_cost[0], by_cost[2]), 6);
  EXPECT_EQ(fills.best().size(), 2u);
}

}  // namespace
}  // namespace stowage::scheduler::gap
