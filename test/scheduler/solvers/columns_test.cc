#include "scheduler/solvers/columns.h"

#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/elastic_problem.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

Incumbent Solve(const Problem& problem, const Solver& solver, int64_t step = 100'000) {
  const auto valid = Validate(problem);
  EXPECT_TRUE(valid) << valid.error().message;
  const Incumbent answer = RunToTheEnd(*MakeEngine(solver)->Start(problem, {}), step);
  ExpectRight(problem, answer);
  return answer;
}

std::vector<int64_t> Placed(const Incumbent& answer) {
  std::vector<int64_t> placed;
  for (const TierResult& t : answer.tiers) placed.push_back(t.placed);
  return placed;
}

TEST(Columns, BuysTheNodesThatPodsFill) {
  // Three pods fill a large node, two leave a third of it empty; prices of room see no difference.
  Problem p;
  p.clusters.push_back(Cluster("cloud", {}));
  p.clusters[0].pools = {Pool("large", 10, Room(9000, 90), 0.27),
                         Pool("small", 10, Room(3500, 35), 0.11)};
  p.classes.push_back(Pods("web", 8, Demand(3000, 3)));
  const Incumbent answer = Solve(p, ColumnsSolver());
  EXPECT_EQ(answer.cost, Dollars(2 * 0.27 + 2 * 0.11));
  EXPECT_EQ(answer.lower_bound, answer.cost);
}

TEST(Columns, WhatPodsPayThemselvesCountsBesideTheNodes) {
  // The nodes of the far cluster are cheaper, by less than the latency of three pods costs.
  Problem p;
  p.clusters = {Cluster("far", {}), Cluster("near", {})};
  p.clusters[0].region = "us";
  p.clusters[0].pools = {Pool("node", 10, Room(9000, 90), 0.20)};
  p.clusters[1].region = "eu";
  p.clusters[1].pools = {Pool("node", 10, Room(9000, 90), 0.27)};
  p.links = {{"eu", "us", 80'000}};
  p.classes.push_back(Pods("web", 9, Demand(3000, 3),
                           {.latency_sources = {{"eu"}}, .cost_per_ms = Dollars(0.001)}));
  const Incumbent answer = Solve(p, ColumnsSolver());
  EXPECT_EQ(answer.cost, Dollars(3 * 0.27));
  EXPECT_EQ(answer.lower_bound, answer.cost);
}

// With nodes of two types to buy in every cluster, all constraints that pods have, and pods that
// have none.
Problem AnyElasticProblem(Rng& rng) {
  Problem problem = AnyProblem(rng, 40, 4);
  for (ClusterView& c : problem.clusters) {
    c.pools.clear();
    for (const char* name : {"large", "small"}) {
      c.pools.push_back(Pool(name, rng.Between(2, 8),
                             Room(rng.Between(2, 9) * 500, rng.Between(2, 9)),
                             0.01 * static_cast<double>(rng.Between(4, 30))));
    }
  }
  for (int i = 0; i < 4; ++i) {
    const int64_t pods = rng.Between(1, 6), milli_cpu = rng.Between(1, 6) * 400;
    problem.classes.push_back(
        Pods("free" + std::to_string(i), pods, Demand(milli_cpu, rng.Between(1, 5))));
  }
  return problem;
}

TEST(Columns, NeverWorseThanPricesOfRoomWhateverTheRules) {
  Rng rng(20261122);
  int cheaper = 0;
  for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    const Problem problem = AnyElasticProblem(rng);
    const Incumbent priced = Solve(problem, LagrangianSolver());
    const Incumbent answer = Solve(problem, ColumnsSolver());
    EXPECT_GE(Placed(answer), Placed(priced));
    if (Placed(answer) != Placed(priced)) continue;
    EXPECT_LE(answer.cost, priced.cost);
    EXPECT_GE(answer.lower_bound, priced.lower_bound);
    cheaper += answer.cost < priced.cost;
  }
  EXPECT_GE(cheaper, 30);
}

TEST(Columns, NearTheOptimumWhereNodesAreBought) {
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    SCOPED_TRACE(seed);
    const Problem problem = MakeElasticProblem({.pods = 60, .clusters = 3, .seed = seed});
    const Incumbent priced = Solve(problem, LagrangianSolver());
    const Incumbent answer = Solve(problem, ColumnsSolver());
    EXPECT_LT(answer.GapPpm(), 30'000);
    EXPECT_GT(priced.GapPpm(), 5 * answer.GapPpm());
    EXPECT_EQ(Solve(problem, ColumnsSolver(), 3'333).placement, answer.placement);
  }
}

TEST(Columns, OfManyNodesOnlyThoseThatAreBoughtArePackedAnew) {
  Problem problem = MakeElasticProblem({.pods = 60, .clusters = 3, .seed = 4});
  // As many kinds of standing nodes, each too small for any pod.
  for (int i = 0; i < 600; ++i) {
    problem.clusters[0].shapes.push_back(Nodes(1, Room(100 + i % 7, 1, 1 + i)));
  }
  const Incumbent priced = Solve(problem, LagrangianSolver());
  const Incumbent answer = Solve(problem, ColumnsSolver());
  EXPECT_LT(answer.cost, priced.cost);
}

TEST(Columns, SuitsWhereNodesCanBeBought) {
  const auto suits = [](const Problem& problem) {
    Instance instance({});
    instance.Apply(Whole(problem));
    Work work(1'000'000);
    EXPECT_TRUE(instance.Prepare(work));
    return ColumnsSolver::Suits(instance);
  };
  Problem problem = MakeElasticProblem({.pods = 100, .clusters = 3, .seed = 1});
  EXPECT_TRUE(suits(problem));
  for (ClusterView& c : problem.clusters) c.pools.clear();
  EXPECT_FALSE(suits(problem));
}

}  // namespace
}  // namespace stowage::scheduler
