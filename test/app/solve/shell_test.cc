#include "app/solve/shell.h"

#include <gtest/gtest.h>

#include "base/time/loop_executor.h"
#include "sim/engine/sim_executor.h"

namespace stowage::app {
namespace {

// Gets better by 1 with every hundred iterations and is done after `last`.
class FakeRun : public SolveRun {
 public:
  explicit FakeRun(int64_t last, std::function<void(int64_t)> on_step = {})
      : last_(last), on_step_(std::move(on_step)) {}
  bool Step(int64_t iterations) override {
    steps.push_back(iterations);
    if (on_step_) on_step_(iterations);
    spent_ = std::min(spent_ + iterations, last_);
    return spent_ < last_;
  }
  int64_t iterations() const override { return spent_; }
  std::optional<int64_t> cost() const override {
    if (spent_ == 0) return std::nullopt;
    return 1'000'000 - spent_ / 100;
  }
  std::optional<int64_t> bound() const override { return 1000; }
  CostUnit unit() const override { return {}; }
  Report MakeReport(bool) const override { return {}; }

  std::vector<int64_t> steps;

 private:
  int64_t last_, spent_ = 0;
  std::function<void(int64_t)> on_step_;
};

TEST(ShellTest, EndsWhenThereIsNothingMoreToTry) {
  sim::SimExecutor executor;
  FakeRun run(123'456);
  bool done = false;
  Shell shell(executor, run, {.time_limit = Seconds(10)}, executor.Now(), [&] { done = true; });
  EXPECT_TRUE(executor.RunUntil([&] { return done; }, Seconds(1)));
  EXPECT_EQ(run.iterations(), 123'456);
}

TEST(ShellTest, ANumberOfIterationsIsSpentInStepsOfAFixedSize) {
  sim::SimExecutor executor;
  std::vector<int64_t> first;
  for (int time = 0; time < 2; ++time) {
    FakeRun run(INT64_MAX);
    bool done = false;
    Shell shell(executor, run, {.iterations = 234'567}, executor.Now(), [&] { done = true; });
    EXPECT_TRUE(executor.RunUntil([&] { return done; }, Seconds(1)));
    EXPECT_EQ(run.iterations(), 234'567) << "not one more";
    if (time == 0) first = run.steps;
    EXPECT_EQ(run.steps, first);
  }
}

TEST(ShellTest, ALineIsLoggedForEachBetterAnswer) {
  sim::SimExecutor executor;
  std::vector<std::string> lines;
  FakeRun run(50'000);
  bool done = false;
  Shell shell(executor, run,
              {.iterations = 1'000'000, .log = [&](const std::string& l) { lines.push_back(l); }},
              executor.Now(), [&] { done = true; });
  EXPECT_TRUE(executor.RunUntil([&] { return done; }, Seconds(1)));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], "0.000 s, 50000 iterations: cost 999500, bound 1000, gap 99.90 %");
}

TEST(ShellTest, StopsAfterTheStepThatIsUnderWay) {
  sim::SimExecutor executor;
  Shell* shell = nullptr;
  FakeRun run(INT64_MAX, [&](int64_t) { shell->Stop(); });
  bool done = false;
  Shell it(executor, run, {.time_limit = Seconds(10)}, executor.Now(), [&] { done = true; });
  shell = &it;
  EXPECT_TRUE(executor.RunUntil([&] { return done; }, Seconds(1)));
  EXPECT_EQ(run.steps.size(), 1u);
}

TEST(ShellTest, StopsCloseToTheTimeLimitHoweverFastTheRunIs) {
  // A unit takes 10 ns here, ten times less than usual.
  LoopExecutor executor;
  volatile uint64_t sink = 0;
  FakeRun run(INT64_MAX, [&](int64_t n) {
    for (int64_t i = 0; i < n * 10; ++i) sink = sink + 1;
  });
  const MonotonicTime started = executor.Now();
  Shell shell(executor, run, {.time_limit = Milliseconds(300)}, started, [&] { executor.Stop(); });
  executor.Run();
  const Duration took = executor.Now() - started;
  EXPECT_GE(took, Milliseconds(300));
  // 20 ms on a machine of one's own; tests run beside others.
  EXPECT_LE(took, Milliseconds(600));
  EXPECT_GT(run.steps.size(), 10u);
}

TEST(ShellTest, AGapIsNeverRoundedDown) {
  EXPECT_EQ(GapOf(3, 1), "0.666666667");
  EXPECT_EQ(GapOf(1'000'000'000'001, 1'000'000'000'000), "0.000000001");
  EXPECT_EQ(GapOf(5, 5), "0");
  EXPECT_EQ(GapOf(0, 0), "0");
  EXPECT_EQ(GapOf(5, std::nullopt), "null");
  EXPECT_EQ(GapOf(std::nullopt, 5), "null");
  EXPECT_EQ(GapOf(INT64_MAX, 0), "1");
}

TEST(ShellTest, MoneyIsWrittenToTheLastPlace) {
  const CostUnit money{.nano = true}, whole;
  EXPECT_EQ(money.Format(52'780'000), "0.05278");
  EXPECT_EQ(money.Format(1), "0.000000001");
  EXPECT_EQ(money.Format(0), "0");
  EXPECT_EQ(money.Format(12'000'000'000), "12");
  EXPECT_EQ(money.Format(INT64_MAX), "9223372036.854775807");
  EXPECT_EQ(whole.Format(52'780'000), "52780000");
}

}  // namespace
}  // namespace stowage::app
