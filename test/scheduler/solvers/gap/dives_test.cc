#include "scheduler/solvers/gap/dives.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/prices.h"
#include "scheduler/solvers/gap/subset_fit.h"
#include "test/scheduler/instances/gap_instances.h"

namespace stowage::scheduler::gap {
namespace {

struct Changes {
  int32_t resources;
  std::vector<double> losses;
  std::vector<std::vector<int64_t>> takes;
  std::vector<int64_t> room;
  std::vector<double> prices;
};

Changes SomeChanges(uint64_t seed) {
  Rng rng = Rng(seed).Stream("changes");
  Changes c;
  c.resources = static_cast<int32_t>(rng.Between(1, 4));
  for (int64_t i = rng.Between(0, 11); i > 0; --i) {
    c.losses.push_back(static_cast<double>(rng.Between(0, 20)));
    c.takes.emplace_back();
    for (int32_t r = 0; r < c.resources; ++r) c.takes.back().push_back(rng.Between(-30, 30));
  }
  for (int32_t r = 0; r < c.resources; ++r) {
    c.room.push_back(rng.Between(-40, 60));
    c.prices.push_back(static_cast<double>(rng.Between(0, 8)) / 4);
  }
  return c;
}

// The value of a subset, if it overdraws nothing.
std::optional<double> ValueOf(const Changes& c, uint64_t members) {
  double value = 0;
  std::vector<int64_t> room = c.room;
  for (size_t i = 0; i < c.losses.size(); ++i) {
    if ((members >> i & 1) == 0) continue;
    value += c.losses[i];
    for (int32_t r = 0; r < c.resources; ++r) room[r] -= c.takes[i][r];
  }
  for (int32_t r = 0; r < c.resources; ++r) {
    if (room[r] < 0) return std::nullopt;
    value += static_cast<double>(room[r]) * c.prices[r];
  }
  return value;
}

TEST(GapSubsetFitTest, OfFewChangesTheBestSubsetIsFound) {
  int found = 0, none = 0;
  std::optional<SubsetFit> fits[5];
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Changes c = SomeChanges(seed);
    if (!fits[c.resources]) fits[c.resources].emplace(c.resources, 1000);
    SubsetFit* fit = &*fits[c.resources];
    fit->Clear();
    for (size_t i = 0; i < c.losses.size(); ++i) fit->Add(c.losses[i], c.takes[i].data());
    std::optional<double> best;
    for (uint64_t members = 0; members < uint64_t{1} << c.losses.size(); ++members) {
      const std::optional<double> value = ValueOf(c, members);
      if (value && (!best || *value < *best)) best = value;
    }
    ASSERT_EQ(fit->Solve(c.room, c.prices, 400), best.has_value());
    ++(best ? found : none);
    if (!best) continue;
    uint64_t chosen = 0;
    for (int32_t i : fit->chosen()) chosen |= uint64_t{1} << i;
    EXPECT_EQ(ValueOf(c, chosen), best);
    EXPECT_DOUBLE_EQ(fit->value(), *best);
  }
  EXPECT_GT(found, 500);
  EXPECT_GT(none, 200);
}

std::vector<double> PricesOf(const GapInstance& g) {
  PriceSearch search(g);
  search.Begin(600, 0.1, 3e-5);
  for (int i = 0; i < 600; ++i) {
    if (i >= 240 && i % 20 == 0) search.Evaluate();
    search.Iterate();
  }
  search.Evaluate();
  return search.prices();
}

// Fails where a capacity is passed.
int64_t CostOf(const GapInstance& g, const std::vector<int32_t>& at) {
  std::vector<int64_t> room = g.capacities;
  int64_t cost = 0;
  for (int32_t k = 0; k < g.classes; ++k) {
    EXPECT_TRUE(g.Allowed(k, at[k]));
    cost += g.Cost(k, at[k]);
    for (int32_t r = 0; r < g.resources; ++r) room[at[k] * g.resources + r] -= g.Sizes(k, at[k])[r];
  }
  for (int64_t left : room) EXPECT_GE(left, 0);
  return cost;
}

TEST(GapDiveTest, ADiveFillsAgentsAlmostWhollyInSeveralResources) {
  for (char type : {'D', 'E'}) {
    const GapProblem p = MakeGap(type, 20, 400, 3, 1);
    const GapInstance g(p);
    ASSERT_TRUE(Dive::Suits(g));
    const std::vector<double> prices = PricesOf(g);
    PriceSearch search(g);
    search.EvaluateAt(prices);
    const double unit = Annealer(g, prices, Rng(1)).unit();
    Dive dive(g, prices, Rng(1), {.temperature = unit});
    int64_t work = 0;
    while (dive.Step(&work)) {
    }
    ASSERT_TRUE(dive.found());
    EXPECT_EQ(CostOf(g, dive.at()), dive.cost());
    EXPECT_LE(search.bound(), dive.cost());
    EXPECT_LT(static_cast<double>(dive.cost()), 1.015 * static_cast<double>(search.bound()));
  }
}

TEST(GapDiveTest, AnItemThatNoAgentOfTheEndMayHoldEndsTheDive) {
  GapProblem p = MakeGap('D', 4, 40, 2, 1);
  for (int32_t k = 0; k < p.classes; ++k) {
    for (int32_t j = 1; j < p.agents; ++j) p.costs[k * p.agents + j] = GapProblem::kForbidden;
  }
  const GapInstance g(p);
  const std::vector<double> prices(static_cast<size_t>(p.agents) * p.resources, 0.1);
  Dive dive(g, prices, Rng(1), {.temperature = 1, .tail = 1, .subsets = 500});
  int64_t work = 0;
  while (dive.Step(&work)) {
  }
  EXPECT_FALSE(dive.found());
}

TEST(GapDivesTest, AnswersNeverGetWorseAndTheSameStepsGiveTheSame) {
  const GapProblem p = MakeGap('C', 12, 120, 2, 1);
  const GapInstance g(p);
  const std::vector<double> prices = PricesOf(g);
  Dives first(g, prices, 1, Rng(5)), second(g, prices, 1, Rng(5));
  int64_t last = 0, better = 0;
  for (int step = 0; step < 8'000; ++step) {
    ASSERT_EQ(first.Step(), second.Step());
    if (first.best().empty()) continue;
    if (last != 0) {
      ASSERT_LE(first.best_cost(), last);
    }
    better += first.best_cost() != last, last = first.best_cost();
    if (step == 4'000) {  // somebody else's answer
      const std::vector<int32_t> known = first.best();
      first.Start(known), second.Start(known);
    }
  }
  ASSERT_FALSE(first.best().empty());
  EXPECT_GE(better, 1);
  EXPECT_EQ(CostOf(g, first.best()), first.best_cost());
  EXPECT_EQ(first.best(), second.best());
}

}  // namespace
}  // namespace stowage::scheduler::gap
