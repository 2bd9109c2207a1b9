// What pods want of other pods: read from their specs, and kept by the running scheduler.
#include "scheduler/control/relations.h"

#include <string>

#include "test/scheduler/control/scheduler_world.h"

namespace stowage::scheduler {
namespace {

kube::Object PodOf(const std::string& spec, const std::string& labels = R"({"app":"web"})") {
  return test::ObjectFrom(R"({"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop",)"
                          R"("name":"web","labels":)" +
                          labels + R"(},"spec":)" + spec + "}");
}

PodRelations Read(const kube::Object& pod) {
  PodRelations out;
  const auto ok = ParseRelations(pod, out);
  EXPECT_TRUE(ok) << ok.error().message;
  return out;
}

std::string Complaint(const std::string& spec) {
  PodRelations out;
  const auto ok = ParseRelations(PodOf(spec), out);
  EXPECT_EQ(out.ns, "shop");
  EXPECT_TRUE(out.spread.empty() && out.affinity.empty());
  return ok ? "" : ok.error().message;
}

TEST(ParseRelations, ReadsAllOfASpreadConstraint) {
  const PodRelations r = Read(PodOf(R"({"topologySpreadConstraints":[
    {"maxSkew":2,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","minDomains":3,
     "labelSelector":{"matchLabels":{"app":"web"}},"matchLabelKeys":["rev"],
     "nodeAffinityPolicy":"Ignore","nodeTaintsPolicy":"Honor"},
    {"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"ScheduleAnyway"}]})"));
  using Op = LabelRequirement::Op;
  ASSERT_EQ(r.spread.size(), 2u);
  EXPECT_EQ(r.spread[0], (SpreadConstraint{.topology_key = "zone",
                                           .max_skew = 2,
                                           .min_domains = 3,
                                           .selector = {false, {{"app", Op::kIn, {"web"}}}},
                                           .match_label_keys = {"rev"},
                                           .honor_affinity = false,
                                           .honor_taints = true}));
  EXPECT_FALSE(r.spread[1].hard);
  EXPECT_TRUE(r.spread[1].selector.nothing);
}

TEST(ParseRelations, ReadsAffinityOfBothSigns) {
  const PodRelations r = Read(PodOf(R"({"affinity":{
    "podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
      {"topologyKey":"zone","namespaces":["b","a"],"namespaceSelector":{},
       "labelSelector":{"matchExpressions":[{"key":"tier","operator":"NotIn","values":["x"]}]}}]},
    "podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
      {"weight":7,"podAffinityTerm":{"topologyKey":"zone","mismatchLabelKeys":["rev"]}}]}}})"));
  ASSERT_EQ(r.affinity.size(), 1u);
  EXPECT_EQ(r.affinity[0].namespaces, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(r.affinity[0].namespace_selector, LabelSelector{});
  EXPECT_EQ(r.affinity[0].selector.all[0].op, LabelRequirement::Op::kNotIn);
  ASSERT_EQ(r.preferred.size(), 1u);
  EXPECT_EQ(r.preferred[0].weight, -7);
  EXPECT_EQ(r.preferred[0].term.mismatch_label_keys, std::vector<std::string>{"rev"});
}

TEST(ParseRelations, ReadsPortsOfTheNode) {
  const std::string ports = R"("ports":[{"containerPort":80,"hostPort":8080,"hostIP":"10.0.0.1"},
    {"containerPort":53,"protocol":"UDP"}])";
  PodRelations r = Read(PodOf(R"({"containers":[{"name":"c",)" + ports + "}]}"));
  EXPECT_EQ(r.ports, (std::vector<HostPort>{{"TCP", "10.0.0.1", 8080}}));
  r = Read(PodOf(R"({"hostNetwork":true,"containers":[{"name":"c",)" + ports + "}]}"));
  EXPECT_EQ(r.ports, (std::vector<HostPort>{{"TCP", "10.0.0.1", 8080}, {"UDP", "0.0.0.0", 53}}));
}

// As for kube-scheduler: only 0.0.0.0 stands for all addresses.
TEST(ParseRelations, TheUnspecifiedAddressOfIpV6IsOneAmongOthers) {
  const PodRelations r = Read(PodOf(R"({"containers":[{"name":"c","ports":[
    {"containerPort":80,"hostPort":80,"hostIP":"::"},{"containerPort":81,"hostPort":81}]}]})"));
  EXPECT_EQ(r.ports, (std::vector<HostPort>{{"TCP", "0.0.0.0", 81}, {"TCP", "::", 80}}));
  EXPECT_FALSE(r.ports[1].Conflicts({"TCP", "10.0.0.1", 80}));
  EXPECT_TRUE(r.ports[1].Conflicts({"TCP", "0.0.0.0", 80}));
}

TEST(ParseRelations, LabelsThatNumberPodsMakeNoClassesUnlessNamed) {
  const std::string labels = R"({"app":"db","apps.kubernetes.io/pod-index":"3"})";
  EXPECT_EQ(Read(PodOf("{}", labels)).labels, (Labels{{"app", "db"}}));
  const std::string spec = R"({"topologySpreadConstraints":[{"topologyKey":"zone",
    "matchLabelKeys":["apps.kubernetes.io/pod-index"]}]})";
  EXPECT_EQ(Read(PodOf(spec, labels)).labels.size(), 2u);
}

TEST(ParseRelations, SaysWhatItDoesNotUnderstand) {
  EXPECT_EQ(Complaint(R"({"topologySpreadConstraints":[{"topologyKey":"z",
    "whenUnsatisfiable":"Perhaps"}]})"),
            "whenUnsatisfiable: unknown value \"Perhaps\"");
  EXPECT_EQ(Complaint(R"({"topologySpreadConstraints":[{"maxSkew":1}]})"),
            "topologySpreadConstraints: topologyKey is missing");
  EXPECT_EQ(Complaint(R"({"affinity":{"podAffinity":{
    "requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z","labelSelector":
    {"matchExpressions":[{"key":"a","operator":"Gt"}]}}]}}})"),
            "labelSelector operator: unknown value \"Gt\"");
}

class RelationsTest : public SchedulerTest {
 protected:
  // Small enough for a hundred on a node.
  static test::PodBuilder Small(const std::string& name, const std::string& app) {
    test::PodBuilder pod = MakePod("default", name);
    pod.Scheduler("stowage").Requests({{"cpu", "10m"}}).Label("app", app);
    return pod;
  }
  static void Set(test::PodBuilder& pod, std::initializer_list<std::string_view> path,
                  const std::string& json) {
    pod.Set(path, test::JsonFrom(json));
  }
};

TEST_F(RelationsTest, ADeploymentIsSpreadOverClustersAcrossRounds) {
  fleet_.clusters["b"].core_hour = Dollars(1);
  Member("a", 1);
  Member("b", 1);
  Start();
  for (int i = 0; i < 6; ++i) {
    test::PodBuilder pod = Small("web-" + std::to_string(i), "web");
    Set(pod, {"spec", "topologySpreadConstraints"}, R"([{"maxSkew":1,"topologyKey":
      "stowage.dev/cluster","whenUnsatisfiable":"DoNotSchedule",
      "labelSelector":{"matchLabels":{"app":"web"}}}])");
    host_.Put(pod);
    Settle();
  }
  EXPECT_EQ(host_.BoundTo("a"), 3u);
  EXPECT_EQ(host_.BoundTo("b"), 3u);
}

TEST_F(RelationsTest, ThePodThatOthersWaitForLetsThemIn) {
  Member("a", 1);
  Start();
  test::PodBuilder web = Small("web", "web");
  Set(web, {"spec", "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"},
      R"([{"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":"db"}}}])");
  host_.Put(web);
  Settle();
  EXPECT_EQ(LastEvent("FailedScheduling"),
            "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.");
  host_.Put(Small("db", "db"));
  Settle(Seconds(3));
  EXPECT_EQ(NodeOfPod("web"), "a");
}

TEST_F(RelationsTest, AntiAffinityAndHostPortsCountTheMembersNodes) {
  Member("a", 2);
  Start();
  for (int i = 0; i < 3; ++i) {
    test::PodBuilder pod = Small("one-" + std::to_string(i), "one");
    Set(pod,
        {"spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"},
        R"([{"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":"one"}}}])");
    host_.Put(pod);
    test::PodBuilder port = Small("port-" + std::to_string(i), "port");
    Set(port, {"spec", "containers"},
        R"([{"name":"c","image":"i","ports":[{"containerPort":80,"hostPort":80}]}])");
    host_.Put(port);
    Settle();
  }
  EXPECT_EQ(NodeOfPod("one-1"), "a");
  EXPECT_EQ(NodeOfPod("one-2"), "");
  EXPECT_EQ(NodeOfPod("port-1"), "a");
  EXPECT_EQ(NodeOfPod("port-2"), "");
}

TEST_F(RelationsTest, NamespacesAreSelectedByTheirLabels) {
  Member("a", 1);
  Member("b", 1);
  fleet_.clusters["b"].core_hour = Dollars(1);
  host_.Put(test::MakeObject("v1", "Namespace", "", "default").Label("team", "x"));
  Start();
  host_.Put(Small("db", "db"));
  Settle();
  test::PodBuilder web = Small("web", "web");
  Set(web,
      {"spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"},
      R"([{"topologyKey":"stowage.dev/cluster","labelSelector":{"matchLabels":{"app":"db"}},
           "namespaceSelector":{"matchLabels":{"team":"x"}}}])");
  host_.Put(web);
  Settle();
  EXPECT_EQ(NodeOfPod("db"), "a");
  EXPECT_EQ(NodeOfPod("web"), "b");
}

TEST_F(RelationsTest, AGangWaitsUntilItIsWholeAndComesAsAWhole) {
  Member("a", 1);
  Start();
  for (int i = 0; i < 3; ++i) {
    host_.Put(Small("worker-" + std::to_string(i), "worker")
                  .Label("scheduling.x-k8s.io/pod-group", "train")
                  .Label("pod-group.scheduling.sigs.k8s.io/min-available", "3"));
    if (i == 2) break;
    Settle(Seconds(20));  // each has its own pause by now
    EXPECT_EQ(host_.Bound(), 0u);
  }
  EXPECT_THAT(LastEvent("FailedScheduling"),
              HasSubstr("pod group default/train could not be placed as a whole"));
  Settle();
  EXPECT_EQ(host_.Bound(), 3u);
}

TEST_F(RelationsTest, AGangThatRunsLetsMoreOfItIn) {
  Member("a", 1);
  Start();
  for (int i = 0; i < 4; ++i) {
    host_.Put(Small("worker-" + std::to_string(i), "worker")
                  .Label("scheduling.x-k8s.io/pod-group", "train")
                  .Label("pod-group.scheduling.sigs.k8s.io/min-available", "3"));
    if (i == 2) Settle();
  }
  Settle();
  EXPECT_EQ(host_.Bound(), 4u);
}

TEST_F(RelationsTest, AQuotaCapsANamespaceOverRounds) {
  fleet_.quotas = {{"count", {"default"}, {"a"}, {{"pods", 2}}}};
  Member("a", 1);
  Start();
  for (int i = 0; i < 3; ++i) {
    host_.Put(Small("web-" + std::to_string(i), "web"));
    Settle();
  }
  EXPECT_EQ(host_.Bound(), 2u);
  EXPECT_THAT(LastEvent("FailedScheduling"), HasSubstr("exceeded quota: count"));
  EXPECT_THAT(LastEvent("FailedScheduling"),
              HasSubstr("Would fit with quota count: pods from 2 to 3."));
}

TEST_F(RelationsTest, ResidencyByDefaultHoldsForAllPods) {
  fleet_.clusters["eu"].region = "eu";
  fleet_.clusters["us"].region = "us";
  fleet_.clusters["eu"].core_hour = Dollars(1);
  fleet_.defaults.allowed_regions = {"eu"};
  Member("eu", 1);
  Member("us", 1);
  Start();
  host_.Put(Small("web", "web"));
  Settle();
  EXPECT_EQ(NodeOfPod("web"), "eu");
}

}  // namespace
}  // namespace stowage::scheduler
