// Clusters, quotas and gangs that change under an answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/exact.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/fleet_problem.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

// Room enough that mostly all pods are placed.
ClusterView RoomyCluster(Rng& rng, const std::string& name) {
  ClusterView c = AnyCluster(rng, name);
  for (NodeShape& s : c.shapes) {
    s.count = rng.Between(1, 4);
    s.free[ResourceTable::kCpu] *= 2;
  }
  return c;
}

Problem RoomyProblem(Rng& rng, int clusters, int classes, int64_t pods_most) {
  Problem p = AnyProblem(rng, 0, clusters);
  p.quotas.clear();
  for (ClusterView& c : p.clusters) c = RoomyCluster(rng, c.name);
  for (int k = 0; k < classes; ++k) {
    PodClass pods = AnyClass(rng, "k" + std::to_string(k), rng.Between(1, pods_most));
    if (rng.Chance(0.6)) {  // one that goes anywhere
      pods.relations = std::make_shared<const PodRelations>(PodRelations{.ns = "ns0"});
    }
    if (!p.gangs.empty() && rng.Chance(0.4)) pods.gang = "g";
    p.classes.push_back(std::move(pods));
  }
  return p;
}

void ChangeCluster(Rng& rng, ClusterView& c) {
  NodeShape& nodes = c.shapes[rng.Below(c.shapes.size())];
  switch (rng.Below(8)) {
    case 0:
      c.unschedulable = !c.unschedulable;
      break;
    case 1:
      nodes.count = rng.Between(0, 5);
      break;
    case 2:
      nodes.free[ResourceTable::kCpu] = rng.Between(0, 8) * 500;
      break;
    case 3:
      c.bound = AnyCluster(rng, c.name).bound;
      break;
    case 4:
      for (ResourcePrice& price : c.charge_back) price.price.nano = rng.Between(0, 50'000'000);
      break;
    case 5:
      c.pools = AnyCluster(rng, c.name).pools;
      break;
    case 6:
      c.shapes.erase(c.shapes.begin());
      c.shapes.push_back(RoomyCluster(rng, c.name).shapes[0]);
      break;
    default:
      nodes.labels = RoomyCluster(rng, c.name).shapes[0].labels;
  }
}

// Of anything but classes, made to `p` as the delta says it.
ProblemDelta AnyFleetChange(Rng& rng, Problem& p) {
  ProblemDelta delta;
  const uint64_t kind = rng.Below(10);
  if (kind < 6) {
    ClusterView& c = p.clusters[rng.Below(p.clusters.size())];
    ChangeCluster(rng, c);
    delta.set_clusters.push_back(c);
  } else if (kind == 6) {
    const size_t gone = rng.Below(p.clusters.size());
    delta.remove_clusters.push_back(p.clusters[gone].name);
    p.clusters.erase(p.clusters.begin() + static_cast<std::ptrdiff_t>(gone));
    ClusterView fresh = RoomyCluster(rng, "n" + std::to_string(rng.Below(1000)));
    if (fresh.name != delta.remove_clusters[0]) {
      std::erase_if(p.clusters, [&](const ClusterView& c) { return c.name == fresh.name; });
      delta.set_clusters.push_back(fresh);
      p.clusters.push_back(std::move(fresh));
    }
  } else if (kind == 7) {
    Quota q{.name = "q", .caps = {{ResourceTable::kCpu, rng.Between(0, 40) * 500}}};
    if (rng.Chance(0.7)) q.clusters = {p.clusters[0].name, p.clusters[1].name};
    if (rng.Chance(0.3)) q.namespaces = {"ns0"};
    delta.quotas = p.quotas = {q};
  } else if (kind == 8) {
    delta.gangs = p.gangs = {{"g", rng.Between(1, 8), rng.Chance(0.5)}};
  } else if (rng.Chance(0.5)) {
    delta.carbon_per_tonne = p.carbon_per_tonne = {rng.Between(0, 1000) * 1'000'000};
  } else {
    p.resources.Intern("example.com/part-" + std::to_string(rng.Below(1000)));
    delta.resources = p.resources;
  }
  return delta;
}

ProblemDelta AnyPods(Rng& rng, Problem& p) {
  ProblemDelta delta;
  PodClass& k = p.classes[rng.Below(p.classes.size())];
  k.count = std::max<int64_t>(0, k.count + rng.Between(-2, 2));
  delta.set_classes.push_back(k);
  return delta;
}

bool AsMany(const Incumbent& a, const Incumbent& b) {
  if (a.tiers.size() != b.tiers.size()) return false;
  for (size_t t = 0; t < a.tiers.size(); ++t) {
    if (a.tiers[t].placed != b.tiers[t].placed) return false;
  }
  return true;
}

TEST(ResumeFleet, AfterAnyChangesTheAnswerHoldsHoweverTheWorkIsCut) {
  Rng rng(20261123);
  const LagrangianSolver solver;
  const auto engine = MakeEngine(solver);
  int whole = 0;
  for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) {
    Problem problem = RoomyProblem(rng, 8, 8, 6);
    const auto session = engine->Start(problem, {}), other = engine->Start(problem, {});
    for (int change = 0; change < 10; ++change) {
      SCOPED_TRACE("problem " + std::to_string(i) + ", change " + std::to_string(change));
      const Incumbent answer = RunToTheEnd(*session), again = RunToTheEnd(*other, 97);
      ExpectRight(problem, answer);
      ASSERT_TRUE(answer.bound_known);
      ASSERT_EQ(answer.placement, again.placement);
      ASSERT_EQ(answer.cost, again.cost);
      ASSERT_EQ(answer.lower_bound, again.lower_bound);
      const Incumbent anew = RunToTheEnd(*engine->Start(problem, {}));
      if (AsMany(answer, anew)) {
        ASSERT_LE(answer.lower_bound, anew.cost);
        ASSERT_LE(anew.lower_bound, answer.cost);
      }
      whole += std::all_of(answer.tiers.begin(), answer.tiers.end(),
                           [](const TierResult& t) { return t.placed == t.pods; });
      if (testing::Test::HasFailure()) return;
      const ProblemDelta delta =
          rng.Chance(0.2) ? AnyPods(rng, problem) : AnyFleetChange(rng, problem);
      ASSERT_TRUE(session->Apply(delta));
      ASSERT_TRUE(other->Apply(delta));
    }
  }
  EXPECT_GT(whole, 480);  // else there is little to go on from
}

TEST(ResumeFleet, BoundsAreBelowTheOptimumOfSmallProblems) {
  Rng rng(5);
  const LagrangianSolver solver;
  const ExactSolver exact;
  for (int i = 0; i < 60 && !testing::Test::HasFailure(); ++i) {
    Problem problem = RoomyProblem(rng, 5, 3, 2);
    const auto session = MakeEngine(solver)->Start(problem, {});
    for (int change = 0; change < 5; ++change) {
      SCOPED_TRACE("problem " + std::to_string(i) + ", change " + std::to_string(change));
      const Incumbent answer = RunToTheEnd(*session);
      const Incumbent best = RunToTheEnd(*MakeEngine(exact)->Start(problem, {}));
      ExpectRight(problem, answer);
      if (AsMany(answer, best)) {
        ASSERT_LE(answer.lower_bound, best.cost);
        ASSERT_LE(best.lower_bound, answer.cost);
      }
      ASSERT_TRUE(session->Apply(AnyFleetChange(rng, problem)));
    }
  }
}

// More room, a lower price, a wider quota, or a gang that asks for less.
ProblemDelta AnyLoosening(Rng& rng, Problem& p) {
  ProblemDelta delta;
  const uint64_t kind = rng.Below(6);
  if (kind == 4 && !p.quotas.empty()) {
    for (Quota::Cap& cap : p.quotas[0].caps) cap.most += rng.Between(0, 4) * 500;
    delta.quotas = p.quotas;
  } else if (kind == 5 && !p.gangs.empty()) {
    Gang& gang = p.gangs[0];
    gang.min_count = std::max<int64_t>(1, gang.min_count - 1);
    gang.one_cluster = gang.one_cluster && rng.Chance(0.5);
    delta.gangs = p.gangs;
  } else {
    ClusterView& c = p.clusters[rng.Below(p.clusters.size())];
    NodeShape& nodes = c.shapes[rng.Below(c.shapes.size())];
    if (kind == 0) nodes.count += rng.Between(1, 2);
    if (kind == 1) nodes.free[ResourceTable::kCpu] += rng.Between(1, 3) * 500;
    if (kind == 2) c.shapes.push_back(nodes);
    if (kind > 2) {
      for (ResourcePrice& price : c.charge_back) price.price.nano -= price.price.nano / 3;
    }
    delta.set_clusters.push_back(c);
  }
  return delta;
}

TEST(ResumeFleet, WhatIsLooserNeverCostsMore) {
  Rng rng(11);
  const LagrangianSolver solver;
  const auto engine = MakeEngine(solver);
  int compared = 0;
  for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) {
    Problem problem = RoomyProblem(rng, 8, 8, 6);
    // More nodes mean more domains to spread over, which is no looser.
    for (PodClass& k : problem.classes) {
      PodRelations relations = *k.relations;
      relations.spread.clear();
      k.relations = std::make_shared<const PodRelations>(std::move(relations));
    }
    if (rng.Chance(0.5)) {
      problem.quotas = {{"q", {}, {"c0", "c1"}, {{ResourceTable::kCpu, rng.Between(0, 8) * 500}}}};
    }
    const auto session = engine->Start(problem, {});
    Incumbent before = RunToTheEnd(*session);
    for (int change = 0; change < 6; ++change) {
      SCOPED_TRACE("problem " + std::to_string(i) + ", change " + std::to_string(change));
      const bool whole = std::all_of(before.tiers.begin(), before.tiers.end(),
                                     [](const TierResult& t) { return t.placed == t.pods; });
      ASSERT_TRUE(session->Apply(AnyLoosening(rng, problem)));
      const Incumbent now = RunToTheEnd(*session);
      ExpectRight(problem, now);
      if (whole) {
        ASSERT_TRUE(AsMany(before, now));
        ASSERT_LE(now.cost, before.cost);
        ++compared;
      }
      before = now;
    }
  }
  EXPECT_GT(compared, 300);
}

// Pods that left a cluster, without those of `emptied`.
int64_t Left(const Incumbent& before, const Incumbent& after, const std::string& emptied) {
  int64_t left = 0;
  for (size_t k = 0; k < before.placement.classes.size(); ++k) {
    std::map<std::string, int64_t> pods;
    for (const Assignment& a : before.placement.classes[k].assignments) pods[a.cluster] += a.count;
    for (const Assignment& a : after.placement.classes[k].assignments) pods[a.cluster] -= a.count;
    for (const auto& [cluster, n] : pods) left += cluster == emptied ? 0 : std::max<int64_t>(0, n);
  }
  return left;
}

TEST(ResumeFleet, HardlyAnyPodsOfOtherClustersMove) {
  Problem problem = MakeFleetProblem(
      {.pods = 60'000, .classes = 600, .clusters = 80, .nodes = 1600, .load = 0.7});
  const LagrangianSolver solver;
  const auto session = MakeEngine(solver)->Start(problem, {});
  Incumbent before = RunToTheEnd(*session);
  const int64_t from_nothing = before.iterations;
  const auto change = [&](size_t j, const auto& make) {
    ClusterView& c = problem.clusters[j];
    make(c);
    ASSERT_TRUE(session->Apply({.set_clusters = {c}}));
    const Incumbent now = RunToTheEnd(*session);
    ExpectRight(problem, now);
    EXPECT_LT(now.iterations, from_nothing);
    EXPECT_LT(now.GapPpm(), before.GapPpm() + 3'000);
    EXPECT_LE(Left(before, now, c.name), 60);
    before = now;
  };
  change(20, [](ClusterView& c) { c.unschedulable = true; });
  change(7, [](ClusterView& c) {
    for (size_t i = 0; i < 2; ++i) c.shapes.push_back(c.shapes[i]);
  });
  change(30, [](ClusterView& c) { c.shapes.erase(c.shapes.begin() + 3); });
  change(50, [](ClusterView& c) { c.shapes[0].labels["rack"] = "r1"; });
}

}  // namespace
}  // namespace stowage::scheduler
