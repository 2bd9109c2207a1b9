// The solve run of our own model: what it promises of status, order and hash.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/solve/problem_format.h"
#include "app/solve/solve_run.h"
#include "base/random/rng.h"

namespace stowage::app {
namespace {

namespace fs = std::filesystem;

using scheduler::Problem;
using scheduler::SearchStatus;

Report Solved(Problem problem, const std::string& solver = "") {
  auto run = StartRun(Format::kStowage, std::move(problem), {.solver = solver});
  EXPECT_TRUE(run);
  while ((*run)->Step(500)) {
  }
  return (*run)->MakeReport(false);
}

Report SolvedText(std::string_view yaml, const std::string& solver = "") {
  auto problem = ParseProblem({"f.yaml", yaml});
  EXPECT_TRUE(problem) << problem.error().message;
  return Solved(std::move(*problem), solver);
}

template <class T>
void Shuffle(Rng& rng, std::vector<T>& list) {
  for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[rng.Below(i)]);
}

TEST(PlacementRunTest, TheOrderOfTheFileMeansNothing) {
  int examples = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(STOWAGE_SOURCE_DIR) / "manifests/examples/placement")) {
    if (entry.path().extension() != ".yaml") continue;
    SCOPED_TRACE(entry.path().filename().string());
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto problem = ParseProblem({"f.yaml", text});
    ASSERT_TRUE(problem) << problem.error().message;
    const Report first = Solved(*problem);
    ASSERT_TRUE(first.hash.has_value());
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      Rng rng(seed);
      Problem shuffled = *problem;
      Shuffle(rng, shuffled.classes);
      Shuffle(rng, shuffled.clusters);
      Shuffle(rng, shuffled.links);
      const Report again = Solved(std::move(shuffled));
      EXPECT_EQ(again.hash, first.hash) << seed;
      EXPECT_EQ(again.cost, first.cost);
      EXPECT_EQ(again.bound, first.bound);
    }
    ++examples;
  }
  EXPECT_GE(examples, 7);
}

TEST(PlacementRunTest, SolvedMeansThatEveryPodHasAPlace) {
  const std::string cluster = "clusters: [{name: c, nodes: [{count: 2, free: {cpu: 3}}]}]\n";
  const Report all = SolvedText(cluster + "classes: [{name: k, count: 2, requests: {cpu: 2}}]");
  EXPECT_EQ(all.status, SearchStatus::kOptimal);
  EXPECT_EQ(all.violation, "");
  // Room for one on each node: no placement has more, and the bound knows it.
  const Report some = SolvedText(cluster + "classes: [{name: k, count: 3, requests: {cpu: 2}}]");
  EXPECT_EQ(some.status, SearchStatus::kInfeasible);
  EXPECT_EQ(some.violation, "1 of 3 pods have no place");
  EXPECT_EQ(some.pods_by_cluster.at("c"), 2);
}

TEST(PlacementRunTest, NoAnswerIsCalledImpossibleWithoutAProof) {
  // Two classes that compete: each alone fits, so greedy's bound proves nothing.
  const std::string text =
      "clusters: [{name: c, nodes: [{free: {cpu: 3}}]}]\n"
      "classes: [{name: a, requests: {cpu: 2}}, {name: b, requests: {cpu: 2}}]";
  const Report report = SolvedText(text, "greedy");
  EXPECT_EQ(report.status, SearchStatus::kUnknown);
  EXPECT_EQ(report.violation, "1 of 2 pods have no place");
  EXPECT_EQ(SolvedText(text, "exact").status, SearchStatus::kInfeasible);
  EXPECT_EQ(SolvedText(text, "auto").status, SearchStatus::kInfeasible);
}

TEST(PlacementRunTest, AnEmptyProblemIsSolved) {
  const Report report = SolvedText("{}");
  EXPECT_EQ(report.status, SearchStatus::kOptimal);
  EXPECT_EQ(report.cost, 0);
}

TEST(PlacementRunTest, AnUnknownSolverIsRefusedWithTheKnownOnes) {
  const auto run = StartRun(Format::kStowage, Problem(), {.solver = "magic"});
  ASSERT_FALSE(run);
  EXPECT_NE(run.error().message.find("greedy"), std::string::npos);
  EXPECT_TRUE(StartRun(Format::kStowage, Problem(), {.solver = "greedy"}));
  EXPECT_TRUE(StartRun(Format::kStowage, Problem(), {.solver = "auto"}));
}

}  // namespace
}  // namespace stowage::app
