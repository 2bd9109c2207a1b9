#include "scheduler/placement/engine.h"

#include <gtest/gtest.h>

#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

class EngineTest : public testing::Test {
 protected:
  const Incumbent& Solve(Problem problem) {
    problem_ = problem;
    session_ = engine_->Start(std::move(problem), {});
    return Finish();
  }
  const Incumbent& Finish() {
    for (int i = 0; i < 10000; ++i) {
      if (session_->Step({1000}).complete) break;
    }
    return session_->Step({0});
  }
  int64_t In(const Incumbent& incumbent, const std::string& key, const std::string& cluster) {
    for (const ClassPlacement& k : incumbent.placement.classes) {
      if (k.key != key) continue;
      for (const Assignment& a : k.assignments) {
        if (a.cluster == cluster) return a.count;
      }
    }
    return 0;
  }

  GreedySolver solver_;
  std::unique_ptr<PlacementEngine> engine_ = MakeEngine(solver_);
  Problem problem_;
  std::unique_ptr<SolveSession> session_;
};

TEST_F(EngineTest, PrefersTheCheapestAndBillsByCoreAndGiB) {
  Problem p;
  p.classes = {Pods("web", 4, Demand(500, 2))};
  p.clusters = {Cluster("a", {Nodes(2, Room(4000, 16))}, 0.04),
                Cluster("b", {Nodes(2, Room(4000, 16))}, 0.03)};
  p.clusters[1].charge_back.push_back({ResourceTable::kMemory, Dollars(0.004), kGi});
  // a: 0.5 x 0.04 = 0.02 each; b: 0.5 x 0.03 + 2 x 0.004 = 0.023 each.
  const Incumbent& incumbent = Solve(p);
  EXPECT_EQ(In(incumbent, "web", "a"), 4);
  EXPECT_EQ(incumbent.cost, Dollars(0.08));
  EXPECT_EQ(incumbent.lower_bound, Dollars(0.08));
  EXPECT_EQ(incumbent.GapPpm(), 0);
}

TEST_F(EngineTest, EgressIsPaidOutsideTheDatasRegion) {
  Problem p;
  p.classes = {Pods("etl", 1, Demand(500, 2), {.data_region = "eu", .data_mib_per_hour = 2048})};
  p.clusters = {Cluster("cheap", {Nodes(1, Room(4000, 16))}, 0.02),
                Cluster("home", {Nodes(1, Room(4000, 16))}, 0.1)};
  p.clusters[0].region = "us";
  p.clusters[0].egress_per_gib = Dollars(0.09);
  p.clusters[1].region = "eu";
  const Incumbent& incumbent = Solve(p);
  EXPECT_EQ(In(incumbent, "etl", "home"), 1);
  const auto why = session_->Explain("etl");
  ASSERT_TRUE(why);
  EXPECT_EQ(why->Of("cheap")->total, Dollars(0.01 + 0.18));
  EXPECT_EQ(why->RunnerUp("home"), why->Of("cheap"));
}

TEST_F(EngineTest, APreferenceOutweighsASmallPriceButNoLargeOne) {
  using Op = LabelRequirement::Op;
  for (const auto& [price, cluster] : {std::pair{0.001, "liked"}, std::pair{0.5, "plain"}}) {
    Problem p;
    p.classes = {
        Pods("web", 1, Demand(1000, 1), {.preferred = {{100, {{{"ssd", Op::kExists, {}}}, {}}}}})};
    p.clusters = {Cluster("liked", {Nodes(1, Room(4000, 16), {{"ssd", "yes"}})}, price),
                  Cluster("plain", {Nodes(1, Room(4000, 16))})};
    EXPECT_EQ(In(Solve(p), "web", cluster), 1) << cluster;
  }
}

TEST_F(EngineTest, TheDearestToRefuseGoesFirst) {
  // "pinned" fits only a; if "free" took a first, one of them would be left over.
  Problem p;
  p.classes = {Pods("free", 4, Demand(1000, 1)),
               Pods("pinned", 4, Demand(1000, 1), {.node_selector = {{"only", "a"}}})};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 16), {{"only", "a"}})}),
                Cluster("b", {Nodes(1, Room(4000, 16))}, 0.04)};
  const Incumbent& incumbent = Solve(p);
  EXPECT_EQ(In(incumbent, "pinned", "a"), 4);
  EXPECT_EQ(In(incumbent, "free", "b"), 4);
}

TEST_F(EngineTest, EqualCostsGoToTheEmptierCluster) {
  Problem p;
  p.classes = {Pods("web", 1, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 16))}), Cluster("b", {Nodes(1, Room(4000, 16))})};
  p.clusters[0].bound = {{p.classes[0].constraints, Demand(1000, 1), 1}};
  EXPECT_EQ(In(Solve(p), "web", "b"), 1);
}

TEST_F(EngineTest, ExplainsEveryCluster) {
  Problem p;
  p.classes = {Pods("web", 2, Demand(3000, 1))};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 16))}, 0.04),
                Cluster("b", {Nodes(1, Room(4000, 16))}, 0.05),
                Cluster("c", {Nodes(1, Room(4000, 16))}), Cluster("d", {Nodes(1, Room(1000, 16))})};
  p.clusters[2].unschedulable = true;
  Solve(p);
  const auto why = session_->Explain("web");
  ASSERT_TRUE(why);
  EXPECT_EQ(why->placed, 2);
  EXPECT_EQ(why->Of("a")->placed, 1);
  EXPECT_EQ(why->Of("a")->total, Dollars(0.12));
  EXPECT_EQ(why->Of("b")->placed, 1);
  EXPECT_EQ(why->Of("c")->refusal->reason, "node(s) were unschedulable");
  EXPECT_EQ(why->Of("d")->refusal->detail, "needs cpu 3, the most free on a node is 1");
  EXPECT_FALSE(session_->Explain("unknown"));
}

TEST_F(EngineTest, ADeltaGivesTheAnswerOfANewStart) {
  Problem p;
  p.classes = {Pods("web", 4, Demand(1000, 1)), Pods("db", 2, Demand(2000, 4))};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 16))}),
                Cluster("b", {Nodes(4, Room(4000, 16))}, 0.04)};
  Solve(p);
  Problem changed = p;
  changed.classes = {Pods("web", 9, Demand(1000, 1)), Pods("new", 1, Demand(500, 1))};
  changed.clusters[0].bound = {{p.classes[0].constraints, Demand(1000, 1), 3}};
  changed.clusters.push_back(Cluster("c", {Nodes(1, Room(4000, 16))}, 0.01));
  ProblemDelta delta;
  delta.set_classes = changed.classes;
  delta.remove_classes = {"db"};
  delta.set_clusters = {changed.clusters[0], changed.clusters[2]};
  ASSERT_TRUE(session_->Apply(delta));
  const Incumbent applied = Finish();
  const Incumbent anew = Solve(changed);
  EXPECT_EQ(applied.placement, anew.placement);
  EXPECT_EQ(applied.cost, anew.cost);
  EXPECT_EQ(applied.lower_bound, anew.lower_bound);
  EXPECT_TRUE(CheckPlacement(changed, applied.placement));
}

TEST_F(EngineTest, ABadDeltaChangesNothing) {
  Problem p;
  p.classes = {Pods("web", 1, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 16))})};
  const Incumbent before = Solve(p);
  ProblemDelta delta;
  delta.set_classes = {Pods("web", -1, Demand(1000, 1))};
  EXPECT_FALSE(session_->Apply(delta));
  EXPECT_EQ(session_->Step({0}).placement, before.placement);
}

TEST(LatencyTable, TakesTheShortestWayBothDirections) {
  const LatencyTable t(
      {{"a", "b", 10}, {"b", "c", 10}, {"a", "c", 50}, {"a", "b", 30}, {"x", "y", 1}});
  EXPECT_EQ(t.Between("a", "c"), 20);
  EXPECT_EQ(t.Between("c", "a"), 20);
  EXPECT_EQ(t.Between("a", "a"), 0);
  EXPECT_EQ(t.Between("never", "never"), 0);
  EXPECT_EQ(t.Between("a", "x"), std::nullopt);
  EXPECT_EQ(t.Between("a", ""), std::nullopt);
  EXPECT_EQ(t.Between("", ""), std::nullopt);
}

}  // namespace
}  // namespace stowage::scheduler
