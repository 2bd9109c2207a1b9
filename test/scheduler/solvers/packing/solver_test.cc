#include "scheduler/solvers/packing/solver.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random/rng.h"
#include "test/scheduler/solvers/packing/enumerate.h"

namespace stowage::scheduler {
namespace {

using Search = std::unique_ptr<AnytimeSearch<PackingSolution>>;

void RunFor(AnytimeSearch<PackingSolution>& search, int64_t iterations) {
  while (search.iterations() < iterations && search.Step(5'000)) {
  }
}

std::vector<int64_t> Sizes(Rng& rng, int32_t dimensions, int64_t least, int64_t most) {
  std::vector<int64_t> sizes;
  for (int32_t r = 0; r < dimensions; ++r) sizes.push_back(rng.Between(least, most));
  return sizes;
}

PackingProblem Tiny(uint64_t seed) {
  Rng rng(seed);
  PackingProblem p{.dimensions = static_cast<int32_t>(rng.Between(1, 3))};
  for (int64_t t = rng.Between(1, 3); t > 0; --t) {
    const int64_t quantity = rng.Chance(0.4) ? rng.Between(0, 2) : BinType::kAny;
    p.bins.push_back({Sizes(rng, p.dimensions, 3, 12), rng.Between(0, 20), quantity});
  }
  int64_t left = 6;
  while (left > 0) {
    PackingItem item{rng.Between(1, 3), {}};
    for (int64_t k = rng.Between(1, 2); k > 0; --k) {
      item.incarnations.push_back(Sizes(rng, p.dimensions, 0, 7));
    }
    left -= item.demand;
    p.items.push_back(std::move(item));
  }
  return p;
}

// Pods of a few sizes for nodes of three types.
PackingProblem Small(uint64_t seed) {
  Rng rng(seed);
  PackingProblem p{.dimensions = 2,
                   .bins = {{{1930, 3114}, 85}, {{3920, 14162}, 192}, {{7910, 29317}, 384}}};
  for (int n = 0; n < 12; ++n) {
    p.items.push_back({rng.Between(1, 9), {{rng.Between(1, 19) * 100, rng.Between(1, 30) * 100}}});
  }
  return p;
}

// Where items cost something themselves, and not the same on every type, or cannot be there at all.
PackingProblem WithTerms(uint64_t seed) {
  Rng rng(seed);
  PackingProblem p = Tiny(seed);
  for (PackingItem& item : p.items) {
    if (rng.Chance(0.2)) continue;
    for (size_t t = 0; t < p.bins.size(); ++t) {
      const int64_t choices = static_cast<int64_t>(item.incarnations.size());
      const auto incarnation = static_cast<int32_t>(rng.Between(0, choices - 1));
      const int64_t cost = rng.Between(0, 12);
      item.terms.push_back({rng.Chance(0.8) ? incarnation : PackingItem::Terms::kNever, cost});
    }
  }
  return p;
}

// `missed`: how often at most nothing is found where there is something; `percent`: how often at
// least the optimum is.
void ExpectAsEnumerated(PackingProblem (*make)(uint64_t), int missed, int percent) {
  int infeasible = 0, proven = 0, solvable = 0, optimal = 0, unknown = 0;
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    const PackingProblem p = make(seed);
    ASSERT_TRUE(Validate(p));
    const std::optional<int64_t> optimum = CheapestPacking(p);
    const Search search = StartPackingSearch(p, {});
    RunFor(*search, 20'000);
    if (!optimum) {
      ++infeasible;
      EXPECT_EQ(search->best(), nullptr) << seed;
      EXPECT_NE(search->status(), SearchStatus::kFeasible) << seed;
      proven += search->status() == SearchStatus::kInfeasible;
      continue;
    }
    ++solvable;
    ASSERT_NE(search->status(), SearchStatus::kInfeasible) << seed;
    EXPECT_LE(search->bound(), *optimum) << seed;
    if (search->best() == nullptr) {
      ++unknown;
      continue;
    }
    const auto check = Check(p, *search->best());
    ASSERT_TRUE(check) << seed << " " << check.error().message;
    EXPECT_GE(search->best()->cost, *optimum) << seed;
    if (search->status() == SearchStatus::kOptimal) {
      EXPECT_EQ(search->best()->cost, *optimum) << seed;
    }
    optimal += search->best()->cost == *optimum;
  }
  EXPECT_GE(infeasible, 150);
  EXPECT_GE(proven * 10, infeasible * 7);
  EXPECT_GE(optimal * 100, solvable * percent);
  EXPECT_LE(unknown, missed);
}

TEST(PackingSolver, AgreesWithEnumerationOnTinyProblems) { ExpectAsEnumerated(Tiny, 0, 98); }

TEST(PackingSolver, AgreesWithEnumerationWhereItemsCostSomethingThemselves) {
  ExpectAsEnumerated(WithTerms, 5, 97);
}

TEST(PackingSolver, NamesNothingInfeasibleThatIsMerelyTight) {
  // Four bins of 10 for 8 items of 5: full to the brim.
  const PackingProblem p{.dimensions = 1, .bins = {{{10}, 1, 4}}, .items = {{8, {{5}}}}};
  const Search search = StartPackingSearch(p, {});
  RunFor(*search, 100'000);
  ASSERT_EQ(search->status(), SearchStatus::kOptimal);
  EXPECT_EQ(search->best()->cost, 4);
}

TEST(PackingSolver, ProvesThatLimitedTypesDoNotHoldEverything) {
  const PackingProblem p{.dimensions = 1, .bins = {{{10}, 1, 4}}, .items = {{9, {{5}}}}};
  const Search search = StartPackingSearch(p, {});
  RunFor(*search, 1'000'000);
  EXPECT_EQ(search->status(), SearchStatus::kInfeasible);
  EXPECT_EQ(search->best(), nullptr);
}

TEST(PackingSolver, PlacesItemsWithoutSize) {
  const PackingProblem p{
      .dimensions = 1, .bins = {{{10}, 7}, {{1}, 3}}, .items = {{4, {{0}}}, {2, {{9}, {0}}}}};
  const Search search = StartPackingSearch(p, {});
  RunFor(*search, 1000);
  ASSERT_EQ(search->status(), SearchStatus::kOptimal);
  EXPECT_EQ(search->best()->cost, 3);
  EXPECT_TRUE(Check(p, *search->best()));
}

TEST(PackingSolver, NeedsNoBinForNothing) {
  const PackingProblem p{.dimensions = 1, .bins = {{{10}, 7}}, .items = {{0, {{3}}}}};
  const Search search = StartPackingSearch(p, {});
  RunFor(*search, 1000);
  ASSERT_EQ(search->status(), SearchStatus::kOptimal);
  EXPECT_EQ(search->best()->cost, 0);
}

TEST(PackingSolver, CountsAndNotItemsMakeTheWork) {
  PackingProblem p = Small(3);
  for (PackingItem& item : p.items) item.demand *= 1'000'000;
  const Search search = StartPackingSearch(p, {});
  RunFor(*search, 3'000'000);
  ASSERT_NE(search->best(), nullptr);
  ASSERT_TRUE(Check(p, *search->best()));
  EXPECT_LT(search->best()->cost - search->bound(), search->best()->cost / 10'000);
}

TEST(PackingSolver, GivesTheSameAnswerHoweverItIsStepped) {
  const PackingProblem p = Small(5);
  const Search a = StartPackingSearch(p, {.seed = 7}), b = StartPackingSearch(p, {.seed = 7});
  RunFor(*a, 200'000);
  while (b->iterations() < a->iterations() && b->Step(1)) {
  }
  EXPECT_EQ(a->iterations(), b->iterations());
  EXPECT_EQ(a->bound(), b->bound());
  ASSERT_NE(a->best(), nullptr);
  EXPECT_EQ(a->best()->bins, b->best()->bins);
}

TEST(PackingSolver, TheOrderOfTheInputDoesNotChangeTheCost) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const PackingProblem p = Small(seed);
    PackingProblem shuffled = p;
    std::reverse(shuffled.items.begin(), shuffled.items.end());
    std::rotate(shuffled.bins.begin(), shuffled.bins.begin() + 1, shuffled.bins.end());
    const Search a = StartPackingSearch(p, {}), b = StartPackingSearch(shuffled, {});
    RunFor(*a, 100'000);
    RunFor(*b, 100'000);
    EXPECT_EQ(a->best()->cost, b->best()->cost);
    EXPECT_EQ(a->bound(), b->bound());
    EXPECT_TRUE(Check(shuffled, *b->best()));
  }
}

}  // namespace
}  // namespace stowage::scheduler
