// Who solves what.
#include "scheduler/solvers/choice.h"

#include <gtest/gtest.h>

#include "test/scheduler/builders.h"
#include "test/scheduler/instances/elastic_problem.h"
#include "test/scheduler/instances/fleet_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

using Aim = ChosenSolver::Aim;

std::string WhoSolves(const Problem& problem, Aim aim) {
  const ChosenSolver solver(aim);
  const Incumbent answer = RunToTheEnd(*MakeEngine(solver)->Start(problem, {}));
  ExpectRight(problem, answer);
  return answer.solver;
}

Problem OneSize(int64_t pods) {
  Problem p;
  p.classes = {Pods("a", pods, Demand(1000, 0)), Pods("b", pods, Demand(1000, 0))};
  p.clusters = {Cluster("x", {Nodes(100, Room(4000, 16, 1000))}, 0.01),
                Cluster("y", {Nodes(100, Room(4000, 16, 1000))}, 0.02)};
  return p;
}

TEST(Choice, TheBestForAProblemIsTakenByItsSizeAndStructure) {
  EXPECT_EQ(WhoSolves(OneSize(3), Aim::kBest), "exact");
  Problem p = OneSize(100);
  EXPECT_EQ(WhoSolves(p, Aim::kBest), "flow");
  p.classes[0].demand = Demand(500, 1);
  EXPECT_EQ(WhoSolves(p, Aim::kBest), "greedy");
  EXPECT_EQ(
      WhoSolves(MakeFleetProblem({.pods = 2'000, .classes = 600, .clusters = 20, .nodes = 100}),
                Aim::kBest),
      "lagrangian");
  EXPECT_EQ(WhoSolves(MakeElasticProblem({.pods = 40, .clusters = 3}), Aim::kBest), "columns");
}

TEST(Choice, SmallRoundsAreForTheFastestAndBurstsOfManyClassesForPrices) {
  EXPECT_EQ(WhoSolves(OneSize(3), Aim::kRounds), "greedy");
  EXPECT_EQ(WhoSolves(OneSize(100), Aim::kRounds), "greedy");
  const Problem burst =
      MakeFleetProblem({.pods = 2'000, .classes = 60, .clusters = 8, .nodes = 200, .load = 0.7});
  EXPECT_EQ(WhoSolves(burst, Aim::kRounds), "lagrangian");
}

TEST(Choice, RoundsSearchForWhatToBuyOnlyWhereManyPodsNeedIt) {
  Problem p = MakeElasticProblem({.pods = 100, .clusters = 3});
  for (ClusterView& c : p.clusters) c.shapes.clear();
  EXPECT_EQ(WhoSolves(p, Aim::kRounds), "columns");
  const ChosenSolver solver(Aim::kRounds);
  const auto session = MakeEngine(solver)->Start(p, {});
  while (!session->Step({1'000}).buying) {
  }
  const Incumbent first = session->Step({0});
  EXPECT_EQ(first.tiers[0].placed, 100);
  EXPECT_FALSE(first.complete);
  EXPECT_LT(RunToTheEnd(*session).cost, first.cost);

  Problem few = p;
  few.classes = {p.classes[0]};
  few.classes[0].count = 3;
  EXPECT_EQ(WhoSolves(few, Aim::kRounds), "greedy");

  p.clusters[0].shapes = {Nodes(300, Room(32'000, 128))};
  p.clusters[0].pools.clear();
  EXPECT_NE(WhoSolves(p, Aim::kRounds), "columns");
}

TEST(Choice, WhoHasChangedTheProblemGetsAnotherChoice) {
  const Problem burst =
      MakeFleetProblem({.pods = 2'000, .classes = 60, .clusters = 8, .nodes = 200, .load = 0.7});
  const ChosenSolver solver(Aim::kRounds);
  const auto session = MakeEngine(solver)->Start(burst, {});
  EXPECT_EQ(RunToTheEnd(*session).solver, "lagrangian");
  ProblemDelta delta;
  for (size_t k = 1; k < burst.classes.size(); ++k) {
    delta.remove_classes.push_back(burst.classes[k].key);
  }
  ASSERT_TRUE(session->Apply(delta));
  EXPECT_EQ(RunToTheEnd(*session).solver, "greedy");
}

}  // namespace
}  // namespace stowage::scheduler
