#include "test/sim/apiserver/fixture.h"

namespace stowage::sim {
namespace {

using kube::kConfigMaps;
using kube::kDeployments;
using kube::kNamespaces;
using kube::kPods;

constexpr char kConfig[] =
    R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1"}})";

class CrudTest : public ApiServerTest {};

TEST_F(CrudTest, ACreatedPodComesBackWithIdentityAndDefaults) {
  auto pod = Create(kPods, "default", Pod("web"));
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_EQ(pod->uid().size(), 36u);
  EXPECT_FALSE(pod->resource_version().empty());
  EXPECT_EQ(pod->metadata()["creationTimestamp"].str(), "2026-01-01T00:00:00Z");
  EXPECT_EQ(pod->status()["phase"].str(), "Pending");
  EXPECT_EQ(pod->status()["qosClass"].str(), "BestEffort");
  const auto spec = pod->spec();
  EXPECT_EQ(spec["restartPolicy"].str(), "Always");
  EXPECT_EQ(spec["dnsPolicy"].str(), "ClusterFirst");
  EXPECT_EQ(spec["terminationGracePeriodSeconds"].i64(), 30);
  EXPECT_EQ(spec["serviceAccountName"].str(), "default");
  EXPECT_EQ(spec["priority"].i64(-1), 0);
  EXPECT_EQ(spec["tolerations"].size(), 2u);
  EXPECT_TRUE(spec["volumes"].At(0)["name"].str().starts_with("kube-api-access-"));
  EXPECT_EQ(spec["containers"].At(0)["imagePullPolicy"].str(), "IfNotPresent");
  auto again = Get(kPods, "default", "web");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->json(), pod->json());
}

TEST_F(CrudTest, ANameCanBeTakenOnlyOnce) {
  ASSERT_TRUE(Create(kConfigMaps, "default", J(kConfig)));
  auto second = Create(kConfigMaps, "default", J(kConfig));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(second.error().message, "configmaps \"c\" already exists");
}

TEST_F(CrudTest, GenerateNameAddsALetteredSuffix) {
  auto made =
      Create(kConfigMaps, "default",
             J(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"c-"}})"));
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->name().starts_with("c-"));
  EXPECT_EQ(made->name().size(), 7u);
}

TEST_F(CrudTest, AMissingObjectIsNotFoundByNameAndGroup) {
  auto d = Get(kDeployments, "default", "nope");
  ASSERT_FALSE(d);
  EXPECT_EQ(d.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(d.error().message, "deployments.apps \"nope\" not found");
}

TEST_F(CrudTest, AMissingNamespaceIsNotFound) {
  auto pod = Create(kPods, "nowhere", Pod("web"));
  ASSERT_FALSE(pod);
  EXPECT_EQ(pod.error().message, "namespaces \"nowhere\" not found");
}

TEST_F(CrudTest, AnUpdateFromAnOldVersionConflicts) {
  auto first = Create(kConfigMaps, "default", J(kConfig));
  ASSERT_TRUE(first);
  kube::MutableJson change(first->json());
  change.Set({"data", "a"}, "2");
  auto second = Update(kConfigMaps, "default", "c", change.Snapshot());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE(second->resource_version(), first->resource_version());
  change.Set({"data", "a"}, "3");
  auto third = Update(kConfigMaps, "default", "c", change.Snapshot());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kConflict);
}

TEST_F(CrudTest, AnUpdateThatChangesNothingKeepsTheVersion) {
  auto first = Create(kConfigMaps, "default", J(kConfig));
  ASSERT_TRUE(first);
  auto second = Update(kConfigMaps, "default", "c", first->json());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->resource_version(), first->resource_version());
}

TEST_F(CrudTest, StatusAndSpecAreWrittenApart) {
  auto pod = Create(kPods, "default", Pod("web"));
  ASSERT_TRUE(pod);
  auto patched = Patch(kPods, "default", "web", kube::PatchType::kMerge,
                       R"({"spec":{"nodeName":"x"},"status":{"phase":"Running"}})", "status");
  ASSERT_TRUE(patched) << patched.error().message;
  EXPECT_EQ(patched->status()["phase"].str(), "Running");
  EXPECT_EQ(patched->spec()["nodeName"].str(), "");
  auto main = Patch(kPods, "default", "web", kube::PatchType::kMerge,
                    R"({"metadata":{"labels":{"a":"b"}},"status":{"phase":"Failed"}})");
  ASSERT_TRUE(main) << main.error().message;
  EXPECT_EQ(main->status()["phase"].str(), "Running");
  EXPECT_EQ(main->label("a"), "b");
}

TEST_F(CrudTest, AnUnscheduledPodGoesAtOnceAndABoundOneWithGrace) {
  ASSERT_TRUE(Create(kPods, "default", Pod("web")));
  ASSERT_TRUE(Delete(kPods, "default", "web"));
  EXPECT_FALSE(Get(kPods, "default", "web"));

  auto pod = Create(kPods, "default", Pod("web"));
  ASSERT_TRUE(pod);
  ASSERT_TRUE(Bind("default", "web", "n1", std::string(pod->uid())));
  auto deleting = Delete(kPods, "default", "web");
  ASSERT_TRUE(deleting);
  EXPECT_EQ(deleting->metadata()["deletionGracePeriodSeconds"].i64(), 30);
  EXPECT_EQ(deleting->metadata()["deletionTimestamp"].str(), "2026-01-01T00:00:30Z");
  auto shorter = Delete(kPods, "default", "web", {.grace_seconds = 5});
  ASSERT_TRUE(shorter);
  EXPECT_EQ(shorter->metadata()["deletionTimestamp"].str(), "2026-01-01T00:00:05Z");
  auto longer = Delete(kPods, "default", "web", {.grace_seconds = 50});
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->metadata()["deletionGracePeriodSeconds"].i64(), 5);
  ASSERT_TRUE(Delete(kPods, "default", "web", {.grace_seconds = 0}));
  EXPECT_FALSE(Get(kPods, "default", "web"));
}

TEST_F(CrudTest, PreconditionsGuardADeletion) {
  auto pod = Create(kPods, "default", Pod("web"));
  ASSERT_TRUE(pod);
  auto wrong = Delete(kPods, "default", "web", {.uid = "00000000-0000-4000-8000-000000000000"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(Delete(kPods, "default", "web", {.uid = std::string(pod->uid())}));
}

TEST_F(CrudTest, FinalizersHoldAnObjectUntilTheyAreGone) {
  ASSERT_TRUE(Create(kConfigMaps, "default",
                     J(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c",
                         "finalizers":["example.com/hold"]}})")));
  auto held = Delete(kConfigMaps, "default", "c");
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->deleting());
  ASSERT_TRUE(Get(kConfigMaps, "default", "c"));
  ASSERT_TRUE(Patch(kConfigMaps, "default", "c", kube::PatchType::kMerge,
                    R"({"metadata":{"finalizers":null}})"));
  EXPECT_FALSE(Get(kConfigMaps, "default", "c"));
}

TEST_F(CrudTest, ForegroundDeletionWaitsForItsFinalizer) {
  ASSERT_TRUE(Create(kConfigMaps, "default", J(kConfig)));
  auto held = Delete(kConfigMaps, "default", "c", {.propagation = "Foreground"});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->metadata()["finalizers"].At(0).str(), "foregroundDeletion");
}

TEST_F(CrudTest, DryRunChangesNothing) {
  auto response = Raw("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", kConfig);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.json["metadata"]["name"].str(), "c");
  EXPECT_FALSE(Get(kConfigMaps, "default", "c"));
}

TEST_F(CrudTest, ATerminatingNamespaceTakesNothingNew) {
  ASSERT_TRUE(Create(kNamespaces, "",
                     J(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}})")));
  ASSERT_TRUE(Get(kube::kServiceAccounts, "n", "default"));
  ASSERT_TRUE(Get(kConfigMaps, "n", "kube-root-ca.crt"));
  auto gone = Delete(kNamespaces, "", "n");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->status()["phase"].str(), "Terminating");
  auto pod = Create(kPods, "n", Pod("web"));
  ASSERT_FALSE(pod);
  EXPECT_EQ(pod.error().code, ErrorCode::kForbidden);
  EXPECT_EQ(pod.error().message,
            "pods \"web\" is forbidden: unable to create new content in namespace n because it is "
            "being terminated");
  auto finalized =
      Raw("PUT", "/api/v1/namespaces/n/finalize",
          R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"},"spec":{}})");
  EXPECT_EQ(finalized.status, 200);
  EXPECT_FALSE(Get(kNamespaces, "", "n"));
}

TEST_F(CrudTest, GenerationFollowsTheSpec) {
  auto d = Create(kDeployments, "default", J(R"({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"app":"web"}},"template":{
    "metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}}})"));
  ASSERT_TRUE(d) << d.error().message;
  EXPECT_EQ(d->metadata()["generation"].i64(), 1);
  EXPECT_EQ(d->spec()["strategy"]["rollingUpdate"]["maxSurge"].str(), "25%");
  auto scaled = Raw("PATCH", "/apis/apps/v1/namespaces/default/deployments/web/scale",
                    R"({"spec":{"replicas":3}})", "application/merge-patch+json");
  EXPECT_EQ(scaled.status, 200) << scaled.json.Dump();
  EXPECT_EQ(scaled.json["spec"]["replicas"].i64(), 3);
  EXPECT_EQ(scaled.json["status"]["selector"].str(), "app=web");
  EXPECT_EQ(Get(kDeployments, "default", "web")->metadata()["generation"].i64(), 2);
  ASSERT_TRUE(Patch(kDeployments, "default", "web", kube::PatchType::kMerge,
                    R"({"status":{"readyReplicas":3}})", "status"));
  EXPECT_EQ(Get(kDeployments, "default", "web")->metadata()["generation"].i64(), 2);
}

TEST_F(CrudTest, DeleteCollectionTakesWhatTheSelectorFinds) {
  ASSERT_TRUE(Create(kPods, "default", Pod("a", "", R"("labels":{"app":"x"})")));
  ASSERT_TRUE(Create(kPods, "default", Pod("b", "", R"("labels":{"app":"y"})")));
  EXPECT_EQ(Raw("DELETE", "/api/v1/namespaces/default/pods?labelSelector=app%3Dx").status, 200);
  EXPECT_FALSE(Get(kPods, "default", "a"));
  EXPECT_TRUE(Get(kPods, "default", "b"));
}

}  // namespace
}  // namespace stowage::sim
