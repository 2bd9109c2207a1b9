#include "scheduler/control/pending_queue.h"

#include <gtest/gtest.h>

#include "test/support/test_loop.h"

namespace stowage::scheduler {
namespace {

using kube::NamespacedName;

class PendingQueueTest : public testing::Test {
 protected:
  static NamespacedName Key(const std::string& name) { return {"default", name}; }
  std::vector<std::string> TakeNames() {
    std::vector<std::string> names;
    for (const NamespacedName& key : queue_.Take(100)) names.push_back(key.name);
    return names;
  }
  using Names = std::vector<std::string>;

  test::TestLoop loop_;
  int wakes_ = 0;
  PendingQueue queue_{loop_.executor(),
                      loop_.rng(),
                      {.min = Seconds(1), .max = Seconds(10), .jitter = 0},
                      Seconds(60),
                      [this] { ++wakes_; }};
};

TEST_F(PendingQueueTest, HandsPodsOutByAge) {
  queue_.Add(Key("b"), "1");
  queue_.Add(Key("a"), "2");
  queue_.Add(Key("b"), "1");
  EXPECT_EQ(TakeNames(), (Names{"b", "a"}));
  EXPECT_EQ(TakeNames(), Names{});
  EXPECT_EQ(wakes_, 2);
}

TEST_F(PendingQueueTest, FailuresWaitLongerAndLonger) {
  queue_.Add(Key("a"), "1");
  for (const int64_t seconds : {1, 2, 4, 8, 10, 10}) {
    ASSERT_EQ(TakeNames(), Names{"a"});
    queue_.Failed(Key("a"), Duration(0));
    loop_.RunFor(Seconds(seconds) - Microseconds(1));
    ASSERT_EQ(TakeNames(), Names{});
    loop_.RunFor(Microseconds(1));
  }
  ASSERT_EQ(TakeNames(), Names{"a"});
  queue_.Failed(Key("a"), Seconds(30));
  loop_.RunFor(Seconds(29));
  EXPECT_EQ(TakeNames(), Names{});
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(TakeNames(), Names{"a"});
}

TEST_F(PendingQueueTest, UnschedulablePodsWaitForAChangeOrALongTime) {
  queue_.Add(Key("a"), "1");
  TakeNames();
  queue_.Unschedulable(Key("a"));
  loop_.RunFor(Seconds(59));
  EXPECT_EQ(TakeNames(), Names{});
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(TakeNames(), Names{"a"});
  queue_.Unschedulable(Key("a"));
  loop_.RunFor(Seconds(5));
  queue_.MoveAll();
  EXPECT_EQ(TakeNames(), Names{"a"});
}

TEST_F(PendingQueueTest, AChangeDoesNotCutABackOffShort) {
  queue_.Add(Key("a"), "1");
  TakeNames();
  queue_.Unschedulable(Key("a"));
  queue_.MoveAll();
  EXPECT_EQ(TakeNames(), Names{});
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(TakeNames(), Names{"a"});
}

TEST_F(PendingQueueTest, AChangeDuringTheRoundIsNotMissed) {
  queue_.Add(Key("a"), "1");
  TakeNames();
  queue_.MoveAll();
  queue_.Unschedulable(Key("a"));
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(TakeNames(), Names{"a"});
}

TEST_F(PendingQueueTest, AVerdictOnAPodThatIsGoneOrNewChangesNothing) {
  queue_.Add(Key("a"), "1");
  TakeNames();
  queue_.Remove(Key("a"));
  queue_.Unschedulable(Key("a"));
  EXPECT_TRUE(queue_.empty());
  queue_.Add(Key("a"), "1");
  TakeNames();
  queue_.Add(Key("a"), "2");
  queue_.Unschedulable(Key("a"));
  EXPECT_EQ(TakeNames(), Names{"a"});
  EXPECT_EQ(queue_.taken(), 1u);
}

TEST_F(PendingQueueTest, AnEditedPodIsTriedAtOnce) {
  queue_.Add(Key("a"), "1");
  TakeNames();
  queue_.Unschedulable(Key("a"));
  queue_.Touch(Key("a"));
  EXPECT_EQ(TakeNames(), Names{"a"});
}

}  // namespace
}  // namespace stowage::scheduler
