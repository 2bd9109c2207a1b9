#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/time/loop_executor.h"

namespace stowage {
namespace {

TEST(LoopExecutor, RunsTasksInTheOrderOfPosting) {
  LoopExecutor loop;
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) loop.Post([&order, i] { order.push_back(i); });
  loop.Post([&] { loop.Stop(); });
  loop.Run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(LoopExecutor, RunsTimersInTheOrderOfTimeThenCall) {
  LoopExecutor loop;
  std::vector<int> order;
  const MonotonicTime now = loop.Now();
  loop.RunAt(now + Milliseconds(2), [&] { order.push_back(3); });
  loop.RunAt(now - Seconds(5), [&] { order.push_back(1); });
  loop.RunAt(now + Milliseconds(2), [&] { order.push_back(4); });
  loop.RunAt(now - Seconds(1), [&] { order.push_back(2); });
  loop.RunAt(now + Milliseconds(3), [&] { loop.Stop(); });
  EXPECT_TRUE(order.empty()) << "never inside the call";
  loop.Run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST(LoopExecutor, ACancelledTimerNeverRuns) {
  LoopExecutor loop;
  bool ran = false;
  const TimerId id = loop.RunAfter(Milliseconds(1), [&] { ran = true; });
  EXPECT_TRUE(loop.Cancel(id));
  EXPECT_FALSE(loop.Cancel(id));
  EXPECT_FALSE(loop.Cancel(TimerId::kNone));
  loop.RunAfter(Milliseconds(3), [&] { loop.Stop(); });
  loop.Run();
  EXPECT_FALSE(ran);
}

TEST(LoopExecutor, ATimerThatRanCannotBeCancelled) {
  LoopExecutor loop;
  TimerId id = TimerId::kNone;
  bool cancelled = true;
  id = loop.RunAfter(Duration(0), [&] { cancelled = loop.Cancel(id); });
  loop.RunAfter(Milliseconds(1), [&] { loop.Stop(); });
  loop.Run();
  EXPECT_FALSE(cancelled);
}

TEST(LoopExecutor, TimeStandsStillInsideATask) {
  LoopExecutor loop;
  loop.Post([&] {
    const MonotonicTime before = loop.Now();
    for (std::atomic<int> spin = 0; spin < 1000000;) ++spin;
    EXPECT_EQ(loop.Now(), before);
    loop.Stop();
  });
  loop.Run();
  EXPECT_EQ(loop.stats().tasks, 1u);
}

TEST(LoopExecutor, TakesTasksFromManyThreadsAndKeepsTheOrderOfEach) {
  LoopExecutor loop;
  constexpr int kThreads = 4, kEach = 5000;
  std::vector<std::vector<int>> seen(kThreads);
  int left = kThreads * kEach;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        loop.Post([&, t, i] {
          seen[static_cast<size_t>(t)].push_back(i);
          if (--left == 0) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& t : threads) t.join();
  for (const auto& mine : seen) {
    ASSERT_EQ(mine.size(), static_cast<size_t>(kEach));
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
  }
}

TEST(LoopExecutor, AFloodOfTasksDoesNotHoldUpTimers) {
  LoopExecutor loop;
  int tasks = 0;
  std::function<void()> again = [&] {
    ++tasks;
    loop.Post(again);
  };
  for (int i = 0; i < 100; ++i) loop.Post(again);
  int ticks = 0;
  std::function<void()> tick = [&] {
    if (++ticks == 5) return loop.Stop();
    loop.RunAfter(Milliseconds(1), tick);
  };
  loop.RunAfter(Milliseconds(1), tick);
  loop.Run();
  EXPECT_EQ(ticks, 5);
  EXPECT_GT(tasks, 100);
}

TEST(LoopExecutor, StopsFromAnotherThread) {
  LoopExecutor loop;
  std::thread stopper([&] { loop.Stop(); });
  loop.Run();
  stopper.join();
}

}  // namespace
}  // namespace stowage
