// What kubectl clients need of an API server beyond the objects themselves.
#include "kube/api/well_known.h"
#include "sim/apiserver/wire.h"
#include "test/sim/apiserver/fixture.h"

namespace stowage::sim {
namespace {

const kube::Resource kOld{"autoscaling", "v1", "horizontalpodautoscalers", true};
const kube::Resource kNew{"autoscaling", "v2", "horizontalpodautoscalers", true};

TEST_F(ApiServerTest, AnAutoscalerIsTheSameInBothVersions) {
  ASSERT_TRUE(
      Create(kOld, "default", J(R"({"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler",
    "metadata":{"name":"web"},"spec":{"maxReplicas":4,"targetCPUUtilizationPercentage":50,
    "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}})")));
  auto now = Get(kNew, "default", "web");
  ASSERT_TRUE(now) << now.error().message;
  EXPECT_EQ(
      now->spec()["metrics"].Dump(),
      R"([{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}}])");
  EXPECT_FALSE(now->spec()["targetCPUUtilizationPercentage"].exists());
  auto old = Get(kOld, "default", "web");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->api_version(), "autoscaling/v1");
  EXPECT_EQ(old->spec()["targetCPUUtilizationPercentage"].i64(), 50);
  EXPECT_FALSE(old->spec()["metrics"].exists());
}

TEST_F(ApiServerTest, AnUpdateThroughTheOldVersionKeepsWhatItHasNoFieldFor) {
  ASSERT_TRUE(
      Create(kNew, "default", J(R"({"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
    "metadata":{"name":"web"},"spec":{"maxReplicas":4,"behavior":{"scaleDown":{"stabilizationWindowSeconds":30}},
    "metrics":[{"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization","averageUtilization":60}}}],
    "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}})")));
  auto old = Get(kOld, "default", "web");
  ASSERT_TRUE(old);
  kube::MutableJson changed(old->json());
  changed.Set({"spec", "maxReplicas"}, 9);
  ASSERT_TRUE(Update(kOld, "default", "web", std::move(changed).Freeze()));
  auto now = Get(kNew, "default", "web");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->spec()["maxReplicas"].i64(), 9);
  EXPECT_EQ(now->spec()["metrics"].At(0)["resource"]["name"].str(), "memory");
  EXPECT_EQ(now->spec()["behavior"]["scaleDown"]["stabilizationWindowSeconds"].i64(), 30);
  EXPECT_TRUE(now->metadata()["annotations"].empty())
      << "what carried them is for the old version only";
}

TEST_F(ApiServerTest, TheTableOfEventsBeginsWithTheirTimeAndHasTheirNameLast) {
  kube::Headers headers;
  headers.Add("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
  const auto response = Raw("GET", "/api/v1/namespaces/default/events", "", "", headers);
  ASSERT_EQ(response.status, 200);
  const kube::Json& table = response.json;
  const kube::JsonRef columns = table["columnDefinitions"];
  EXPECT_EQ(columns.At(0)["name"].str(), "Last Seen");
  EXPECT_EQ(columns.At(columns.size() - 1)["name"].str(), "Name");
  EXPECT_EQ(columns.At(columns.size() - 1)["priority"].i64(), 1) << "only with -o wide";
}

TEST_F(ApiServerTest, NoSchemaOfVersion3SaysNothingAtAll) {
  const auto response = Raw("GET", "/openapi/v3/apis/apps/v1");
  ASSERT_EQ(response.status, 200);
  const kube::Json& document = response.json;
  for (auto [name, schema] : document["components"]["schemas"].members()) {
    for (auto [field, use] : schema["properties"].members()) {
      EXPECT_GT(use.size(), 0u) << name << "." << field
                                << ": kubectl explain --recursive fails on it";
    }
  }
}

class WithoutSchedulerTest : public ApiServerTest {
 protected:
  WithoutSchedulerTest() : ApiServerTest({.default_scheduler = "stowage"}) {}
};

TEST_F(WithoutSchedulerTest, PodsThatNameNoSchedulerGetTheOneThereIs) {
  auto plain = Create(kube::kPods, "default", Pod("plain"));
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->spec()["schedulerName"].str(), "stowage");
  auto other = Create(kube::kPods, "default", Pod("other", R"("schedulerName":"mine")"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->spec()["schedulerName"].str(), "mine");
}

TEST_F(ApiServerTest, WithASchedulerOfItsOwnAClusterLeavesPodsToIt) {
  auto plain = Create(kube::kPods, "default", Pod("plain"));
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->spec()["schedulerName"].str(), "default-scheduler");
}

// A field of a protobuf message: text, a number, a message.
std::string Field(int number, std::string_view bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) +
         std::string(bytes);
}
std::string Field(int number, int value) {
  return std::string(1, static_cast<char>(number << 3)) + static_cast<char>(value);
}

std::string Decoded(std::string_view api_version, std::string_view kind, std::string_view body) {
  std::string bytes("k8s\0", 4);
  bytes += Field(1, Field(1, api_version) + Field(2, kind)) + Field(2, body);
  auto json = DecodeProtobuf(bytes);
  return json ? json->Dump() : "error: " + json.error().message;
}

TEST(WireTest, RulesOfAnIngressHaveTheirPartsInline) {
  const std::string rule = Field(1, "example.com") + Field(2, Field(1, Field(1, Field(1, "/"))));
  EXPECT_EQ(
      Decoded("networking.k8s.io/v1", "Ingress", Field(2, Field(3, rule))),
      R"({"kind":"Ingress","apiVersion":"networking.k8s.io/v1","spec":{"rules":[{"host":"example.com","http":{"paths":[{"path":"/"}]}}]}})");
}

TEST(WireTest, AnAutoscalerIsReadInItsVersion) {
  EXPECT_EQ(
      Decoded("autoscaling/v1", "HorizontalPodAutoscaler", Field(2, Field(3, 4) + Field(4, 50))),
      R"({"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v1","spec":{"maxReplicas":4,"targetCPUUtilizationPercentage":50}})");
  const std::string metric =
      Field(1, "Resource") + Field(4, Field(1, "cpu") + Field(2, Field(4, 50)));
  EXPECT_EQ(
      Decoded("autoscaling/v2", "HorizontalPodAutoscaler", Field(2, Field(4, metric))),
      R"({"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v2","spec":{"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":50}}}]}})");
}

TEST(WireTest, AStatusThatAClientSendsEmptyIsNoError) {
  EXPECT_EQ(
      Decoded("authentication.k8s.io/v1", "SelfSubjectReview", Field(1, "") + Field(2, "")),
      R"({"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","metadata":{}})");
}

}  // namespace
}  // namespace stowage::sim
