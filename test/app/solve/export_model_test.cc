// Exported models under another solver: Clp reads them, and its LP bounds are those of the problem.
#include "app/solve/export_model.h"

#include <gtest/gtest.h>

#include <coin/ClpSimplex.hpp>
#include <filesystem>
#include <fstream>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/instances/random_problem.h"

namespace stowage::app {
namespace {

namespace fs = std::filesystem;

using scheduler::GapProblem;
using scheduler::PackingProblem;

// A file of its own that is gone afterwards.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& ending, const std::string& text)
      : path_(fs::path(::testing::TempDir()) /
              (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "." +
               ending)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() { fs::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

struct Solved {
  int status = -1;  // 0: optimal, 1: infeasible
  double value = 0;
  int rows = 0, columns = 0, integers = 0;
};

Solved SolveText(const std::string& text, ModelFormat format) {
  ClpSimplex model;
  model.setLogLevel(0);
  Solved out;
  if (format == ModelFormat::kMps) {
    const TemporaryFile file("mps", text);
    EXPECT_EQ(model.readMps(file.path().c_str(), true), 0) << text;
  } else {
    const TemporaryFile file("lp", text);
    EXPECT_EQ(model.readLp(file.path().c_str()), 0) << text;
  }
  model.primal();
  out = {model.status(), model.objectiveValue(), model.numberRows(), model.numberColumns()};
  for (int c = 0; c < out.columns; ++c) out.integers += model.isInteger(c);
  return out;
}

Solved SolveBoth(const AnyProblem& problem) {
  const auto lp = ExportModel(problem, ModelFormat::kLp);
  const auto mps = ExportModel(problem, ModelFormat::kMps);
  EXPECT_TRUE(lp && mps);
  const Solved a = SolveText(*lp, ModelFormat::kLp), b = SolveText(*mps, ModelFormat::kMps);
  EXPECT_EQ(a.status, b.status);
  if (b.status == 0) {
    EXPECT_NEAR(a.value, b.value, 1e-6 * (1 + std::abs(b.value)));
  }
  EXPECT_EQ(a.columns, b.columns);
  EXPECT_EQ(a.integers, a.columns);
  EXPECT_EQ(b.integers, b.columns);
  return b;
}

GapProblem Gap(std::string_view text, Format format = Format::kGap) {
  return std::get<GapProblem>(*Parse(format, {"f", text}));
}

TEST(ExportModelTest, AGapModelHasARowForEachJobAndEachCapacity) {
  // By hand: jobs 1 and 2 want agent 1, which has room for one and a half of them.
  const Solved s = SolveBoth(Gap("2 2\n1 1\n5 7\n2 2\n2 2\n3 9\n"));
  EXPECT_EQ(s.status, 0);
  EXPECT_EQ(s.rows, 4);
  EXPECT_EQ(s.columns, 4);
  EXPECT_NEAR(s.value, 1 + 0.5 * 1 + 0.5 * 5, 1e-9);
}

TEST(ExportModelTest, ForbiddenPairsAreNoColumns) {
  const Solved s = SolveBoth(Gap("2 2 1\n10\n10\n4 2 1 -1\n3 1 5 2\n", Format::kFleet));
  EXPECT_EQ(s.columns, 3);
  EXPECT_NEAR(s.value, 4 * 1 + 3 * 2, 1e-9);
}

TEST(ExportModelTest, WhatHasNoPlaceIsInfeasibleForOthersToo) {
  EXPECT_EQ(SolveBoth(Gap("1 2\n1 1\n2 2\n3\n")).status, 1);
  EXPECT_EQ(SolveBoth(Gap("1 1 1\n10\n4 2 -1\n", Format::kFleet)).status, 1);
}

TEST(ExportModelTest, AModelSaysTheSameInBothFormats) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    GapProblem p{.classes = 7, .agents = 3, .resources = 2};
    for (int k = 0; k < p.classes; ++k) p.counts.push_back(rng.Between(0, 4));
    for (int i = 0; i < p.classes * p.agents; ++i) p.costs.push_back(rng.Between(-1, 9));
    for (int i = 0; i < p.classes * p.agents * 2; ++i) p.sizes.push_back(rng.Between(0, 4));
    for (int i = 0; i < p.agents * 2; ++i) p.capacities.push_back(rng.Between(10, 20));
    SolveBoth(p);
  }
}

TEST(ExportModelTest, APackingModelOpensBins) {
  // Three items of 4 in bins of 10 for 5: the LP needs 1.2 bins.
  const auto p =
      std::get<PackingProblem>(*Parse(Format::kMvp, {"f", "1\n1\n10 5 -1\n1\n1 3\n4\n"}));
  const Solved s = SolveBoth(p);
  EXPECT_EQ(s.status, 0);
  EXPECT_EQ(s.columns, 3 * 2);
  EXPECT_NEAR(s.value, 6, 1e-6);
}

TEST(ExportModelTest, ItemsThatTakeNoRoomNeedABinAllTheSame) {
  const auto p =
      std::get<PackingProblem>(*Parse(Format::kMvp, {"f", "1\n1\n10 5 -1\n1\n1 3\n0\n"}));
  EXPECT_GT(SolveBoth(p).value, 0.1);
}

TEST(ExportModelTest, OurOwnModelHasRoomsPoolsAndQuotas) {
  const auto p = Parse(Format::kStowage, {"f", R"(
classes: [{name: web, count: 10, requests: {cpu: 1, memory: 1Gi}}]
clusters:
- {name: own, nodes: [{count: 2, free: {cpu: 4500m, memory: 64Gi}}]}
- {name: cloud, pools: [{name: m, allocatable: {cpu: 2, memory: 8Gi}, maximum: 5, nodeHour: "0.1"}]}
- {name: dear, nodes: [{free: {cpu: 16, memory: 64Gi}}], chargeBack: [{resource: cpu, price: "0.04"}]}
quotas: [{name: few, clusters: [dear], hard: {pods: 1}}]
)"});
  ASSERT_TRUE(p) << p.error().message;
  // Eight fit on nodes of their own, node by node; one goes where a node's half is 0.05 and one, by
  // the quota, to the dear cluster.
  const Solved s = SolveBoth(*p);
  EXPECT_EQ(s.status, 0);
  EXPECT_EQ(s.columns, 3 + 1);
  EXPECT_NEAR(s.value, 50e6 + 40e6, 1);
  const std::string text = *ExportModel(*p, ModelFormat::kLp);
  EXPECT_NE(text.find("\\ class 1: \"web\"\n"), std::string::npos);
  EXPECT_NE(text.find("cluster \"cloud\", pool \"m\""), std::string::npos);
}

TEST(ExportModelTest, TheOptimumOfOurOwnModelIsBelowEveryAnswer) {
  Rng rng(3);
  const scheduler::GreedySolver solver;
  int compared = 0;
  for (int i = 0; i < 200; ++i) {
    const scheduler::Problem problem = scheduler::AnyProblem(rng, 6, 4);
    const auto session = scheduler::MakeEngine(solver)->Start(problem, {});
    const scheduler::Incumbent* answer = &session->Step({1'000'000});
    while (!answer->complete) answer = &session->Step({1'000'000});
    for (const scheduler::TierResult& t : answer->tiers) {
      if (t.placed < t.pods) answer = nullptr;
      if (answer == nullptr) break;
    }
    if (answer == nullptr) continue;
    ++compared;
    const Solved s = SolveBoth(problem);
    EXPECT_EQ(s.status, 0);
    EXPECT_LE(s.value, static_cast<double>(answer->cost.nano) + 1);
  }
  EXPECT_GT(compared, 30);
}

TEST(ExportModelTest, WhatCannotBeExportedIsRefused) {
  PackingProblem huge{.dimensions = 1, .bins = {{{10}, 1, -1}}, .items = {{100'000'000, {{1}}}}};
  const auto refused = ExportModel(huge, ModelFormat::kMps);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("smaller problem"), std::string::npos);
}

}  // namespace
}  // namespace stowage::app
