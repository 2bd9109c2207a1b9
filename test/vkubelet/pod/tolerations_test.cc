// Pods on virtual nodes outlast an outage of their node's: Kubernetes' 300 s go.
#include <gtest/gtest.h>

#include "test/vkubelet/world.h"
#include "vkubelet/pod/pod_controller.h"

namespace stowage::vkubelet {
namespace {

constexpr const char* kAdmitted = R"([
  {"key":"virtual-kubelet.io/provider","operator":"Exists"},
  {"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},
  {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}])";

class TolerationsTest : public ::testing::Test {
 protected:
  TolerationsTest() { Begin(); }
  void Begin() {
    controller = std::make_unique<PodController>(
        PodController::Deps{world.executor(), world.client, world.loop.rng("pods")});
    controller->AddNode("m1", provider);
    controller->Start();
  }
  void AddPod(const std::string& name, const std::string& tolerations) {
    const auto pod = kube::Json::Parse(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
        R"(","namespace":"default"},"spec":{"nodeName":"m1","containers":[{"name":"app","image":"nginx:1"}],)" +
        R"("tolerations":)" + tolerations + "}}");
    ASSERT_TRUE(pod) << pod.error().ToString();
    const auto made =
        world.Ask([&](auto done) { world.client.Create(kube::kPods, "default", *pod, done); });
    ASSERT_TRUE(made) << made.error().ToString();
  }
  // The seconds of a pod's toleration; -1: without a limit; -2: no such toleration.
  int64_t Seconds(const std::string& name, std::string_view taint) {
    const auto pod = world.Pod(name);
    if (!pod) return -3;
    for (kube::JsonRef t : pod->spec()["tolerations"].elements()) {
      if (t["key"].str() == taint) return t["tolerationSeconds"].i64(-1);
    }
    return -2;
  }
  std::string Version(const std::string& name) {
    return std::string(world.Pod(name)->resource_version());
  }

  World world;
  providers::MemoryMember member{world.executor(), world.loop.rng("member")};
  providers::MemoryProvider provider{world.executor(), member, "m1"};
  std::unique_ptr<PodController> controller;
};

TEST_F(TolerationsTest, LiftsTheLimitsThatAdmissionGave) {
  AddPod("web", kAdmitted);
  world.loop.RunFor(stowage::Seconds(20));
  EXPECT_EQ(world.Phase("web"), "Running");
  EXPECT_EQ(Seconds("web", kube::kTaintNotReady), -1);
  EXPECT_EQ(Seconds("web", kube::kTaintUnreachable), -1);
  EXPECT_EQ(world.Pod("web")->spec()["tolerations"].size(), 3u);
}

TEST_F(TolerationsTest, DoesItOnceAndThenLeavesThePodAlone) {
  AddPod("web", kAdmitted);
  world.loop.RunFor(stowage::Seconds(20));
  const std::string version = Version("web");
  world.loop.RunFor(Minutes(10));
  EXPECT_EQ(Version("web"), version);
}

TEST_F(TolerationsTest, KeepsALimitThatSomebodyChose) {
  AddPod(
      "web",
      R"([{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":30},
    {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}])");
  world.loop.RunFor(stowage::Seconds(20));
  EXPECT_EQ(Seconds("web", kube::kTaintNotReady), 30);
  EXPECT_EQ(Seconds("web", kube::kTaintUnreachable), -1);
}

TEST_F(TolerationsTest, LetsThePodStartFirst) {
  AddPod("web", kAdmitted);
  world.loop.RunFor(stowage::Seconds(2));
  EXPECT_EQ(world.Phase("web"), "Running");
  EXPECT_EQ(Seconds("web", kube::kTaintNotReady), 300);
}

TEST_F(TolerationsTest, SeesToPodsThatRanBeforeItsStart) {
  AddPod("web", kAdmitted);
  world.loop.RunFor(stowage::Seconds(1));
  EXPECT_EQ(world.Phase("web"), "Running");
  controller.reset();
  Begin();
  world.loop.RunFor(stowage::Seconds(20));
  EXPECT_EQ(Seconds("web", kube::kTaintNotReady), -1);
}

TEST_F(TolerationsTest, ReachesEveryPodAtABoundedPace) {
  for (int i = 0; i < 100; ++i) AddPod("p-" + std::to_string(i), kAdmitted);
  world.loop.RunFor(stowage::Seconds(15));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Seconds("p-" + std::to_string(i), kube::kTaintUnreachable), -1) << i;
  }
}

}  // namespace
}  // namespace stowage::vkubelet
