// Small random problems with every constraint that pods have, against the enumerated optimum.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/solvers/enumeration.h"

namespace stowage::scheduler {
namespace {

constexpr const char* kZone = "topology.kubernetes.io/zone";

std::string TopologyKey(Rng& rng) {
  switch (rng.Below(3)) {
    case 0:
      return std::string(kTopologyHostname);
    case 1:
      return kZone;
    default:
      return std::string(kTopologyCluster);
  }
}

LabelSelector App(const std::string& value) {
  return {false, {{"app", LabelRequirement::Op::kIn, {value}}}};
}

std::string AnyApp(Rng& rng) { return rng.Chance(0.5) ? "a" : "b"; }

SpreadConstraint AnySpread(Rng& rng) {
  SpreadConstraint s{.topology_key = TopologyKey(rng),
                     .max_skew = static_cast<int32_t>(rng.Between(1, 2)),
                     .hard = rng.Chance(0.8),
                     .selector = App(AnyApp(rng))};
  if (s.hard && rng.Chance(0.2)) s.min_domains = static_cast<int32_t>(rng.Between(2, 3));
  s.honor_affinity = rng.Chance(0.7);
  s.honor_taints = rng.Chance(0.3);
  if (rng.Chance(0.2)) s.match_label_keys = {"track"};
  return s;
}

PodAffinityTerm AnyTerm(Rng& rng) {
  PodAffinityTerm t{.topology_key = TopologyKey(rng), .selector = App(AnyApp(rng))};
  if (rng.Chance(0.2)) t.namespaces = {"ns0", "ns1"};
  if (rng.Chance(0.15))
    t.namespace_selector = LabelSelector{false, {{"team", LabelRequirement::Op::kExists, {}}}};
  if (rng.Chance(0.15)) t.match_label_keys = {"track"};
  if (rng.Chance(0.1)) t.mismatch_label_keys = {"track"};
  return t;
}

PodRelations AnyRelations(Rng& rng) {
  PodRelations r{.ns = rng.Chance(0.8) ? "ns0" : "ns1", .labels = {{"app", AnyApp(rng)}}};
  if (rng.Chance(0.5)) r.labels["track"] = rng.Chance(0.5) ? "x" : "y";
  if (rng.Chance(0.35)) r.spread.push_back(AnySpread(rng));
  if (rng.Chance(0.15)) r.spread.push_back(AnySpread(rng));
  if (rng.Chance(0.3)) r.anti_affinity.push_back(AnyTerm(rng));
  if (rng.Chance(0.25)) r.affinity.push_back(AnyTerm(rng));
  if (rng.Chance(0.05)) r.affinity.push_back(AnyTerm(rng));
  if (rng.Chance(0.2)) r.preferred.push_back({rng.Chance(0.5) ? 50 : -50, AnyTerm(rng)});
  if (rng.Chance(0.15)) {
    r.ports.push_back({.ip = rng.Chance(0.5) ? "0.0.0.0" : "10.0.0.1", .port = 80});
  }
  return r;
}

Problem AnyProblem(Rng& rng, int64_t pods_max, int64_t clusters_max) {
  Problem p;
  p.namespaces = {{"ns0", {{"team", "x"}}}, {"ns1", {}}};
  for (int64_t j = rng.Between(1, clusters_max); j > 0; --j) {
    ClusterView c = Cluster("c" + std::to_string(j), {},
                            rng.Chance(0.8) ? 0.01 * static_cast<double>(rng.Between(1, 9)) : 0);
    c.region = rng.Chance(0.5) ? "eu" : "us";
    for (int64_t s = rng.Between(1, 2); s > 0; --s) {
      Labels labels;
      if (rng.Chance(0.85)) labels[kZone] = rng.Chance(0.5) ? "z1" : "z2";
      if (rng.Chance(0.5)) labels["disk"] = "ssd";
      std::vector<Taint> taints;
      if (rng.Chance(0.15)) taints.push_back({"special", "", Taint::Effect::kNoSchedule});
      c.shapes.push_back(
          Nodes(rng.Chance(0.8) ? 1 : 2, Room(rng.Between(1, 4) * 500, 8, 4), labels, taints));
    }
    if (rng.Chance(0.25)) {
      c.pools.push_back(Pool("pool", 1, Room(rng.Between(1, 4) * 500, 8, 4),
                             0.02 * static_cast<double>(rng.Between(1, 9))));
      c.pools[0].labels[kZone] = rng.Chance(0.5) ? "z2" : "z3";
    }
    if (rng.Chance(0.3)) {
      c.bound.push_back({std::make_shared<const PodConstraints>(), Demand(500, 1),
                         rng.Between(1, 2), std::make_shared<const PodRelations>(AnyRelations(rng)),
                         rng.Chance(0.2)});
    }
    p.clusters.push_back(std::move(c));
  }
  int64_t left = rng.Between(2, pods_max);
  for (int k = 0; left > 0; ++k) {
    const int64_t count = k == 2 ? left : rng.Between(1, left);
    left -= count;
    PodConstraints constraints;
    if (rng.Chance(0.2)) constraints.node_selector["disk"] = "ssd";
    if (rng.Chance(0.2)) constraints.tolerations.push_back({"special", true, "", {}});
    if (rng.Chance(0.1)) constraints.allowed_regions = {"eu"};
    if (rng.Chance(0.1)) constraints.denied_regions = {"us"};
    p.classes.push_back(Pods("k" + std::to_string(k), count, Demand(rng.Between(1, 2) * 500, 1),
                             constraints, rng.Chance(0.2) ? 10 : 0));
    p.classes.back().relations = std::make_shared<const PodRelations>(AnyRelations(rng));
  }
  return p;
}

struct Tally {
  int compared = 0, optimal = 0, fewer = 0, infeasible = 0;
  int64_t states = 0;
};

Incumbent Solve(const Problem& problem) {
  const GreedySolver solver;
  const auto engine = MakeEngine(solver);
  auto session = engine->Start(problem, {});
  for (int i = 0; i < 1'000'000; ++i) {
    const Incumbent& incumbent = session->Step({100'000});
    if (incumbent.complete) return incumbent;
  }
  ADD_FAILURE() << "never complete";
  return {};
}

void Compare(const Problem& problem, Tally& tally) {
  const Incumbent incumbent = Solve(problem);
  const auto ok = CheckPlacement(problem, incumbent.placement);
  EXPECT_TRUE(ok) << ok.error().message;
  EXPECT_LE(incumbent.lower_bound, incumbent.cost);
  // Room is taken off for bound pods without a node, wherever there is any: no node can be named.
  for (const ClusterWitness& w : incumbent.placement.witness) {
    if (w.bound_unpacked > 0) return;
  }
  ++tally.compared;
  int64_t states = 0;
  const Optimum optimum = Enumerate(problem, incumbent.placement, &states);
  tally.states += states;
  std::vector<int64_t> placed, pods;
  for (const TierResult& t : incumbent.tiers) placed.push_back(t.placed), pods.push_back(t.pods);
  EXPECT_LE(placed, optimum.placed);
  for (size_t t = 0; t < placed.size(); ++t) {
    EXPECT_LE(optimum.placed[t], incumbent.tiers[t].placed_max);
  }
  tally.infeasible += optimum.placed != pods;
  if (placed != optimum.placed) {
    ++tally.fewer;
    return;
  }
  EXPECT_GE(incumbent.cost, optimum.cost);
  EXPECT_LE(incumbent.lower_bound, optimum.cost);
  tally.optimal += incumbent.cost == optimum.cost;
}

TEST(Relations, AnswersPassEveryFilterInTheirTurnAndBoundsHold) {
  const char* wanted = std::getenv("STOWAGE_ENUMERATIONS");
  const int problems = wanted != nullptr ? std::atoi(wanted) : 1500;
  Rng rng(20260301);
  Tally tally;
  for (int i = 0; i < problems && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    const Problem problem = AnyProblem(rng, wanted != nullptr ? 8 : 5, wanted != nullptr ? 4 : 3);
    const auto valid = Validate(problem);
    ASSERT_TRUE(valid) << valid.error().message;
    Compare(problem, tally);
  }
  std::printf("optimal %d, fewer pods %d, not all placeable %d of %d; %lld states\n", tally.optimal,
              tally.fewer, tally.infeasible, tally.compared, static_cast<long long>(tally.states));
  EXPECT_GT(tally.infeasible, problems / 5);
  EXPECT_LT(tally.fewer, problems / 5);
  EXPECT_GT(tally.optimal, problems / 2);
}

}  // namespace
}  // namespace stowage::scheduler
