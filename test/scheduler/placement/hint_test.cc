// A solve that starts from a placement: never worse than that, and never wrong.
#include "scheduler/placement/hint.h"

#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

Incumbent Solve(const Problem& p, const Solver& solver, std::optional<Hint> hint = std::nullopt) {
  auto session = MakeEngine(solver)->Start(p, {}, std::move(hint));
  const Incumbent out = RunToTheEnd(*session, 2'000);
  ExpectRight(p, out);
  return out;
}

// More pods by tier, or as many for no more.
bool NoWorse(const Incumbent& a, const Incumbent& b) {
  for (size_t t = 0; t < a.tiers.size(); ++t) {
    if (a.tiers[t].placed != b.tiers[t].placed) return a.tiers[t].placed > b.tiers[t].placed;
  }
  return a.cost <= b.cost;
}

// One constraint less, or more room: what was allowed stays so.
void Loosen(Rng& rng, Problem& p) {
  ClusterView& c = p.clusters[rng.Below(p.clusters.size())];
  PodClass& k = p.classes[rng.Below(p.classes.size())];
  switch (rng.Below(6)) {
    case 0:
      for (NodeShape& s : c.shapes) ++s.count;
      break;
    case 1:
      for (NodeShape& s : c.shapes) s.free[ResourceTable::kCpu] += 500;
      break;
    case 2:
      for (ElasticPool& pool : c.pools) ++pool.nodes_max;
      break;
    case 3:
      p.quotas.clear();
      break;
    case 4: {
      PodConstraints constraints = *k.constraints;
      constraints.node_selector.clear();
      constraints.volumes.clear();
      constraints.denied_regions.clear();
      k.constraints = std::make_shared<const PodConstraints>(std::move(constraints));
      break;
    }
    default: {
      PodRelations relations = k.Relations();
      relations.spread.clear();
      relations.ports.clear();
      k.relations = std::make_shared<const PodRelations>(std::move(relations));
    }
  }
}

TEST(HintTest, TheLooserProblemNeverCostsMoreFromThere) {
  Rng rng(17);
  const GreedySolver greedy;
  const LagrangianSolver lagrangian;
  int taken = 0, better = 0, needed = 0;
  for (int round = 0; round < 600; ++round) {
    Problem p = AnyProblem(rng, rng.Between(4, 12), 3);
    const Incumbent strict =
        Solve(p, round % 2 == 0 ? static_cast<const Solver&>(lagrangian) : greedy);
    Loosen(rng, p);
    const Incumbent cold = Solve(p, greedy);
    const Incumbent warm = Solve(p, greedy, Hint{strict.placement});
    EXPECT_TRUE(NoWorse(warm, cold)) << round;
    // New nodes can be new domains: what was spread evenly is so no more.
    if (!CheckPlacement(p, strict.placement)) continue;
    ++taken;
    EXPECT_TRUE(NoWorse(warm, strict)) << round;
    better += !NoWorse(strict, warm);
    needed += !NoWorse(cold, strict);
  }
  EXPECT_GT(taken, 400);
  EXPECT_GT(better, 50);
  EXPECT_GT(needed, 5);  // greedy by itself went astray
}

TEST(HintTest, ItIsTheAnswerFromTheFirstStepOn) {
  Problem p;
  p.classes = {Pods("web", 2, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(2, Room(4000, 8))}, 0.1),
                Cluster("b", {Nodes(2, Room(4000, 8))}, 0.2)};
  const GreedySolver greedy;
  const Incumbent best = Solve(p, greedy);
  auto session = MakeEngine(greedy)->Start(p, {}, Hint{best.placement});
  EXPECT_EQ(session->Step({8}).cost, best.cost);
  EXPECT_EQ(session->Explain("web")->Of("a")->placed, 2);
}

TEST(HintTest, MorePodsOfAClassAreNew) {
  Problem p;
  p.classes = {Pods("web", 2, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(2, Room(4000, 8))}, 0.1)};
  const GreedySolver greedy;
  const Hint hint{Solve(p, greedy).placement};
  p.classes[0].count = 5;
  EXPECT_EQ(Solve(p, greedy, hint).tiers[0].placed, 5);
}

TEST(HintTest, WhatIsOfNoUseIsIgnored) {
  Problem p;
  p.classes = {Pods("web", 2, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 8))}, 0.1)};
  const GreedySolver greedy;
  const Incumbent right = Solve(p, greedy);
  Hint wrong{right.placement};
  wrong.placement.witness[0].nodes[0].loads[0].per_node = 5;
  EXPECT_EQ(Solve(p, greedy, wrong).cost, right.cost);
  Hint others{right.placement};
  others.placement.classes[0].key = "gone";
  EXPECT_EQ(Solve(p, greedy, others).cost, right.cost);
  EXPECT_EQ(Solve(p, greedy, Hint{}).cost, right.cost);
}

}  // namespace
}  // namespace stowage::scheduler
