// What every solver keeps: one suite, run over all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/columns.h"
#include "scheduler/solvers/exact.h"
#include "scheduler/solvers/flow.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/solvers/brute_force.h"

namespace stowage::scheduler {
namespace {

using MakeSolver = std::unique_ptr<Solver> (*)();

class SolverContract : public testing::TestWithParam<std::pair<const char*, MakeSolver>> {
 protected:
  SolverContract() : solver_(GetParam().second()), engine_(MakeEngine(*solver_)) {}

  Incumbent Solve(const Problem& problem, int64_t step = 1'000'000) {
    const auto valid = Validate(problem);
    EXPECT_TRUE(valid) << valid.error().message;
    auto session = engine_->Start(problem, {});
    for (int i = 0; i < 1'000'000; ++i) {
      const Incumbent& incumbent = session->Step({step});
      if (incumbent.complete) return incumbent;
    }
    ADD_FAILURE() << "never complete";
    return {};
  }

  std::unique_ptr<Solver> solver_;
  std::unique_ptr<PlacementEngine> engine_;
};

std::vector<int64_t> Placed(const Incumbent& incumbent) {
  std::vector<int64_t> out;
  for (const TierResult& t : incumbent.tiers) out.push_back(t.placed);
  return out;
}

void ExpectFeasible(const Problem& problem, const Incumbent& incumbent) {
  const auto ok = CheckPlacement(problem, incumbent.placement);
  EXPECT_TRUE(ok) << ok.error().message;
  EXPECT_LE(incumbent.lower_bound, incumbent.cost);
  for (const TierResult& t : incumbent.tiers) {
    EXPECT_LE(t.placed, t.placed_max);
    EXPECT_LE(t.placed_max, t.pods);
  }
}

Problem RandomProblem(Rng& rng) {
  Problem p;
  const int64_t classes = rng.Between(1, 3), clusters = rng.Between(1, 3);
  for (int64_t j = 0; j < clusters; ++j) {
    ClusterView c = Cluster("c" + std::to_string(j), {},
                            rng.Chance(0.7) ? 0.01 * static_cast<double>(rng.Between(1, 9)) : 0);
    const int64_t shapes = rng.Between(0, 2);
    for (int64_t s = 0; s < shapes; ++s) {
      Labels labels;
      if (rng.Chance(0.5)) labels["disk"] = rng.Chance(0.5) ? "ssd" : "hdd";
      std::vector<Taint> taints;
      if (rng.Chance(0.2)) taints.push_back({"special", "", Taint::Effect::kNoSchedule});
      c.shapes.push_back(Nodes(rng.Between(1, 2),
                               Room(rng.Between(1, 5) * 500, rng.Between(1, 5), rng.Between(1, 4)),
                               labels, taints));
    }
    if (rng.Chance(0.4)) {
      c.pools.push_back(Pool("pool", 1, Room(rng.Between(1, 6) * 500, rng.Between(1, 6)),
                             0.02 * static_cast<double>(rng.Between(1, 9))));
    }
    p.clusters.push_back(std::move(c));
  }
  for (int64_t k = 0; k < classes; ++k) {
    PodConstraints constraints;
    if (rng.Chance(0.3)) constraints.node_selector["disk"] = "ssd";
    if (rng.Chance(0.3)) constraints.tolerations.push_back({"special", true, "", {}});
    p.classes.push_back(Pods("k" + std::to_string(k), rng.Between(1, 4),
                             Demand(rng.Between(1, 4) * 500, rng.Between(1, 3)), constraints,
                             rng.Chance(0.3) ? 10 : 0));
  }
  return p;
}

TEST_P(SolverContract, AnswersAreFeasibleAndBoundsHoldAgainstTheTrueOptimum) {
  Rng rng(20260101);
  int optimal = 0, fewer = 0, infeasible = 0;
  double excess = 0;
  constexpr int kProblems = 1000;
  for (int i = 0; i < kProblems; ++i) {
    const Problem problem = RandomProblem(rng);
    const Incumbent incumbent = Solve(problem);
    SCOPED_TRACE("problem " + std::to_string(i));
    ExpectFeasible(problem, incumbent);
    const Optimum optimum = BruteForce(problem);
    const std::vector<int64_t> placed = Placed(incumbent);
    ASSERT_LE(placed, optimum.placed);
    for (size_t t = 0; t < placed.size(); ++t) {
      EXPECT_LE(optimum.placed[t], incumbent.tiers[t].placed_max);
      infeasible += t == 0 && optimum.placed[t] < incumbent.tiers[t].pods;
    }
    if (placed < optimum.placed) {
      ++fewer;
      continue;
    }
    ASSERT_GE(incumbent.cost, optimum.cost);
    ASSERT_LE(incumbent.lower_bound, optimum.cost);
    optimal += incumbent.cost == optimum.cost;
    if (optimum.cost.nano > 0) {
      excess += static_cast<double>(incumbent.cost.nano - optimum.cost.nano) /
                static_cast<double>(optimum.cost.nano);
    }
  }
  RecordProperty("optimal", optimal);
  RecordProperty("fewer", fewer);
  std::printf("[ %s ] optimal %d, fewer pods %d, not all placeable %d of %d, mean excess %.4f\n",
              GetParam().first, optimal, fewer, infeasible, kProblems, excess / kProblems);
  EXPECT_GT(infeasible, kProblems / 20);  // the instances are not all easy
  EXPECT_LT(fewer, kProblems * 3 / 100);
  EXPECT_GT(optimal, kProblems * 85 / 100);
}

TEST_P(SolverContract, TheOrderOfTheInputMeansNothing) {
  Rng rng(7);
  for (int i = 0; i < 100; ++i) {
    Problem problem = RandomProblem(rng);
    for (ClusterView& c : problem.clusters) {
      c.bound.push_back({std::make_shared<const PodConstraints>(), Demand(500, 1), 1});
    }
    const Incumbent first = Solve(problem);
    std::reverse(problem.classes.begin(), problem.classes.end());
    std::reverse(problem.clusters.begin(), problem.clusters.end());
    for (ClusterView& c : problem.clusters) std::reverse(c.shapes.begin(), c.shapes.end());
    const Incumbent second = Solve(problem);
    EXPECT_EQ(first.placement.classes, second.placement.classes);
    EXPECT_EQ(first.cost, second.cost);
    EXPECT_EQ(first.lower_bound, second.lower_bound);
    ExpectFeasible(problem, second);
  }
}

TEST_P(SolverContract, TheNumberingOfResourcesMeansNothing) {
  Problem a, b;
  const size_t gpu_a = a.resources.Intern("nvidia.com/gpu"),
               ssd_a = a.resources.Intern("example.com/ssd");
  const size_t ssd_b = b.resources.Intern("example.com/ssd"),
               gpu_b = b.resources.Intern("nvidia.com/gpu");
  for (auto [p, gpu, ssd] : {std::tuple{&a, gpu_a, ssd_a}, std::tuple{&b, gpu_b, ssd_b}}) {
    const auto with = [&, gpu = gpu, ssd = ssd](Amounts amounts, int64_t gpus, int64_t ssds) {
      amounts.resize(5, 0);
      amounts[gpu] = gpus;
      amounts[ssd] = ssds;
      return amounts;
    };
    p->classes = {Pods("train", 5, with(Demand(1000, 4), 1, 0)), Pods("web", 9, Demand(500, 1)),
                  Pods("db", 2, with(Demand(500, 8), 0, 1))};
    p->clusters = {
        Cluster("x", {Nodes(2, with(Room(4000, 16), 2, 0)), Nodes(2, Room(4000, 16))}, 0.04),
        Cluster("y", {Nodes(3, with(Room(2000, 16), 1, 2))}, 0.05)};
  }
  const Incumbent first = Solve(a), second = Solve(b);
  EXPECT_EQ(first.placement.classes, second.placement.classes);
  EXPECT_EQ(first.lower_bound, second.lower_bound);
}

TEST_P(SolverContract, StepsOfAnySizeLeadToTheSameAnswer) {
  Rng rng(99);
  for (int i = 0; i < 50; ++i) {
    const Problem problem = RandomProblem(rng);
    const Incumbent whole = Solve(problem), sliced = Solve(problem, 1);
    EXPECT_EQ(whole.placement, sliced.placement);
    EXPECT_EQ(whole.cost, sliced.cost);
    EXPECT_EQ(whole.lower_bound, sliced.lower_bound);
  }
}

TEST_P(SolverContract, HigherPriorityIsServedFirst) {
  Problem p;
  p.classes = {Pods("batch", 4, Demand(1000, 1)), Pods("vip", 3, Demand(1000, 1), {}, 100)};
  p.clusters = {Cluster("a", {Nodes(2, Room(2000, 8))})};
  const Incumbent incumbent = Solve(p);
  EXPECT_EQ(Placed(incumbent), (std::vector<int64_t>{3, 1}));
  ExpectFeasible(p, incumbent);
}

TEST_P(SolverContract, APodNeedsItsRoomOnOneNode) {
  Problem p;
  p.classes = {Pods("big", 1, Demand(3000, 1))};
  p.clusters = {Cluster("many-small", {Nodes(10, Room(2000, 8))}),
                Cluster("one-large", {Nodes(1, Room(4000, 8))}, 0.9)};
  const Incumbent incumbent = Solve(p);
  ASSERT_EQ(incumbent.placement.classes[0].assignments.size(), 1u);
  EXPECT_EQ(incumbent.placement.classes[0].assignments[0].cluster, "one-large");
}

TEST_P(SolverContract, BoundPodsTakeTheirRoomOnce) {
  Problem p;
  p.classes = {Pods("web", 10, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(4, Room(2000, 8))})};
  p.clusters[0].bound = {{p.classes[0].constraints, Demand(1000, 1), 5}};
  const Incumbent incumbent = Solve(p);
  EXPECT_EQ(Placed(incumbent), std::vector<int64_t>{3});
  EXPECT_EQ(incumbent.tiers[0].placed_max, 3);
  ExpectFeasible(p, incumbent);
}

TEST_P(SolverContract, BoundPodsThatFitNoNodeStillTakeRoom) {
  Problem p;
  p.classes = {Pods("web", 10, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(2, Room(2000, 8))})};
  p.clusters[0].bound = {{p.classes[0].constraints, Demand(3000, 1), 1}};
  const Incumbent incumbent = Solve(p);
  EXPECT_LE(Placed(incumbent)[0], 1);
  ExpectFeasible(p, incumbent);
}

TEST_P(SolverContract, NodesAreBoughtWhereStandingRoomEndsAndBilledWhole) {
  Problem p;
  p.classes = {Pods("web", 7, Demand(1000, 1))};
  p.clusters = {Cluster("onprem", {Nodes(1, Room(4000, 16))}), Cluster("cloud", {})};
  p.clusters[1].pools = {Pool("m", 5, Room(2000, 8), 0.1)};
  const Incumbent incumbent = Solve(p);
  EXPECT_EQ(Placed(incumbent), std::vector<int64_t>{7});
  EXPECT_EQ(incumbent.cost, Dollars(0.2));          // three pods on two nodes
  EXPECT_GE(incumbent.lower_bound, Dollars(0.15));  // in parts
  ExpectFeasible(p, incumbent);
}

TEST_P(SolverContract, NodesOnTheirWayForBoundPodsAreNotBoughtTwice) {
  Problem p;
  p.classes = {Pods("web", 1, Demand(1000, 1))};
  p.clusters = {Cluster("cloud", {})};
  p.clusters[0].pools = {Pool("m", 1, Room(2000, 8), 0.1)};
  p.clusters[0].bound = {{p.classes[0].constraints, Demand(1000, 1), 1}};
  const Incumbent incumbent = Solve(p);
  EXPECT_EQ(Placed(incumbent), std::vector<int64_t>{1});
  EXPECT_EQ(incumbent.cost, Money{});
  ExpectFeasible(p, incumbent);
}

TEST_P(SolverContract, DevicesAreKeptForThoseThatWantThem) {
  Problem p;
  const size_t gpu = p.resources.Intern("nvidia.com/gpu");
  Amounts with_gpu = Room(4000, 16), wants_gpu = Demand(1000, 1);
  with_gpu.resize(gpu + 1, 0);
  wants_gpu.resize(gpu + 1, 0);
  with_gpu[gpu] = 4;
  wants_gpu[gpu] = 1;
  p.classes = {Pods("web", 4, Demand(1000, 1), {}, 10), Pods("train", 4, wants_gpu)};
  p.clusters = {Cluster("a", {Nodes(1, with_gpu), Nodes(1, Room(4000, 16))})};
  EXPECT_EQ(Placed(Solve(p)), (std::vector<int64_t>{4, 4}));
}

TEST_P(SolverContract, ManyAlikePodsCostLittleWork) {
  Problem p;
  p.classes = {Pods("web", 100'000, Demand(100, 0))};
  for (int j = 0; j < 100; ++j) {
    p.clusters.push_back(
        Cluster("c" + std::to_string(j), {Nodes(50, Room(4000, 64, 1000))}, 0.01 * (j + 1)));
  }
  const Incumbent incumbent = Solve(p);
  EXPECT_EQ(Placed(incumbent), std::vector<int64_t>{100'000});
  EXPECT_LT(incumbent.iterations, 50'000);
  EXPECT_EQ(incumbent.GapPpm(), 0);
  ExpectFeasible(p, incumbent);
}

TEST_P(SolverContract, NothingToDoIsCompleteAtOnce) {
  const Incumbent incumbent = Solve(Problem{});
  EXPECT_TRUE(incumbent.placement.classes.empty());
  EXPECT_EQ(incumbent.GapPpm(), 0);
}

template <class S>
std::unique_ptr<Solver> Make() {
  return std::make_unique<S>();
}

INSTANTIATE_TEST_SUITE_P(
    Solvers, SolverContract,
    testing::Values(std::pair<const char*, MakeSolver>("greedy", Make<GreedySolver>),
                    std::pair<const char*, MakeSolver>("lagrangian", Make<LagrangianSolver>),
                    std::pair<const char*, MakeSolver>("flow", Make<FlowSolver>),
                    std::pair<const char*, MakeSolver>("columns", Make<ColumnsSolver>),
                    std::pair<const char*, MakeSolver>("exact", Make<ExactSolver>)),
    [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace stowage::scheduler
