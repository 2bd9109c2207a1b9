#include "app/solve/what_if.h"

#include <gtest/gtest.h>

#include "app/solve/problem_format.h"
#include "app/solve/solve_run.h"
#include "kube/api/json.h"
#include "test/scheduler/builders.h"

namespace stowage::app {
namespace {

using scheduler::Cluster;
using scheduler::Demand;
using scheduler::Nodes;
using scheduler::Pods;
using scheduler::Problem;
using scheduler::Room;

// Six pods fit on the paid-for cluster `a`, the others go to `b`; two run on `a` already.
Problem Burst() {
  Problem p;
  p.classes = {Pods("web", 5, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(2, Room(4000, 16))}),
                Cluster("b", {Nodes(9, Room(4000, 16))}, 0.5)};
  p.clusters[0].bound = {{std::make_shared<const scheduler::PodConstraints>(), Demand(2000, 1), 2}};
  return p;
}

std::unique_ptr<SolveRun> Solved(Problem problem) {
  auto run = StartRun(Format::kStowage, std::move(problem), {});
  while ((*run)->Step(1000)) {
  }
  return std::move(*run);
}

Report ReportOn(Problem problem) { return Solved(std::move(problem))->MakeReport(false); }

TEST(WhatIfTest, ALostClustersPodsNeedAnotherPlace) {
  const auto changed = Changed(Burst(), {.without = {"a"}});
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_EQ(changed->clusters.size(), 1u);
  ASSERT_EQ(changed->classes.size(), 2u);
  EXPECT_EQ(changed->classes[1].key, "a/bound/1");
  EXPECT_EQ(changed->classes[1].count, 2);
  const Report before = ReportOn(Burst()), after = ReportOn(*changed);
  EXPECT_EQ(before.pods_by_cluster.at("a"), 4);
  EXPECT_EQ(before.pods_by_cluster.at("b"), 1);
  EXPECT_EQ(after.pods_by_cluster.at("b"), 7);
}

TEST(WhatIfTest, PricesAreMultipliedAndRoundedUp) {
  Problem p = Burst();
  p.clusters[1].pools = {scheduler::Pool("m", 1, Room(1000, 1), 0.1)};
  p.clusters[1].egress_per_gib.nano = 1;
  const auto changed = Changed(p, {.prices = {"b=1.2"}});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->clusters[1].charge_back[0].price.nano, 600'000'000);
  EXPECT_EQ(changed->clusters[1].pools[0].node_hour.nano, 120'000'000);
  EXPECT_EQ(changed->clusters[1].egress_per_gib.nano, 2);
}

TEST(WhatIfTest, LoadMultipliesThePodsOfEveryClass) {
  EXPECT_EQ(Changed(Burst(), {.load = "2"})->classes[0].count, 10);
  EXPECT_EQ(Changed(Burst(), {.load = "0.5"})->classes[0].count, 3) << "rounded up";
  EXPECT_EQ(Changed(Burst(), {.load = "0"})->classes[0].count, 0);
}

TEST(WhatIfTest, WhatIsNotUnderstoodIsRefused) {
  const auto refusal = [](const WhatIf& what_if) {
    const auto changed = Changed(Burst(), what_if);
    return changed ? "accepted" : changed.error().message;
  };
  EXPECT_EQ(refusal({.without = {"c"}}),
            "--without: expected a cluster of the problem (a, b), found \"c\"");
  EXPECT_NE(refusal({.prices = {"b"}}).find("CLUSTER=FACTOR"), std::string::npos);
  EXPECT_NE(refusal({.prices = {"b=x"}}).find("found \"x\""), std::string::npos);
  EXPECT_NE(refusal({.load = "-1"}).find("from 0 to 1000"), std::string::npos);
  EXPECT_NE(refusal({.load = "1001"}).find("from 0 to 1000"), std::string::npos);
}

TEST(WhatIfTest, TheDifferenceIsPrinted) {
  const WhatIf what_if{.without = {"a"}};
  const std::string member =
      WhatIfMember(what_if, ReportOn(Burst()), ReportOn(*Changed(Burst(), what_if)));
  const auto json = kube::Json::Parse("{" + member + "}");
  ASSERT_TRUE(json) << member;
  const kube::JsonRef w = (*json)["whatIf"];
  EXPECT_EQ(w["changes"].At(0).str(), "without a");
  // Before: one core on b. After: nine.
  EXPECT_DOUBLE_EQ(w["before"]["cost"].f64(), 0.5);
  EXPECT_DOUBLE_EQ(w["costDifference"].f64(), 4.0);
  EXPECT_EQ(w["clusters"].At(0)["podsBefore"].i64(), 4);
  EXPECT_EQ(w["clusters"].At(0)["podsAfter"].i64(), 0);
}

TEST(WhatIfTest, AnExplanationHasTheTermsOfEveryClusterAndTheReasonsOfOthers) {
  Problem p = Burst();
  p.clusters[1].unschedulable = true;
  const auto run = Solved(std::move(p));
  const auto text = run->Explain("web");
  ASSERT_TRUE(text) << text.error().message;
  const auto json = kube::Json::Parse(*text);
  ASSERT_TRUE(json) << *text;
  EXPECT_EQ((*json)["placed"].i64(), 4);
  EXPECT_EQ((*json)["clusters"].At(0)["placed"].i64(), 4);
  EXPECT_EQ((*json)["clusters"].At(1)["refusedBy"].str(), "NodeUnschedulable");
  EXPECT_FALSE(run->Explain("wbe"));
}

TEST(WhatIfTest, AClassWithoutRoomIsToldWhomToEvict) {
  Problem p = Burst();
  p.clusters.pop_back();
  p.classes[0].priority = 10;
  const auto json = kube::Json::Parse(*Solved(std::move(p))->Explain("web"));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["placed"].i64(), 4);
  EXPECT_EQ((*json)["preemption"]["cluster"].str(), "a");
  EXPECT_EQ((*json)["preemption"]["pods"].i64(), 1);
  EXPECT_EQ((*json)["preemption"]["victims"].At(0)["bound"].i64(), 1);
}

TEST(WhatIfTest, TheRunnerUpSaysHowMuchCheaperItWouldHaveToBe) {
  Problem p = Burst();
  p.clusters.push_back(Cluster("c", {Nodes(9, Room(4000, 16))}, 0.75));
  const auto json = kube::Json::Parse(*Solved(std::move(p))->Explain("web"));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["runnerUp"]["of"].str(), "b");
  EXPECT_EQ((*json)["runnerUp"]["cluster"].str(), "c");
  EXPECT_DOUBLE_EQ((*json)["runnerUp"]["difference"].f64(), 0.25);
}

Problem Parsed(const std::string& text) {
  auto problem = ParseProblem({"more.yaml", text});
  EXPECT_TRUE(problem) << problem.error().message;
  return *problem;
}

TEST(WhatIfTest, PodsNodesAndPoolsCanBeAdded) {
  Problem p = Burst();
  p.resources.Intern("example.com/a");  // numbers differ between the files
  const Problem more = Parsed(R"(
classes: [{name: trainer, count: 2, requests: {cpu: 1, nvidia.com/gpu: 1}}]
clusters:
- {name: b, pools: [{name: gpu, allocatable: {cpu: 8, memory: 32Gi, nvidia.com/gpu: 4}, maximum: 1, nodeHour: "2"}]}
- {name: c, nodes: [{count: 1, free: {cpu: 4, memory: 16Gi}}]}
)");
  const auto changed = Changed(p, {.add = {"more.yaml"}, .added = {more}});
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_EQ(changed->clusters.size(), 3u);
  ASSERT_EQ(changed->clusters[1].pools.size(), 1u);
  const Report report = ReportOn(*changed);
  EXPECT_EQ(report.tiers[0].placed, 7);
  EXPECT_EQ(report.pods_by_cluster.at("b"), 2) << "the trainers, for there alone are such devices";
  EXPECT_EQ(report.pods_by_cluster.at("c"), 4) << "paid for, as a is, and emptier";
}

TEST(WhatIfTest, WhatIsThereAlreadyCannotBeAdded) {
  const auto twice = Changed(
      Burst(),
      {.add = {"more.yaml"}, .added = {Parsed("classes: [{name: web, requests: {cpu: 1}}]")}});
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("with what more.yaml adds: class web"), std::string::npos)
      << twice.error().message;
  const auto other = Changed(
      Burst(), {.add = {"more.yaml"}, .added = {Parsed("clusters: [{name: a, region: eu}]")}});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("only nodes, pools and bound pods"), std::string::npos)
      << other.error().message;
}

}  // namespace
}  // namespace stowage::app
