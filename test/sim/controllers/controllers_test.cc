// The controllers over an embedded API server, with the test in the role of scheduler and kubelet.
#include <gtest/gtest.h>

#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"
#include "kube/client/client.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "sim/controllers/controller_manager.h"
#include "sim/engine/sim_executor.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::Object;

class ControllersTest : public testing::Test {
 protected:
  ControllersTest()
      : server_(executor_, Rng(1), {}),
        transport_(executor_, server_),
        client_(transport_),
        manager_(executor_, transport_, Rng(2), {.ca_certificate_pem = "CA"}) {
    manager_.Start();
    Settle();
  }

  void Settle() { executor_.RunFor(Seconds(3)); }

  template <class T>
  Result<T> Await(const std::function<void(Callback<Result<T>>)>& start) {
    std::optional<Result<T>> answer;
    start([&](Result<T> r) { answer.emplace(std::move(r)); });
    EXPECT_TRUE(executor_.RunUntil([&] { return answer.has_value(); }, Seconds(30)));
    return std::move(*answer);
  }
  Object Create(const kube::Resource& r, const char* text) {
    auto body = Json::Parse(text);
    EXPECT_TRUE(body) << body.error().message;
    auto made = Await<Object>([&](auto done) { client_.Create(r, "default", *body, done); });
    EXPECT_TRUE(made) << made.error().ToString();
    return made.value_or(Object());
  }
  Result<Object> Get(const kube::Resource& r, const std::string& name,
                     const std::string& ns = "default") {
    return Await<Object>([&](auto done) { client_.Get(r, ns, name, done); });
  }
  std::vector<Object> List(const kube::Resource& r, const std::string& selector = "") {
    auto list = Await<std::vector<Object>>(
        [&](auto done) { client_.ListAll(r, "default", {.label_selector = selector}, done); });
    EXPECT_TRUE(list) << list.error().ToString();
    return list.value_or(std::vector<Object>());
  }
  void Merge(const kube::Resource& r, const std::string& name, const char* patch,
             const char* sub = "") {
    auto result = Await<Object>([&](auto done) {
      client_.Patch(r, "default", name, kube::PatchType::kMerge, *Json::Parse(patch), done, sub);
    });
    EXPECT_TRUE(result) << result.error().ToString();
  }
  void Delete(const kube::Resource& r, const std::string& name, kube::DeleteOptions options = {}) {
    auto result =
        Await<Object>([&](auto done) { client_.Delete(r, "default", name, options, done); });
    EXPECT_TRUE(result) << result.error().ToString();
  }
  void SetPhase(const Object& pod, const char* phase, bool ready) {
    const std::string stamp = FormatTime(executor_.WallNow());
    const std::string patch =
        std::string(R"({"status":{"phase":")") + phase + R"(","podIP":"10.1.0.)" +
        std::to_string(++ip_) + R"(","conditions":[{"type":"Ready","status":")" +
        (ready ? "True" : "False") + R"(","lastTransitionTime":")" + stamp + R"("}]}})";
    Merge(kube::kPods, std::string(pod.name()), patch.c_str(), "status");
  }
  void RunAllPods() {
    for (const Object& pod : List(kube::kPods)) {
      if (pod.status()["phase"].str() == "Pending" && !pod.deleting())
        SetPhase(pod, "Running", true);
    }
    Settle();
  }

  SimExecutor executor_;
  ApiServer server_;
  DirectTransport transport_;
  kube::Client client_;
  ControllerManager manager_;
  int ip_ = 0;
};

constexpr const char* kWeb =
    R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},
  "spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
  "spec":{"containers":[{"name":"c","image":"nginx:1"}]}}}})";

TEST_F(ControllersTest, ADeploymentMakesItsPods) {
  Create(kube::kDeployments, kWeb);
  Settle();
  EXPECT_EQ(List(kube::kPods, "app=web").size(), 3u);
  EXPECT_EQ(List(kube::kReplicaSets).size(), 1u);
  RunAllPods();
  auto web = Get(kube::kDeployments, "web");
  ASSERT_TRUE(web);
  EXPECT_EQ(web->status()["availableReplicas"].i64(), 3);
  EXPECT_EQ(web->status()["updatedReplicas"].i64(), 3);
  EXPECT_EQ(web->annotation("deployment.kubernetes.io/revision"), "1");
}

TEST_F(ControllersTest, ScalingFollowsTheSpec) {
  Create(kube::kDeployments, kWeb);
  Settle();
  RunAllPods();
  Merge(kube::kDeployments, "web", R"({"spec":{"replicas":5}})");
  Settle();
  EXPECT_EQ(List(kube::kPods, "app=web").size(), 5u);
  Merge(kube::kDeployments, "web", R"({"spec":{"replicas":1}})");
  Settle();
  const auto left = List(kube::kPods, "app=web");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].status()["phase"].str(), "Running") << "pods that do not serve go first";
}

TEST_F(ControllersTest, ANewTemplateRollsWithoutLosingAvailability) {
  Create(kube::kDeployments, kWeb);
  Settle();
  RunAllPods();
  Merge(kube::kDeployments, "web",
        R"({"spec":{"template":{"metadata":{"annotations":{"v":"2"}}}}})");
  for (int i = 0; i < 12; ++i) {
    Settle();
    int ready = 0;
    for (const Object& pod : List(kube::kPods, "app=web")) {
      ready += pod.status()["phase"].str() == "Running" && !pod.deleting();
    }
    EXPECT_GE(ready, 3) << "maxUnavailable 25 % of 3 is 0";
    RunAllPods();
  }
  const auto sets = List(kube::kReplicaSets);
  ASSERT_EQ(sets.size(), 2u);
  int64_t total = 0;
  for (const Object& rs : sets) total += rs.spec()["replicas"].i64();
  EXPECT_EQ(total, 3);
  auto web = Get(kube::kDeployments, "web");
  ASSERT_TRUE(web);
  EXPECT_EQ(web->annotation("deployment.kubernetes.io/revision"), "2");
  EXPECT_EQ(web->status()["updatedReplicas"].i64(), 3);
}

TEST_F(ControllersTest, TheCauseOfAChangeStaysWithItsRevision) {
  Create(kube::kDeployments, kWeb);
  Settle();
  Merge(kube::kDeployments, "web",
        R"({"metadata":{"annotations":{"kubernetes.io/change-cause":"first",
    "kubectl.kubernetes.io/last-applied-configuration":"{}"}}})");
  Settle();
  const auto sets = List(kube::kReplicaSets);
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].annotation("kubernetes.io/change-cause"), "first");
  EXPECT_EQ(sets[0].annotation("kubectl.kubernetes.io/last-applied-configuration"), "");
}

constexpr const char* kBudget =
    R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"web"},
  "spec":{"minAvailable":2,"selector":{"matchLabels":{"app":"web"}}}})";

TEST_F(ControllersTest, ABudgetAllowsWhatIsHealthyBeyondItsMinimum) {
  const kube::Resource budgets{"policy", "v1", "poddisruptionbudgets", true};
  Create(kube::kDeployments, kWeb);
  Create(budgets, kBudget);
  Settle();
  auto budget = Get(budgets, "web");
  ASSERT_TRUE(budget);
  EXPECT_EQ(budget->status()["disruptionsAllowed"].i64(-1), 0) << "nothing is ready yet";
  EXPECT_EQ(budget->status()["observedGeneration"].i64(), budget->metadata()["generation"].i64());
  RunAllPods();
  budget = Get(budgets, "web");
  EXPECT_EQ(budget->status()["currentHealthy"].i64(), 3);
  EXPECT_EQ(budget->status()["desiredHealthy"].i64(), 2);
  EXPECT_EQ(budget->status()["disruptionsAllowed"].i64(), 1);
  Merge(budgets, "web", R"({"spec":{"minAvailable":null,"maxUnavailable":"50%"}})");
  Settle();
  budget = Get(budgets, "web");
  EXPECT_EQ(budget->status()["expectedPods"].i64(), 3);
  EXPECT_EQ(budget->status()["disruptionsAllowed"].i64(), 2) << "50 % of 3, rounded up";
}

TEST_F(ControllersTest, DeletingADeploymentCollectsEverything) {
  Create(kube::kDeployments, kWeb);
  Settle();
  Delete(kube::kDeployments, "web");
  Settle();
  EXPECT_TRUE(List(kube::kReplicaSets).empty());
  EXPECT_TRUE(List(kube::kPods).empty());
}

TEST_F(ControllersTest, ForegroundDeletionWaitsForTheDependents) {
  Create(kube::kDeployments, kWeb);
  Settle();
  Delete(kube::kDeployments, "web", {.propagation = "Foreground"});
  Settle();
  auto web = Get(kube::kDeployments, "web");
  ASSERT_FALSE(web);
  EXPECT_EQ(web.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(List(kube::kPods).empty());
}

TEST_F(ControllersTest, OrphaningLeavesTheDependents) {
  Create(kube::kDeployments, kWeb);
  Settle();
  Delete(kube::kDeployments, "web", {.propagation = "Orphan"});
  Settle();
  const auto sets = List(kube::kReplicaSets);
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_TRUE(sets[0].metadata()["ownerReferences"].empty());
  EXPECT_EQ(List(kube::kPods).size(), 3u);
}

TEST_F(ControllersTest, AJobCountsEachPodOnce) {
  Create(
      kube::kJobs,
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"count"},"spec":{"completions":3,
    "parallelism":2,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox"}]}}}})");
  for (int i = 0; i < 6; ++i) {
    Settle();
    for (const Object& pod : List(kube::kPods)) {
      if (pod.status()["phase"].str() == "Pending") SetPhase(pod, "Succeeded", false);
    }
  }
  auto job = Get(kube::kJobs, "count");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->status()["succeeded"].i64(), 3);
  EXPECT_EQ(List(kube::kPods).size(), 3u);
  bool complete = false;
  for (kube::JsonRef c : job->status()["conditions"].elements())
    complete |= c["type"].str() == "Complete";
  EXPECT_TRUE(complete);
}

TEST_F(ControllersTest, AJobThatKeepsFailingGivesUp) {
  Create(
      kube::kJobs,
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"bad"},"spec":{"backoffLimit":1,
    "template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox"}]}}}})");
  for (int i = 0; i < 20; ++i) {
    executor_.RunFor(Seconds(15));
    for (const Object& pod : List(kube::kPods)) {
      if (pod.status()["phase"].str() == "Pending") SetPhase(pod, "Failed", false);
    }
  }
  auto job = Get(kube::kJobs, "bad");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->status()["failed"].i64(), 2);
  EXPECT_EQ(job->status().Find({"conditions"}).At(0)["reason"].str(), "BackoffLimitExceeded");
}

TEST_F(ControllersTest, EndpointsFollowReadyPods) {
  Create(kube::kServices, R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},
    "spec":{"selector":{"app":"web"},"ports":[{"port":80}]}})");
  Create(kube::kDeployments, kWeb);
  Settle();
  RunAllPods();
  const auto slices = List(kube::kEndpointSlices, "kubernetes.io/service-name=web");
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(slices[0]["endpoints"].size(), 3u);
  EXPECT_TRUE(slices[0]["endpoints"].At(0)["conditions"]["ready"].boolean());
  auto endpoints = Get(kube::kEndpoints, "web");
  ASSERT_TRUE(endpoints);
  EXPECT_EQ((*endpoints)["subsets"].At(0)["addresses"].size(), 3u);
}

TEST_F(ControllersTest, ANamespaceHasItsDefaultsAndIsEmptiedWhenDeleted) {
  auto made = Await<Object>([&](auto done) {
    client_.Create(
        kube::kNamespaces, "",
        *Json::Parse(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}})"), done);
  });
  ASSERT_TRUE(made) << made.error().ToString();
  Settle();
  EXPECT_TRUE(Get(kube::kServiceAccounts, "default", "team"));
  EXPECT_TRUE(Get(kube::kConfigMaps, "kube-root-ca.crt", "team"));
  auto gone =
      Await<Object>([&](auto done) { client_.Delete(kube::kNamespaces, "", "team", {}, done); });
  ASSERT_TRUE(gone) << gone.error().ToString();
  executor_.RunFor(Seconds(10));
  auto left = Await<Object>([&](auto done) { client_.Get(kube::kNamespaces, "", "team", done); });
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace stowage::sim
