// Quotas, gangs and preemption, through the engine.
#include <gtest/gtest.h>

#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

class Groups : public testing::Test {
 protected:
  static std::shared_ptr<const PodRelations> Ns(const std::string& ns) {
    return std::make_shared<const PodRelations>(PodRelations{.ns = ns});
  }
  static PodClass In(const std::string& ns, const std::string& key, int64_t count,
                     int64_t cpus = 1) {
    PodClass k = Pods(key, count, Demand(cpus * 1000, 1));
    k.relations = Ns(ns);
    return k;
  }
  static PodClass OfGang(const std::string& key, int64_t count, int64_t cpus = 1) {
    PodClass k = Pods(key, count, Demand(cpus * 1000, 1));
    k.gang = "g";
    return k;
  }
  static BoundPods Running(int64_t count, int64_t cpus, int32_t priority,
                           std::vector<std::string> budgets = {}) {
    return {.constraints = std::make_shared<const PodConstraints>(),
            .demand = Demand(cpus * 1000, 1),
            .count = count,
            .priority = priority,
            .budgets = std::move(budgets)};
  }
  void Solve() {
    const auto valid = Validate(problem_);
    ASSERT_TRUE(valid) << valid.error().message;
    session_ = engine_->Start(problem_, {});
    for (int i = 0; i < 10000 && !session_->Step({1000}).complete; ++i) {
    }
    incumbent_ = session_->Step({0});
    const auto ok = CheckPlacement(problem_, incumbent_.placement);
    EXPECT_TRUE(ok) << ok.error().message;
  }
  int64_t In(const std::string& key, const std::string& cluster) const {
    for (const ClassPlacement& k : incumbent_.placement.classes) {
      for (const Assignment& a : k.assignments) {
        if (k.key == key && a.cluster == cluster) return a.count;
      }
    }
    return 0;
  }
  Refusal WhyNot(const std::string& key, const std::string& cluster) const {
    const auto why = session_->Explain(key);
    return why && why->Of(cluster)->refusal ? *why->Of(cluster)->refusal : Refusal{};
  }

  GreedySolver solver_;
  std::unique_ptr<PlacementEngine> engine_ = MakeEngine(solver_);
  Problem problem_;
  Incumbent incumbent_;
  std::unique_ptr<SolveSession> session_;
};

TEST_F(Groups, AQuotaCapsItsNamespacesInItsClusters) {
  problem_.clusters = {Cluster("a", {Nodes(4, Room(8000, 64))}),
                       Cluster("b", {Nodes(4, Room(8000, 64))}, 0.5)};
  problem_.clusters[0].bound = {Running(1, 2, 0)};
  problem_.clusters[0].bound[0].relations = Ns("prod");
  problem_.quotas = {{"compute", {"prod"}, {"a"}, {{ResourceTable::kCpu, 5000}}}};
  problem_.classes = {In("prod", "web", 6), In("test", "other", 6)};
  Solve();
  EXPECT_EQ(In("web", "a"), 3);
  EXPECT_EQ(In("web", "b"), 3);
  EXPECT_EQ(In("other", "a"), 6);
  EXPECT_EQ(WhyNot("web", "a").reason, "exceeded quota: compute");
  EXPECT_EQ(WhyNot("web", "a").detail, "requested cpu 1, used 5, limited to 5");
}

TEST_F(Groups, AQuotaOnPodsHoldsOverAllClasses) {
  problem_.clusters = {Cluster("a", {Nodes(4, Room(8000, 64))})};
  problem_.quotas = {{"count", {}, {}, {{ResourceTable::kPods, 4}}}};
  problem_.classes = {In("x", "web", 3), In("y", "db", 3)};
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 4);
  EXPECT_EQ(incumbent_.relaxed.back(), "quotas");
}

TEST_F(Groups, AQuotaThatBoundPodsPassAlreadyLetsNothingIn) {
  problem_.clusters = {Cluster("a", {Nodes(4, Room(8000, 64))})};
  problem_.clusters[0].bound = {Running(3, 1, 0)};
  problem_.quotas = {{"count", {}, {}, {{ResourceTable::kPods, 2}}}};
  problem_.classes = {In("x", "web", 1)};
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 0);
}

TEST_F(Groups, AGangIsPlacedAsAWholeOrNotAtAll) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(3000, 64))}),
                       Cluster("b", {Nodes(1, Room(2000, 64))}, 0.1)};
  problem_.gangs = {{"g", 5, false}};
  problem_.classes = {OfGang("driver", 1), OfGang("worker", 4)};
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 5);
  problem_.gangs[0].min_count = 6;
  problem_.classes[1].count = 5;
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 0);
  EXPECT_EQ(WhyNot("worker", "a").reason, "pod group g could not be placed as a whole");
  EXPECT_EQ(WhyNot("worker", "a").detail, "at least 6 pods at once");
  EXPECT_EQ(incumbent_.cost, Money{});
  problem_.clusters[1].bound = {Running(1, 0, 0)};
  problem_.clusters[1].bound[0].gang = "g";  // one of it runs already
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 5);
}

TEST_F(Groups, RoomThatAGangDidNotGetIsLeftToOthers) {
  problem_.clusters = {Cluster("a", {Nodes(2, Room(2000, 64))})};
  problem_.gangs = {{"g", 5, false}};
  problem_.classes = {OfGang("worker", 5), Pods("web", 4, Demand(1000, 1))};
  Solve();
  EXPECT_EQ(In("worker", "a"), 0);
  EXPECT_EQ(In("web", "a"), 4);
}

TEST_F(Groups, AGangMayAskForOneCluster) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(3000, 64))}),
                       Cluster("b", {Nodes(1, Room(4000, 64))}, 0.5),
                       Cluster("c", {Nodes(1, Room(4000, 64))}, 0.2)};
  problem_.gangs = {{"g", 4, true}};
  problem_.classes = {OfGang("worker", 4)};
  Solve();
  EXPECT_EQ(In("worker", "c"), 4);
  EXPECT_EQ(WhyNot("worker", "b").reason, "pod group g is in another cluster");
  problem_.clusters[1].bound = {Running(1, 0, 0)};
  problem_.clusters[1].bound[0].gang = "g";
  Solve();
  EXPECT_EQ(In("worker", "b"), 4);
}

TEST_F(Groups, TheCheckerFindsBrokenGangsAndQuotas) {
  problem_.clusters = {Cluster("a", {Nodes(2, Room(4000, 64))}),
                       Cluster("b", {Nodes(2, Room(4000, 64))})};
  problem_.classes = {In("x", "web", 2)};
  Solve();
  const auto found = [&] {
    const auto ok = CheckPlacement(problem_, incumbent_.placement);
    return ok ? "" : ok.error().message;
  };
  problem_.quotas = {{"q", {"x"}, {}, {{ResourceTable::kPods, 1}}}};
  EXPECT_EQ(found(), "quota q: exceeded in pods");
  problem_.quotas.clear();
  problem_.classes[0].gang = "g";
  problem_.gangs = {{"g", 3, false}};
  EXPECT_EQ(found(), "gang g: too few of its pods");
  problem_.gangs = {{"g", 2, true}};
  EXPECT_EQ(found(), "");
  problem_.clusters[1].bound = {Running(1, 0, 0)};
  problem_.clusters[1].bound[0].gang = "g";
  incumbent_.placement.witness[1].bound_unpacked = 1;
  EXPECT_EQ(found(), "gang g: in more than one cluster");
}

// ---- preemption ---------------------------------------------------------------------------------

TEST_F(Groups, TheLeastPodsOfTheLowestPriorityGo) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(4000, 64))}),
                       Cluster("b", {Nodes(1, Room(4000, 64))}),
                       Cluster("c", {Nodes(1, Room(4000, 64))})};
  problem_.clusters[0].bound = {Running(4, 1, 5)};
  problem_.clusters[1].bound = {Running(1, 2, 1), Running(2, 1, 3)};
  problem_.clusters[2].bound = {Running(4, 1, 100)};
  problem_.classes = {Pods("vip", 1, Demand(2000, 1), {}, 50)};
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 0);
  const auto proposal = session_->Preempt("vip");
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->cluster, "b");
  EXPECT_EQ(proposal->victims, (std::vector<Preemption::Victims>{{0, 1}}));
  EXPECT_EQ(proposal->highest, 1);
  problem_.classes[0].may_preempt = false;
  Solve();
  EXPECT_FALSE(session_->Preempt("vip"));
  problem_.classes[0] = Pods("low", 1, Demand(2000, 1), {}, 1);
  Solve();
  EXPECT_FALSE(session_->Preempt("low"));
}

TEST_F(Groups, DisruptionBudgetsAreHonouredBeforePriorities) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(2000, 64))}),
                       Cluster("b", {Nodes(1, Room(2000, 64))})};
  problem_.clusters[0].bound = {Running(2, 1, 1, {"db"})};
  problem_.clusters[1].bound = {Running(2, 1, 7)};
  problem_.budgets = {{"db", 1}};
  problem_.classes = {Pods("vip", 1, Demand(2000, 1), {}, 50)};
  Solve();
  EXPECT_EQ(session_->Preempt("vip")->cluster, "b");
  problem_.budgets[0].allowed = 2;
  Solve();
  EXPECT_EQ(session_->Preempt("vip")->cluster, "a");
  EXPECT_EQ(session_->Preempt("vip")->violations, 0);
  problem_.clusters.pop_back();
  problem_.budgets[0].allowed = 0;
  Solve();
  EXPECT_EQ(session_->Preempt("vip")->violations, 2);  // better than nothing, as in Kubernetes
}

TEST_F(Groups, EvictionAlsoMakesWayForAntiAffinityAndPorts) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(8000, 64))})};
  BoundPods other = Running(1, 1, 0), taker = Running(1, 1, 0);
  taker.relations = std::make_shared<const PodRelations>(PodRelations{.ports = {{.port = 443}}});
  problem_.clusters[0].bound = {other, taker};
  problem_.classes = {Pods("vip", 1, Demand(1000, 1), {}, 50)};
  problem_.classes[0].relations = taker.relations;
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 0);
  const auto proposal = session_->Preempt("vip");
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->victims, (std::vector<Preemption::Victims>{{1, 1}}));
}

TEST_F(Groups, WhereRoomIsNotTheReasonNothingIsProposed) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(2000, 64))})};
  problem_.clusters[0].bound = {Running(2, 1, 0)};
  problem_.classes = {Pods("vip", 1, Demand(1000, 1), {.node_selector = {{"disk", "ssd"}}}, 50),
                      Pods("huge", 1, Demand(9000, 1), {}, 50)};
  Solve();
  EXPECT_FALSE(session_->Preempt("vip"));
  EXPECT_FALSE(session_->Preempt("huge"));
  EXPECT_FALSE(session_->Preempt("unknown"));
}

}  // namespace
}  // namespace stowage::scheduler
