#include "scheduler/placement/advice.h"

#include <gtest/gtest.h>

#include <limits>

#include "scheduler/placement/leftovers.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/random_problem.h"

namespace stowage::scheduler {
namespace {

class AdviceTest : public testing::Test {
 protected:
  // On the first class of the problem.
  std::vector<Advice> Ask(const Problem& problem, size_t most = 10) {
    session_ = engine_->Start(problem, {});
    while (!session_->Step({1000}).complete) {
    }
    placement_ = session_->Step({0}).placement;
    auto advice = Advise(*session_, problem, placement_, problem.classes[0], most);
    EXPECT_TRUE(advice) << advice.error().message;
    return advice ? *advice : std::vector<Advice>();
  }
  static std::string Text(const Advice& a) {
    std::string out;
    for (const Relaxation& r : a.changes) {
      out += (out.empty() ? "" : "; ") + r.field + ": " + r.from + " -> " + r.to;
    }
    return out + " @" + a.cluster;
  }
  int64_t Unplaced(const std::string& key) const {
    for (const ClassPlacement& k : placement_.classes) {
      if (k.key == key) return k.unplaced;
    }
    return -1;
  }

  GreedySolver solver_;
  std::unique_ptr<PlacementEngine> engine_ = MakeEngine(solver_);
  std::unique_ptr<SolveSession> session_;
  Placement placement_;
};

TEST_F(AdviceTest, ARequestIsCutToWhatTheBestNodeHasLeft) {
  Problem p;
  p.classes = {Pods("big", 1, Demand(4000, 4)), Pods("small", 1, Demand(1000, 1), {}, 10)};
  p.clusters = {Cluster("a", {Nodes(2, Room(3000, 16))}), Cluster("b", {Nodes(1, Room(8000, 3))})};
  const auto advice = Ask(p);
  ASSERT_EQ(advice.size(), 2u);
  // On a a node with 3 cores is left, on b there are 3 GiB: a quarter less in both cases.
  EXPECT_EQ(advice[0].ppm(), 250'000);
  EXPECT_EQ(Text(advice[0]), "requests.cpu: 4 -> 3 @a");
  EXPECT_EQ(Text(advice[1]), "requests.memory: 4Gi -> 3Gi @b");
}

TEST_F(AdviceTest, RulesOfNodesGiveWayOneAtATime) {
  Problem p;
  p.classes = {Pods("web", 1, Demand(1000, 1), {.node_selector = {{"disk", "ssd"}}})};
  p.clusters = {Cluster("plain", {Nodes(1, Room(4000, 16), {{"disk", "hdd"}})}),
                Cluster("tainted", {Nodes(1, Room(4000, 16), {{"disk", "ssd"}},
                                          {{"dedicated", "gpu", Taint::Effect::kNoSchedule}})})};
  const auto advice = Ask(p);
  ASSERT_EQ(advice.size(), 2u);
  EXPECT_EQ(Text(advice[0]), "nodeSelector: disk=ssd ->  @plain");
  EXPECT_EQ(Text(advice[1]), "tolerations:  -> dedicated=gpu:NoSchedule @tainted");
}

TEST_F(AdviceTest, DistanceIsRaisedToTheNearest) {
  Problem p;
  p.classes = {
      Pods("shop", 1, Demand(1000, 1), {.latency_sources = {{"eu"}}, .latency_us_max = 20'000})};
  p.clusters = {Cluster("far", {Nodes(1, Room(4000, 16))}),
                Cluster("near", {Nodes(1, Room(4000, 16))})};
  p.clusters[0].region = "us";
  p.clusters[1].region = "uk";
  p.links = {{"eu", "uk", 25'000}, {"uk", "us", 60'000}};
  const auto advice = Ask(p);
  ASSERT_EQ(advice.size(), 2u);
  EXPECT_EQ(Text(advice[0]), "latency.max: 20 ms -> 25 ms @near");
  EXPECT_EQ(advice[0].ppm(), 250'000);
  EXPECT_EQ(Text(advice[1]), "latency.max: 20 ms -> 85 ms @far");
}

TEST_F(AdviceTest, TwoChangesAreTriedWhereNoSingleOneHelps) {
  Problem p;
  p.classes = {Pods("web", 1, Demand(1000, 1),
                    {.node_selector = {{"disk", "ssd"}}, .allowed_regions = {"eu"}})};
  p.clusters = {Cluster("us", {Nodes(1, Room(4000, 16))})};
  p.clusters[0].region = "us";
  const auto advice = Ask(p);
  ASSERT_EQ(advice.size(), 1u);
  EXPECT_EQ(Text(advice[0]), "nodeSelector: disk=ssd -> ; residency.allowedRegions:  -> us @us");
  EXPECT_EQ(advice[0].ppm(), 2 * Relaxation::kWhole);
}

TEST_F(AdviceTest, AntiAffinityAndSpreadGiveWay) {
  Problem p;
  PodRelations r{.ns = "shop", .labels = {{"app", "db"}}};
  const LabelSelector own{false, {{"app", LabelRequirement::Op::kIn, {"db"}}}};
  r.anti_affinity = {{std::string(kTopologyHostname), own}};
  p.classes = {Pods("db", 3, Demand(1000, 1))};
  p.classes[0].relations = std::make_shared<const PodRelations>(r);
  p.clusters = {Cluster("a", {Nodes(2, Room(4000, 16))})};
  const auto advice = Ask(p);
  ASSERT_EQ(advice.size(), 2u);
  // Both are a change by the whole; a cluster without prices costs nothing.
  EXPECT_EQ(Text(advice[0]), "clusters.a.nodes.count: 2 -> 3 @a");
  EXPECT_EQ(Text(advice[1]), "podAntiAffinity: term over kubernetes.io/hostname ->  @a");
}

TEST_F(AdviceTest, ARuleOfThePodMayHaveToGoTogetherWithALargerQuota) {
  Problem p;
  p.classes = {Pods("web", 1, Demand(1000, 1), {.node_selector = {{"disk", "ssd"}}})};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 16))})};
  p.quotas = {{.name = "team", .caps = {{ResourceTable::kCpu, 500}}}};
  const auto advice = Ask(p);
  ASSERT_EQ(advice.size(), 1u);
  EXPECT_EQ(Text(advice[0]), "nodeSelector: disk=ssd -> ; quotas.team.hard.cpu: 500m -> 1 @a");
  EXPECT_EQ(advice[0].ppm(), 2 * Relaxation::kWhole);
}

TEST_F(AdviceTest, NodesThatCostMoneyComeBehindChangesThatDoNot) {
  Problem p;
  p.classes = {Pods("big", 1, Demand(4000, 4))};
  p.clusters = {Cluster("a", {Nodes(1, Room(3000, 16))})};
  p.clusters[0].pools = {Pool("dear", 0, Room(8000, 32), 0.4),
                         Pool("cheap", 0, Room(8000, 32), 0.3),
                         Pool("small", 0, Room(2000, 32), 0.1)};
  const auto advice = Ask(p);
  ASSERT_EQ(advice.size(), 3u);
  EXPECT_EQ(Text(advice[0]), "requests.cpu: 4 -> 3 @a");
  EXPECT_EQ(Text(advice[1]), "clusters.a.pools.cheap.maximum: 0 -> 1 @a");
  EXPECT_EQ(advice[1].nodes, Dollars(0.3));
  EXPECT_EQ(advice[1].changes[0].node, "cpu 8, memory 32Gi");
  EXPECT_EQ(Text(advice[2]), "clusters.a.pools.dear.maximum: 0 -> 1 @a");
}

TEST_F(AdviceTest, LeftoversAreRoomLessLoads) {
  Problem p;
  p.classes = {Pods("web", 3, Demand(1500, 2))};
  p.clusters = {Cluster("a", {Nodes(3, Room(4000, 16))})};
  Ask(p);
  int64_t nodes = 0, milli = 0;
  const auto leftovers = LeftoversOf(p, placement_);
  for (const Leftover& l : leftovers[0]) {
    nodes += l.count;
    milli += l.count * l.free[ResourceTable::kCpu];
  }
  EXPECT_EQ(nodes, 3);
  EXPECT_EQ(milli, 12'000 - 3 * 1500);
}

// Whatever is proposed is right: one more pod with the changes, behind all others, finds a place
// where the problem is solved anew.
TEST_F(AdviceTest, WhatIsProposedHelps) {
  int asked = 0, advised = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    Rng rng(seed);
    const Problem problem = AnyProblem(rng, 12, 3);
    const auto advice = Ask(problem, 3);
    if (Unplaced(problem.classes[0].key) == 0) continue;
    ++asked;
    for (const Advice& a : advice) {
      ++advised;
      if (a.changes[0].of_all) continue;          // not of one more pod alone
      if (a.changes.back().adjustment) continue;  // remedy_test.cc
      DraftPod draft(problem.classes[0]);
      for (const Relaxation& r : a.changes) r.edit(draft);
      Problem anew = problem;
      anew.classes.push_back(draft.Build());
      anew.classes.back().key = "one more";
      anew.classes.back().count = 1;
      anew.classes.back().priority = std::numeric_limits<int32_t>::min();
      const auto session = engine_->Start(anew, {});
      while (!session->Step({1000}).complete) {
      }
      EXPECT_EQ(session->Explain("one more")->placed, 1) << seed << " " << Text(a);
    }
  }
  EXPECT_GT(asked, 50);
  EXPECT_GT(advised, 50);
}

// A pod that exists already gets the same explanation as one that does not, if it is the same.
TEST_F(AdviceTest, ANewPodIsExplainedAsOneOfTheClassWouldBe) {
  int compared = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    const Problem problem = AnyProblem(rng, 12, 3);
    Ask(problem);
    const auto said = session_->ExplainNew({problem.classes[0]});
    ASSERT_TRUE(said);
    const auto known = session_->Explain(problem.classes[0].key);
    ASSERT_TRUE(known);
    if (!problem.classes[0].gang.empty()) continue;
    for (size_t j = 0; j < known->clusters.size(); ++j) {
      const auto& a = known->clusters[j].refusal;
      const auto& b = said->front().clusters[j].refusal;
      ASSERT_EQ(a.has_value(), b.has_value()) << seed;
      if (a) {
        EXPECT_EQ(a->reason, b->reason) << seed;
      }
      ++compared;
    }
  }
  EXPECT_GT(compared, 300);
}

}  // namespace
}  // namespace stowage::scheduler
