#include "app/manager/cluster_spec.h"

#include <gtest/gtest.h>

namespace stowage::app {
namespace {

constexpr char kHostUid[] = "6f1c2a34-0000-4000-8000-000000000001";

kube::Object Cluster(std::string_view spec) {
  kube::MutableJson object;
  object["apiVersion"] = "stowage.dev/v1alpha1";
  object["kind"] = "Cluster";
  object.Set({"metadata", "name"}, "eu");
  object.Set({"metadata", "uid"}, "u1");
  auto parsed = kube::Json::Parse(spec);
  EXPECT_TRUE(parsed) << parsed.error().message;
  object["spec"] = kube::JsonRef(*parsed);
  return kube::Object(std::move(object).Freeze());
}

constexpr std::string_view kLeast =
    R"({"podNetwork":"none","kubeconfigSecretRef":{"name":"eu-kubeconfig"}})";

// The problems of the least spec with `fields` added: "\"region\":\"a b\"".
std::string Problems(const std::string& fields) {
  const std::string spec = std::string(kLeast.substr(0, kLeast.size() - 1)) + "," + fields + "}";
  auto parsed = ParseCluster(Cluster(spec), kHostUid);
  return parsed ? "none" : parsed.error().message;
}

TEST(ClusterSpecTest, TheLeastClusterHasDefaults) {
  auto spec = ParseCluster(Cluster(kLeast), kHostUid);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->name, "eu");
  EXPECT_EQ(spec->uid, "u1");
  EXPECT_EQ(spec->kubeconfig, (SecretRef{"stowage-system", "eu-kubeconfig", "kubeconfig"}));
  EXPECT_FALSE(spec->unschedulable);
  EXPECT_FALSE(spec->member.translate.trusted);
  EXPECT_EQ(spec->member.translate.node_name, "eu");
  EXPECT_EQ(spec->member.translate.host_uid, kHostUid);
  EXPECT_EQ(spec->placement.core_hour, scheduler::Money{});
  EXPECT_TRUE(spec->links.empty());
}

TEST(ClusterSpecTest, PlaceAndLabelsAreWhatAPodCanSelect) {
  auto spec = ParseCluster(
      Cluster(R"({"podNetwork":"flat","kubeconfigSecretRef":{"name":"k","namespace":"n","key":"c"},
      "region":"aws-eu-west-1","zone":"a","labels":{"disk":"ssd"},"trusted":true,"unschedulable":true})"),
      kHostUid);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->kubeconfig, (SecretRef{"n", "k", "c"}));
  const std::map<std::string, std::string> labels{
      {"disk", "ssd"},
      {"topology.kubernetes.io/region", "aws-eu-west-1"},
      {"topology.kubernetes.io/zone", "a"}};
  EXPECT_EQ(spec->member.translate.cluster_labels, labels);
  EXPECT_EQ(spec->member.translate.pod_network, providers::PodNetwork::kFlat);
  EXPECT_TRUE(spec->member.translate.trusted);
  EXPECT_TRUE(spec->unschedulable);
  EXPECT_TRUE(spec->placement.unschedulable);
}

TEST(ClusterSpecTest, PricesPoolsAndLinksReachThePlacement) {
  auto spec =
      ParseCluster(Cluster(R"({"podNetwork":"none","kubeconfigSecretRef":{"name":"k"},"region":"eu",
      "cost":{"coreHour":"0.0316","memoryGiBHour":"0.004","egressPerGiB":"0.02","resourceHours":{"nvidia.com/gpu":"2.5"}},
      "elasticPools":[{"name":"burst","maxNodes":5,"nodeHour":"0.4","provisionSeconds":90,"labels":{"pool":"burst"},
        "allocatable":{"cpu":"7500m","memory":"1Gi","pods":"110"},
        "taints":[{"key":"spot","effect":"NoExecute"}]}],
      "latency":[{"region":"on-prem","milliseconds":12}],"limits":{"cpu":"100"}})"),
                   kHostUid);
  ASSERT_TRUE(spec) << spec.error().message;
  const scheduler::ClusterConfig& p = spec->placement;
  EXPECT_EQ(p.core_hour, *scheduler::ParsePrice("0.0316"));
  EXPECT_EQ(p.gib_hour, *scheduler::ParsePrice("0.004"));
  EXPECT_EQ(p.egress_per_gib, *scheduler::ParsePrice("0.02"));
  EXPECT_EQ(p.unit_hour.at("nvidia.com/gpu"), *scheduler::ParsePrice("2.5"));
  ASSERT_EQ(p.pools.size(), 1u);
  EXPECT_EQ(p.pools[0].nodes_max, 5);
  EXPECT_EQ(p.pools[0].provision_seconds, 90);
  EXPECT_EQ(p.pools[0].allocatable.at("cpu"), 7500);
  EXPECT_EQ(p.pools[0].allocatable.at("memory"), 1 << 30);
  EXPECT_EQ(p.pools[0].allocatable.at("pods"), 110);
  ASSERT_EQ(p.pools[0].taints.size(), 1u);
  EXPECT_EQ(p.pools[0].taints[0].effect, scheduler::Taint::Effect::kNoExecute);
  ASSERT_EQ(spec->links.size(), 1u);
  EXPECT_EQ(spec->member.limits.at("cpu"), 100'000);
}

TEST(ClusterSpecTest, AllProblemsAreToldAtOnceWithTheirPaths) {
  auto spec = ParseCluster(Cluster(R"({"provider":"Magic","podNetwork":"sometimes","region":"a:b",
      "cost":{"coreHour":0.03,"memoryGiBHour":"cheap"},"limits":{"cpu":"many"}})"),
                           kHostUid);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ErrorCode::kInvalid);
  for (const char* part :
       {"spec.provider: must be Kubernetes", "spec.podNetwork: must be one of none, flat, mapped",
        "spec.kubeconfigSecretRef.name: is required",
        "spec.region: ", "spec.cost.coreHour: expected a quoted decimal",
        "spec.cost.memoryGiBHour: ", "spec.limits.cpu: "}) {
    EXPECT_NE(spec.error().message.find(part), std::string::npos)
        << part << " in " << spec.error().message;
  }
}

TEST(ClusterSpecTest, EachBadFieldIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("labels":{"bad key":"x"})", "spec.labels: "},
      {R"("labels":{"a":"not valid!"})", "spec.labels.a: "},
      {R"("zone":"a b")", "spec.zone: "},
      {R"("taints":[{"key":"a","effect":"Never"}])", "spec.taints[0].effect: "},
      {R"("taints":[{"effect":"NoSchedule"}])", "spec.taints[0].key: is required"},
      {R"("limits":{"memory":"-1Gi"})", "spec.limits.memory: must not be negative"},
      {R"("elasticPools":[{"name":"p","nodeHour":"-1"}])", "spec.elasticPools[0].nodeHour: "},
      {R"("latency":[{"region":"x","milliseconds":1}])", "spec.latency[0]: needs spec.region"},
      {R"("region":"eu","latency":[{"region":"x","milliseconds":-1}])",
       "spec.latency[0].milliseconds: "},
      {R"("region":"eu","latency":[{"region":"x","milliseconds":"1"}])",
       "spec.latency[0].milliseconds: "},
      {R"("namespaces":{"names":{"a":"c","b":"c"}})", "one to one"},
  };
  for (const auto& [fields, problem] : cases) {
    const std::string text = Problems(fields);
    EXPECT_NE(text.find(problem), std::string::npos) << fields << " gives " << text;
  }
}

TEST(ClusterSpecTest, AMappedNetworkNeedsItsMap) {
  auto without = ParseCluster(
      Cluster(R"({"podNetwork":"mapped","kubeconfigSecretRef":{"name":"k"}})"), kHostUid);
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("needs a CIDR map"), std::string::npos);
  auto with = ParseCluster(Cluster(R"({"podNetwork":"mapped","kubeconfigSecretRef":{"name":"k"},
      "podCIDRs":[{"member":"10.1.0.0/16","host":"10.9.0.0/16"}]})"),
                           kHostUid);
  EXPECT_TRUE(with) << with.error().message;
}

}  // namespace
}  // namespace stowage::app
