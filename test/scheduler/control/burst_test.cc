// Many pods of many classes at once: placed by prices, and at the latest when the time is over.
#include <array>

#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/control/scheduler_world.h"

namespace stowage::scheduler {
namespace {

class BurstTest : public SchedulerTest {
 protected:
  // Cores are cheap here and memory there; neither has room for all pods.
  void Begin(const Solver* solver, SchedulerOptions options = {}) {
    fleet_.clusters["a"].core_hour = Dollars(0.03);
    fleet_.clusters["b"].core_hour = Dollars(0.01);
    fleet_.clusters["b"].gib_hour = Dollars(0.01);
    fleet_.clusters["c"].core_hour = Dollars(0.06);
    for (const char* name : {"a", "b", "c"}) Member(name, 30);
    scheduler_ = std::make_unique<Scheduler>(
        Scheduler::Deps{loop_.executor(), host_.client(), board_, solver}, loop_.rng(), options);
    scheduler_->SetFleet(fleet_);
    scheduler_->Start();
    Settle();
    for (int i = 0; i < kPods; ++i) {
      host_.Put(WebPod("pod-" + std::to_string(i))
                    .Requests({{"cpu", std::to_string(200 + 100 * (i % 7)) + "m"},
                               {"memory", std::to_string(1 + i % 5) + "Gi"}}));
    }
    Settle(Seconds(5));
  }
  int Bound() {
    int bound = 0;
    for (int i = 0; i < kPods; ++i) bound += !NodeOfPod("pod-" + std::to_string(i)).empty();
    return bound;
  }
  static constexpr int kPods = 300;
};

TEST_F(BurstTest, ClassesThatCompeteForCheapRoomArePlacedByPrices) {
  Begin(nullptr);
  EXPECT_EQ(Bound(), kPods);
  const Scheduler::Stats by_prices = scheduler_->stats();
  EXPECT_EQ(by_prices.rounds, 1u);
  EXPECT_LE(by_prices.last_bound, by_prices.last_cost);
  EXPECT_LT((by_prices.last_cost - by_prices.last_bound).nano, by_prices.last_cost.nano / 20);
}

TEST_F(BurstTest, ForThemGreedyLeavesAWiderGap) {
  const GreedySolver greedy;
  Begin(&greedy);
  EXPECT_EQ(Bound(), kPods);
  const Scheduler::Stats stats = scheduler_->stats();
  EXPECT_GT((stats.last_cost - stats.last_bound).nano, stats.last_cost.nano / 20);
}

TEST_F(BurstTest, WhenTheTimeIsOverTheFirstAnswerIsTaken) {
  SchedulerOptions options;
  options.round_max = Duration(0);
  options.step_iterations = 50;
  Begin(nullptr, options);
  EXPECT_EQ(Bound(), kPods);
  EXPECT_EQ(scheduler_->stats().last_bound, Money{});  // nobody had the time to prove one
}

// Pods that are large for the nodes, fifteen types of which can be bought.
class PurchaseTest : public SchedulerTest {
 protected:
  void Begin(const Solver* solver, int64_t standing_nodes) {
    struct Family {
      const char* name;
      int64_t gib_per_core;
      double core_hour;
    };
    for (const auto& [name, gib, price] :
         std::array<Family, 3>{{{"c", 2, 0.0425}, {"m", 4, 0.048}, {"r", 8, 0.063}}}) {
      for (const int64_t cores : {2, 4, 8, 16, 32}) {
        fleet_.clusters["cloud"].pools.push_back(
            {.name = name + std::to_string(cores),
             .allocatable = {{"cpu", cores * 950}, {"memory", cores * gib * kGi}, {"pods", 110}},
             .nodes_max = 400,
             .node_hour = Dollars(price * static_cast<double>(cores))});
      }
    }
    host_.Put(NodeOf("cloud"));
    board_.Set("cloud", {});
    Member("onprem", standing_nodes);
    scheduler_ = std::make_unique<Scheduler>(
        Scheduler::Deps{loop_.executor(), host_.client(), board_, solver}, loop_.rng(),
        SchedulerOptions());
    scheduler_->SetFleet(fleet_);
    scheduler_->Start();
    Settle();
    for (int i = 0; i < kPods; ++i) {
      const int64_t cores = std::array{1, 2, 3, 5}[i % 4];
      host_.Put(WebPod("pod-" + std::to_string(i))
                    .Requests({{"cpu", std::to_string(cores * 700) + "m"},
                               {"memory", std::to_string(cores * (1 + i % 7)) + "Gi"}}));
    }
    Settle(Seconds(5));
  }
  Money Bought(const Solver* solver) {
    Begin(solver, 0);
    EXPECT_EQ(host_.Bound(), static_cast<size_t>(kPods));
    EXPECT_EQ(scheduler_->stats().rounds, 1u);
    return scheduler_->stats().last_cost;
  }
  static constexpr int kPods = 400;
};

TEST_F(PurchaseTest, WhatABurstNeedsIsBoughtForLessThanOthersWould) {
  const Money chosen = Bought(nullptr);
  const auto others = [](const Solver& solver) {
    class Alone : public PurchaseTest {
     public:
      using PurchaseTest::Bought;
      void TestBody() override {}
    };
    return Alone().Bought(&solver);
  };
  const LagrangianSolver by_prices;
  const GreedySolver greedy;
  for (const Solver* other :
       {static_cast<const Solver*>(&by_prices), static_cast<const Solver*>(&greedy)}) {
    const Money cost = others(*other);
    EXPECT_LT(chosen.nano, cost.nano - cost.nano / 20) << other->name();
  }
}

TEST_F(PurchaseTest, PodsThatHaveRoomDoNotWaitForIt) {
  Begin(nullptr, 20);
  EXPECT_EQ(host_.Bound(), static_cast<size_t>(kPods));
  EXPECT_EQ(scheduler_->stats().rounds, 2u);
  int standing = 0;
  for (int i = 0; i < kPods; ++i) {
    const std::string pod = "pod-" + std::to_string(i);
    const std::string round = Why(pod)["round"].string();
    const bool at_home = NodeOfPod(pod) == "onprem";
    standing += at_home ? 1 : 0;
    EXPECT_EQ(round.substr(round.find('-')), at_home ? "-1" : "-2") << pod;
  }
  EXPECT_GT(standing, 20);
}

}  // namespace
}  // namespace stowage::scheduler
