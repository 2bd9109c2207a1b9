// Gangs and quotas by shadow prices.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/placement/lagrangian_bound.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/fleet_problem.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

Incumbent Solve(const Problem& problem, const Solver& solver) {
  const auto valid = Validate(problem);
  EXPECT_TRUE(valid) << valid.error().message;
  return RunToTheEnd(*MakeEngine(solver)->Start(problem, {}));
}

std::vector<int64_t> Placed(const Incumbent& incumbent) {
  std::vector<int64_t> placed;
  for (const TierResult& t : incumbent.tiers) placed.push_back(t.placed);
  return placed;
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
  ExpectRight(problem, ours);
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
  ExpectRight(p, answer);
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
  ExpectRight(p, answer);
  EXPECT_EQ(Placed(answer), std::vector<int64_t>{2});
  EXPECT_EQ(answer.GapPpm(), 0);
  p.clusters[0].bound = {{.constraints = std::make_shared<const PodConstraints>(),
                          .demand = Demand(0, 0),
                          .count = 1,
                          .gang = "one"}};
  const Incumbent helped = Solve(p, LagrangianSolver());
  ExpectRight(p, helped);
  EXPECT_EQ(Placed(helped), std::vector<int64_t>{5});  // four of the gang, and one of the others
}

// ---- quotas -------------------------------------------------------------------------------------

// Namespaces of which each may use a part only of what its pods would take in the clusters that
// `answer` fills most, its favourites; every third has a quota over all clusters besides.
void AddQuotas(Problem& problem, const Incumbent& answer, size_t namespaces, double part) {
  std::map<std::string, size_t> of_class;
  for (size_t k = 0; k < problem.classes.size(); ++k) {
    PodRelations relations = problem.classes[k].Relations();
    relations.ns = "ns" + std::to_string(k % namespaces);
    problem.classes[k].relations = std::make_shared<const PodRelations>(std::move(relations));
    of_class[problem.classes[k].key] = k;
  }
  std::vector<std::map<std::string, int64_t>> used(namespaces);  // cores by cluster
  for (const ClassPlacement& k : answer.placement.classes) {
    const size_t at = of_class.at(k.key);
    for (const Assignment& a : k.assignments) {
      used[at % namespaces][a.cluster] += problem.classes[at].demand[ResourceTable::kCpu] * a.count;
    }
  }
  for (size_t n = 0; n < namespaces; ++n) {
    std::vector<std::pair<int64_t, std::string>> most;
    int64_t all = 0;
    for (const auto& [cluster, cores] : used[n]) most.emplace_back(-cores, cluster), all += cores;
    std::sort(most.begin(), most.end());
    Quota q{.name = "q" + std::to_string(n), .namespaces = {"ns" + std::to_string(n)}};
    int64_t cores = 0;
    for (size_t i = 0; i < std::min<size_t>(5, most.size()); ++i) {
      q.clusters.push_back(most[i].second);
      cores -= most[i].first;
    }
    q.caps = {{ResourceTable::kCpu, static_cast<int64_t>(static_cast<double>(cores) * part)}};
    problem.quotas.push_back(q);
    if (n % 3 == 0) {
      q.name += "-all";
      q.clusters.clear();
      q.caps = {{ResourceTable::kCpu, all * 2}};
      problem.quotas.push_back(q);
    }
  }
}

TEST(LagrangianGroups, QuotasThatBindHavePricesAndTheBoundKnows) {
  Problem problem = MakeFleetProblem(
      {.pods = 40'000, .classes = 1'000, .clusters = 40, .nodes = 4'000, .load = 0.5});
  const Incumbent without = Solve(problem, LagrangianSolver());
  AddQuotas(problem, without, 10, 0.5);
  const Incumbent ours = Solve(problem, LagrangianSolver()),
                  greedy = Solve(problem, GreedySolver());
  ExpectRight(problem, ours);
  EXPECT_GE(Placed(ours), Placed(greedy));
  EXPECT_LT(ours.cost, greedy.cost);
  EXPECT_GT(ours.lower_bound, without.lower_bound);  // the quotas bind
  EXPECT_LT(ours.GapPpm(), 20'000);
  EXPECT_EQ(std::count(ours.relaxed.begin(), ours.relaxed.end(), "quotas"), 0);
  std::printf("[ quotas ] none $%.4f, greedy $%.4f gap %.3f %%, by prices $%.4f gap %.3f %%\n",
              static_cast<double>(without.cost.nano) / 1e9,
              static_cast<double>(greedy.cost.nano) / 1e9, greedy.GapPpm() / 1e4,
              static_cast<double>(ours.cost.nano) / 1e9, ours.GapPpm() / 1e4);
}

// Whatever rooms and quotas are said to be worth.
TEST(LagrangianGroups, BoundsWithQuotasAreBelowEveryAnswerAtAnyPrices) {
  Rng rng(20261122);
  int binding = 0;
  for (int i = 0; i < 400; ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    Problem problem = AnyProblem(rng, 8, 4);
    if (problem.quotas.empty()) {
      problem.quotas = {{"q", {}, {"c0", "c1"}, {{ResourceTable::kCpu, rng.Between(0, 6) * 500}}}};
    }
    problem.quotas.push_back({"r", {"ns0"}, {"c0", "c2"}, {{ResourceTable::kPods, 2}}});
    const Incumbent answer = Solve(problem, GreedySolver());
    Instance instance({});
    instance.Apply(Whole(problem));
    Work work(int64_t{1} << 60);
    ASSERT_TRUE(instance.Prepare(work));
    const Rooms rooms(instance);
    for (int n = 0; n < 5; ++n) {
      std::vector<std::vector<int64_t>> prices = rooms.Least();
      for (std::vector<int64_t>& of : prices) {
        for (int64_t& price : of) price += rng.Chance(0.3) ? rng.Between(0, 100'000'000) : 0;
      }
      std::vector<int64_t> of_quotas;
      for (size_t row = 0; row < rooms.quotas().size(); ++row) {
        of_quotas.push_back(rng.Chance(0.7) ? rng.Between(0, 200'000'000) << 4 : 0);
      }
      const auto bound_at = [&](const std::vector<int64_t>& quotas) {
        LagrangianBound bound(instance, rooms, rooms.Tell(prices, quotas));
        EXPECT_TRUE(bound.Step(work));
        return bound.CostOf(Placed(answer));
      };
      const Money bound = bound_at(of_quotas);
      EXPECT_LE(bound, answer.cost);
      binding += bound > bound_at({});
    }
  }
  EXPECT_GT(binding, 20);  // quotas make it better
}

}  // namespace
}  // namespace stowage::scheduler
