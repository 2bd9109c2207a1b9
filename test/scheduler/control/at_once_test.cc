// Pods that come between rounds and need none.
#include "base/random/rng.h"
#include "test/scheduler/control/scheduler_world.h"

namespace stowage::scheduler {
namespace {

class AtOnceTest : public SchedulerTest {
 protected:
  void StartLane() {
    SchedulerOptions options;
    options.fast_lane_from = 0;  // also after rounds that cost next to nothing
    Start(options);
    Settle();
  }
  // Two members and a first pod, which takes a round.
  void Begin() {
    fleet_.clusters["onprem"].core_hour = Dollars(0.02);
    fleet_.clusters["cloud"].core_hour = Dollars(0.05);
    Member("onprem", 1);
    Member("cloud", 1);
    StartLane();
    host_.Put(WebPod("first"));
    Settle();
    ASSERT_EQ(NodeOfPod("first"), "onprem");
    ASSERT_EQ(scheduler_->stats().rounds, 1u);
  }
  uint64_t Rounds() { return scheduler_->stats().rounds; }
  uint64_t AtOnce() { return scheduler_->stats().at_once; }
};

TEST_F(AtOnceTest, APodThatComesAfterARoundNeedsNone) {
  Begin();
  host_.Put(WebPod("second"));
  Settle();
  EXPECT_EQ(NodeOfPod("second"), "onprem");
  EXPECT_EQ(Rounds(), 1u);
  EXPECT_EQ(AtOnce(), 1u);
  EXPECT_EQ(LastEvent("Scheduled"), "Successfully assigned default/second to onprem");
  const kube::Json why = Why("second");
  EXPECT_EQ(why["cluster"].str(), "onprem");
  EXPECT_EQ(why["costPerHour"].str(), "$0.02");
  EXPECT_EQ(why["runnerUp"].str(), "cloud");
  EXPECT_EQ(why["round"].str(), Why("first")["round"].str());
  EXPECT_EQ(why["solver"].str(), "fast lane");
  EXPECT_FALSE(why["gapPercent"].exists());
  EXPECT_FALSE(Why("first")["solver"].exists());
}

TEST_F(AtOnceTest, ClassesThatTheRoundDidNotKnowArePlacedToo) {
  Begin();
  host_.Put(WebPod("large").Requests({{"cpu", "3500m"}, {"memory", "1Gi"}}));
  Settle();
  EXPECT_EQ(NodeOfPod("large"), "cloud");
  EXPECT_EQ(AtOnce(), 1u);
}

TEST_F(AtOnceTest, RoomIsCountedFromPodToPod) {
  Begin();
  for (int i = 0; i < 9; ++i) {
    host_.Put(WebPod("web-" + std::to_string(i)));
    Settle();
  }
  EXPECT_EQ(host_.BoundTo("onprem"), 4u);
  EXPECT_EQ(host_.BoundTo("cloud"), 4u);
  EXPECT_EQ(AtOnce(), 7u);
  // What has no place is for a round, which says why.
  EXPECT_EQ(Rounds(), 3u);
  EXPECT_EQ(scheduler_->stats().pending, 2u);
  EXPECT_THAT(LastEvent("FailedScheduling"), HasSubstr("2 Insufficient cpu"));
}

TEST_F(AtOnceTest, AfterAnyOtherChangeARoundLooksAtItAll) {
  Begin();
  host_.Delete("Pod", {"default", "first"});
  Settle();
  host_.Put(WebPod("second"));
  Settle();
  EXPECT_EQ(Rounds(), 2u);
  Member("edge", 1);  // free of charge
  Settle();
  host_.Put(WebPod("third"));
  Settle();
  EXPECT_EQ(NodeOfPod("third"), "edge");
  EXPECT_EQ(Rounds(), 3u);
  fleet_.clusters["edge"].core_hour = Dollars(0.5);
  scheduler_->SetFleet(fleet_);
  host_.Put(WebPod("fourth"));
  Settle();
  EXPECT_EQ(NodeOfPod("fourth"), "onprem");
  EXPECT_EQ(Rounds(), 4u);
  EXPECT_EQ(AtOnce(), 0u);
}

TEST_F(AtOnceTest, GangsAndCrowdsTakeARound) {
  Begin();
  host_.Put(WebPod("member").Label("scheduling.x-k8s.io/pod-group", "g"));
  Settle();
  EXPECT_EQ(Rounds(), 2u);
  Member("large", 20);
  Settle();
  host_.Put(WebPod("next"));  // the round that knows the new member
  Settle();
  EXPECT_EQ(Rounds(), 3u);
  Pods(40);
  Settle();
  EXPECT_EQ(Rounds(), 4u);
  EXPECT_EQ(AtOnce(), 0u);
}

// The same pods come and go with and without the lane; neither packs more onto a member than fits.
TEST_F(AtOnceTest, MembersAreNeverOverfullWhoeverComesAndGoes) {
  Begin();
  Rng rng(7);
  std::vector<std::string> pods = {"first"};
  for (int i = 0; i < 300; ++i) {
    if (rng.Chance(0.15) && !pods.empty()) {
      const size_t gone = rng.Below(pods.size());
      host_.Delete("Pod", {"default", pods[gone]});
      pods.erase(pods.begin() + static_cast<ptrdiff_t>(gone));
    } else if (pods.size() < 8) {
      pods.push_back("web-" + std::to_string(i));
      host_.Put(WebPod(pods.back()));
    }
    Settle(Milliseconds(rng.Between(1, 20)));
    ASSERT_LE(host_.BoundTo("onprem"), 4u);
    ASSERT_LE(host_.BoundTo("cloud"), 4u);
  }
  Settle(Minutes(2));
  for (const std::string& pod : pods) EXPECT_NE(NodeOfPod(pod), "") << pod;
  EXPECT_GT(AtOnce(), 10u);
  EXPECT_GT(Rounds(), 20u);
}

}  // namespace
}  // namespace stowage::scheduler
