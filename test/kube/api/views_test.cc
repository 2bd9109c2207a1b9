#include "kube/api/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/builders.h"

namespace stowage::kube {
namespace {

using test::MakeNode;
using test::MakePod;
using ::testing::ElementsAre;

ResourceMap RequestsOf(const Object& pod) { return PodView(pod).requests(); }
constexpr WallTime At(int64_t seconds) { return WallTime(Seconds(seconds)); }

TEST(PodRequests, AreTheSumOfContainersAndOnePod) {
  const auto r = RequestsOf(MakePod("d", "p")
                                .Requests({{"cpu", "100m"}, {"memory", "1Gi"}})
                                .Container("b", {{"cpu", "0.2"}}));
  EXPECT_EQ(r, (ResourceMap{{"cpu", 300}, {"memory", 1 << 30}, {"pods", 1}}));
}

TEST(PodRequests, CountALimitWhereARequestIsMissing) {
  const auto r = RequestsOf(
      MakePod("d", "p").Requests({{"cpu", "100m"}}).Limits({{"cpu", "1"}, {"memory", "2Mi"}}));
  EXPECT_EQ(r.at("cpu"), 100);
  EXPECT_EQ(r.at("memory"), 2 << 20);
}

TEST(PodRequests, OfInitContainersOnlyTheLargestCounts) {
  const auto r = RequestsOf(MakePod("d", "p")
                                .Requests({{"cpu", "100m"}, {"memory", "10"}})
                                .InitContainer("i1", {{"cpu", "500m"}})
                                .InitContainer("i2", {{"cpu", "300m"}, {"memory", "5"}}));
  EXPECT_EQ(r, (ResourceMap{{"cpu", 500}, {"memory", 10}, {"pods", 1}}));
}

TEST(PodRequests, SidecarsRunBesideWhatComesAfterThem) {
  // i1 runs alone (2000); i2 beside s1 (900 + 300); main beside both sidecars (100 + 300 + 400).
  const auto late = RequestsOf(MakePod("d", "p")
                                   .Requests({{"cpu", "100m"}})
                                   .InitContainer("s1", {{"cpu", "300m"}}, true)
                                   .InitContainer("i2", {{"cpu", "900m"}})
                                   .InitContainer("s2", {{"cpu", "400m"}}, true));
  EXPECT_EQ(late.at("cpu"), 1200);
  const auto steady = RequestsOf(MakePod("d", "p")
                                     .Requests({{"cpu", "1"}})
                                     .InitContainer("i1", {{"cpu", "200m"}})
                                     .InitContainer("s1", {{"cpu", "300m"}}, true));
  EXPECT_EQ(steady.at("cpu"), 1300);
}

TEST(PodRequests, OverheadIsAddedToTheLarger) {
  const auto r = RequestsOf(MakePod("d", "p")
                                .Requests({{"cpu", "100m"}})
                                .InitContainer("i", {{"cpu", "1"}})
                                .Overhead({{"cpu", "50m"}, {"memory", "1Mi"}}));
  EXPECT_EQ(r.at("cpu"), 1050);
  EXPECT_EQ(r.at("memory"), 1 << 20);
}

TEST(PodRequests, OfThePodAsAWholeReplaceTheSum) {
  const auto r = RequestsOf(MakePod("d", "p")
                                .Requests({{"cpu", "100m"}, {"example.com/gpu", "1"}})
                                .Set({"spec", "resources", "requests", "cpu"}, "2"));
  EXPECT_EQ(r.at("cpu"), 2000);
  EXPECT_EQ(r.at("example.com/gpu"), 1);
}

TEST(PodRequests, OfAnEmptyPodAreOnePod) {
  EXPECT_EQ(RequestsOf(test::ObjectFrom("{}")), (ResourceMap{{"pods", 1}}));
}

TEST(Resources, LeaveOutWhatCannotBeRead) {
  EXPECT_EQ(ReadResources(test::JsonFrom(R"({"cpu": "lots", "memory": 5, "pods": "3", "x": {}})")),
            (ResourceMap{{"memory", 5}, {"pods", 3}}));
}

TEST(PodView, ReadsWithKubernetesDefaults) {
  const Object bare = test::ObjectFrom(R"({"metadata": {"name": "p"}})");
  const PodView view(bare);
  EXPECT_EQ(view.scheduler_name(), "default-scheduler");
  EXPECT_EQ(view.restart_policy(), "Always");
  EXPECT_EQ(view.service_account(), "default");
  EXPECT_EQ(view.termination_grace_seconds(), 30);
  EXPECT_FALSE(view.terminated());
  EXPECT_FALSE(view.deletion_grace_seconds());
}

TEST(PodView, ReadsWhatIsThere) {
  const Object pod = MakePod("d", "p")
                         .OnNode("n1")
                         .Phase("Succeeded")
                         .Gate("example.com/wait")
                         .InitContainer("init")
                         .Condition("Ready", "False")
                         .Deleting("2026-01-01T00:00:10Z", 10);
  const PodView view(pod);
  EXPECT_EQ(view.node_name(), "n1");
  EXPECT_TRUE(view.terminated());
  EXPECT_EQ(view.deletion_grace_seconds(), 10);
  EXPECT_THAT(view.scheduling_gates(), ElementsAre("example.com/wait"));
  EXPECT_THAT(view.container_names(), ElementsAre("main"));
  EXPECT_THAT(view.init_container_names(), ElementsAre("init"));
  EXPECT_TRUE(view.condition("Ready").exists());
  EXPECT_FALSE(view.ready());
}

TEST(Owners, OnlyTheControllerCounts) {
  auto builder = MakePod("d", "p");
  builder.OwnedBy("apps/v1", "ReplicaSet", "web-1", "u1");
  builder["metadata"]["ownerReferences"].Insert(0, JsonObject{})["name"] = "not the controller";
  const auto owner = GetControllerOf(builder);
  ASSERT_TRUE(owner);
  EXPECT_EQ(*owner, (OwnerReference{"apps/v1", "ReplicaSet", "web-1", "u1"}));
  EXPECT_FALSE(GetControllerOf(MakePod("d", "bare")));
}

TEST(Toleration, FollowsKubernetesRules) {
  const Taint taint{"key", "value", "NoSchedule"};
  const auto tolerates = [&](Toleration t) { return t.Tolerates(taint); };
  EXPECT_TRUE(tolerates({"key", "Equal", "value", "NoSchedule", {}}));
  EXPECT_TRUE(tolerates({"key", "", "value", "", {}}));
  EXPECT_TRUE(tolerates({"key", "Exists", "", "NoSchedule", {}}));
  EXPECT_TRUE(tolerates({"", "Exists", "", "", {}}));
  EXPECT_FALSE(tolerates({"key", "Equal", "other", "NoSchedule", {}}));
  EXPECT_FALSE(tolerates({"other", "Exists", "", "", {}}));
  EXPECT_FALSE(tolerates({"key", "Exists", "", "NoExecute", {}}));
  EXPECT_FALSE(tolerates({"key", "Near", "value", "", {}}));
}

TEST(Toleration, ReadsOperatorsAndSeconds) {
  const auto all = ReadTolerations(test::JsonFrom(
      R"([{"key": "a"}, {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}])"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].op, "Equal");
  EXPECT_FALSE(all[0].seconds);
  EXPECT_EQ(all[1].seconds, 300);
}

TEST(NodeView, ReadsResourcesTaintsAndReadiness) {
  const Object node = MakeNode("n1")
                          .Allocatable({{"cpu", "4"}, {"memory", "8Gi"}})
                          .Taint("dedicated", "gpu", "NoSchedule")
                          .Unschedulable();
  const NodeView view(node);
  EXPECT_EQ(view.allocatable().at("cpu"), 4000);
  EXPECT_EQ(view.capacity().at("memory"), int64_t{8} << 30);
  EXPECT_THAT(view.taints(), ElementsAre(Taint{"dedicated", "gpu", "NoSchedule"}));
  EXPECT_TRUE(view.ready());
  EXPECT_TRUE(view.unschedulable());
  EXPECT_EQ(view.labels().at("kubernetes.io/hostname"), "n1");
}

TEST(Conditions, TransitionTimeMovesOnlyWithTheStatus) {
  MutableJson status;
  const JsonNode list = status["conditions"];
  EXPECT_TRUE(SetCondition(list, {"Ready", "False", "Starting", ""}, At(100)));
  EXPECT_FALSE(SetCondition(list, {"Ready", "False", "Starting", ""}, At(200)));
  EXPECT_TRUE(SetCondition(list, {"Ready", "False", "Broken", "why"}, At(300)));
  EXPECT_EQ(FindCondition(list.ref(), "Ready")["lastTransitionTime"].str(), "1970-01-01T00:01:40Z");
  EXPECT_TRUE(SetCondition(list, {"Ready", "True", "Fine", ""}, At(400)));
  EXPECT_EQ(FindCondition(list.ref(), "Ready")["lastTransitionTime"].str(), "1970-01-01T00:06:40Z");
  EXPECT_EQ(list.ref().size(), 1u);
}

TEST(Conditions, OthersAreLeftAlone) {
  MutableJson doc(test::JsonFrom(R"([{"type": "A", "status": "True", "lastHeartbeatTime": "x"}])"));
  SetCondition(doc.root(), {"B", "Unknown", "R", "m"}, At(0));
  SetCondition(doc.root(), {"A", "False", "R", ""}, At(0));
  EXPECT_EQ(FindCondition(doc.ref(), "A")["lastHeartbeatTime"].str(), "x");
  EXPECT_EQ(FindCondition(doc.ref(), "B")["status"].str(), "Unknown");
  EXPECT_FALSE(FindCondition(doc.ref(), "C").exists());
}

}  // namespace
}  // namespace stowage::kube
