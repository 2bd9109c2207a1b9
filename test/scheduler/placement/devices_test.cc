// Pods that share the devices of nodes, through the engine.
#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/exact.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

constexpr size_t kMilli = 3;

// A node with so much free on each of its devices.
NodeShape GpuNode(std::vector<int64_t> devices, int64_t milli_cpu = 64'000) {
  NodeShape out = Nodes(1, Room(milli_cpu, 64));
  out.free.push_back(0);
  out.devices.resources = {kMilli};
  for (const int64_t d : devices) {
    out.devices.free.push_back({d});
    out.free[kMilli] += d;
  }
  return out;
}

PodClass Sharers(std::string key, int64_t count, int64_t milli, int32_t devices = 1) {
  Amounts demand = Demand(100, 0);
  demand.push_back(milli);
  demand.devices = devices;
  return Pods(std::move(key), count, std::move(demand));
}

std::unique_ptr<SolveSession> Solve(const Problem& p, const Solver& solver, Incumbent& out) {
  EXPECT_TRUE(Validate(p));
  auto session = MakeEngine(solver)->Start(p, {});
  out = RunToTheEnd(*session);
  ExpectRight(p, out);
  return session;
}

Problem WithGpus() {
  Problem p;
  p.resources.Intern("gpu-milli");
  return p;
}

TEST(DevicesInTheEngineTest, TheSumIsNoPromise) {
  Problem p = WithGpus();
  p.classes = {Sharers("k", 3, 600)};
  p.clusters = {Cluster("cheap", {GpuNode({500, 500, 500})}),
                Cluster("dear", {GpuNode({1000, 700})}, 1)};
  const GreedySolver greedy;
  Incumbent incumbent;
  const auto session = Solve(p, greedy, incumbent);
  EXPECT_EQ(incumbent.tiers[0].placed, 2);
  const auto why = session->Explain("k");
  EXPECT_EQ(why->Of("cheap")->refusal->reason, "Insufficient room on single devices");
  EXPECT_EQ(why->Of("cheap")->refusal->detail, "no node has 1 device with enough free");
  EXPECT_EQ(incumbent.relaxed.back(), "single devices");
}

TEST(DevicesInTheEngineTest, WholeDevicesAreKeptWhereTheyAreWanted) {
  Problem p = WithGpus();
  p.classes = {Sharers("parts", 2, 500), Sharers("pair", 1, 2000, 2)};
  p.clusters = {Cluster("c", {GpuNode({1000, 1000, 1000})})};
  const GreedySolver greedy;
  Incumbent incumbent;
  Solve(p, greedy, incumbent);
  EXPECT_EQ(incumbent.tiers[0].placed, 3);
}

TEST(DevicesInTheEngineTest, BoundPodsHoldTheirParts) {
  Problem p = WithGpus();
  p.classes = {Sharers("k", 2, 600)};
  p.clusters = {Cluster("c", {GpuNode({1000, 1000})})};
  const PodClass bound = Sharers("bound", 1, 500);
  p.clusters[0].bound = {
      {.constraints = bound.constraints, .demand = bound.demand, .count = 1, .priority = -1}};
  const GreedySolver greedy;
  Incumbent incumbent;
  const auto session = Solve(p, greedy, incumbent);
  EXPECT_EQ(incumbent.tiers[0].placed, 1);
  const auto preemption = session->Preempt("k");
  ASSERT_TRUE(preemption);
  EXPECT_EQ(preemption->pods, 1);
}

TEST(DevicesInTheEngineTest, TheFastLaneFollowsDevices) {
  Problem p = WithGpus();
  p.classes = {Sharers("k", 1, 600)};
  p.clusters = {Cluster("c", {GpuNode({1000, 900})})};
  const GreedySolver greedy;
  Incumbent incumbent;
  const auto session = Solve(p, greedy, incumbent);
  const auto lane = session->OpenLane();
  const int32_t k = *lane->Learn(Sharers("more", 1, 600));
  const auto first = lane->Place(k);
  ASSERT_TRUE(first);
  EXPECT_FALSE(lane->Place(k));  // 700 are left, on two devices
  EXPECT_TRUE(lane->Forget(*first));
  EXPECT_TRUE(lane->Place(k));
}

// Any mixture, by every solver: what is placed passes the checker, and nothing that would still
// fit is left out.
TEST(DevicesInTheEngineTest, WhateverIsPlacedHasItsDevices) {
  Rng rng(11);
  const GreedySolver greedy;
  const LagrangianSolver lagrangian;
  const ExactSolver exact;
  int left_out = 0;
  for (int round = 0; round < 200; ++round) {
    Problem p = WithGpus();
    for (int j = 0; j < 3; ++j) {
      const double price = 0.1 * static_cast<double>(rng.Between(0, 3));
      ClusterView c = Cluster("c" + std::to_string(j), {}, price);
      for (int64_t n = rng.Between(1, 3); n > 0; --n) {
        std::vector<int64_t> devices;
        for (int64_t d = rng.Between(0, 4); d > 0; --d) devices.push_back(rng.Between(1, 4) * 250);
        c.shapes.push_back(GpuNode(devices));
      }
      if (rng.Chance(0.3)) {
        ElasticPool pool = Pool("pool", 2, Room(8000, 32), 0.5);
        pool.allocatable.push_back(2000);
        pool.devices = {{kMilli}, {{1000}, {1000}}};
        c.pools.push_back(pool);
      }
      if (rng.Chance(0.5)) {
        const PodClass bound = Sharers("b", 1, rng.Between(1, 4) * 250);
        c.bound.push_back({.constraints = bound.constraints, .demand = bound.demand, .count = 1});
      }
      p.clusters.push_back(std::move(c));
    }
    for (int k = 0; k < 4; ++k) {
      const int64_t count = rng.Between(1, 4);
      const int64_t milli = rng.Between(1, 4) * 200;
      const auto devices = static_cast<int32_t>(rng.Between(1, 2));
      p.classes.push_back(Sharers("k" + std::to_string(k), count, milli * devices, devices));
    }
    for (const Solver* solver :
         std::initializer_list<const Solver*>{&greedy, &lagrangian, &exact}) {
      Incumbent incumbent;
      const auto session = Solve(p, *solver, incumbent);
      for (const ClassPlacement& k : incumbent.placement.classes) {
        if (k.unplaced == 0) continue;
        ++left_out;
        const auto why = session->Explain(k.key);
        for (const ClusterVerdict& v : why->clusters) {
          EXPECT_TRUE(v.refusal) << solver->name() << ' ' << round << ' ' << k.key;
        }
      }
    }
  }
  EXPECT_GT(left_out, 50);
}

}  // namespace
}  // namespace stowage::scheduler
