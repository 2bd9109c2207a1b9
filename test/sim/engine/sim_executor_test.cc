#include "sim/engine/sim_executor.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace stowage::sim {
namespace {

TEST(SimExecutor, RunsPostedTasksInOrderBeforeAnyTimer) {
  SimExecutor executor;
  std::string order;
  executor.RunAfter(Duration(0), [&] { order += "t"; });
  executor.Post([&] { order += "a"; });
  executor.Post([&] { order += "b"; });
  executor.RunFor(Seconds(1));
  EXPECT_EQ(order, "abt");
}

TEST(SimExecutor, JumpsToTheNextTimerAndRunsEqualTimesInTheOrderOfTheCalls) {
  SimExecutor executor;
  std::vector<int> order;
  executor.RunAfter(Seconds(2), [&] { order.push_back(3); });
  executor.RunAfter(Seconds(1), [&] { order.push_back(1); });
  executor.RunAfter(Seconds(1), [&] { order.push_back(2); });
  while (executor.Step()) {
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(executor.Now().time_since_epoch(), Seconds(2));
}

TEST(SimExecutor, AJumpOfTheWallClockLeavesIntervalsAlone) {
  SimExecutor executor;
  const WallTime wall = executor.WallNow();
  const MonotonicTime now = executor.Now();
  executor.JumpWall(-Hours(2));
  EXPECT_EQ(executor.WallNow(), wall - Hours(2));
  EXPECT_EQ(executor.Now(), now);
}

TEST(SimExecutor, ACancelledTimerNeverRuns) {
  SimExecutor executor;
  bool ran = false;
  const TimerId timer = executor.RunAfter(Seconds(1), [&] { ran = true; });
  EXPECT_TRUE(executor.Cancel(timer));
  EXPECT_FALSE(executor.Cancel(timer));
  executor.RunFor(Seconds(2));
  EXPECT_FALSE(ran);
}

// What a dropped task held may clean up through the executor itself, as a request that was never
// answered cancels its time-out.
TEST(SimExecutor, WhatDroppedTasksHeldMayStillUseIt) {
  struct Cleaner {
    ~Cleaner() {
      executor->Cancel(timer);
      executor->Post([] {});
      executor->RunAfter(Seconds(1), [] {});
    }
    SimExecutor* executor;
    TimerId timer;
  };
  auto executor = std::make_unique<SimExecutor>();
  for (int i = 0; i < 50; ++i) {
    const TimerId timer = executor->RunAfter(Seconds(i), [] {});
    auto cleaner = std::make_shared<Cleaner>(executor.get(), timer);
    executor->Post([cleaner] {});
    executor->RunAfter(Seconds(i), [cleaner] {});
  }
  executor.reset();
}

}  // namespace
}  // namespace stowage::sim
