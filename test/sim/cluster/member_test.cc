#include "test/sim/cluster/member_fixture.h"

namespace stowage::sim {
namespace {

using MemberNodes = MemberTest;
using MemberPods = MemberTest;
using MemberLogs = MemberTest;
using Scheduling = MemberTest;

constexpr const char* kServer = R"("image":"nginx","ports":[{"containerPort":80}])";

std::string Script(const std::string& script) {
  return R"("image":"busybox","command":["sh","-c",")" + script + "\"]";
}

TEST_F(MemberNodes, RegisterReadyWithCapacityAndARenewedLease) {
  Begin();
  const kube::Object node = Get(kube::kNodes, "node-0", "");
  ASSERT_TRUE(node.exists());
  EXPECT_TRUE(kube::NodeView(node).ready());
  EXPECT_EQ(node.status()["capacity"]["cpu"].str(), "4");
  const std::string before =
      Get(kube::kLeases, "node-0", "kube-node-lease").spec()["renewTime"].string();
  ASSERT_NE(before, "");
  executor.RunFor(Seconds(20));
  EXPECT_GT(Get(kube::kLeases, "node-0", "kube-node-lease").spec()["renewTime"].string(), before);
}

TEST_F(MemberNodes, HungKubeletMakesTheNodeUnknownAndBackAgain) {
  Begin();
  member->SetNodeHung("node-0", true);
  executor.RunFor(Seconds(45));
  EXPECT_EQ(kube::NodeView(Get(kube::kNodes, "node-0", "")).condition("Ready")["status"].string(),
            "Unknown");
  EXPECT_EQ(Get(kube::kNodes, "node-0", "").spec()["taints"].size(), 2u);
  member->SetNodeHung("node-0", false);
  executor.RunFor(Seconds(5));
  EXPECT_EQ(kube::NodeView(Get(kube::kNodes, "node-0", "")).condition("Ready")["status"].string(),
            "True");
  EXPECT_EQ(Get(kube::kNodes, "node-0", "").spec()["taints"].size(), 0u);
}

TEST_F(MemberPods, ServerRunsReadyWithAnAddressAndTheEventsOfAKubelet) {
  Begin();
  CreatePod("web", kServer);
  executor.RunFor(Seconds(5));
  const kube::Object pod = Pod("web");
  EXPECT_EQ(pod.status()["phase"].str(), "Running");
  EXPECT_EQ(pod.status()["podIP"].str(), "10.244.0.2");
  EXPECT_EQ(Condition("web", "Ready"), "True");
  EXPECT_TRUE(Status("web")["state"]["running"]["startedAt"].is_string());
  EXPECT_TRUE(Status("web")["ready"].boolean());
  const std::string events = Events("web");
  for (const char* reason : {"Scheduled: ", "Pulling: ", "Pulled: ", "Created: ", "Started: "}) {
    EXPECT_NE(events.find(reason), std::string::npos) << events;
  }
  EXPECT_TRUE(member->kubelet().log().Violations().empty());
}

TEST_F(MemberPods, FinishedPodSucceedsOrFailsWithItsExitCode) {
  Begin();
  CreatePod("good", Script("echo done"), R"(,"restartPolicy":"Never")");
  CreatePod("bad", Script("exit 3"), R"(,"restartPolicy":"Never")");
  executor.RunFor(Seconds(5));
  EXPECT_EQ(Phase("good"), "Succeeded");
  EXPECT_EQ(Status("good")["state"]["terminated"]["reason"].str(), "Completed");
  EXPECT_EQ(Phase("bad"), "Failed");
  EXPECT_EQ(Status("bad")["state"]["terminated"]["exitCode"].i64(), 3);
}

TEST_F(MemberPods, CrashLoopBacksOffTenSecondsDoubling) {
  Begin();
  CreatePod("loop", Script("exit 1"));
  std::vector<int64_t> starts;  // seconds
  executor.RunFor(Seconds(200));
  for (const KubeletLog::Start& s : member->kubelet().log().starts()) {
    if (s.container == "c") starts.push_back(s.at.time_since_epoch().count() / 1000000);
  }
  ASSERT_GE(starts.size(), 6u);
  EXPECT_EQ(starts[1] - starts[0], 0);
  EXPECT_EQ(starts[2] - starts[1], 10);
  EXPECT_EQ(starts[3] - starts[2], 20);
  EXPECT_EQ(starts[4] - starts[3], 40);
  EXPECT_EQ(starts[5] - starts[4], 80);
  EXPECT_EQ(Status("loop")["state"]["waiting"]["reason"].str(), "CrashLoopBackOff");
  EXPECT_EQ(Status("loop")["lastState"]["terminated"]["exitCode"].i64(), 1);
  EXPECT_EQ(Status("loop")["restartCount"].i64(), 5);
  EXPECT_TRUE(member->kubelet().log().Violations().empty());
}

TEST_F(MemberPods, TerminationHonoursTheGraceAndThenKills) {
  Begin();
  CreatePod("stubborn", Script("sleep 3600"), R"(,"terminationGracePeriodSeconds":20)");
  CreatePod("polite", Script("trap 'exit 0' TERM; sleep 3600 & wait"),
            R"(,"terminationGracePeriodSeconds":20)");
  executor.RunFor(Seconds(5));
  Delete("stubborn");
  Delete("polite");
  executor.RunFor(Seconds(5));
  EXPECT_FALSE(Pod("polite").exists());
  EXPECT_TRUE(Pod("stubborn").deleting());
  executor.RunFor(Seconds(13));
  EXPECT_TRUE(Pod("stubborn").exists());
  executor.RunFor(Seconds(4));
  EXPECT_FALSE(Pod("stubborn").exists());
}

TEST_F(MemberPods, MissingConfigMapHoldsTheContainerUntilItAppears) {
  Begin();
  CreatePod(
      "env",
      R"("image":"busybox","command":["sh","-c","echo $GREETING; sleep 1000"],"env":[{"name":"GREETING","valueFrom":{"configMapKeyRef":{"name":"settings","key":"greeting"}}}])");
  CreatePod(
      "vol",
      R"("image":"busybox","command":["sh","-c","cat /etc/s/greeting; echo; sleep 1000"],"volumeMounts":[{"name":"s","mountPath":"/etc/s"}])",
      R"(,"volumes":[{"name":"s","configMap":{"name":"settings"}}])");
  executor.RunFor(Seconds(30));
  EXPECT_EQ(Status("env")["state"]["waiting"]["reason"].str(), "CreateContainerConfigError");
  EXPECT_EQ(Status("env")["state"]["waiting"]["message"].str(), "configmap \"settings\" not found");
  EXPECT_EQ(Status("vol")["state"]["waiting"]["reason"].str(), "ContainerCreating");
  EXPECT_NE(Events("vol").find("FailedMount: MountVolume.SetUp failed for volume \"s\""),
            std::string::npos);
  Create(
      kube::kConfigMaps,
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"greeting":"hello"}})");
  executor.RunFor(Seconds(5));
  EXPECT_EQ(Http("/api/v1/namespaces/default/pods/env/log").second, "hello\n");
  EXPECT_EQ(Http("/api/v1/namespaces/default/pods/vol/log").second, "hello\n");
}

TEST_F(MemberPods, ImageThatCannotExistBacksOff) {
  Begin();
  CreatePod("none", R"("image":"nginx:missing")");
  executor.RunFor(Seconds(2));
  EXPECT_EQ(Status("none")["state"]["waiting"]["reason"].str(), "ErrImagePull");
  executor.RunFor(Seconds(5));
  EXPECT_EQ(Status("none")["state"]["waiting"]["reason"].str(), "ImagePullBackOff");
  EXPECT_EQ(Phase("none"), "Pending");
}

TEST_F(MemberPods, InitContainersRunInOrderBeforeTheOthers) {
  Begin();
  CreatePod(
      "ordered", kServer,
      R"(,"initContainers":[{"name":"i1","image":"busybox","command":["sleep","5"]},{"name":"i2","image":"busybox","command":["sleep","5"]}])");
  executor.RunFor(Seconds(4));
  EXPECT_EQ(Condition("ordered", "Initialized"), "False");
  EXPECT_EQ(Status("ordered")["state"]["waiting"]["reason"].str(), "PodInitializing");
  executor.RunFor(Seconds(10));
  EXPECT_EQ(Condition("ordered", "Initialized"), "True");
  EXPECT_EQ(Phase("ordered"), "Running");
  EXPECT_EQ(Status("ordered", 0, "initContainerStatuses")["state"]["terminated"]["reason"].str(),
            "Completed");
}

TEST_F(MemberPods, ReadinessProbeWaitsForItsDelay) {
  Begin();
  CreatePod("slow",
            std::string(kServer) +
                R"(,"readinessProbe":{"httpGet":{"path":"/","port":80},"initialDelaySeconds":20})");
  executor.RunFor(Seconds(15));
  EXPECT_EQ(Condition("slow", "Ready"), "False");
  executor.RunFor(Seconds(10));
  EXPECT_EQ(Condition("slow", "Ready"), "True");
}

TEST_F(MemberPods, OutOfMemoryKillIsToldAndRestarted) {
  Begin();
  CreatePod("big", kServer);
  executor.RunFor(Seconds(5));
  ASSERT_TRUE(member->kubelet().KillContainer({"default", "big"}, "c", 137, "OOMKilled"));
  executor.RunFor(Seconds(5));
  EXPECT_EQ(Status("big")["lastState"]["terminated"]["reason"].str(), "OOMKilled");
  EXPECT_EQ(Status("big")["restartCount"].i64(), 1);
}

TEST_F(MemberPods, ActiveDeadlineFailsThePod) {
  Begin();
  CreatePod("late", Script("sleep 3600"),
            R"(,"activeDeadlineSeconds":10,"terminationGracePeriodSeconds":1)");
  executor.RunFor(Seconds(15));
  EXPECT_EQ(Phase("late"), "Failed");
  EXPECT_EQ(Pod("late").status()["reason"].str(), "DeadlineExceeded");
}

TEST_F(MemberPods, ThousandIdlePodsCostNoTasks) {
  MemberOptions options = QuickOptions();
  options.pools = {{.name = "big", .count = 4, .cpu = "1000", .memory = "1000Gi", .pods = 300}};
  Begin(options);
  for (int i = 0; i < 1000; ++i) CreatePod("p" + std::to_string(i), kServer);
  executor.RunFor(Seconds(60));
  EXPECT_EQ(Phase("p999"), "Running");
  const uint64_t before = executor.tasks_run();
  executor.RunFor(Seconds(60));
  EXPECT_LT(executor.tasks_run() - before, 1000u) << "only Leases and watches may tick";
  EXPECT_TRUE(member->kubelet().log().Violations().empty());
}

TEST_F(Scheduling, SaysWhyNoNodeFitsAndBindsWhenOneDoes) {
  MemberOptions options = QuickOptions();
  options.pools = {{.name = "small", .count = 3, .cpu = "2"}};
  Begin(options);
  CreatePod("huge", R"("image":"nginx","resources":{"requests":{"cpu":"3"}})");
  CreatePod("picky", kServer, R"(,"nodeSelector":{"disk":"ssd"})");
  executor.RunFor(Seconds(5));
  EXPECT_EQ(Condition("huge", "PodScheduled"), "False");
  EXPECT_NE(Events("huge").find("FailedScheduling: 0/3 nodes are available: 3 Insufficient cpu."),
            std::string::npos)
      << Events("huge");
  const Result<kube::Json> label = kube::Json::Parse(R"({"metadata":{"labels":{"disk":"ssd"}}})");
  client->Patch(kube::kNodes, "", "small-1", kube::PatchType::kMerge, *label,
                [](Result<kube::Object>) {});
  executor.RunFor(Seconds(5));
  EXPECT_EQ(Pod("picky").spec()["nodeName"].str(), "small-1");
}

TEST_F(Scheduling, SpreadsByLeastAllocatedAndAntiAffinity) {
  MemberOptions options = QuickOptions();
  options.pools = {{.name = "n", .count = 2}};
  Begin(options);
  const std::string anti =
      R"(,"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":"a"}}}]}})";
  for (const char* name : {"a1", "a2", "a3"})
    CreatePod(name, kServer, anti, R"(,"labels":{"app":"a"})");
  executor.RunFor(Seconds(5));
  int bound = 0;
  for (const char* name : {"a1", "a2", "a3"}) bound += !Pod(name).spec()["nodeName"].str().empty();
  EXPECT_EQ(bound, 2);
  EXPECT_NE(Pod("a1").spec()["nodeName"].string(), Pod("a2").spec()["nodeName"].string());
}

TEST_F(MemberLogs, AnswerAsAKubeletDoes) {
  Begin();
  CreatePod("talk", Script("echo one; echo two; sleep 1; echo three; exit 1"));
  CreatePod("stuck", R"("image":"nginx:missing")");
  executor.RunFor(Seconds(20));
  const std::string path = "/api/v1/namespaces/default/pods/";
  EXPECT_EQ(Http(path + "talk/log?tailLines=1").second, "three\n");
  EXPECT_EQ(Http(path + "talk/log?container=c&previous=true&tailLines=2").second, "two\nthree\n");
  EXPECT_EQ(Http(path + "talk/log?limitBytes=5").second, "one\nt");
  EXPECT_EQ(Http(path + "stuck/log").first, 400);
  EXPECT_NE(Http(path + "stuck/log").second.find("is waiting to start:"), std::string::npos);
  EXPECT_EQ(Http(path + "stuck/log?previous=true").first, 400);
  EXPECT_EQ(Http(path + "talk/log?container=nope").first, 400);
}

TEST_F(MemberPods, PowerLossRestartsWhatRanUnderTheSameUid) {
  Begin();
  CreatePod("web", kServer);
  executor.RunFor(Seconds(5));
  member->PowerCycleNode("node-0");
  executor.RunFor(Seconds(5));
  EXPECT_EQ(Phase("web"), "Running");
  EXPECT_EQ(Status("web")["restartCount"].i64(), 1);
  EXPECT_EQ(Status("web")["lastState"]["terminated"]["reason"].str(), "Unknown");
  EXPECT_TRUE(member->kubelet().log().Violations().empty());
}

TEST_F(MemberPods, ForcedDeletionStopsTheContainersAtOnce) {
  Begin();
  CreatePod("web", kServer);
  executor.RunFor(Seconds(5));
  ASSERT_EQ(member->kubelet().pods_running(), 1u);
  client->Delete(kube::kPods, "default", "web", {.grace_seconds = 0}, [](Result<kube::Object>) {});
  executor.RunFor(Seconds(1));
  EXPECT_FALSE(Pod("web").exists());
  EXPECT_EQ(member->kubelet().pods_running(), 0u);
}

TEST_F(MemberLogs, FollowSendsLinesAsTheyComeAndEndsWithTheContainer) {
  Begin();
  CreatePod("tick", Script("for i in 1 2 3; do echo $i; sleep 10; done"),
            R"(,"restartPolicy":"Never")");
  executor.RunFor(Seconds(5));
  std::string got;
  bool ended = false;
  kube::ByteStreamPtr stream;
  std::function<void()> read = [&] {
    stream->Read([&](Result<std::string> bytes) {
      if (!bytes || bytes->empty()) {
        ended = true;
        return;
      }
      got += *bytes;
      read();
    });
  };
  transport->Upgrade({.target = "/api/v1/namespaces/default/pods/tick/log?follow=true"},
                     [&](Result<kube::UpgradeReply> reply) {
                       ASSERT_TRUE(reply);
                       stream = reply->stream;
                       read();
                     });
  executor.RunFor(Seconds(1));
  EXPECT_EQ(got, "1\n");
  executor.RunFor(Seconds(10));
  EXPECT_EQ(got, "1\n2\n");
  executor.RunFor(Seconds(25));
  EXPECT_EQ(got, "1\n2\n3\n");
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace stowage::sim
