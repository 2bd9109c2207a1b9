#include "sim/apiserver/node_proxy.h"
#include "test/sim/apiserver/fixture.h"

namespace stowage::sim {
namespace {

using kube::kPods;

class PodsTest : public ApiServerTest {};

TEST_F(PodsTest, BindingSetsNodeConditionAndAnnotations) {
  auto pod = Create(kPods, "default", Pod("web"));
  ASSERT_TRUE(pod);
  ASSERT_TRUE(Bind("default", "web", "n1", std::string(pod->uid())));
  auto bound = Get(kPods, "default", "web");
  EXPECT_EQ(bound->spec()["nodeName"].str(), "n1");
  EXPECT_EQ(bound->annotation("why"), "test");
  EXPECT_EQ(bound->status()["conditions"].At(0)["type"].str(), "PodScheduled");
  auto again = Bind("default", "web", "n2");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(Get(kPods, "default", "web")->spec()["nodeName"].str(), "n1");
}

TEST_F(PodsTest, BindingChecksUidAndGates) {
  ASSERT_TRUE(Create(kPods, "default", Pod("web")));
  EXPECT_FALSE(Bind("default", "web", "n1", "00000000-0000-4000-8000-000000000000"));
  ASSERT_TRUE(
      Create(kPods, "default", Pod("gated", R"("schedulingGates":[{"name":"example.com/g"}])")));
  EXPECT_FALSE(Bind("default", "gated", "n1"));
}

TEST_F(PodsTest, EvictionHonoursABudget) {
  ASSERT_TRUE(Create(kPods, "default", Pod("web", "", R"("labels":{"app":"x"})")));
  ASSERT_TRUE(Bind("default", "web", "n1"));
  ASSERT_TRUE(
      Patch(kPods, "default", "web", kube::PatchType::kMerge,
            R"({"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})",
            "status"));
  const std::string budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  ASSERT_EQ(Raw("POST", budgets, R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
    "metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"x"}}}})")
                .status,
            201);
  ASSERT_EQ(Raw("PATCH", budgets + "/b/status", R"({"status":{"observedGeneration":1,
    "disruptionsAllowed":0,"desiredHealthy":1,"currentHealthy":1}})",
                "application/merge-patch+json")
                .status,
            200);
  const std::string eviction =
      R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"web"}})";
  auto refused = Raw("POST", "/api/v1/namespaces/default/pods/web/eviction", eviction);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.json["message"].str(),
            "Cannot evict pod as it would violate the pod's disruption budget.");
  ASSERT_EQ(Raw("PATCH", budgets + "/b/status", R"({"status":{"disruptionsAllowed":1}})",
                "application/merge-patch+json")
                .status,
            200);
  EXPECT_EQ(Raw("POST", "/api/v1/namespaces/default/pods/web/eviction", eviction).status, 201);
  EXPECT_TRUE(Get(kPods, "default", "web")->deleting());
  EXPECT_EQ(Raw("GET", budgets + "/b").json["status"]["disruptionsAllowed"].i64(), 0);
}

TEST_F(PodsTest, WhatUsersGetWrongIsSaidByField) {
  auto bad = Raw("POST", "/api/v1/namespaces/default/pods",
                 R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[
                   {"name":"a","image":"x","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}},
                   {"name":"a","image":"x"}]}})");
  EXPECT_EQ(bad.status, 422);
  EXPECT_EQ(bad.json["reason"].str(), "Invalid");
  EXPECT_EQ(
      bad.json["message"].str(),
      "Pod \"p\" is invalid: [spec.containers[0].resources.requests: Invalid value: \"2\": must be "
      "less than or equal to cpu limit of 1, spec.containers[1].name: Duplicate value: \"a\"]");
}

TEST_F(PodsTest, UnknownFieldsWarnOrFail) {
  const std::string body = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
    "spec":{"containrs":[],"containers":[{"name":"a","image":"x"}]}})";
  auto strict = Raw("POST", "/api/v1/namespaces/default/pods?fieldValidation=Strict", body);
  EXPECT_EQ(strict.status, 400);
  EXPECT_NE(strict.json["message"].str().find("unknown field \"spec.containrs\""),
            std::string::npos);
  auto warned = Raw("POST", "/api/v1/namespaces/default/pods?fieldValidation=Warn", body);
  EXPECT_EQ(warned.status, 201);
  EXPECT_EQ(warned.headers.Get("Warning"), "299 - \"unknown field \\\"spec.containrs\\\"\"");
  EXPECT_FALSE(warned.json["spec"]["containrs"].exists());
}

TEST_F(PodsTest, TablesShowWhatKubectlPrints) {
  ASSERT_TRUE(Create(kPods, "default", Pod("web")));
  ASSERT_TRUE(Bind("default", "web", "n1"));
  ASSERT_TRUE(
      Patch(kPods, "default", "web", kube::PatchType::kMerge,
            R"({"status":{"phase":"Running","podIP":"10.0.0.7","containerStatuses":[{"name":"main",
                      "restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
                      "lastState":{"terminated":{"finishedAt":"2026-01-01T00:00:00Z"}}}]}})",
            "status"));
  executor.RunFor(Minutes(5));
  auto table = Raw("GET", "/api/v1/namespaces/default/pods", "", "",
                   {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_EQ(table.json["kind"].str(), "Table");
  const std::string cells = table.json["rows"].At(0)["cells"].Dump();
  EXPECT_EQ(cells,
            "[\"web\",\"0/1\",\"CrashLoopBackOff\",\"3 (5m ago)\",\"5m\",\"10.0.0.7\",\"n1\","
            "\"<none>\",\"<none>\"]");
  EXPECT_EQ(table.json["columnDefinitions"].size(), 9u);
}

TEST_F(PodsTest, ATokenOfAServiceAccountIsAccepted) {
  auto token = Raw("POST", "/api/v1/namespaces/default/serviceaccounts/default/token",
                   R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})");
  ASSERT_EQ(token.status, 201) << token.json.Dump();
  auto review =
      Raw("POST", "/apis/authentication.k8s.io/v1/tokenreviews",
          R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":")" +
              token.json["status"]["token"].string() + "\"}}");
  EXPECT_TRUE(review.json["status"]["authenticated"].boolean());
  EXPECT_EQ(review.json["status"]["user"]["username"].str(),
            "system:serviceaccount:default:default");
}

TEST_F(PodsTest, KubeletTargetsUseTheKubeletsWords) {
  const kube::Object pod(Pod("web", "", R"("namespace":"ns")"));
  EXPECT_EQ(
      KubeletTarget(pod, "log", "/api/v1/namespaces/ns/pods/web/log?follow=true&container=main"),
      "/containerLogs/ns/web/main?follow=true");
  EXPECT_EQ(KubeletTarget(pod, "exec",
                          "/x?command=ls&command=-l&stdin=true&stdout=true&stderr=false&tty=true"),
            "/exec/ns/web/main?command=ls&command=-l&input=1&output=1&tty=1");
  EXPECT_EQ(KubeletTarget(pod, "portforward", "/x?ports=80"), "/portForward/ns/web?ports=80");
}

class LockedTest : public ApiServerTest {
 protected:
  LockedTest() : ApiServerTest({.require_authentication = true}) {}
};

TEST_F(LockedTest, RolesDecideWhatOthersMay) {
  DirectTransport other(executor, server,
                        {.identity = {.common_name = "jane", .organizations = {}}});
  kube::Client jane(other);
  const auto list = [&] {
    std::optional<Result<kube::ObjectList>> slot;
    jane.List(kPods, "default", {}, [&](auto r) { slot = std::move(r); });
    executor.RunUntil([&] { return slot.has_value(); }, Seconds(10));
    return *slot;
  };
  auto refused = list();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kForbidden);
  EXPECT_EQ(
      refused.error().message,
      "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the "
      "namespace \"default\"");
  ASSERT_EQ(
      Raw("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
          R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"v"},
                  "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"},
                  "subjects":[{"kind":"User","name":"jane","apiGroup":"rbac.authorization.k8s.io"}]})")
          .status,
      201);
  EXPECT_TRUE(list());
}

TEST(PersistenceTest, ObjectsSurviveTheServer) {
  const std::string file = ::testing::TempDir() + "/apiserver_persistence.db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::remove((file + suffix).c_str());
  SimExecutor executor;
  std::string uid;
  uint64_t version = 0;
  {
    ApiServer server(executor, Rng(1), {.database = file});
    executor.RunPosted();
    uid = server.cluster_uid();
    version = server.stats().resource_version;
  }
  ApiServer again(executor, Rng(1), {.database = file});
  EXPECT_EQ(again.cluster_uid(), uid);
  EXPECT_EQ(again.stats().resource_version, version);
}

}  // namespace
}  // namespace stowage::sim
