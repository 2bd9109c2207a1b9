// Random problems of every kind: solved, printed, read back and verified by the check, which shares
// no code with the solvers; and as files, too.
#include <gtest/gtest.h>

#include "app/solve/check_solution.h"
#include "app/solve/problem_format.h"
#include "app/solve/solve_run.h"
#include "base/random/rng.h"
#include "test/scheduler/builders.h"

namespace stowage::app {
namespace {

using scheduler::ClusterView;
using scheduler::GapProblem;
using scheduler::PackingProblem;
using scheduler::PodConstraints;
using scheduler::Problem;

// How many of the answers place everything; every answer must be right.
int CheckAnswers(Format format, int count, AnyProblem (*make)(Rng&)) {
  int solved = 0;
  for (int seed = 1; seed <= count; ++seed) {
    Rng rng(seed);
    const AnyProblem problem = make(rng);
    auto run = StartRun(format, problem, {.seed = 3});
    EXPECT_TRUE(run);
    while ((*run)->iterations() < 30'000 && (*run)->Step(5'000)) {
    }
    const Report report = (*run)->MakeReport(true);
    if (!report.cost) continue;
    const std::string text = ToJson(report, Milliseconds(1));
    const CheckOutcome outcome = CheckSolution(format, problem, {"s.json", text});
    EXPECT_EQ(outcome.kind, CheckOutcome::Kind::kRight) << seed << ": " << outcome.message << text;
    solved += report.violation.empty();
  }
  return solved;
}

AnyProblem RandomGap(Rng& rng) {
  GapProblem p{.classes = 8, .agents = 3, .resources = 2};
  for (int k = 0; k < p.classes; ++k) p.counts.push_back(1);
  for (int i = 0; i < p.classes * p.agents; ++i) p.costs.push_back(rng.Between(0, 30));
  for (int i = 0; i < p.classes * p.agents * 2; ++i) p.sizes.push_back(rng.Between(0, 9));
  for (int i = 0; i < p.agents * 2; ++i) p.capacities.push_back(rng.Between(12, 30));
  return p;
}

AnyProblem RandomFleet(Rng& rng) {
  GapProblem p{.classes = 6, .agents = 4, .resources = 2, .uniform = true};
  for (int k = 0; k < p.classes; ++k) p.counts.push_back(rng.Between(0, 40));
  for (int i = 0; i < p.classes * p.agents; ++i) {
    p.costs.push_back(rng.Chance(0.2) ? GapProblem::kForbidden : rng.Between(0, 30));
  }
  for (int i = 0; i < p.classes * 2; ++i) p.sizes.push_back(rng.Between(1, 9));
  for (int i = 0; i < p.agents * 2; ++i) p.capacities.push_back(rng.Between(100, 400));
  return p;
}

AnyProblem RandomPacking(Rng& rng) {
  PackingProblem p{.dimensions = 2};
  for (int t = 0; t < 3; ++t) {
    p.bins.push_back({{rng.Between(8, 16), rng.Between(8, 16)},
                      rng.Between(1, 20),
                      t == 0 ? scheduler::BinType::kAny : rng.Between(0, 3)});
  }
  for (int i = 0; i < 5; ++i) {
    scheduler::PackingItem item{.demand = rng.Between(0, 6)};
    for (int64_t n = rng.Between(1, 2); n > 0; --n) {
      item.incarnations.push_back({rng.Between(0, 8), rng.Between(0, 8)});
    }
    p.items.push_back(std::move(item));
  }
  return p;
}

PodConstraints RandomConstraints(Rng& rng) {
  PodConstraints c;
  if (rng.Chance(0.3)) c.node_selector = {{"disk", "ssd"}};
  if (rng.Chance(0.5)) {
    c.latency_sources = {{"r0", 700'001}, {"r" + std::to_string(rng.Below(4)), 299'999}};
    c.cost_per_ms.nano = rng.Between(0, 1'000'003);
  }
  if (rng.Chance(0.4)) {
    c.data_region = "r" + std::to_string(rng.Below(3));
    c.data_mib_per_hour = rng.Between(0, 5'000);
  }
  return c;
}

ClusterView RandomCluster(Rng& rng, int number) {
  ClusterView c = scheduler::Cluster("c" + std::to_string(number), {}, 0);
  if (rng.Chance(0.8)) c.region = "r" + std::to_string(rng.Below(3));
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    c.shapes.push_back(scheduler::Nodes(
        rng.Between(1, 4), scheduler::Room(rng.Between(1, 9) * 500, rng.Between(2, 16)),
        {{"disk", rng.Chance(0.5) ? "ssd" : "hdd"}}));
  }
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    c.pools.push_back(scheduler::Pool("p" + std::to_string(n), rng.Between(0, 5),
                                      scheduler::Room(rng.Between(2, 9) * 1000, 16), 0.1));
  }
  if (rng.Chance(0.6)) {
    c.charge_back = {{scheduler::ResourceTable::kCpu, {rng.Between(0, 99'999'999)}, 1000},
                     {scheduler::ResourceTable::kMemory, {rng.Between(0, 9'999'999)}, 1 << 30}};
  }
  c.egress_per_gib.nano = rng.Between(0, 99'999'999);
  if (rng.Chance(0.4)) {
    c.bound.push_back({std::make_shared<const PodConstraints>(RandomConstraints(rng)),
                       scheduler::Demand(rng.Between(1, 5) * 300, 1), rng.Between(1, 4)});
  }
  return c;
}

AnyProblem RandomPlacement(Rng& rng) {
  Problem p;
  for (int j = 0; j < 3; ++j) p.clusters.push_back(RandomCluster(rng, j));
  for (int k = 0; k < 4; ++k) {
    p.classes.push_back(
        scheduler::Pods("k" + std::to_string(k), rng.Between(0, 9),
                        scheduler::Demand(rng.Between(1, 6) * 250, rng.Between(0, 3)),
                        RandomConstraints(rng), static_cast<int32_t>(rng.Below(2))));
  }
  p.classes[0].demand_in["c1"] = scheduler::Demand(rng.Between(1, 9) * 100, 1);
  p.links = {{"r0", "r1", rng.Between(1, 90'000)}, {"r1", "r2", rng.Between(1, 90'000)}};
  return p;
}

// As a file and back: indices of pools and resources may change, the answer must not.
AnyProblem RandomPlacementFile(Rng& rng) {
  const std::string text = WriteProblem(std::get<Problem>(RandomPlacement(rng)));
  auto problem = ParseProblem({"f.yaml", text});
  EXPECT_TRUE(problem) << problem.error().message << text;
  return std::move(*problem);
}

TEST(RoundTripTest, AnswersToAssignmentProblemsAreRight) {
  EXPECT_GE(CheckAnswers(Format::kGap, 100, RandomGap), 60);
  EXPECT_GE(CheckAnswers(Format::kFleet, 100, RandomFleet), 60);
}

TEST(RoundTripTest, AnswersToPackingProblemsAreRight) {
  EXPECT_GE(CheckAnswers(Format::kMvp, 100, RandomPacking), 60);
}

TEST(RoundTripTest, AnswersToPlacementProblemsAreRight) {
  EXPECT_GE(CheckAnswers(Format::kStowage, 400, RandomPlacement), 100);
  EXPECT_GE(CheckAnswers(Format::kStowage, 100, RandomPlacementFile), 25);
}

}  // namespace
}  // namespace stowage::app
