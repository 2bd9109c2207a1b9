#include "vkubelet/pod/pod_record.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <map>

#include "kube/api/object.h"
#include "test/support/builders.h"
#include "vkubelet/pod/pod_status.h"

namespace stowage::vkubelet {
namespace {

kube::Object RunningPod(const std::string& name) {
  auto pod = test::MakePod("team-a", name);
  pod.OnNode("eu-west-1").Uid("0d9f6b1c-8f0e-4c56-9a59-" + name).Version("123456");
  pod.Condition("PodScheduled", "True").Condition("Ready", "True").Phase("Running");
  return pod.Build();
}

TEST(PodRecordTest, IsSmallEnoughForFiftyThousandPods) {
  constexpr int kPods = 5000;
  std::map<kube::NamespacedName, PodRecord> records;
  const size_t before = mallinfo2().uordblks;
  for (int i = 0; i < kPods; ++i) {
    const kube::Object pod = RunningPod("web-7d4b9c-" + std::to_string(100000 + i));
    records.emplace(pod.key(), *ProjectPod(pod));
  }
  const size_t bytes = (mallinfo2().uordblks - before) / kPods;
  RecordProperty("bytes_per_pod", static_cast<int>(bytes));
  EXPECT_LT(bytes, 1500u);
}

TEST(PodRecordTest, LeavesOutPodsWithoutANode) {
  EXPECT_FALSE(ProjectPod(test::MakePod("a", "b").Build()).has_value());
}

TEST(PodRecordTest, SeesAStartInAnyContainersStatus) {
  const auto began = [](const char* text) { return StatusShowsStart(*kube::Json::Parse(text)); };
  EXPECT_FALSE(began("{}"));
  EXPECT_FALSE(began(R"({"phase":"Pending","containerStatuses":[{"state":{"waiting":{}}}]})"));
  EXPECT_TRUE(began(R"({"phase":"Running"})"));
  EXPECT_TRUE(began(R"({"phase":"Pending","initContainerStatuses":[{"state":{"running":{}}}]})"));
  EXPECT_TRUE(began(R"({"containerStatuses":[{"lastState":{"terminated":{}}}]})"));
}

TEST(PodRecordTest, HashesTheSameForEqualStatusesInAnotherOrder) {
  const auto hash = [](const char* text) { return MemberStatusHash(*kube::Json::Parse(text)); };
  EXPECT_EQ(
      hash(
          R"({"phase":"Running","podIP":"1","conditions":[{"type":"Ready","status":"True"},{"type":"Initialized","status":"True"}]})"),
      hash(
          R"({"podIP":"1","phase":"Running","podIPs":[],"conditions":[{"type":"Initialized","status":"True"},{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"True"}]})"));
  EXPECT_NE(hash(R"({"phase":"Running"})"), hash(R"({"phase":"Pending"})"));
}

TEST(PodStatusTest, ReadyWaitsForTheHostsGates) {
  PodRecord pod;
  pod.gates = {"example.com/gate"};
  pod.conditions = R"([{"type":"example.com/gate","status":"False"}])";
  const kube::Json remote = *kube::Json::Parse(
      R"({"phase":"Running","conditions":[{"type":"ContainersReady","status":"True"},{"type":"Ready","status":"True"}]})");
  const auto ready = [&] {
    const kube::Json status = DesiredStatus(pod, remote, WallTime());
    std::string answer;
    for (kube::JsonRef c : status["conditions"].elements()) {
      if (c["type"].str() == "Ready") answer += c["status"].string();
    }
    return answer;
  };
  EXPECT_EQ(ready(), "False");
  pod.conditions = R"([{"type":"example.com/gate","status":"True"}])";
  EXPECT_EQ(ready(), "True");
}

}  // namespace
}  // namespace stowage::vkubelet
