// Gangs and quotas by shadow prices.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/fleet_problem.h"

namespace stowage::scheduler {
namespace {

Incumbent Solve(const Problem& problem, const Solver& solver) {
  const auto valid = Validate(problem);
  EXPECT_TRUE(valid) << valid.error().message;
  const auto engine = MakeEngine(solver);
  const auto session = engine->Start(problem, {});
  for (int i = 0; i < 1'000'000; ++i) {
    const Incumbent& incumbent = session->Step({100'000});
    if (incumbent.complete) return incumbent;
  }
  ADD_FAILURE() << "never complete";
  return {};
}

std::vector<int64_t> Placed(const Incumbent& incumbent) {
  std::vector<int64_t> placed;
  for (const TierResult& t : incumbent.tiers) placed.push_back(t.placed);
  return placed;
}

void ExpectSound(const Problem& problem, const Incumbent& answer) {
  const auto checked = CheckPlacement(problem, answer.placement);
  EXPECT_TRUE(checked) << checked.error().message;
  EXPECT_LE(answer.lower_bound, answer.cost);
}

PodClass OfGang(const std::string& gang, const std::string& key, int64_t count, int64_t cpus) {
  PodClass k = Pods(key, count, Demand(cpus * 1000, 1));
  k.gang = gang;
  return k;
}

int64_t In(const Incumbent& answer, const std::string& key, const std::string& cluster) {
  for (const ClassPlacement& k : answer.placement.classes) {
    for (const Assignment& a : k.assignments) {
      if (k.key == key && a.cluster == cluster) return a.count;
    }
  }
  return 0;
}

// Every tenth class is of a gang of two classes that may go to the same places; half of the gangs
// ask for one cluster.
void AddGangs(Problem& problem) {
  for (size_t k = 0; k + 1 < problem.classes.size(); k += 20) {
    const std::string name = "g" + std::to_string(k);
    int64_t pods = 0;
    for (PodClass* of : {&problem.classes[k], &problem.classes[k + 1]}) {
      of->gang = name;
      of->count = std::min<int64_t>(of->count, 20);
      of->constraints = problem.classes[k].constraints;
      of->relations = nullptr;
      pods += of->count;
    }
    problem.gangs.push_back({name, pods, k % 40 == 0});
  }
}

// More than greedy is asked for, so that what is seen is placed by prices.
TEST(LagrangianGroups, AFleetWithGangsIsPlacedForLessThanByGreedy) {
  Problem problem = MakeFleetProblem(
      {.pods = 40'000, .classes = 1'000, .clusters = 40, .nodes = 4'000, .load = 0.5});
  AddGangs(problem);
  const Incumbent ours = Solve(problem, LagrangianSolver()),
                  greedy = Solve(problem, GreedySolver());
  ExpectSound(problem, ours);
  EXPECT_GE(Placed(ours), Placed(greedy));
  EXPECT_LT(ours.cost, greedy.cost);
  EXPECT_LT(ours.GapPpm(), 20'000);
  std::printf("[ gangs ] greedy $%.4f gap %.3f %%, by prices $%.4f gap %.3f %%\n",
              static_cast<double>(greedy.cost.nano) / 1e9, greedy.GapPpm() / 1e4,
              static_cast<double>(ours.cost.nano) / 1e9, ours.GapPpm() / 1e4);
}

// Room for three of a gang is not enough of it; the other gang has room where all of it fits.
TEST(LagrangianGroups, AGangIsPlacedAsAWholeOrLeavesItsRoomToOthers) {
  Problem p;
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 64))}),
                Cluster("b", {Nodes(1, Room(3000, 64))}, 0.2)};
  p.gangs = {{"large", 8, false}, {"one", 3, true}};
  p.classes = {OfGang("large", "large", 8, 1), OfGang("one", "one-a", 2, 1),
               OfGang("one", "one-b", 1, 1), Pods("web", 4, Demand(1000, 1))};
  const Incumbent answer = Solve(p, LagrangianSolver());
  ExpectSound(p, answer);
  EXPECT_EQ(Placed(answer), std::vector<int64_t>{7});
  EXPECT_EQ(In(answer, "large", "a") + In(answer, "large", "b"), 0);
  const int64_t in_a = In(answer, "one-a", "a") + In(answer, "one-b", "a");
  EXPECT_TRUE(in_a == 0 || in_a == 3) << in_a;
}

// No cluster has room for it: neither bound nor prices know of such pods.
TEST(LagrangianGroups, AGangThatCanNeverBePlacedCountsForNothing) {
  Problem p;
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 64))}, 0.1),
                Cluster("b", {Nodes(1, Room(4000, 64))}, 0.1)};
  p.gangs = {{"one", 5, true}, {"late", 7, false}};
  p.classes = {OfGang("one", "one-a", 3, 1), OfGang("one", "one-b", 2, 1),
               OfGang("late", "late", 6, 1), Pods("web", 2, Demand(3000, 1))};
  const Incumbent answer = Solve(p, LagrangianSolver());
  ExpectSound(p, answer);
  EXPECT_EQ(Placed(answer), std::vector<int64_t>{2});
  EXPECT_EQ(answer.GapPpm(), 0);
  p.clusters[0].bound = {{.constraints = std::make_shared<const PodConstraints>(),
                          .demand = Demand(0, 0),
                          .count = 1,
                          .gang = "one"}};
  const Incumbent helped = Solve(p, LagrangianSolver());
  ExpectSound(p, helped);
  EXPECT_EQ(Placed(helped), std::vector<int64_t>{5});  // four of the gang, and one of the others
}

}  // namespace
}  // namespace stowage::scheduler
