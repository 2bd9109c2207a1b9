#include "providers/kubernetes/status.h"

#include <gtest/gtest.h>

#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"

namespace stowage::providers {
namespace {

kube::Object Remote(const std::string& status, const std::string& applied = "") {
  kube::MutableJson pod;
  pod.Set({"metadata", "name"}, "web");
  pod.Set({"metadata", "namespace"}, "acme-shop");
  pod.Set({"metadata", "resourceVersion"}, "41");
  pod.Set({"metadata", "labels", kube::kLabelOriginUid}, "uid-1");
  pod.Set({"metadata", "labels", kLabelOriginNamespace}, "shop");
  pod.Set({"metadata", "labels", kube::kLabelNode}, "vnode");
  if (!applied.empty()) pod.Set({"metadata", "annotations", kAnnotationApplied}, applied);
  auto parsed = kube::Json::Parse(status);
  EXPECT_TRUE(parsed) << status;
  pod["status"] = *parsed;
  return kube::Object(std::move(pod).Freeze());
}

TEST(StatusTest, NamesTheHostPod) {
  const RemotePod pod = ToRemotePod(Remote(R"({"phase":"Running"})"), {});
  EXPECT_EQ(pod.ref, (PodRef{"shop", "web", "uid-1"}));
  EXPECT_EQ(pod.node, "vnode");
  EXPECT_EQ(pod.version, 41u);
  EXPECT_FALSE(pod.deleting);
}

TEST(StatusTest, PassesReasonsAndCountsAndLeavesOutWhatTheHostOwns) {
  const kube::Json status =
      TranslateStatus(Remote(R"({"phase":"Running","qosClass":"Burstable","observedGeneration":3,
      "nominatedNodeName":"n","podIP":"10.1.2.3","hostIP":"192.0.2.1",
      "conditions":[{"type":"PodScheduled","status":"True"},
                    {"type":"Ready","status":"False","observedGeneration":3,"reason":"x"}],
      "containerStatuses":[{"name":"app","restartCount":4,"state":{"waiting":
        {"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137}}}]})"),
                      {});
  EXPECT_EQ(status.Dump(),
            R"({"phase":"Running","podIP":"10.1.2.3","hostIP":"192.0.2.1",)"
            R"("conditions":[{"type":"Ready","status":"False","reason":"x"}],)"
            R"("containerStatuses":[{"name":"app","restartCount":4,"state":{"waiting":)"
            R"({"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137}}}]})");
}

TEST(StatusTest, ASidecarThatTheMemberInjectedDoesNotLeak) {
  const kube::Json status = TranslateStatus(
      Remote(R"({"phase":"Running","containerStatuses":[{"name":"mesh"},{"name":"app"}],
                 "initContainerStatuses":[{"name":"mesh-init"}]})",
             R"({"containers":["app"]})"),
      {});
  EXPECT_EQ(status.Dump(), R"({"phase":"Running","containerStatuses":[{"name":"app"}]})");
}

TEST(StatusTest, APodThatTheMemberCannotScheduleSaysWhy) {
  const char* conditions = R"("conditions":[{"type":"PodScheduled","status":"False",
      "reason":"Unschedulable","message":"0/3 nodes are available"}])";
  const kube::Json pending =
      TranslateStatus(Remote(std::string(R"({"phase":"Pending",)") + conditions + "}"), {});
  EXPECT_EQ(pending["reason"].str(), "Unschedulable");
  EXPECT_EQ(pending["message"].str(), "in the member cluster: 0/3 nodes are available");
  const kube::Json failed =
      TranslateStatus(Remote(std::string(R"({"phase":"Failed",)") + conditions + "}"), {});
  EXPECT_FALSE(failed["reason"].exists());
}

TEST(StatusTest, ANewPodWithoutAStatusIsPending) {
  EXPECT_EQ(TranslateStatus(Remote("null"), {}).Dump(), R"({"phase":"Pending"})");
}

TEST(StatusTest, AddressesGoThroughTheCidrMap) {
  auto cidrs = CidrMap::Parse({{"10.244.0.0/16", "10.101.0.0/16"}, {"fd00:1::/64", "fd00:2::/64"}});
  ASSERT_TRUE(cidrs);
  const kube::Json status =
      TranslateStatus(Remote(R"({"phase":"Running","podIP":"10.244.3.7","hostIP":"192.0.2.1",
                 "podIPs":[{"ip":"10.244.3.7"},{"ip":"fd00:1::9"}]})"),
                      *cidrs);
  EXPECT_EQ(status.Dump(), R"({"phase":"Running","podIP":"10.101.3.7","hostIP":"192.0.2.1",)"
                           R"("podIPs":[{"ip":"10.101.3.7"},{"ip":"fd00:2::9"}]})");
}

TEST(CidrMapTest, RefusesWhatWouldMisroute) {
  const std::vector<std::vector<CidrMapping>> bad = {
      {{"10.0.0.0", "10.1.0.0/16"}},
      {{"10.0.0.0/16", "10.1.0.0/17"}},
      {{"10.0.0.0/16", "fd00::/16"}},
      {{"10.0.0.0/33", "10.1.0.0/33"}},
      {{"10.0.0.0/8x", "10.1.0.0/8"}},
      {{"10.0.0.0/16", "10.1.0.0/16"}, {"10.0.1.0/24", "10.2.0.0/24"}},
      {{"10.0.0.0/16", "10.9.0.0/16"}, {"10.1.0.0/16", "10.9.0.0/16"}}};
  for (const auto& mappings : bad) {
    auto map = CidrMap::Parse(mappings);
    ASSERT_FALSE(map) << mappings[0].member;
    EXPECT_EQ(map.error().code, ErrorCode::kInvalid);
  }
  auto map = CidrMap::Parse({{"10.0.0.0/12", "172.16.0.0/12"}});
  ASSERT_TRUE(map);
  EXPECT_EQ(map->Map("10.15.255.1"), "172.31.255.1");
  EXPECT_EQ(map->Map("10.16.0.1"), "10.16.0.1");
  EXPECT_EQ(map->Map("not an address"), "not an address");
}

}  // namespace
}  // namespace stowage::providers
