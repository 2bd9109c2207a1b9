// Small random problems with every constraint that pods have, against the enumerated optimum.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solvers/enumeration.h"

namespace stowage::scheduler {
namespace {

constexpr size_t kStatesMax = 10'000;  // problems with more are left out: a few per cent

// ---- constraints that can be taken away ---------------------------------------------------------

void ForRelations(Problem& p, const std::function<void(PodRelations&)>& change) {
  const auto apply = [&](std::shared_ptr<const PodRelations>& relations) {
    PodRelations copy = *relations;
    change(copy);
    relations = std::make_shared<const PodRelations>(std::move(copy));
  };
  for (PodClass& k : p.classes) apply(k.relations);
  for (ClusterView& c : p.clusters) {
    for (BoundPods& b : c.bound) apply(b.relations);
  }
}

void ForConstraints(Problem& p, const std::function<void(PodConstraints&)>& change) {
  for (PodClass& k : p.classes) {
    PodConstraints copy = *k.constraints;
    change(copy);
    k.constraints = std::make_shared<const PodConstraints>(std::move(copy));
  }
}

using Strip = std::function<void(Problem&)>;
const std::vector<std::pair<std::string, Strip>>& Kinds() {
  static const std::vector<std::pair<std::string, Strip>> kinds = {
      {"spread", [](Problem& p) { ForRelations(p, [](PodRelations& r) { r.spread.clear(); }); }},
      {"affinity",
       [](Problem& p) { ForRelations(p, [](PodRelations& r) { r.affinity.clear(); }); }},
      {"anti-affinity",
       [](Problem& p) { ForRelations(p, [](PodRelations& r) { r.anti_affinity.clear(); }); }},
      {"host ports", [](Problem& p) { ForRelations(p, [](PodRelations& r) { r.ports.clear(); }); }},
      {"residency",
       [](Problem& p) {
         ForConstraints(p, [](PodConstraints& c) {
           c.allowed_regions.clear();
           c.denied_regions.clear();
         });
       }},
      {"volumes", [](Problem& p) { ForConstraints(p, [](auto& c) { c.volumes.clear(); }); }},
      {"selectors",
       [](Problem& p) { ForConstraints(p, [](auto& c) { c.node_selector.clear(); }); }},
      {"quotas", [](Problem& p) { p.quotas.clear(); }},
      {"gangs", [](Problem& p) { p.gangs.clear(); }},
  };
  return kinds;
}

struct Tally {
  int compared = 0, optimal = 0, fewer = 0, infeasible = 0;
  std::map<std::string, int> changed;  // kind of constraint -> optima that it changes
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
  const auto found = Enumerate(problem, incumbent.placement, kStatesMax);
  if (!found) return;
  const Optimum& optimum = *found;
  ++tally.compared;
  std::vector<int64_t> placed, pods;
  for (const TierResult& t : incumbent.tiers) placed.push_back(t.placed), pods.push_back(t.pods);
  EXPECT_LE(placed, optimum.placed);
  for (size_t t = 0; t < placed.size(); ++t) {
    EXPECT_LE(optimum.placed[t], incumbent.tiers[t].placed_max);
  }
  tally.infeasible += optimum.placed != pods;
  for (const auto& [name, strip] : Kinds()) {
    Problem without = problem;
    strip(without);
    const auto looser = Enumerate(without, incumbent.placement, kStatesMax);
    if (!looser) continue;
    // Without a selector more domains count for spread, which may leave room for fewer pods.
    EXPECT_TRUE(name == "selectors" || looser->placed >= optimum.placed) << name;
    tally.changed[name] += looser->placed != optimum.placed || looser->cost != optimum.cost;
  }
  if (placed != optimum.placed) {
    ++tally.fewer;
    return;
  }
  EXPECT_GE(incumbent.cost, optimum.cost);
  EXPECT_LE(incumbent.lower_bound, optimum.cost);
  tally.optimal += incumbent.cost == optimum.cost;
}

TEST(Relations, ManyMoreAnswersPassTheChecker) {
  Rng rng(20260301);
  for (int i = 0; i < 10'000 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    const Problem problem = AnyProblem(rng, 8, 4);
    const auto ok = CheckPlacement(problem, Solve(problem).placement);
    EXPECT_TRUE(ok) << ok.error().message;
  }
}

// STOWAGE_ENUMERATIONS sets how many.
TEST(Relations, AnswersPassEveryFilterInTheirTurnAndBoundsHold) {
  const char* wanted = std::getenv("STOWAGE_ENUMERATIONS");
  const int problems = wanted != nullptr ? std::atoi(wanted) : 200;
  Rng rng(20260301);
  Tally tally;
  for (int i = 0; i < problems && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    const Problem problem = AnyProblem(rng, 8, 4);
    const auto valid = Validate(problem);
    ASSERT_TRUE(valid) << valid.error().message;
    Compare(problem, tally);
  }
  std::printf("optimal %d, fewer pods %d, not all placeable %d of %d; changed by", tally.optimal,
              tally.fewer, tally.infeasible, tally.compared);
  for (const auto& [name, count] : tally.changed) {
    std::printf(" %s %d", name.c_str(), count);
    EXPECT_GE(count, problems / 20) << name;
  }
  std::printf("\n");
  EXPECT_GT(tally.compared, problems * 8 / 10);
  EXPECT_GT(tally.infeasible, problems / 5);
  EXPECT_LT(tally.fewer, problems / 4);
  EXPECT_GT(tally.optimal, problems / 2);
}

}  // namespace
}  // namespace stowage::scheduler
