// Each checker objects to what it is for, and to nothing else.
#include <gtest/gtest.h>

#include "sim/checkers/asks_seldom.h"
#include "sim/checkers/caches_equal.h"
#include "sim/checkers/capacity_kept.h"
#include "sim/checkers/foreign_untouched.h"
#include "sim/checkers/nothing_left.h"
#include "sim/checkers/pod_history.h"
#include "sim/checkers/runs_once.h"
#include "sim/checkers/selectors_kept.h"
#include "sim/checkers/settled.h"
#include "test/support/builders.h"

namespace stowage::sim {
namespace {

using kube::Object;
using test::MakeNode;
using test::MakeObject;
using test::MakePod;

KubeletLog::Start Started(const std::string& uid, const std::string& origin, int restart = 0) {
  return {.ns = "app",
          .pod = "web",
          .uid = uid,
          .origin_uid = origin,
          .container = "c",
          .restart = restart};
}

TEST(RunsOnce, TakesRestartsOfOneCopy) {
  Findings findings;
  KubeletLog log;
  RunsOnce checker(findings);
  checker.AddMember("m0", log);
  log.Add(Started("r1", "u1", 0));
  log.Add(Started("r1", "u1", 1));
  checker.Check();
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(checker.starts(), 2u);
}

TEST(RunsOnce, ObjectsToOneUidInTwoMembers) {
  Findings findings;
  KubeletLog a, b;
  RunsOnce checker(findings);
  checker.AddMember("m0", a);
  checker.AddMember("m1", b);
  a.Add(Started("r1", "u1"));
  checker.Check();
  b.Add(Started("r2", "u1"));
  checker.Check();
  EXPECT_EQ(findings.all().size(), 1u);
}

TEST(RunsOnce, ObjectsToAnAttemptThatStartsTwiceAndToAStartAfterTheEnd) {
  Findings findings;
  KubeletLog log;
  RunsOnce checker(findings);
  checker.AddMember("m0", log);
  log.Add(Started("r1", "u1"));
  log.Add(Started("r1", "u1"));
  checker.Check();
  ASSERT_EQ(findings.all().size(), 1u);
  checker.OnEnded("r1");
  log.Add(Started("r1", "u1", 1));
  checker.Check();
  EXPECT_EQ(findings.all().size(), 2u);
}

Object HostPod(std::string_view phase, std::string_view node = "m0") {
  return MakePod("app", "web").Uid("u1").OnNode(node).Phase(phase);
}
Object Copy(std::string_view uid = "r1", std::string_view origin = "u1") {
  return MakePod("app", "web")
      .Uid(uid)
      .Phase("Running")
      .OnNode("real")
      .Label("stowage.dev/host", "H")
      .Label("stowage.dev/origin-uid", origin);
}

TEST(PodHistory, ObjectsToAFinishedPodThatRunsAgain) {
  Findings findings;
  PodHistory checker(findings);
  const Object running = HostPod("Running"), failed = HostPod("Failed"), copy = Copy();
  checker.OnHostPod(nullptr, &running);
  checker.OnCopy("m0", nullptr, &copy);
  checker.OnHostPod(&running, &failed);
  EXPECT_TRUE(findings.empty());
  checker.OnHostPod(&failed, &running);
  EXPECT_EQ(findings.all().size(), 1u);
}

TEST(PodHistory, ObjectsToAHostPodThatGoesBeforeItsCopyUnlessForced) {
  const Object pod = HostPod("Running"), copy = Copy();
  for (const bool forced : {false, true}) {
    Findings findings;
    PodHistory checker(findings);
    checker.OnHostPod(nullptr, &pod);
    checker.OnCopy("m0", nullptr, &copy);
    if (forced) checker.Forced("u1");
    checker.OnHostPod(&pod, nullptr);
    EXPECT_EQ(findings.empty(), forced);
  }
}

TEST(PodHistory, ObjectsToACopyInAMemberThatThePodIsNotBoundTo) {
  Findings findings;
  PodHistory checker(findings);
  const Object pod = HostPod("Pending"), copy = Copy();
  checker.OnHostPod(nullptr, &pod);
  checker.OnCopy("m1", nullptr, &copy);
  EXPECT_EQ(findings.all().size(), 1u);
}

TEST(PodHistory, ObjectsToACopyThatIsDeletedWhileItsPodLivesUnlessItsOwnersDidIt) {
  const Object pod = HostPod("Running"), copy = Copy();
  const Object going = MakePod("app", "web")
                           .Uid("r1")
                           .Label("stowage.dev/host", "H")
                           .Label("stowage.dev/origin-uid", "u1")
                           .Deleting();
  for (const bool lost : {false, true}) {
    Findings findings;
    PodHistory checker(findings);
    checker.OnHostPod(nullptr, &pod);
    checker.OnCopy("m0", nullptr, &copy);
    if (lost) checker.Lost("u1");
    checker.OnCopy("m0", &copy, &going);
    EXPECT_EQ(findings.empty(), lost);
  }
}

TEST(PodHistory, ObjectsToAPodThatIsSaidToRunBeforeItHadACopy) {
  const Object bound = HostPod("Pending"), running = HostPod("Running"), copy = Copy();
  for (const bool made : {false, true}) {
    Findings findings;
    PodHistory checker(findings);
    checker.OnHostPod(nullptr, &bound);
    if (made) checker.OnCopy("m0", nullptr, &copy);
    checker.OnHostPod(&bound, &running);
    EXPECT_EQ(findings.empty(), made);
  }
}

TEST(SelectorsKept, ObjectsToABindingThatTheSelectorForbids) {
  const Object waits = MakePod("app", "web").NodeSelector("stowage.dev/cluster", "m1");
  for (const std::string node : {"m0", "m1"}) {
    Findings findings;
    SelectorsKept checker(findings);
    checker.OnHostPod(nullptr, &waits);
    EXPECT_TRUE(findings.empty());
    const Object bound =
        MakePod("app", "web").NodeSelector("stowage.dev/cluster", "m1").OnNode(node);
    checker.OnHostPod(&waits, &bound);
    EXPECT_EQ(findings.empty(), node == "m1");
  }
}

TEST(AsksSeldom, ObjectsToWhoAsksOverAndOverAndNotToWhoComesBack) {
  for (const Duration between : {Seconds(1), Milliseconds(50)}) {
    Findings findings;
    AsksSeldom checker(findings);
    MonotonicTime now{};
    for (int i = 0; i < 200; ++i) checker.OnRead("p>host /pods/a", now += between);
    EXPECT_EQ(findings.empty(), between == Seconds(1));
  }
}

TEST(CapacityKept, ObjectsToTheBindingThatGoesOverTheLimit) {
  Findings findings;
  CapacityKept checker(findings);
  checker.SetLimit("m0", {{"cpu", 1000}});
  const Object a = MakePod("app", "a").OnNode("m0").Requests({{"cpu", "600m"}});
  const Object done = MakePod("app", "a").OnNode("m0").Requests({{"cpu", "600m"}}).Phase("Failed");
  const Object b = MakePod("app", "b").OnNode("m0").Requests({{"cpu", "600m"}});
  checker.OnHostPod(nullptr, &a);
  checker.OnHostPod(&a, &done);
  checker.OnHostPod(nullptr, &b);
  EXPECT_TRUE(findings.empty());
  const Object c = MakePod("app", "c").OnNode("m0").Requests({{"cpu", "600m"}});
  checker.OnHostPod(nullptr, &c);
  EXPECT_EQ(findings.all().size(), 1u);
}

TEST(CapacityKept, ABindingOfADeadProcessMayPassTheLimitAndNobodyElse) {
  Findings findings;
  CapacityKept checker(findings);
  checker.SetLimit("m0", {{"cpu", 1000}});
  checker.came_late = [](const std::string& uid) { return uid == "uid-late"; };
  const auto pod = [](const char* name) -> Object {
    return MakePod("app", name).OnNode("m0").Requests({{"cpu", "600m"}});
  };
  const Object a = pod("a"), late = pod("late"), b = pod("b");
  checker.OnHostPod(nullptr, &late);
  checker.OnHostPod(nullptr, &a);  // by the successor, which has not seen the late one
  EXPECT_TRUE(findings.empty());
  checker.OnHostPod(nullptr, &b);
  EXPECT_EQ(findings.all().size(), 1u);
  checker.OnHostPod(&b, nullptr);
  checker.OnHostPod(&late, nullptr);
  checker.OnHostPod(nullptr, &b);
  EXPECT_EQ(findings.all().size(), 2u);
}

TEST(ForeignUntouched, ObjectsToADeletionThatItsOwnerDidNotAskFor) {
  Findings findings;
  ForeignUntouched checker;
  const Object own = MakePod("default", "own"), ours = Copy();
  checker.OnObject("m0", &ours, nullptr, findings);
  EXPECT_TRUE(findings.empty());
  checker.OnObject("m0", &own, nullptr, findings);
  EXPECT_EQ(findings.all().size(), 1u);
  checker.Released("m0", {"default", "own"});
  checker.OnObject("m0", &own, nullptr, findings);
  EXPECT_EQ(findings.all().size(), 1u);
}

Snapshot World(std::vector<Object> host_pods, std::vector<Object> copies) {
  Snapshot world;
  world.host_uid = "H";
  world.host.pods = std::move(host_pods);
  world.host.nodes = {MakeNode("m0").Allocatable({{"cpu", "2"}, {"pods", "10"}}).Ready(true)};
  world.members = {{"m0", std::move(copies), {}, {}, {}}};
  world.members[0].nodes = {
      MakeNode("real").Allocatable({{"cpu", "2"}, {"pods", "10"}}).Ready(true)};
  return world;
}

size_t Settle(const Snapshot& world) {
  Findings findings;
  CheckSettled(world, findings);
  return findings.all().size();
}

TEST(Settled, WantsACopyWithTheSameStatus) {
  EXPECT_EQ(Settle(World({HostPod("Running")}, {Copy()})), 0u);
  EXPECT_EQ(Settle(World({HostPod("Pending")}, {Copy()})), 1u);
  EXPECT_EQ(Settle(World({HostPod("Running")}, {})), 1u);
  EXPECT_EQ(Settle(World({HostPod("Running")}, {Copy("r2", "older")})), 1u);
}

TEST(Settled, WantsAPodThatFitsToBeBound) {
  const auto pod = [](std::string_view cpu) {
    return MakePod("app", "new").Scheduler("stowage").Requests({{"cpu", cpu}}).Build();
  };
  EXPECT_EQ(Settle(World({pod("1")}, {})), 1u);
  EXPECT_EQ(Settle(World({pod("3")}, {})), 0u);
}

size_t Left(const Snapshot& world) {
  Findings findings;
  CheckNothingLeft(world, findings);
  return findings.all().size();
}

TEST(NothingLeft, ObjectsToCopiesThatOutliveTheirPod) {
  EXPECT_EQ(Left(World({HostPod("Running")}, {Copy()})), 0u);
  EXPECT_EQ(Left(World({}, {Copy()})), 1u);
  EXPECT_EQ(Left(World({HostPod("Failed")}, {Copy()})), 1u);
}

TEST(NothingLeft, ObjectsToASecretThatNoCopyNames) {
  Snapshot world = World({HostPod("Running")}, {Copy()});
  world.members[0].secrets = {
      MakeObject("v1", "Secret", "app", "s").Label("stowage.dev/host", "H")};
  EXPECT_EQ(Left(world), 1u);
  world.members[0].secrets = {MakeObject("v1", "Secret", "app", "foreign")};
  EXPECT_EQ(Left(world), 0u);
}

TEST(CachesEqual, ObjectsToWhatIsMissingStaleOrTooMuch) {
  const std::vector<Object> server = {MakePod("a", "one").Uid("u").Version("5")};
  for (const auto& [cache, wrong] : std::vector<std::pair<Versions, size_t>>{
           {{{{"a", "one"}, "u@5"}}, 0},
           {{}, 1},
           {{{{"a", "one"}, "u@4"}}, 1},
           {{{{"a", "one"}, "u@5"}, {{"a", "two"}, "u@1"}}, 1}}) {
    Findings findings;
    CheckCacheEqual("cache", cache, server, findings);
    EXPECT_EQ(findings.all().size(), wrong);
  }
}

}  // namespace
}  // namespace stowage::sim
