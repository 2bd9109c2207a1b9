// Each term of the objective, by the decision that it turns and the figure that is explained.
#include <gtest/gtest.h>

#include <map>

#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

struct Outcome {
  std::string cluster;  // of the one pod
  Incumbent incumbent;
  std::map<std::string, Money> terms;  // of that cluster
};

// One class, one pod: where it goes, and what it pays there.
Outcome Solve(const Problem& problem, const Solver& solver) {
  EXPECT_TRUE(Validate(problem));
  auto session = MakeEngine(solver)->Start(problem, {});
  Outcome out;
  while (!(out.incumbent = session->Step({1'000'000})).complete) {
  }
  const auto explained = session->Explain(problem.classes[0].key);
  for (const ClusterVerdict& v : explained->clusters) {
    if (v.placed == 0) continue;
    out.cluster = v.cluster;
    for (const auto& [name, money] : v.terms) out.terms[name] = money;
    EXPECT_EQ(v.total, out.incumbent.cost);
  }
  EXPECT_LE(out.incumbent.lower_bound, out.incumbent.cost);
  return out;
}

Outcome Solve(const Problem& problem) {
  const Outcome out = Solve(problem, GreedySolver());
  const Outcome other = Solve(problem, LagrangianSolver());
  EXPECT_EQ(out.cluster, other.cluster);
  EXPECT_EQ(out.incumbent.cost, other.incumbent.cost);
  return out;
}

// A pod of one core; "dear" costs $0.05 for it, "cheap" $0.04.
Problem TwoClusters(PodConstraints constraints) {
  Problem p;
  p.classes = {Pods("pod", 1, Demand(1000, 1), std::move(constraints))};
  p.clusters = {Cluster("cheap", {Nodes(1, Room(4000, 8))}, 0.04),
                Cluster("dear", {Nodes(1, Room(4000, 8))}, 0.05)};
  return p;
}

// The same of nodes that are opened.
Problem TwoPools(PodConstraints constraints) {
  Problem p = TwoClusters(std::move(constraints));
  for (ClusterView& c : p.clusters) {
    c.pools = {Pool("nodes", 3, Room(1000, 8), c.name == "dear" ? 0.05 : 0.04)};
    c.shapes.clear();
    c.charge_back.clear();
  }
  return p;
}

TEST(CostTermsTest, EmissionsCostWhatATonneCosts) {
  Problem p = TwoClusters({});
  p.clusters[0].emissions = {{ResourceTable::kCpu, 200'000, 1000}};  // 200 g a core-hour
  EXPECT_EQ(Solve(p).cluster, "cheap");
  p.carbon_per_tonne = Dollars(100);  // $0.02 a core-hour
  EXPECT_EQ(Solve(p).cluster, "dear");
  p.clusters[1].emissions = {{ResourceTable::kCpu, 150'000, 1000}};
  const Outcome cheap = Solve(p);
  EXPECT_EQ(cheap.cluster, "cheap");
  EXPECT_EQ(cheap.terms.at("carbon"), Dollars(0.02));
  EXPECT_EQ(cheap.incumbent.cost, Dollars(0.06));
}

TEST(CostTermsTest, NodesOfPoolsEmitAsWell) {
  Problem p = TwoPools({});
  p.carbon_per_tonne = Dollars(100);
  p.clusters[0].emissions = {{ResourceTable::kCpu, 200'000, 1000}};
  EXPECT_EQ(Solve(p).cluster, "dear");
}

TEST(CostTermsTest, SpotNodesCostTheRestartsOfTheirPods) {
  PodConstraints c;
  c.once.restart = Dollars(0.1);
  Problem p = TwoPools(c);
  p.clusters[0].pools[0].interruptions_ppm = 50'000;  // one node of twenty in an hour
  const Outcome spot = Solve(p);
  EXPECT_EQ(spot.cluster, "cheap");
  EXPECT_EQ(spot.terms.at("interruptions"), Dollars(0.005));
  p.clusters[0].pools[0].interruptions_ppm = 150'000;
  EXPECT_EQ(Solve(p).cluster, "dear");
}

TEST(CostTermsTest, WaitingForANodeIsSpreadOverTheRunTime) {
  PodConstraints c;
  c.once.waiting = Dollars(1.2);
  c.once.run_seconds = 3600;
  Problem p = TwoPools(c);
  p.clusters[0].pools[0].provision_seconds = 60;  // $0.02
  EXPECT_EQ(Solve(p).cluster, "dear");
  c.once.run_seconds = 36'000;  // $0.002 an hour
  p.classes[0].constraints = std::make_shared<const PodConstraints>(c);
  const Outcome patient = Solve(p);
  EXPECT_EQ(patient.cluster, "cheap");
  EXPECT_EQ(patient.terms.at("waiting"), Dollars(0.002));
}

TEST(CostTermsTest, AnOpenNodeOfAPoolNeedsNoWaiting) {
  PodConstraints c;
  c.once.waiting = Dollars(1.2);
  c.once.run_seconds = 3600;
  Problem p = TwoPools(c);
  p.clusters[0].pools[0].provision_seconds = 60;
  p.clusters[0].pools[0].allocatable = Room(2000, 8);
  p.clusters[0].bound = {
      {.constraints = p.classes[0].constraints, .demand = Demand(1000, 1), .count = 1}};
  const Outcome outcome = Solve(p);
  EXPECT_EQ(outcome.cluster, "cheap");
  EXPECT_EQ(outcome.incumbent.cost, Money());
}

TEST(CostTermsTest, MovingIsSpreadOverTheRemainingRunTime) {
  PodConstraints c;
  c.once.home = "dear";
  c.once.moving = Dollars(0.1);
  c.once.run_seconds = 7200;
  const Outcome stays = Solve(TwoClusters(c));
  EXPECT_EQ(stays.cluster, "dear");
  EXPECT_EQ(stays.incumbent.cost, Dollars(0.05));
  c.once.run_seconds = 72'000;
  const Outcome moves = Solve(TwoClusters(c));
  EXPECT_EQ(moves.cluster, "cheap");
  EXPECT_EQ(moves.terms.at("moving"), Dollars(0.005));
}

TEST(CostTermsTest, AMinimumBillingCountsWhereNodesAreKeptForLess) {
  Problem p = TwoPools({});
  p.clusters[0].pools[0].minimum_billing_seconds = 3600;
  EXPECT_EQ(Solve(p).cluster, "cheap");
  p.horizon_seconds = 1800;  // the hour is paid twice: $0.08
  EXPECT_EQ(Solve(p).cluster, "dear");
  p.clusters.pop_back();
  EXPECT_EQ(Solve(p).incumbent.cost, Dollars(0.08));
}

TEST(CostTermsTest, WhatNobodyPaysIsNotExplained) {
  const Outcome outcome = Solve(TwoClusters({}));
  for (const char* term : {"carbon", "interruptions", "waiting", "moving"}) {
    EXPECT_FALSE(outcome.terms.contains(term)) << term;
  }
}

TEST(CostTermsTest, WhatChangesIsToldToASession) {
  Problem p = TwoClusters({});
  p.clusters[0].emissions = {{ResourceTable::kCpu, 200'000, 1000}};
  const GreedySolver greedy;
  auto session = MakeEngine(greedy)->Start(p, {});
  ProblemDelta delta;
  delta.carbon_per_tonne = Dollars(100);
  ASSERT_TRUE(session->Apply(delta));
  EXPECT_EQ(session->Step({1'000'000}).cost, Dollars(0.05));
  delta.carbon_per_tonne = Money{-1};
  EXPECT_FALSE(session->Apply(delta));
}

}  // namespace
}  // namespace stowage::scheduler
