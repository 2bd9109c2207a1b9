// What may go wrong with a binding.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/scheduler/control/scheduler_world.h"

namespace stowage::scheduler {
namespace {

TEST_F(SchedulerTest, ABindingThatWasCarriedOutButNotAnsweredIsNotRepeated) {
  Member("onprem", 1);
  int calls = 0;
  host_.on_binding = [&](const std::string&) -> std::optional<Result<kube::Response>> {
    if (calls++ > 0) return std::nullopt;
    host_.client().Bind("default", "web-0", "onprem", {}, "", [](Result<void>) {});
    return Result<kube::Response>(MakeError(ErrorCode::kUnknownOutcome, "connection lost"));
  };
  Pods(1);
  Start();
  Settle(Seconds(5));
  EXPECT_EQ(host_.bindings, 1u);
  EXPECT_EQ(calls, 2);  // the test's own is the second
  EXPECT_EQ(NodeOfPod("web-0"), "onprem");
  EXPECT_EQ(scheduler_->stats().occupants, 1u);
  EXPECT_EQ(scheduler_->stats().assumed, 0u);
}

TEST_F(SchedulerTest, ABindingThatWasLostIsMadeAgain) {
  Member("onprem", 1);
  int failures = 3;
  host_.on_binding = [&](const std::string&) -> std::optional<Result<kube::Response>> {
    if (failures-- > 0)
      return Result<kube::Response>(MakeError(ErrorCode::kUnavailable, "refused"));
    return std::nullopt;
  };
  Pods(1);
  Start();
  Settle(Seconds(30));
  EXPECT_EQ(NodeOfPod("web-0"), "onprem");
  EXPECT_EQ(scheduler_->stats().bind_errors, 3u);
}

TEST_F(SchedulerTest, EveryKindOfErrorFreesTheRoomAndTriesAgain) {
  for (const auto& [status, reason] :
       std::vector<std::pair<int, std::string>>{{409, "Conflict"},
                                                {403, "Forbidden"},
                                                {422, "Invalid"},
                                                {429, "TooManyRequests"},
                                                {500, "InternalError"},
                                                {401, "Unauthorized"},
                                                {404, "NotFound"}}) {
    SCOPED_TRACE(reason);
    test::TestLoop loop;
    FakeHost host(loop.executor());
    CapacityBoard board;
    board.Set("onprem", {Shape(1)});
    host.Put(NodeOf("onprem"));
    bool first = true;
    host.on_binding = [&](const std::string&) -> std::optional<Result<kube::Response>> {
      if (!std::exchange(first, false)) return std::nullopt;
      return Result<kube::Response>(test::StatusResponse(status, reason, "no"));
    };
    for (int i = 0; i < 4; ++i) host.Put(WebPod("web-" + std::to_string(i)));
    Scheduler scheduler({loop.executor(), host.client(), board}, loop.rng());
    scheduler.Start();
    loop.RunFor(Minutes(2));
    EXPECT_EQ(host.Bound(), 4u);
    EXPECT_EQ(scheduler.stats().occupants, 4u);
    EXPECT_EQ(scheduler.stats().assumed, 0u);
    EXPECT_EQ(scheduler.stats().pending, 0u);
  }
}

TEST_F(SchedulerTest, APodThatSomebodyElseBoundIsCountedThere) {
  Member("onprem", 1);
  Member("cloud", 1);
  fleet_.clusters["cloud"].core_hour = Dollars(0.05);
  host_.on_binding = [&](const std::string& pod) -> std::optional<Result<kube::Response>> {
    if (pod != "web-0") return std::nullopt;
    kube::MutableJson doc(host_.Pod("default", "web-0").json());
    doc.Set({"spec", "nodeName"}, "cloud");
    host_.Put(kube::Object(std::move(doc).Freeze()));
    return Result<kube::Response>(test::StatusResponse(409, "Conflict", "already assigned"));
  };
  Pods(6);
  Start();
  Settle(Seconds(5));
  EXPECT_EQ(host_.BoundTo("onprem"), 4u);
  EXPECT_EQ(host_.BoundTo("cloud"), 2u);
  EXPECT_EQ(scheduler_->stats().occupants, 6u);
}

TEST_F(SchedulerTest, APodDeletedWhileItIsBoundLeavesNothingBehind) {
  host_.transport().SetLatency(Milliseconds(20));
  Member("onprem", 1);
  int deleted = 0;
  host_.on_binding = [&](const std::string& pod) -> std::optional<Result<kube::Response>> {
    if (!pod.starts_with("web-")) return std::nullopt;
    host_.Delete("Pod", {"default", pod});
    ++deleted;
    return std::nullopt;  // the binding itself comes too late
  };
  Start();
  Settle();
  Pods(4);
  Settle(Seconds(5));
  EXPECT_EQ(deleted, 4);
  EXPECT_EQ(host_.bindings, 0u);
  EXPECT_EQ(scheduler_->stats().assumed, 0u);
  EXPECT_EQ(scheduler_->stats().occupants, 0u);
  EXPECT_EQ(scheduler_->stats().pending, 0u);
  Pods(4, "next-");
  Settle(Seconds(5));
  EXPECT_EQ(host_.Bound(), 4u);
}

TEST_F(SchedulerTest, AnotherPodOfTheSameNameIsBoundForItself) {
  host_.transport().SetLatency(Milliseconds(20));
  Member("onprem", 1);
  bool first = true;
  host_.on_binding = [&](const std::string&) -> std::optional<Result<kube::Response>> {
    if (!std::exchange(first, false)) return std::nullopt;
    host_.Delete("Pod", {"default", "web"});
    host_.Put(WebPod("web").Uid("new"));
    return std::nullopt;  // refused by its UID
  };
  Start();
  Settle();
  host_.Put(WebPod("web").Uid("old"));
  Settle(Seconds(5));
  EXPECT_EQ(NodeOfPod("web"), "onprem");
  EXPECT_EQ(host_.bindings_by_uid.count("old"), 0u);
  EXPECT_EQ(host_.bindings_by_uid["new"], 1);
  EXPECT_EQ(scheduler_->stats().occupants, 1u);
}

TEST_F(SchedulerTest, WhatNoWatchConfirmsIsLookedUpAndStaysCounted) {
  Member("onprem", 1);
  Start();
  Settle();
  host_.on_binding = [&](const std::string&) -> std::optional<Result<kube::Response>> {
    host_.mute_watches = true;
    return std::nullopt;
  };
  Pods(4);
  Settle(Minutes(5));
  EXPECT_EQ(scheduler_->stats().assumed, 4u);
  EXPECT_EQ(scheduler_->stats().occupants, 4u);
  EXPECT_EQ(host_.bindings, 4u);
  host_.on_binding = nullptr;
  host_.mute_watches = false;
  Pods(1, "late-");
  Settle();
  EXPECT_EQ(NodeOfPod("late-0"), "");
  host_.TellAll();
  Settle();
  EXPECT_EQ(scheduler_->stats().assumed, 0u);
  EXPECT_EQ(scheduler_->stats().occupants, 4u);
}

TEST_F(SchedulerTest, ANodeThatGoesTakesItsRoomWithIt) {
  Member("onprem", 1);
  Start();
  Settle();
  host_.Delete("Node", {"", "onprem"});
  Pods(1);
  Settle();
  EXPECT_EQ(host_.Bound(), 0u);
}

TEST_F(SchedulerTest, TwoThatRaceBindEveryPodOnce) {
  host_.transport().SetLatency(Milliseconds(3));
  Member("onprem", 10);
  Member("cloud", 10);
  Start();
  Scheduler other({loop_.executor(), host_.client(), board_}, loop_.rng("other"));
  other.Start();
  Settle();
  Pods(60);
  Settle(Seconds(30));
  EXPECT_EQ(host_.Bound(), 60u);
  for (const auto& [uid, count] : host_.bindings_by_uid) EXPECT_EQ(count, 1) << uid;
  EXPECT_EQ(scheduler_->stats().occupants, 60u);
  EXPECT_EQ(other.stats().occupants, 60u);
  EXPECT_EQ(other.stats().assumed, 0u);
}

TEST_F(SchedulerTest, ARestartInTheMiddleGoesOnFromTheApiServer) {
  host_.transport().SetLatency(Milliseconds(10));
  Member("onprem", 20);
  Pods(70);
  Start();
  Settle(Milliseconds(35));  // some bound, some under way, some waiting
  scheduler_.reset();
  const uint64_t before = host_.bindings;
  EXPECT_GT(before, 0u);
  EXPECT_LT(before, 80u);
  Start();
  Settle(Seconds(10));
  EXPECT_EQ(host_.Bound(), 70u);
  EXPECT_EQ(scheduler_->stats().occupants, 70u);
  for (const auto& [uid, count] : host_.bindings_by_uid) EXPECT_EQ(count, 1) << uid;
}

TEST_F(SchedulerTest, NothingIsWrittenAfterStop) {
  Member("onprem", 10);
  Start();
  Settle();
  Pods(10);
  scheduler_->Stop();
  Settle(Minutes(2));
  EXPECT_EQ(host_.bindings, 0u);
  EXPECT_TRUE(host_.events.empty());
}

TEST_F(SchedulerTest, APodOutOfRangeIsToldSoAndDisturbsNobody) {
  Member("onprem", 1);
  host_.Put(MakePod("default", "absurd").Scheduler("stowage").Requests({{"memory", "8Ei"}}));
  Pods(2);
  Start();
  Settle();
  EXPECT_EQ(host_.Bound(), 2u);
  EXPECT_THAT(LastEvent("FailedScheduling"), HasSubstr("demand.memory"));
}

}  // namespace
}  // namespace stowage::scheduler
