#include "vkubelet/pod/pod_controller.h"

#include <gtest/gtest.h>

#include "test/vkubelet/world.h"
#include "vkubelet/pod/pod_status.h"

namespace stowage::vkubelet {
namespace {

using providers::MemoryMember;
using Fault = MemoryMember::Fault;

class PodControllerTest : public ::testing::Test {
 protected:
  PodControllerTest() { Begin(); }

  void Begin() {
    provider = std::make_unique<providers::MemoryProvider>(world.executor(), member, "m1");
    controller = std::make_unique<PodController>(
        PodController::Deps{world.executor(), world.client, world.loop.rng("pods")});
    MemberHooks hooks;
    hooks.sweep_allowance = [this] { return allowance; };
    hooks.on_sweep_held = [this](std::optional<std::string> why) { held = std::move(why); };
    controller->AddNode("m1", *provider, std::move(hooks));
    controller->Start();
  }
  // What `kill -9` and a new process do.
  void Crash() {
    controller.reset();
    provider.reset();
  }
  void Run(Duration span) { world.loop.RunFor(span); }
  bool Until(const std::function<bool()>& f, Duration limit = Minutes(2)) {
    const MonotonicTime end = world.executor().Now() + limit;
    while (!f()) {
      if (world.executor().Now() >= end) return false;
      Run(Milliseconds(50));
    }
    return true;
  }
  bool UntilPhase(const std::string& pod, const std::string& phase) {
    return Until([&] { return world.Phase(pod) == phase; });
  }
  bool Gone(const std::string& pod) {
    const auto found = world.Pod(pod);
    return !found && found.error().code == ErrorCode::kNotFound;
  }
  bool CopyOf(const std::string& uid) {
    for (const auto& [key, copy] : member.copies()) {
      if (copy.pod.ref.uid == uid) return true;
    }
    return false;
  }

  World world;
  MemoryMember member{world.executor(), world.loop.rng("member")};
  int64_t allowance = 0;
  std::optional<std::string> held;
  std::unique_ptr<providers::MemoryProvider> provider;
  std::unique_ptr<PodController> controller;
};

TEST_F(PodControllerTest, RunsAPodInTheMemberAndTellsTheHost) {
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  EXPECT_EQ(member.starts(uid), 1);
  const auto pod = world.Pod("web");
  EXPECT_TRUE(kube::PodView(*pod).ready());
  EXPECT_FALSE(pod->status()["podIP"].str().empty());
  EXPECT_EQ(pod->status()["qosClass"].str(), "BestEffort");
}

TEST_F(PodControllerTest, LeavesPodsOfOtherNodesAlone) {
  world.AddPod("elsewhere", "real-node");
  Run(Seconds(30));
  EXPECT_TRUE(member.copies().empty());
}

TEST_F(PodControllerTest, ServesANodeThatIsAddedLaterAndLeavesOneThatIsRemoved) {
  const std::string uid = world.AddPod("late", "m2");
  Run(Seconds(5));
  MemoryMember second(world.executor(), world.loop.rng("second"));
  providers::MemoryProvider provider2(world.executor(), second, "m2");
  controller->AddNode("m2", provider2);
  ASSERT_TRUE(UntilPhase("late", "Running"));
  EXPECT_EQ(second.starts(uid), 1);
  controller->RemoveNode("m2");
  world.Delete("late");
  Run(Seconds(60));
  EXPECT_EQ(second.copies().size(), 1u);
}

TEST_F(PodControllerTest, RemovesTheHostPodOnlyWhenTheCopyIsGone) {
  member.dials.stop_after = Seconds(20);
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  world.Delete("web", 30);
  Run(Seconds(15));
  EXPECT_FALSE(Gone("web"));
  EXPECT_TRUE(CopyOf(uid));
  ASSERT_TRUE(Until([&] { return Gone("web"); }));
  EXPECT_FALSE(CopyOf(uid));
}

TEST_F(PodControllerTest, PassesAShorterGraceOn) {
  member.dials.stop_after = Hours(1);
  world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  world.Delete("web", 600);
  Run(Seconds(20));
  EXPECT_FALSE(Gone("web"));
  world.Delete("web", 2);
  Run(Seconds(5));
  EXPECT_TRUE(Gone("web"));
}

TEST_F(PodControllerTest, RemovesAPodThatNeverReachedTheMember) {
  member.FaultNext("CreatePod", Fault::kError, {ErrorCode::kInvalid, "no", std::nullopt});
  world.AddPod("web");
  Run(Seconds(5));
  world.Delete("web");
  EXPECT_TRUE(Until([&] { return Gone("web"); }, Seconds(5)));
}

TEST_F(PodControllerTest, LooksBeforeItRepeatsACreateWhoseAnswerWasLost) {
  member.FaultNext("CreatePod", Fault::kLostAnswer);
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  EXPECT_EQ(member.starts(uid), 1);
}

TEST_F(PodControllerTest, NeverCreatesWhileTheMemberOnlySaysThatItDoesNotKnow) {
  for (int i = 0; i < 5; ++i) member.FaultNext("GetPod", Fault::kError);
  const std::string uid = world.AddPod("web");
  Run(Milliseconds(100));
  EXPECT_EQ(member.starts(uid), 0);
  ASSERT_TRUE(UntilPhase("web", "Running"));
  EXPECT_EQ(member.starts(uid), 1);
}

TEST_F(PodControllerTest, RepeatsACreateThatKeepsFailingEverMoreSeldom) {
  for (int i = 0; i < 20; ++i) member.FaultNext("CreatePod", Fault::kError);
  const std::string uid = world.AddPod("web");
  Run(Seconds(10));
  EXPECT_EQ(member.starts(uid), 0) << "twenty creates in ten seconds";
}

TEST_F(PodControllerTest, FailsAPodThatBeganAndIsLostAndNeverStartsItAgain) {
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  member.LosePod("default", "web");
  ASSERT_TRUE(UntilPhase("web", "Failed"));
  const auto pod = world.Pod("web");
  EXPECT_EQ(pod->status()["reason"].str(), kReasonLost);
  EXPECT_FALSE(kube::PodView(*pod).ready());
  EXPECT_TRUE(pod->status()["containerStatuses"].At(0)["state"]["terminated"].is_object());
  Run(Minutes(10));
  EXPECT_EQ(member.starts(uid), 1);
  EXPECT_EQ(world.Phase("web"), "Failed");
  EXPECT_TRUE(world.HasEvent("web", std::string(kReasonLost)));
}

TEST_F(PodControllerTest, FailsAPodThatWasLostWhileNobodyLooked) {
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  Crash();
  member.LoseAllPods();
  Begin();
  ASSERT_TRUE(UntilPhase("web", "Failed"));
  EXPECT_EQ(member.starts(uid), 1);
}

TEST_F(PodControllerTest, SaysNothingOfPodsWhileTheMemberIsUnreachable) {
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  member.SetReachable(false);
  controller->SetReachable("m1", false);
  // What the node lifecycle controller writes meanwhile stands.
  world.Patch(kube::kPods, "default", "web",
              R"({"status":{"conditions":[{"type":"Ready","status":"False"}]}})", "status");
  Run(Minutes(5));
  EXPECT_EQ(world.Phase("web"), "Running");
  EXPECT_FALSE(kube::PodView(*world.Pod("web")).ready());
  member.SetReachable(true);
  controller->SetReachable("m1", true);
  ASSERT_TRUE(Until([&] { return kube::PodView(*world.Pod("web")).ready(); }, Seconds(5)));
  EXPECT_EQ(member.starts(uid), 1);
}

TEST_F(PodControllerTest, DeletesTheOldCopyFirstThingWhenTheMemberIsBack) {
  const std::string old_uid = world.AddPod("db-0");
  ASSERT_TRUE(UntilPhase("db-0", "Running"));
  member.SetReachable(false);
  controller->SetReachable("m1", false);
  world.Delete("db-0", 0);
  const std::string uid = world.AddPod("db-0");
  Run(Minutes(1));
  EXPECT_TRUE(CopyOf(old_uid));
  member.SetReachable(true);
  controller->SetReachable("m1", true);
  ASSERT_TRUE(UntilPhase("db-0", "Running"));
  EXPECT_FALSE(CopyOf(old_uid));
  EXPECT_EQ(member.starts(uid), 1);
}

TEST_F(PodControllerTest, WaitsForTheCopyOfAnOlderPodOfTheSameName) {
  member.dials.stop_after = Seconds(8);
  const std::string old_uid = world.AddPod("db-0");
  ASSERT_TRUE(UntilPhase("db-0", "Running"));
  world.Delete("db-0", 0);
  const std::string uid = world.AddPod("db-0");
  Run(Seconds(6));
  EXPECT_TRUE(CopyOf(old_uid));
  EXPECT_EQ(member.starts(uid), 0);
  ASSERT_TRUE(UntilPhase("db-0", "Running"));
  EXPECT_EQ(member.starts(uid), 1);
}

TEST_F(PodControllerTest, KeepsAPodPendingWhoseNameAForeignPodHolds) {
  member.PutForeignPod("default", "web");
  const std::string uid = world.AddPod("web");
  Run(Minutes(2));
  const auto pod = world.Pod("web");
  EXPECT_EQ(pod->status()["phase"].str(), "Pending");
  EXPECT_EQ(pod->status()["reason"].str(), "RemoteNameTaken");
  EXPECT_TRUE(world.HasEvent("web", "RemoteNameTaken"));
  EXPECT_TRUE(member.HasForeignPod("default", "web"));
  member.LosePod("default", "web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  EXPECT_EQ(member.starts(uid), 1);
  EXPECT_EQ(world.Pod("web")->status()["reason"].str(), "");
  EXPECT_FALSE(kube::PodView(*world.Pod("web")).condition(kConditionAccepted).exists());
}

TEST_F(PodControllerTest, RetriesARefusedPodSlowlyAndAtOnceWhenItChanges) {
  const Error invalid{ErrorCode::kInvalid, "spec.x: not here", std::nullopt};
  member.FaultNext("CreatePod", Fault::kError, invalid);
  world.AddPod("web");
  Run(Seconds(5));
  EXPECT_EQ(world.Pod("web")->status()["reason"].str(), "ProviderRejected");
  const uint64_t steps = controller->member("m1")->steps();
  Run(Seconds(9));
  EXPECT_LT(controller->member("m1")->steps() - steps, 10u);  // no hot loop
  world.Patch(kube::kPods, "default", "web", R"({"metadata":{"annotations":{"a":"1"}}})");
  EXPECT_TRUE(Until([&] { return world.Phase("web") == "Running"; }, Seconds(3)));
}

TEST_F(PodControllerTest, NeverSendsPodsOfDaemonSets) {
  const std::string uid = world.AddPod("agent", "m1", "DaemonSet");
  Run(Minutes(1));
  EXPECT_TRUE(member.copies().empty());
  EXPECT_EQ(world.Phase("agent"), "Pending");
  EXPECT_EQ(world.Pod("agent")->status()["reason"].str(), "DaemonSetPod");
  EXPECT_TRUE(world.HasEvent("agent", "DaemonSetPod"));
  member.SetReachable(true);
  world.Delete("agent");
  EXPECT_TRUE(Until([&] { return Gone("agent"); }, Seconds(5)));
}

TEST_F(PodControllerTest, BringsChangesOfLabelsToTheCopy) {
  world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  world.Patch(kube::kPods, "default", "web", R"({"metadata":{"labels":{"tier":"front"}}})");
  Run(Seconds(2));
  EXPECT_EQ(member.Find({"default", "web"})->spec.label("tier"), "front");
}

TEST_F(PodControllerTest, BringsChangesMadeWhileItWasAwayToTheCopy) {
  world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  Crash();
  world.Patch(kube::kPods, "default", "web", R"({"metadata":{"labels":{"tier":"front"}}})");
  Begin();
  Run(Seconds(2));
  EXPECT_EQ(member.Find({"default", "web"})->spec.label("tier"), "front");
}

TEST_F(PodControllerTest, KeepsConditionsOfTheHostAndRestartCountsThatWereHigher) {
  world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  auto pod = world.Pod("web");
  kube::MutableJson patch;
  patch.Set({"status", "conditions"}, pod->status()["conditions"]);
  kube::MutableJson gate;
  gate["type"] = "example.com/gate";
  gate["status"] = "True";
  patch["status"]["conditions"].Append(gate.ref());
  patch.Set({"status", "containerStatuses"}, pod->status()["containerStatuses"]);
  patch["status"]["containerStatuses"].At(0)["restartCount"] = 7;
  world.Patch(kube::kPods, "default", "web", patch.ref().Dump(), "status");
  kube::MutableJson changed(member.Find({"default", "web"})->pod.status);
  changed["podIP"] = "10.9.9.9";
  member.SetStatus("default", "web", std::move(changed).Freeze());
  Run(Seconds(2));
  pod = world.Pod("web");
  EXPECT_EQ(pod->status()["podIP"].str(), "10.9.9.9");
  EXPECT_EQ(pod->status()["containerStatuses"].At(0)["restartCount"].i64(), 7);
  EXPECT_EQ(kube::PodView(*pod).condition("example.com/gate")["status"].str(), "True");
}

TEST_F(PodControllerTest, WritesAStatusOnlyWhenItChanges) {
  world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  Run(Seconds(10));  // its tolerations are seen to as well
  const std::string version(world.Pod("web")->resource_version());
  controller->AddNode("m1", *provider);  // everything is told anew
  Run(Minutes(3));
  EXPECT_EQ(world.Pod("web")->resource_version(), version);
}

TEST_F(PodControllerTest, AddsNextToNothingToTheLatencyOfAStatus) {
  world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  Run(Seconds(3));
  kube::MutableJson changed(member.Find({"default", "web"})->pod.status);
  changed["message"] = "new";
  const MonotonicTime before = world.executor().Now();
  member.SetStatus("default", "web", std::move(changed).Freeze());
  world.loop.RunPosted();  // no timer on the way
  EXPECT_EQ(world.executor().Now(), before);
  EXPECT_EQ(world.Pod("web")->status()["message"].str(), "new");
}

TEST_F(PodControllerTest, NeverChangesATerminalPhaseBackAndStopsACopyThatRunsOn) {
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  world.Patch(kube::kPods, "default", "web", R"({"status":{"phase":"Failed","reason":"Evicted"}})",
              "status");
  ASSERT_TRUE(Until([&] { return !CopyOf(uid); }, Seconds(10)));
  Run(Minutes(1));
  EXPECT_EQ(world.Phase("web"), "Failed");
  EXPECT_EQ(world.Pod("web")->status()["reason"].str(), "Evicted");
  EXPECT_EQ(member.starts(uid), 1);
}

TEST_F(PodControllerTest, ShowsTheMembersEventsOnceAlsoAfterARestart) {
  world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  const kube::Object event(*kube::Json::Parse(
      R"({"metadata":{"uid":"e1"},"type":"Warning","reason":"BackOff","message":"m","count":3,
          "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:00:05Z",
          "source":{"component":"kubelet"}})"));
  member.EmitEvent("default", "web", event);
  member.EmitEvent("default", "web", event);
  Run(Seconds(1));
  Crash();
  Begin();
  Run(Seconds(1));
  member.EmitEvent("default", "web", event);
  Run(Seconds(1));
  int found = 0;
  for (const kube::Object& e : world.Events("web")) found += e["reason"].str() == "BackOff";
  EXPECT_EQ(found, 1);
}

TEST_F(PodControllerTest, AMemberThatHangsDoesNotHoldUpAnother) {
  MemoryMember hanging(world.executor(), world.loop.rng("hanging"));
  for (int i = 0; i < 300; ++i) hanging.FaultNext("GetPod", Fault::kHang);
  providers::MemoryProvider provider2(world.executor(), hanging, "m2");
  controller->AddNode("m2", provider2);
  for (int i = 0; i < 100; ++i) world.AddPod("stuck-" + std::to_string(i), "m2");
  world.AddPod("web");
  EXPECT_TRUE(Until([&] { return world.Phase("web") == "Running"; }, Seconds(2)));
  controller->RemoveNode("m2");
}

// Killed at every moment of a pod's life: 5 ms, 10 ms ... after the beginning, and mid-delete.
TEST_F(PodControllerTest, NeverStartsAPodTwiceWhereverItIsKilled) {
  member.dials.latency = Milliseconds(20);
  member.dials.start_after = Milliseconds(50);
  for (int after_ms = 0; after_ms < 240; after_ms += 6) {
    const std::string name = "web-" + std::to_string(after_ms);
    const std::string uid = world.AddPod(name);
    Run(Milliseconds(after_ms));
    Crash();
    Run(Milliseconds(30));
    Begin();
    ASSERT_TRUE(UntilPhase(name, "Running")) << after_ms;
    EXPECT_EQ(member.starts(uid), 1) << after_ms;
    world.Delete(name, 30);
    Run(Milliseconds(after_ms));
    Crash();
    Begin();
    ASSERT_TRUE(Until([&] { return Gone(name); })) << after_ms;
    EXPECT_FALSE(CopyOf(uid)) << after_ms;
  }
}

TEST_F(PodControllerTest, ConvergesThroughErrorsAndLostAnswersWithoutASecondStart) {
  member.dials.latency = Milliseconds(5);
  member.dials.error_rate = 0.3;
  member.dials.lost_answer_rate = 0.3;
  std::vector<std::string> uids;
  for (int i = 0; i < 30; ++i) uids.push_back(world.AddPod("p-" + std::to_string(i)));
  Run(Seconds(5));
  for (int i = 0; i < 30; i += 2) world.Delete("p-" + std::to_string(i));
  Run(Minutes(10));
  for (int i = 0; i < 30; ++i) {
    EXPECT_LE(member.starts(uids[i]), 1);
    if (i % 2 == 0) {
      EXPECT_TRUE(Gone("p-" + std::to_string(i)));
      EXPECT_FALSE(CopyOf(uids[i]));
    } else {
      EXPECT_EQ(world.Phase("p-" + std::to_string(i)), "Running");
    }
  }
}

// ---- Sweep
// ----------------------------------------------------------------------------------------

TEST_F(PodControllerTest, SweepsTheCopyOfAVanishedPodWithinTenSeconds) {
  const std::string uid = world.AddPod("web");
  ASSERT_TRUE(UntilPhase("web", "Running"));
  world.Delete("web", 0);
  ASSERT_TRUE(Gone("web"));
  EXPECT_TRUE(Until([&] { return !CopyOf(uid); }, Seconds(10)));
}

TEST_F(PodControllerTest, HoldsTheSweepWhenTooManyWouldGoAndGoesOnWhenAllowed) {
  for (int i = 0; i < 20; ++i) world.AddPod("p-" + std::to_string(i));
  ASSERT_TRUE(UntilPhase("p-19", "Running"));
  Run(Seconds(5));
  ASSERT_EQ(member.copies().size(), 20u);
  Crash();
  for (int i = 0; i < 15; ++i) world.Delete("p-" + std::to_string(i), 0);
  Begin();
  Run(Minutes(5));
  EXPECT_EQ(member.copies().size(), 20u);
  ASSERT_TRUE(held.has_value());
  EXPECT_NE(held->find("15 running pods of 20"), std::string::npos) << *held;
  allowance = 15;
  EXPECT_TRUE(Until([&] { return member.copies().size() == 5; }, Seconds(15)));
  Run(Seconds(10));
  EXPECT_FALSE(held.has_value());
}

TEST_F(PodControllerTest, SweepsTenAtOnceWithoutAsking) {
  for (int i = 0; i < 12; ++i) world.AddPod("p-" + std::to_string(i));
  ASSERT_TRUE(UntilPhase("p-11", "Running"));
  Run(Seconds(2));
  Crash();
  for (int i = 0; i < 10; ++i) world.Delete("p-" + std::to_string(i), 0);
  Begin();
  EXPECT_TRUE(Until([&] { return member.copies().size() == 2; }, Seconds(10)));
  EXPECT_FALSE(held.has_value());
}

TEST_F(PodControllerTest, FinishedCopiesDoNotCountAgainstTheBrake) {
  for (int i = 0; i < 20; ++i) world.AddPod("job-" + std::to_string(i));
  ASSERT_TRUE(UntilPhase("job-19", "Running"));
  for (int i = 0; i < 20; ++i) {
    kube::MutableJson status(member.Find({"default", "job-" + std::to_string(i)})->pod.status);
    status["phase"] = "Succeeded";
    member.SetStatus("default", "job-" + std::to_string(i), std::move(status).Freeze());
  }
  ASSERT_TRUE(UntilPhase("job-19", "Succeeded"));
  Run(Seconds(1));
  for (int i = 0; i < 20; ++i) world.Delete("job-" + std::to_string(i));  // gone at once
  EXPECT_TRUE(Until([&] { return member.copies().empty(); }, Seconds(15)));
  EXPECT_FALSE(held.has_value());
}

}  // namespace
}  // namespace stowage::vkubelet
