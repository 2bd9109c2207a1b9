#include "scheduler/solvers/gap/solver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/random/rng.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/solvers/gap/enumerate.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kWork = 2'000'000;  // 200 ms

struct Answer {
  SearchStatus status;
  std::optional<GapSolution> best;
  int64_t bound;
};

Answer Solve(const GapProblem& problem, int64_t work = kWork, SearchOptions options = {}) {
  EXPECT_TRUE(Validate(problem));
  auto search = StartGapSearch(problem, options);
  while (search->iterations() < work && search->Step(10'000)) {
  }
  Answer answer{search->status(), std::nullopt, search->bound()};
  if (search->best()) answer.best = *search->best();
  return answer;
}

// Up to 4 classes, 3 agents, 2 resources; often tight, sometimes without a solution.
GapProblem Tiny(uint64_t seed) {
  Rng rng = Rng(seed).Stream("tiny");
  GapProblem p;
  p.classes = static_cast<int32_t>(rng.Between(1, 4));
  p.agents = static_cast<int32_t>(rng.Between(1, 3));
  p.resources = static_cast<int32_t>(rng.Between(0, 2));
  p.uniform = rng.Chance(0.5);
  for (int32_t k = 0; k < p.classes; ++k) {
    p.counts.push_back(rng.Between(0, 3));
    for (int32_t j = 0; j < p.agents; ++j) {
      p.costs.push_back(rng.Chance(0.1) ? GapProblem::kForbidden : rng.Between(0, 30));
    }
    const int rows = p.uniform ? 1 : p.agents;
    for (int i = 0; i < rows * p.resources; ++i) p.sizes.push_back(rng.Between(0, 9));
  }
  const int64_t items = std::accumulate(p.counts.begin(), p.counts.end(), int64_t{0});
  for (int i = 0; i < p.agents * p.resources; ++i) {
    p.capacities.push_back(items * rng.Between(4, 9) / p.agents);
  }
  return p;
}

TEST(GapSearchTest, OnTinyProblemsTheAnswerAgreesWithEnumeration) {
  int optimal = 0, infeasible = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const GapProblem p = Tiny(seed);
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    const Answer answer = Solve(p, 20'000);
    SCOPED_TRACE("seed " + std::to_string(seed));
    if (answer.best) {
      ASSERT_TRUE(optimum);
      ASSERT_TRUE(Check(p, *answer.best)) << Check(p, *answer.best).error().message;
      ASSERT_GE(answer.best->cost, *optimum);
    }
    if (optimum) {
      ASSERT_LE(answer.bound, *optimum);
    }
    if (answer.status == SearchStatus::kInfeasible) {
      ASSERT_FALSE(optimum);
      ++infeasible;
    }
    if (answer.status == SearchStatus::kOptimal) {
      ASSERT_TRUE(optimum);
      ASSERT_EQ(answer.best->cost, *optimum);
      ++optimal;
    }
  }
  EXPECT_GT(optimal, 800);
  EXPECT_GT(infeasible, 200);
}

TEST(GapSearchTest, EachFamilyIsSolvedFeasiblyAndCloseToItsBound) {
  const auto gap = [](const GapProblem& p, int64_t work) {
    const Answer answer = Solve(p, work);
    if (!answer.best) return 1.0;
    EXPECT_TRUE(Check(p, *answer.best));
    EXPECT_LE(answer.bound, answer.best->cost);
    return static_cast<double>(answer.best->cost - answer.bound) /
           static_cast<double>(answer.best->cost);
  };
  EXPECT_LT(gap(MakeGap('C', 5, 100, 1, 1), 2'000'000), 0.01);
  EXPECT_LT(gap(MakeGap('D', 5, 100, 1, 1), 2'000'000), 0.01);
  EXPECT_LT(gap(MakeGap('E', 5, 100, 1, 1), 2'000'000), 0.01);
  EXPECT_LT(gap(MakeGap('D', 5, 100, 2, 1), 2'000'000), 0.05);
  EXPECT_LT(gap(MakeFleet(10'000, 1.15, 1), 4'000'000), 0.005);
}

TEST(GapSearchTest, SmallInstancesOfEachFamilyAreSolvedToAProvenOptimum) {
  for (const char type : {'C', 'D', 'E'}) {
    const GapProblem p = MakeGap(type, 5, 50, 1, 1);
    const Answer answer = Solve(p, 20'000'000);
    ASSERT_TRUE(answer.best);
    EXPECT_TRUE(Check(p, *answer.best));
    EXPECT_EQ(answer.status, SearchStatus::kOptimal) << type;
    EXPECT_EQ(answer.bound, answer.best->cost);
  }
}

TEST(GapSearchTest, TheBoundOfALooserProblemNeverPassesTheCostOfTheTighterOne) {
  int differ = 0;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const auto resources = static_cast<int32_t>(1 + seed % 2);
    const GapProblem tight = MakeGap("CDE"[seed % 3], 4, 40, resources, seed);
    GapProblem loose = tight;
    loose.capacities[seed % 4] += loose.capacities[seed % 4] / 8;
    const Answer a = Solve(tight, 1'000'000), b = Solve(loose, 1'000'000);
    ASSERT_TRUE(a.best && b.best);
    EXPECT_LE(b.bound, a.best->cost) << "seed " << seed;
    differ += b.bound != a.bound;
  }
  EXPECT_GT(differ, 6);
}

TEST(GapSearchTest, TheSameSeedAndStepsGiveTheSameAnswer) {
  const GapProblem p = MakeGap('D', 10, 100, 2, 5);
  const Answer a = Solve(p), b = Solve(p, kWork, {.seed = 1, .threads = 7});
  ASSERT_TRUE(a.best);
  EXPECT_EQ(a.best->shares, b.best->shares);
  EXPECT_EQ(a.bound, b.bound);
}

TEST(GapSearchTest, TheOrderOfClassesAndAgentsDoesNotMatter) {
  const GapProblem p = MakeGap('E', 8, 80, 2, 5);
  Rng rng(9);
  std::vector<int32_t> classes(p.classes), agents(p.agents);
  std::iota(classes.begin(), classes.end(), 0), std::iota(agents.begin(), agents.end(), 0);
  for (size_t i = classes.size(); i > 1; --i) std::swap(classes[i - 1], classes[rng.Below(i)]);
  for (size_t i = agents.size(); i > 1; --i) std::swap(agents[i - 1], agents[rng.Below(i)]);
  GapProblem q = p;
  for (int32_t k = 0; k < p.classes; ++k) {
    for (int32_t j = 0; j < p.agents; ++j) {
      const size_t at = static_cast<size_t>(k) * p.agents + j;
      q.costs[at] = p.Cost(classes[k], agents[j]);
      std::copy_n(p.Sizes(classes[k], agents[j]), p.resources, &q.sizes[at * p.resources]);
    }
  }
  for (int32_t j = 0; j < p.agents; ++j) {
    std::copy_n(p.Capacities(agents[j]), p.resources,
                &q.capacities[static_cast<size_t>(j) * p.resources]);
  }
  const Answer a = Solve(p), b = Solve(q);
  ASSERT_TRUE(a.best && b.best);
  std::vector<GapShare> moved;
  for (const GapShare& s : b.best->shares) moved.push_back({classes[s.k], agents[s.j], s.count});
  std::sort(moved.begin(), moved.end(), [](const GapShare& x, const GapShare& y) {
    return x.k != y.k ? x.k < y.k : x.j < y.j;
  });
  EXPECT_EQ(moved, a.best->shares);
  EXPECT_EQ(a.bound, b.bound);
}

TEST(GapSearchTest, NothingToPlaceIsOptimalAtOnce) {
  GapProblem p;
  EXPECT_EQ(Solve(p).status, SearchStatus::kOptimal);
  p.classes = 1, p.counts = {0};
  EXPECT_EQ(Solve(p).status, SearchStatus::kOptimal);
  p.counts = {1};
  EXPECT_EQ(Solve(p).status, SearchStatus::kInfeasible);
}

TEST(GapSearchTest, NumbersAtTheLimitsAreSolvedExactly) {
  constexpr int64_t kLimit = int64_t{1} << 62;
  GapProblem p;
  p.classes = 1, p.agents = 2, p.resources = 1;
  p.counts = {2}, p.costs = {kLimit / 2, kLimit / 2 - 1}, p.sizes = {kLimit / 2 - 1, kLimit / 2};
  p.capacities = {kLimit, kLimit};
  const Answer answer = Solve(p);
  ASSERT_TRUE(answer.best);
  EXPECT_TRUE(Check(p, *answer.best));
  EXPECT_EQ(answer.best->cost, kLimit - 2);
  EXPECT_EQ(answer.status, SearchStatus::kOptimal);
}

TEST(GapSearchTest, AMillionMillionItemsNeedNoMoreMemoryThanALot) {
  GapProblem p;
  p.classes = 2, p.agents = 2, p.resources = 1, p.uniform = true;
  p.counts = {1'000'000'000'000, 1'000'000'000'000};
  p.costs = {1, 3, 2, 3}, p.sizes = {1, 2};
  p.capacities = {2'000'000'000'000, 2'000'000'000'000};
  const Answer answer = Solve(p, 5'000'000);
  ASSERT_TRUE(answer.best);
  EXPECT_TRUE(Check(p, *answer.best));
}

}  // namespace
}  // namespace stowage::scheduler
