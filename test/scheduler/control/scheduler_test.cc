#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/scheduler/control/scheduler_world.h"

namespace stowage::scheduler {
namespace {

TEST_F(SchedulerTest, BindsAPendingPodAtOnceAndSaysWhy) {
  fleet_.clusters["onprem"].core_hour = Dollars(0.02);
  fleet_.clusters["cloud"].core_hour = Dollars(0.05);
  Member("onprem", 1);
  Member("cloud", 1);
  Start();
  Settle();
  host_.Put(WebPod("web-1"));
  loop_.RunFor(Microseconds(1));
  EXPECT_EQ(NodeOfPod("web-1"), "onprem");
  EXPECT_EQ(LastEvent("Scheduled"), "Successfully assigned default/web-1 to onprem");
  const kube::Json why = Why("web-1");
  EXPECT_EQ(why["cluster"].str(), "onprem");
  EXPECT_EQ(why["costPerHour"].str(), "$0.02");
  EXPECT_EQ(why["terms"]["capacity"].str(), "$0.02");
  EXPECT_EQ(why["runnerUp"].str(), "cloud");
  EXPECT_EQ(why["difference"].str(), "$0.03");
  EXPECT_EQ(why["gapPercent"].str(), "0.00");
}

TEST_F(SchedulerTest, LeavesPodsOfOthersGatedAndDeletedOnesAlone) {
  Member("onprem", 1);
  host_.Put(MakePod("default", "other").Scheduler("default-scheduler"));
  host_.Put(WebPod("gated").Gate("example.com/wait"));
  host_.Put(WebPod("leaving").Deleting());
  host_.Put(WebPod("done").Phase("Succeeded"));
  Start();
  Settle(Minutes(3));
  EXPECT_EQ(host_.bindings, 0u);
  EXPECT_EQ(scheduler_->stats().pending, 0u);
  host_.Put(WebPod("gated"));
  Settle();
  EXPECT_EQ(NodeOfPod("gated"), "onprem");
}

TEST_F(SchedulerTest, FillsTheCheapestThenTheNextAndTellsTheRest) {
  fleet_.clusters["cloud"].core_hour = Dollars(0.05);
  Member("onprem", 1);
  Member("cloud", 2);
  Pods(15);
  Start();
  Settle();
  EXPECT_EQ(host_.BoundTo("onprem"), 4u);
  EXPECT_EQ(host_.BoundTo("cloud"), 8u);
  EXPECT_EQ(scheduler_->stats().pending, 3u);
  EXPECT_EQ(host_.conditions.size(), 3u);
  EXPECT_THAT(LastEvent("FailedScheduling"), HasSubstr("0/2 nodes are available"));
}

TEST_F(SchedulerTest, SaysOfEveryClusterWhyNot) {
  Member("onprem", 1);
  Member("cloud", 1);
  Member("edge", 1);
  host_.Put(MakeNode("edge").Label(kube::kLabelCluster, "edge").Unschedulable());
  host_.Put(MakeNode("cloud")
                .Label(kube::kLabelCluster, "cloud")
                .Taint("dedicated", "gpu", "NoSchedule"));
  host_.Put(MakePod("default", "big").Scheduler("stowage").Requests({{"cpu", "6"}}));
  Start();
  Settle();
  EXPECT_EQ(
      LastEvent("FailedScheduling"),
      "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint "
      "{dedicated: gpu}, 1 node(s) were unschedulable. onprem: needs cpu 6, the most free on a "
      "node is 4.");
  EXPECT_EQ(host_.conditions, std::vector<std::string>{LastEvent("FailedScheduling")});
}

TEST_F(SchedulerTest, WithoutClustersPodsWaitAndAreWokenByTheFirst) {
  Pods(1);
  Start();
  Settle();
  EXPECT_THAT(LastEvent("FailedScheduling"), HasSubstr("no cluster has joined yet"));
  Member("onprem", 1);
  Settle(Seconds(3));  // its back-off
  EXPECT_EQ(NodeOfPod("web-0"), "onprem");
}

TEST_F(SchedulerTest, CapacityThatComesWakesThoseThatWait) {
  Member("onprem", 1);
  Pods(6);
  Start();
  Settle(Seconds(20));
  EXPECT_EQ(host_.Bound(), 4u);
  board_.Set("onprem", {Shape(2)});
  Settle();
  EXPECT_EQ(host_.Bound(), 6u);
}

TEST_F(SchedulerTest, APodThatLeavesMakesRoomForOneThatWaits) {
  Member("onprem", 1);
  Pods(5);
  Start();
  Settle(Seconds(20));
  EXPECT_EQ(host_.Bound(), 4u);
  std::string bound;
  for (int i = 0; i < 5 && bound.empty(); ++i) {
    const std::string name = "web-" + std::to_string(i);
    if (!NodeOfPod(name).empty()) bound = name;
  }
  host_.Delete("Pod", {"default", bound});
  Settle();
  EXPECT_EQ(host_.Bound(), 4u);
  EXPECT_EQ(scheduler_->stats().pending, 0u);
}

TEST_F(SchedulerTest, CapacityThatShrinksIsNeverExceededByNewPods) {
  Member("onprem", 2);
  Pods(3);
  Start();
  Settle();
  board_.Set("onprem", {Shape(1)});
  Pods(5, "more-");
  Settle();
  EXPECT_EQ(host_.Bound(), 4u);
}

TEST_F(SchedulerTest, NodesThatAreNotReadyTakeOnlyPodsThatTolerateIt) {
  Member("onprem", 1);
  host_.Put(MakeNode("onprem").Label(kube::kLabelCluster, "onprem").Ready(false));
  host_.Put(WebPod("web"));
  host_.Put(WebPod("brave").Toleration(kube::kTaintNotReady, "Exists"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("web"), "");
  EXPECT_EQ(NodeOfPod("brave"), "onprem");
  host_.Put(NodeOf("onprem"));
  Settle(Seconds(3));
  EXPECT_EQ(NodeOfPod("web"), "onprem");
}

TEST_F(SchedulerTest, SelectorsReadTheLabelsOfClustersAndOfTheirNodes) {
  MemberShape ssd = Shape(1);
  ssd.labels["disk"] = "ssd";
  board_.Set("cloud", {Shape(1), ssd});
  Member("onprem", 1);
  host_.Put(MakeNode("cloud").Label(kube::kLabelCluster, "cloud").Label("tier", "public"));
  host_.Put(WebPod("fast").NodeSelector("disk", "ssd").NodeSelector("tier", "public"));
  host_.Put(WebPod("nowhere").NodeSelector("disk", "tape"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("fast"), "cloud");
  EXPECT_EQ(NodeOfPod("nowhere"), "");
  EXPECT_THAT(LastEvent("FailedScheduling"),
              HasSubstr("2 node(s) didn't match Pod's node affinity/selector"));
}

TEST_F(SchedulerTest, PricesMayChangeAtRunTime) {
  fleet_.clusters["a"].core_hour = Dollars(0.01);
  fleet_.clusters["b"].core_hour = Dollars(0.02);
  Member("a", 1);
  Member("b", 1);
  Start();
  Settle();
  host_.Put(WebPod("first"));
  Settle();
  fleet_.clusters["b"].core_hour = Dollars(0.005);
  scheduler_->SetFleet(fleet_);
  host_.Put(WebPod("second"));
  Settle();
  EXPECT_EQ(NodeOfPod("first"), "a");
  EXPECT_EQ(NodeOfPod("second"), "b");
}

TEST_F(SchedulerTest, LatencyToTheClientsCountsAsMoney) {
  fleet_.clusters["near"] = {.region = "eu-west", .core_hour = Dollars(0.05)};
  fleet_.clusters["far"] = {.region = "us-east", .core_hour = Dollars(0.04)};
  fleet_.links = {{"eu-west", "eu-central", 20'000}, {"eu-west", "us-east", 70'000}};
  fleet_.defaults.latency_sources = {{"eu-central", 1'000'000}};
  fleet_.defaults.cost_per_ms = Dollars(0.001);
  Member("near", 1);
  Member("far", 1);
  host_.Put(WebPod("web"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("web"), "near");
  EXPECT_EQ(Why("web")["terms"]["latency"].str(), "$0.02");
  EXPECT_EQ(Why("web")["costPerHour"].str(), "$0.07");
  EXPECT_EQ(Why("web")["difference"].str(), "$0.06");
}

TEST_F(SchedulerTest, ElasticPoolsAreUsedWhenStandingRoomEnds) {
  fleet_.clusters["cloud"].pools = {
      {.name = "m5",
       .allocatable = {{"cpu", 2000}, {"memory", 8 * kGi}, {"pods", 50}},
       .nodes_max = 2,
       .node_hour = Dollars(0.1)}};
  Member("onprem", 1);
  Member("cloud", 0);
  Pods(9);
  Start();
  Settle();
  EXPECT_EQ(host_.BoundTo("onprem"), 4u);
  EXPECT_EQ(host_.BoundTo("cloud"), 4u);
  EXPECT_EQ(scheduler_->stats().pending, 1u);
}

TEST_F(SchedulerTest, AClusterThatIsNotKnownYetTakesNothing) {
  board_.Expect("onprem");
  host_.Put(MakeNode("onprem")
                .Label(kube::kLabelCluster, "onprem")
                .Allocatable({{"cpu", "100"}, {"memory", "1Ti"}, {"pods", "1000"}}));
  Pods(1);
  Start();
  Settle();
  EXPECT_EQ(host_.Bound(), 0u);
  EXPECT_THAT(LastEvent("FailedScheduling"), HasSubstr("had no known capacity"));
  board_.Set("onprem", {Shape(1)});
  Settle(Seconds(3));
  EXPECT_EQ(host_.Bound(), 1u);
}

TEST_F(SchedulerTest, AMemberWithoutShapesIsTakenAsOneNode) {
  host_.Put(MakeNode("edge")
                .Label(kube::kLabelCluster, "edge")
                .Allocatable({{"cpu", "2"}, {"memory", "8Gi"}, {"pods", "10"}}));
  Pods(3);
  Start();
  Settle();
  EXPECT_EQ(host_.BoundTo("edge"), 2u);
}

TEST_F(SchedulerTest, AThousandPodsAreBoundWithBoundedCallsUnderWay) {
  host_.transport().SetLatency(Milliseconds(10));
  Member("onprem", 300);
  Start();
  Settle();
  Pods(1000);
  // 64 under way at 10 ms each: 16 turns.
  ASSERT_TRUE(loop_.RunUntil([&] { return host_.Bound() == 1000; }, Milliseconds(200)));
  Settle();
  EXPECT_EQ(host_.bindings, 1000u);
  EXPECT_EQ(scheduler_->stats().bound, 1000u);
  EXPECT_EQ(scheduler_->stats().assumed, 0u);
  EXPECT_EQ(scheduler_->stats().occupants, 1000u);
}

}  // namespace
}  // namespace stowage::scheduler
