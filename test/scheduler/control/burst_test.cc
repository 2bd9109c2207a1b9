// Many pods of many classes at once: placed by prices, and at the latest when the time is over.
#include "scheduler/solvers/greedy.h"
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

}  // namespace
}  // namespace stowage::scheduler
