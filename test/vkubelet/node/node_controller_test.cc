#include "vkubelet/node/node_controller.h"

#include <gtest/gtest.h>

#include "base/time/rfc3339.h"
#include "test/vkubelet/world.h"

namespace stowage::vkubelet {
namespace {

using providers::MemoryMember;

class NodeControllerTest : public ::testing::Test {
 protected:
  NodeControllerTest() {
    providers::Capacity capacity;
    capacity.capacity = capacity.allocatable = {{"cpu", 8000}, {"memory", 1 << 30}, {"pods", 110}};
    member.SetCapacity(capacity);
    provider = std::make_unique<providers::MemoryProvider>(world.executor(), member, "m1");
    Begin();
  }
  void Begin() {
    controller = std::make_unique<NodeController>(
        NodeController::Deps{world.executor(), world.client, world.loop.rng("nodes")});
    controller->AddNode({.name = "m1",
                         .region = "eu-west",
                         .labels = {{"team", "a"}},
                         .taints = {{"gpu", "yes", "NoSchedule"}},
                         .internal_ip = "127.0.0.1",
                         .kubelet_port = 10300},
                        *provider, provider.get(),
                        {[this](bool reachable) { told.push_back(reachable); }});
    controller->Start();
  }
  void Run(Duration span) { world.loop.RunFor(span); }
  kube::Object Node() {
    const auto node = world.Get(kube::kNodes, "", "m1");
    return node ? *node : kube::Object();
  }
  kube::JsonRef Ready(const kube::Object& node) { return kube::NodeView(node).condition("Ready"); }
  Result<kube::Object> Patch(const std::string& json) {
    return world.Patch(kube::kNodes, "", "m1", json);
  }
  bool HasTaint(const std::string& key) {
    for (const kube::Taint& t : kube::ReadTaints(Node().spec()["taints"])) {
      if (t.key == key) return true;
    }
    return false;
  }

  World world;
  MemoryMember member{world.executor(), world.loop.rng("member")};
  std::vector<bool> told;
  std::unique_ptr<providers::MemoryProvider> provider;
  std::unique_ptr<NodeController> controller;
};

TEST_F(NodeControllerTest, RegistersTheMemberAsAReadyNode) {
  Run(Seconds(2));
  const kube::Object node = Node();
  EXPECT_EQ(Ready(node)["status"].str(), "True");
  EXPECT_EQ(node.label("type"), "virtual-kubelet");
  EXPECT_EQ(node.label("topology.kubernetes.io/region"), "eu-west");
  EXPECT_EQ(node.label("team"), "a");
  EXPECT_TRUE(node.metadata()["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"]
                  .exists());
  EXPECT_TRUE(HasTaint("virtual-kubelet.io/provider"));
  EXPECT_TRUE(HasTaint("gpu"));
  EXPECT_EQ(node.status()["allocatable"]["cpu"].str(), "8");
  EXPECT_EQ(node.status().Find({"daemonEndpoints", "kubeletEndpoint", "Port"}).i64(), 10300);
  EXPECT_TRUE(node.status()["nodeInfo"]["kubeletVersion"].str().ends_with("-stowage"));
  EXPECT_EQ(told, std::vector<bool>{true});
}

TEST_F(NodeControllerTest, KeepsWhatOthersSetAndRepairsWhatIsOurs) {
  Run(Seconds(2));
  kube::MutableJson patch;
  patch.Set({"spec", "unschedulable"}, true);
  patch.Set({"spec", "taints"}, Node().spec()["taints"]);
  kube::MutableJson taint;
  taint["key"] = "example.com/maintenance";
  taint["effect"] = "NoExecute";
  patch["spec"]["taints"].Append(taint.ref());
  patch["spec"]["taints"].RemoveAt(0);
  patch.Set({"metadata", "labels", "owner"}, "me");
  patch.Set({"metadata", "labels", "team"}, "b");
  ASSERT_TRUE(Patch(patch.ref().Dump()));
  Run(Seconds(2));
  const kube::Object node = Node();
  EXPECT_TRUE(node.spec()["unschedulable"].boolean());
  EXPECT_EQ(node.label("owner"), "me");
  EXPECT_EQ(node.label("team"), "a");
  EXPECT_TRUE(HasTaint("example.com/maintenance"));
  EXPECT_TRUE(HasTaint("gpu"));
  EXPECT_TRUE(HasTaint("virtual-kubelet.io/provider"));
}

TEST_F(NodeControllerTest, TakesAwayWhatIsNotWantedAnyMore) {
  Run(Seconds(2));
  controller->AddNode({.name = "m1", .internal_ip = "127.0.0.1"}, *provider, provider.get());
  Run(Seconds(2));
  EXPECT_EQ(Node().label("team"), "");
  EXPECT_FALSE(HasTaint("gpu"));
  EXPECT_TRUE(HasTaint("virtual-kubelet.io/provider"));
}

TEST_F(NodeControllerTest, IsBackWithinFiveSecondsWhenSomebodyDeletesTheNode) {
  Run(Seconds(2));
  const std::string uid(Node().uid());
  world.Ask([&](auto done) { world.client.Delete(kube::kNodes, "", "m1", {}, done); });
  Run(Seconds(5));
  EXPECT_TRUE(Node().exists());
  EXPECT_NE(Node().uid(), uid);
  EXPECT_EQ(Ready(Node())["status"].str(), "True");
}

TEST_F(NodeControllerTest, IsUnknownAfterSeveralFailedProbesAndReadyAtOnceWhenBack) {
  Run(Seconds(15));
  member.SetReachable(false);
  Run(Seconds(8));
  EXPECT_EQ(Ready(Node())["status"].str(), "True");  // one failure says nothing
  Run(Seconds(30));
  EXPECT_EQ(Ready(Node())["status"].str(), "Unknown");
  EXPECT_EQ(Ready(Node())["reason"].str(), "MemberUnreachable");
  EXPECT_NE(Ready(Node())["message"].str().find("connection refused"), std::string_view::npos);
  member.SetReachable(true);
  Run(Seconds(6));
  EXPECT_EQ(Ready(Node())["status"].str(), "True");
  EXPECT_EQ(told, (std::vector<bool>{true, false, true}));
}

TEST_F(NodeControllerTest, RenewsTheLeaseAlsoWhileTheMemberIsUnreachable) {
  Run(Minutes(2));
  member.SetReachable(false);
  Run(Minutes(2));
  const auto lease = world.Get(kube::kLeases, "kube-node-lease", "m1");
  ASSERT_TRUE(lease) << lease.error().ToString();
  const auto renewed = ParseTime(lease->spec()["renewTime"].str());
  ASSERT_TRUE(renewed);
  EXPECT_LE(world.executor().WallNow() - *renewed, Seconds(11));
  EXPECT_EQ(lease->spec()["leaseDurationSeconds"].i64(), 40);
  EXPECT_EQ(lease->metadata()["ownerReferences"].At(0)["uid"].str(), Node().uid());
}

TEST_F(NodeControllerTest, AllocatableDoesNotMoveAsOurOwnPodsStart) {
  Run(Seconds(2));
  const std::string before = Node().status()["allocatable"].Dump();
  world.AddPod("web");
  const auto pod = world.Pod("web");
  provider->CreatePod(*pod, [](Result<void>) {});
  Run(Minutes(1));
  ASSERT_EQ(member.copies().size(), 1u);
  EXPECT_EQ(Node().status()["allocatable"].Dump(), before);
}

TEST_F(NodeControllerTest, WritesNothingWhileNothingChangesButAHeartbeat) {
  Run(Seconds(30));
  const std::string version(Node().resource_version());
  Run(Minutes(4));
  EXPECT_EQ(Node().resource_version(), version);
  Run(Minutes(2));
  EXPECT_NE(Node().resource_version(), version);
}

TEST_F(NodeControllerTest, TakesResourcesAwayThatTheMemberHasNoMore) {
  providers::Capacity capacity;
  capacity.capacity = capacity.allocatable = {{"cpu", 8000}, {"nvidia.com/gpu", 4}};
  member.SetCapacity(capacity);
  controller->Enqueue("m1");
  Run(Seconds(30));
  EXPECT_EQ(Node().status()["allocatable"]["nvidia.com/gpu"].str(), "4");
  EXPECT_FALSE(Node().status()["allocatable"]["memory"].exists());
}

TEST_F(NodeControllerTest, NeverTouchesANodeThatIsNotOurs) {
  controller->RemoveNode("m1", true);
  Run(Seconds(2));
  ASSERT_FALSE(Node().exists());
  const kube::Json real = *kube::Json::Parse(
      R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"m1","labels":{"real":"yes"}}})");
  world.Ask([&](auto done) { world.client.Create(kube::kNodes, "", real, done); });
  controller->AddNode({.name = "m1"}, *provider, provider.get());
  Run(Minutes(3));
  EXPECT_EQ(Node().label("real"), "yes");
  EXPECT_EQ(Node().label("type"), "");
}

TEST_F(NodeControllerTest, AdoptsItsNodeWhoseLabelSomebodyTookAway) {
  Run(Seconds(2));
  const std::string uid(Node().uid());
  Patch(R"({"metadata":{"labels":{"stowage.dev/cluster":null}}})");
  Run(Seconds(5));
  EXPECT_EQ(Node().label("stowage.dev/cluster"), "m1");
  EXPECT_EQ(Node().uid(), uid);
}

TEST_F(NodeControllerTest, ShowsThatTheSweepIsHeldAndForgetsTheAllowanceAfterwards) {
  Run(Seconds(2));
  controller->SetSweepHeld("m1", "15 running pods");
  Run(Seconds(2));
  EXPECT_EQ(kube::NodeView(Node()).condition("SweepHeld")["status"].str(), "True");
  EXPECT_TRUE(world.HasEvent("m1", "SweepHeld"));
  Patch(R"({"metadata":{"annotations":{"stowage.dev/allow-sweep":"15"}}})");
  Run(Seconds(1));
  EXPECT_EQ(controller->SweepAllowance("m1"), 15);
  controller->SetSweepHeld("m1", std::nullopt);
  Run(Seconds(2));
  EXPECT_EQ(kube::NodeView(Node()).condition("SweepHeld")["status"].str(), "False");
  EXPECT_EQ(controller->SweepAllowance("m1"), 0);
}

TEST_F(NodeControllerTest, ARestartDoesNotMakeTheNodeFlap) {
  Run(Seconds(20));
  const std::string since = Ready(Node())["lastTransitionTime"].string();
  controller.reset();
  member.dials.latency = Seconds(2);
  Begin();
  Run(Seconds(1));
  EXPECT_EQ(Ready(Node())["status"].str(), "True");
  Run(Seconds(10));
  EXPECT_EQ(Ready(Node())["lastTransitionTime"].str(), since);
}

}  // namespace
}  // namespace stowage::vkubelet
