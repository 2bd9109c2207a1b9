// Placement by shadow prices, and the bound that they prove.
#include "scheduler/solvers/lagrangian.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/lagrangian_bound.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/fleet_problem.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

Incumbent Solve(const Problem& problem, const Solver& solver, int64_t step = 100'000) {
  return RunToTheEnd(*MakeEngine(solver)->Start(problem, {}), step);
}

std::vector<int64_t> Placed(const Incumbent& incumbent) {
  std::vector<int64_t> placed;
  for (const TierResult& t : incumbent.tiers) placed.push_back(t.placed);
  return placed;
}

// A fleet small enough for a test, and large enough for greedy not to be asked.
constexpr FleetSize kFleet{
    .pods = 40'000, .classes = 1'000, .clusters = 40, .nodes = 4'000, .load = 0.5};

Instance& Prepare(const Problem& problem, Instance& instance) {
  instance.Apply(Whole(problem));
  Work work(int64_t{1} << 60);
  EXPECT_TRUE(instance.Prepare(work));
  return instance;
}

// At any prices at all, made from `rng`.
Money BoundAtRandomPrices(const Problem& problem, const std::vector<int64_t>& placed, Rng& rng) {
  Instance instance({});
  Prepare(problem, instance);
  const Rooms rooms(instance);
  std::vector<std::vector<int64_t>> prices = rooms.Least();
  for (std::vector<int64_t>& of : prices) {
    for (size_t r = 0; r < of.size(); ++r) {
      if (rng.Chance(0.5)) of[r] += rng.Between(0, 200'000'000) << (rooms.shift(r) > 30 ? 4 : 0);
    }
  }
  LagrangianBound bound(instance, rooms, rooms.Tell(prices));
  Work work(int64_t{1} << 60);
  EXPECT_TRUE(bound.Step(work));
  return bound.CostOf(placed);
}

TEST(Lagrangian, AFleetIsPlacedWithASmallerGapAndForLessThanByGreedy) {
  const Problem problem = MakeFleetProblem(kFleet);
  const Incumbent ours = Solve(problem, LagrangianSolver()),
                  greedy = Solve(problem, GreedySolver());
  const auto checked = CheckPlacement(problem, ours.placement);
  EXPECT_TRUE(checked) << checked.error().message;
  EXPECT_GE(Placed(ours), Placed(greedy));
  EXPECT_LT(ours.cost, greedy.cost);
  EXPECT_LE(ours.lower_bound, ours.cost);
  EXPECT_LT(ours.GapPpm(), 20'000);
  EXPECT_GT(greedy.GapPpm(), ours.GapPpm());
}

TEST(Lagrangian, TheOrderOfTheInputAndTheSizeOfStepsMeanNothing) {
  Problem problem = MakeFleetProblem(
      {.pods = 3'000, .classes = 100, .clusters = 12, .nodes = 240, .load = 0.8, .seed = 5});
  const Incumbent first = Solve(problem, LagrangianSolver());
  std::reverse(problem.classes.begin(), problem.classes.end());
  std::reverse(problem.clusters.begin(), problem.clusters.end());
  for (ClusterView& c : problem.clusters) std::reverse(c.shapes.begin(), c.shapes.end());
  const Incumbent second = Solve(problem, LagrangianSolver(), 777);
  EXPECT_EQ(first.placement.classes, second.placement.classes);
  EXPECT_EQ(first.cost, second.cost);
  EXPECT_EQ(first.lower_bound, second.lower_bound);
}

// Two classes want the one cheap cluster, which has room for one of them: only prices can tell.
TEST(Lagrangian, TheBoundLetsClassesCompete) {
  Problem p;
  p.classes = {Pods("a", 4, Demand(1000, 1)), Pods("b", 4, Demand(1000, 1))};
  p.clusters = {Cluster("cheap", {Nodes(1, Room(4000, 64))}, 0.01),
                Cluster("dear", {Nodes(2, Room(4000, 64))}, 0.05)};
  const Incumbent greedy = Solve(p, GreedySolver()), ours = Solve(p, LagrangianSolver());
  EXPECT_EQ(ours.cost, Dollars(0.24));
  EXPECT_EQ(greedy.lower_bound, Dollars(0.08));
  EXPECT_GT(ours.lower_bound, Dollars(0.23));
  EXPECT_LE(ours.lower_bound, ours.cost);
}

// 9 pods over three zones, at most one more in each than in the emptiest: three in the dear one.
TEST(Lagrangian, TheBoundKnowsOfTopologySpread) {
  Problem p;
  PodClass k = Pods("web", 9, Demand(1000, 1));
  PodRelations r{.ns = "default", .labels = {{"app", "web"}}};
  r.spread = {
      {.topology_key = "zone", .selector = {false, {{"app", LabelRequirement::Op::kIn, {"web"}}}}}};
  k.relations = std::make_shared<const PodRelations>(r);
  p.classes = {k};
  for (const char* zone : {"a", "b", "c"}) {
    p.clusters.push_back(Cluster(zone, {Nodes(2, Room(16000, 64), {{"zone", zone}})},
                                 zone == std::string("c") ? 0.1 : 0.01));
  }
  const Incumbent ours = Solve(p, LagrangianSolver());
  EXPECT_EQ(ours.cost, Dollars(0.36));
  EXPECT_GT(ours.lower_bound, Dollars(0.359));
  EXPECT_LE(ours.lower_bound, ours.cost);
}

TEST(Lagrangian, BoundsAreBelowEveryAnswerAtAnyPrices) {
  Rng rng(20261121);
  int above_zero = 0;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    const Problem problem = AnyProblem(rng, 8, 4);
    const Incumbent answer = Solve(problem, GreedySolver());
    for (int n = 0; n < 5; ++n) {
      const Money bound = BoundAtRandomPrices(problem, Placed(answer), rng);
      EXPECT_LE(bound, answer.cost);
      above_zero += bound.nano > 0;
    }
  }
  EXPECT_GT(above_zero, 150);
}

TEST(Lagrangian, ALooserProblemsBoundIsBelowTheTightersCost) {
  Rng rng(4);
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    Problem tighter = AnyProblem(rng, 8, 4), looser = tighter;
    for (ClusterView& c : looser.clusters) {
      for (NodeShape& s : c.shapes) s.free[ResourceTable::kCpu] += 500;
    }
    const Incumbent tight = Solve(tighter, LagrangianSolver()),
                    loose = Solve(looser, LagrangianSolver());
    if (Placed(tight) == Placed(loose)) {
      EXPECT_LE(loose.lower_bound, tight.cost);
    }
    const auto checked = CheckPlacement(looser, loose.placement);
    EXPECT_TRUE(checked) << checked.error().message;
  }
}

}  // namespace
}  // namespace stowage::scheduler
