#include "kube/controller/work_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kube/controller/controller.h"
#include "test/support/test_loop.h"

namespace stowage::kube {
namespace {

class WorkQueueTest : public ::testing::Test {
 protected:
  std::vector<std::string> TakeAll() {
    std::vector<std::string> out;
    std::string key;
    while (queue_.Take(key)) out.push_back(key);
    return out;
  }
  using Keys = std::vector<std::string>;
  test::TestLoop loop_;
  int wakes_ = 0;
  BackoffOptions backoff_{.min = Milliseconds(100), .max = Seconds(10), .factor = 2, .jitter = 0};
  WorkQueue<std::string> queue_{loop_.executor(), loop_.rng(), backoff_, [this] { ++wakes_; }};
};

TEST_F(WorkQueueTest, IsFair) {
  for (const char* key : {"c", "a", "b"}) queue_.Add(key);
  EXPECT_EQ(TakeAll(), (Keys{"c", "a", "b"}));
  EXPECT_EQ(wakes_, 3);
}

TEST_F(WorkQueueTest, IsStingy) {
  queue_.Add("a");
  queue_.Add("b");
  queue_.Add("a");
  EXPECT_EQ(TakeAll(), (Keys{"a", "b"}));
}

TEST_F(WorkQueueTest, AKeyAddedWhileWorkedOnComesAgainOnceAfterwards) {
  queue_.Add("a");
  std::string key;
  ASSERT_TRUE(queue_.Take(key));
  queue_.Add("a");
  queue_.Add("a");
  EXPECT_FALSE(queue_.Take(key)) << "never twice at the same time";
  queue_.Done("a");
  EXPECT_EQ(TakeAll(), (Keys{"a"}));
  queue_.Done("a");
  EXPECT_TRUE(queue_.idle());
}

TEST_F(WorkQueueTest, TheEarlierOfSeveralDelaysCounts) {
  queue_.AddAfter("a", Seconds(10));
  queue_.AddAfter("a", Seconds(2));
  queue_.AddAfter("a", Seconds(20));
  EXPECT_EQ(queue_.waiting(), 1u);
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(TakeAll(), Keys{});
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(TakeAll(), Keys{"a"});
  queue_.Done("a");
  loop_.RunFor(Seconds(30));
  EXPECT_TRUE(queue_.idle());
}

TEST_F(WorkQueueTest, AddingNowEndsAWait) {
  queue_.AddAfter("a", Seconds(10));
  queue_.Add("a");
  EXPECT_EQ(TakeAll(), Keys{"a"});
  queue_.Done("a");
  loop_.RunFor(Seconds(20));
  EXPECT_TRUE(queue_.idle());
}

TEST_F(WorkQueueTest, FailuresComeBackEverLaterUntilForgotten) {
  for (int i = 0; i < 3; ++i) {
    queue_.AddRateLimited("a");
    loop_.RunFor(Milliseconds((100 << i) - 1));
    EXPECT_EQ(queue_.ready(), 0u) << i;
    loop_.RunFor(Milliseconds(1));
    EXPECT_EQ(TakeAll(), Keys{"a"});
    queue_.Done("a");
  }
  EXPECT_EQ(queue_.failures("a"), 3);
  queue_.Forget("a");
  queue_.AddRateLimited("a");
  loop_.RunFor(Milliseconds(100));
  EXPECT_EQ(queue_.ready(), 1u);
}

TEST_F(WorkQueueTest, HonoursRetryAfter) {
  queue_.AddRateLimited("a", Seconds(5));
  loop_.RunFor(Seconds(4));
  EXPECT_EQ(queue_.ready(), 0u);
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(queue_.ready(), 1u);
}

TEST_F(WorkQueueTest, AfterShutdownNothingComesInOrOut) {
  queue_.Add("a");
  queue_.AddAfter("b", Seconds(1));
  queue_.Shutdown();
  queue_.Add("c");
  queue_.AddAfter("d", Seconds(1));
  loop_.RunFor(Seconds(5));
  EXPECT_EQ(TakeAll(), Keys{});
  EXPECT_TRUE(queue_.idle());
}

TEST(Backoff, GrowsToItsLimitAndNeverPast) {
  Rng rng(1);
  const BackoffOptions o{.min = Milliseconds(50), .max = Minutes(5), .factor = 2, .jitter = 0};
  EXPECT_EQ(BackoffDelay(o, 0, rng), Milliseconds(50));
  EXPECT_EQ(BackoffDelay(o, 1, rng), Milliseconds(50));
  EXPECT_EQ(BackoffDelay(o, 4, rng), Milliseconds(400));
  EXPECT_EQ(BackoffDelay(o, 1000000000, rng), Minutes(5));
}

TEST(Backoff, JitterStaysWithinItsShare) {
  Rng rng(1);
  const BackoffOptions o{.min = Seconds(1), .max = Seconds(1), .factor = 2, .jitter = 0.5};
  Duration least = Seconds(9), most{0};
  for (int i = 0; i < 1000; ++i) {
    const Duration d = BackoffDelay(o, 1, rng);
    least = std::min(least, d);
    most = std::max(most, d);
  }
  EXPECT_GE(least, Seconds(1));
  EXPECT_LT(least, Milliseconds(1050));
  EXPECT_LE(most, Milliseconds(1500));
  EXPECT_GT(most, Milliseconds(1450));
}

class ControllerTest : public ::testing::Test {
 protected:
  using StringController = Controller<std::string>;
  void Make(int workers) {
    controller_ = std::make_unique<StringController>(
        loop_.executor(), loop_.rng(),
        StringController::Options{.name = "test", .workers = workers, .backoff = {.jitter = 0}},
        [this](const std::string& key, StringController::Done done) {
          steps_.push_back(key);
          under_way_.push_back(std::move(done));
        });
    controller_->Start();
  }
  test::TestLoop loop_;
  std::vector<std::string> steps_;
  std::vector<StringController::Done> under_way_;
  std::unique_ptr<StringController> controller_;
};

TEST_F(ControllerTest, RunsAsManyStepsAsItHasWorkers) {
  Make(2);
  for (const char* key : {"a", "b", "c"}) controller_->Enqueue(key);
  loop_.RunPosted();
  EXPECT_EQ(steps_, (std::vector<std::string>{"a", "b"}));
  under_way_[0](Outcome::Ok());
  loop_.RunPosted();
  EXPECT_EQ(steps_.size(), 3u);
}

TEST_F(ControllerTest, AStepThatFailsComesBack) {
  Make(1);
  controller_->Enqueue("a");
  loop_.RunPosted();
  under_way_[0](Outcome::Fail({ErrorCode::kUnavailable, "down", Seconds(3)}));
  under_way_[0](Outcome::Ok());  // a second answer changes nothing
  loop_.RunFor(Seconds(2));
  EXPECT_EQ(steps_.size(), 1u);
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(steps_.size(), 2u);
  EXPECT_EQ(controller_->errors(), 1u);
  under_way_[1](Outcome::Again(Seconds(10)));
  loop_.RunFor(Seconds(10));
  EXPECT_EQ(steps_.size(), 3u);
}

TEST_F(ControllerTest, AnAnswerAfterItsEndIsHarmless) {
  Make(1);
  controller_->Enqueue("a");
  loop_.RunPosted();
  controller_.reset();
  under_way_[0](Outcome::Ok());
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(steps_.size(), 1u);
}

}  // namespace
}  // namespace stowage::kube
