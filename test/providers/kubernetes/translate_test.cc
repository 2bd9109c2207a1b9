#include "providers/kubernetes/translate.h"

#include <gtest/gtest.h>

#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"

namespace stowage::providers {
namespace {

using kube::Json;
using kube::Object;

TranslateOptions Options() {
  TranslateOptions options;
  options.host_uid = "aaaaaaaa-0000-0000-0000-000000000001";
  options.node_name = "vnode-eu";
  options.cluster_labels = {{"stowage.dev/cluster", "eu"},
                            {"topology.kubernetes.io/region", "eu-west"},
                            {"tier", "burst"}};
  return options;
}

Object Pod(const std::string& spec, const std::string& metadata = "{}") {
  auto pod = Json::Parse(R"({"apiVersion":"v1","kind":"Pod","metadata":)" + metadata +
                         R"(,"spec":)" + spec + "}");
  EXPECT_TRUE(pod) << pod.error().ToString() << spec;
  kube::MutableJson whole(*pod);
  whole.Set({"metadata", "name"}, "web");
  if (!pod->Find({"metadata", "namespace"}).exists()) whole.Set({"metadata", "namespace"}, "shop");
  whole.Set({"metadata", "uid"}, "uid-1");
  return Object(std::move(whole).Freeze());
}

Json Remote(const Object& pod, const TranslateOptions& options = Options()) {
  auto translated = TranslatePod(pod, options);
  EXPECT_TRUE(translated) << translated.error().ToString();
  return WithAnchor(std::move(*translated), options.host_uid, "anchor-uid");
}

std::string RemoteSpec(const std::string& spec, const TranslateOptions& options = Options()) {
  return Json::Copy(Remote(Pod(spec), options)["spec"]).Dump();
}

Json Parsed(const std::string& text) {
  auto json = Json::Parse(text);
  EXPECT_TRUE(json) << text;
  return *json;
}

// One row a rule: a host spec and what becomes of it. What every pod gets is left out of `remote`.
struct Rule {
  const char* says;
  const char* host;
  const char* remote;
};

constexpr Rule kRules[] = {
    {"node, scheduler and gates of the host go",
     R"({"nodeName":"vnode-eu","schedulerName":"stowage","schedulingGates":[],
         "readinessGates":[{"conditionType":"x"}],"restartPolicy":"Never"})",
     R"({"restartPolicy":"Never"})"},
    {"the account goes", R"({"serviceAccountName":"robot","serviceAccount":"robot"})", R"({})"},
    {"priority and overhead are the member's to decide",
     R"({"priority":1000,"preemptionPolicy":"Never","priorityClassName":"high",
         "overhead":{"cpu":"10m"},"runtimeClassName":"gvisor"})",
     R"({"runtimeClassName":"gvisor"})"},
    {"ephemeral containers come by UpdatePod", R"({"ephemeralContainers":[{"name":"debug"}]})",
     R"({})"},
    {"node selectors about the virtual node go, those about nodes stay",
     R"({"nodeSelector":{"type":"virtual-kubelet","kubernetes.io/hostname":"vnode-eu",
         "stowage.dev/cluster":"eu","tier":"burst","topology.kubernetes.io/region":"eu-west",
         "kubernetes.io/arch":"arm64","disk":"ssd"}})",
     R"({"nodeSelector":{"kubernetes.io/arch":"arm64","disk":"ssd"}})"},
    {"an empty node selector goes", R"({"nodeSelector":{"stowage.dev/cluster":"eu"}})", R"({})"},
    {"tolerations of our taints, and endless ones of a node that is not ready, go",
     R"({"tolerations":[{"key":"virtual-kubelet.io/provider","operator":"Exists"},
         {"key":"stowage.dev/drain","operator":"Exists"},{"key":"gpu","operator":"Exists"},
         {"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute"},
         {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute",
          "tolerationSeconds":30}]})",
     R"({"tolerations":[{"key":"gpu","operator":"Exists"},
         {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute",
          "tolerationSeconds":30}]})"},
    {"a required term that placement satisfied whole satisfies all",
     R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
         {"nodeSelectorTerms":[{"matchExpressions":[{"key":"tier","operator":"In",
          "values":["burst","onprem"]}]},
          {"matchExpressions":[{"key":"disk","operator":"Exists"}]}]}}}})",
     R"({})"},
    {"terms of other clusters go, and of ours the node's part stays",
     R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
         {"nodeSelectorTerms":[
          {"matchExpressions":[{"key":"stowage.dev/cluster","operator":"In","values":["us"]},
                               {"key":"disk","operator":"In","values":["hdd"]}]},
          {"matchExpressions":[{"key":"stowage.dev/cluster","operator":"In","values":["eu"]},
                               {"key":"disk","operator":"In","values":["ssd"]}]}]}}}})",
     R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
         {"nodeSelectorTerms":[
          {"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]}]}}}})"},
    {"a name of a host's node means nothing in the member",
     R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
         {"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In",
          "values":["vnode-eu"]}]}]}}}})",
     R"({})"},
    {"a pod bound by hand against its own terms keeps their node part",
     R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
         {"nodeSelectorTerms":[{"matchExpressions":[
          {"key":"stowage.dev/cluster","operator":"In","values":["us"]},
          {"key":"disk","operator":"In","values":["hdd"]}]}]}}}})",
     R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
         {"nodeSelectorTerms":[
          {"matchExpressions":[{"key":"disk","operator":"In","values":["hdd"]}]}]}}}})"},
    {"preferences about clusters go",
     R"({"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
         {"weight":1,"preference":{"matchExpressions":[{"key":"tier","operator":"In",
          "values":["burst"]}]}},
         {"weight":2,"preference":{"matchExpressions":[{"key":"disk","operator":"Exists"}]}}]}}})",
     R"({"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
         {"weight":2,"preference":{"matchExpressions":[{"key":"disk","operator":"Exists"}]}}]}}})"},
    {"spread and affinity over clusters go, over nodes stay",
     R"({"topologySpreadConstraints":[{"topologyKey":"stowage.dev/cluster","maxSkew":1},
         {"topologyKey":"kubernetes.io/hostname","maxSkew":1}],
         "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
          {"topologyKey":"stowage.dev/cluster","labelSelector":{}},
          {"topologyKey":"kubernetes.io/hostname","labelSelector":{}}]}}})",
     R"({"topologySpreadConstraints":[{"topologyKey":"kubernetes.io/hostname","maxSkew":1}],
         "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
          {"topologyKey":"kubernetes.io/hostname","labelSelector":{}}]}}})"},
    {"a legacy token volume goes with its mounts",
     R"({"volumes":[{"name":"default-token-x7k2p","secret":{"secretName":"default-token-x7k2p"}},
          {"name":"data","emptyDir":{}}],
         "containers":[{"name":"app","volumeMounts":[
          {"name":"default-token-x7k2p","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"},
          {"name":"data","mountPath":"/data"}]}]})",
     R"({"volumes":[{"name":"data","emptyDir":{}}],
         "containers":[{"name":"app","volumeMounts":[{"name":"data","mountPath":"/data"}]}]})"},
    {"the root CA is the host's, under another name",
     R"({"volumes":[{"name":"ca","configMap":{"name":"kube-root-ca.crt"}}],
         "containers":[{"name":"app","env":[{"name":"CA","valueFrom":{"configMapKeyRef":
          {"name":"kube-root-ca.crt","key":"ca.crt"}}}]}]})",
     R"({"volumes":[{"name":"ca","configMap":{"name":"stowage-host-root-ca"}}],
         "containers":[{"name":"app","env":[{"name":"CA","valueFrom":{"configMapKeyRef":
          {"name":"stowage-host-root-ca","key":"ca.crt"}}}]}]})"},
    {"without trust a token source goes and the rest of the volume stays",
     R"({"volumes":[{"name":"kube-api-access-1","projected":{"sources":[
          {"serviceAccountToken":{"path":"token","expirationSeconds":3607}},
          {"configMap":{"name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[]}}]}}]})",
     R"({"volumes":[{"name":"kube-api-access-1","projected":{"sources":[
          {"configMap":{"name":"stowage-host-root-ca"}},{"downwardAPI":{"items":[]}}]}}]})"},
    {"a projection of a token alone becomes an empty folder",
     R"({"volumes":[{"name":"vault","projected":{"sources":[
          {"serviceAccountToken":{"path":"token","audience":"vault"}}]}}]})",
     R"({"volumes":[{"name":"vault","emptyDir":{}}]})"},
};

TEST(TranslateTest, ChangesExactlyTheListedFields) {
  for (const Rule& rule : kRules) {
    kube::MutableJson expected(Parsed(rule.remote));
    expected["automountServiceAccountToken"] = false;
    EXPECT_EQ(kube::JsonRef(Parsed(RemoteSpec(Parsed(rule.host).Dump()))), expected.ref())
        << rule.says << "\n got " << RemoteSpec(rule.host);
  }
}

TEST(TranslateTest, FieldsThatNobodyHasHeardOfSurviveAtEveryLevel) {
  const char* spec = R"({"futureField":{"deep":[1,2.5,null,true,{"k":"v"}]},
    "resourceClaims":[{"name":"gpu","resourceClaimName":"claim"}],"hostUsers":false,
    "containers":[{"name":"app","image":"i","newKnob":7,"resizePolicy":[{"resourceName":"cpu"}]}],
    "volumes":[{"name":"v","image":{"reference":"r"}}]})";
  kube::MutableJson expected(Parsed(spec));
  expected["automountServiceAccountToken"] = false;
  EXPECT_EQ(kube::JsonRef(Parsed(RemoteSpec(spec))), expected.ref());
}

TEST(TranslateTest, MetadataCarriesTheOriginAndTheAnchorAndLosesTheHostsBookkeeping) {
  const Object pod = Pod(R"({"containers":[]})",
                         R"({"generateName":"web-","resourceVersion":"7","generation":3,
    "creationTimestamp":"2026-01-01T00:00:00Z","selfLink":"/x","finalizers":["f"],
    "ownerReferences":[{"kind":"ReplicaSet"}],"managedFields":[{}],
    "deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":3,
    "labels":{"app":"web","stowage.dev/node":"forged"},
    "annotations":{"note":"kept","stowage.dev/placement":"{}",
      "kubectl.kubernetes.io/last-applied-configuration":"{}"}})");
  const Json remote = Remote(pod);
  const kube::JsonRef metadata = remote["metadata"];
  for (const char* gone :
       {"generateName", "resourceVersion", "generation", "creationTimestamp", "selfLink",
        "finalizers", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "uid"}) {
    EXPECT_FALSE(metadata[gone].exists()) << gone;
  }
  EXPECT_FALSE(remote["status"].exists());
  EXPECT_EQ(metadata["labels"]["app"].str(), "web");
  EXPECT_EQ(metadata["labels"][kube::kLabelHost].str(), Options().host_uid);
  EXPECT_EQ(metadata["labels"][kube::kLabelNode].str(), "vnode-eu");
  EXPECT_EQ(metadata["labels"][kube::kLabelOriginUid].str(), "uid-1");
  EXPECT_EQ(metadata["labels"][kLabelOriginNamespace].str(), "shop");
  EXPECT_EQ(metadata["annotations"]["note"].str(), "kept");
  EXPECT_FALSE(metadata["annotations"]["stowage.dev/placement"].exists());
  EXPECT_FALSE(
      metadata["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].exists());
  ASSERT_EQ(metadata["ownerReferences"].size(), 1u);
  EXPECT_EQ(metadata["ownerReferences"].At(0)["uid"].str(), "anchor-uid");
  EXPECT_EQ(metadata["ownerReferences"].At(0)["name"].str(), "stowage-anchor-aaaaaaaa");
  EXPECT_TRUE(metadata["ownerReferences"].At(0)["controller"].boolean());
}

constexpr char kApiAccess[] = R"({"volumes":[{"name":"kube-api-access-1","projected":{"sources":[
    {"serviceAccountToken":{"path":"token","expirationSeconds":3607}},
    {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}]}}],
  "containers":[{"name":"app","env":[{"name":"X","value":"1"}],"volumeMounts":[
    {"name":"kube-api-access-1","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]})";

TEST(TranslateTest, ATrustedMemberReadsTokensOfTheHostFromASecret) {
  TranslateOptions options = Options();
  options.trusted = true;
  options.host_address = "10.0.0.5:6443";
  auto translated = TranslatePod(Pod(kApiAccess), options);
  ASSERT_TRUE(translated);
  EXPECT_EQ(translated->tokens, (std::vector<TokenSpec>{{"token-0", "", 3607}}));
  EXPECT_EQ(translated->service_account, "default");
  EXPECT_EQ(translated->needs,
            (std::vector<Reference>{{DependentKind::kConfigMap, "kube-root-ca.crt", false}}));
  const kube::JsonRef spec = translated->pod.ref()["spec"];
  const kube::JsonRef source = spec["volumes"].At(0)["projected"]["sources"].At(0)["secret"];
  EXPECT_EQ(source["name"].str(), "stowage-token-uid-1");
  EXPECT_EQ(source["items"].At(0)["path"].str(), "token");
  const kube::JsonRef env = spec["containers"].At(0)["env"];
  EXPECT_EQ(env.At(0)["name"].str(), "KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(env.At(0)["value"].str(), "10.0.0.5");
  EXPECT_EQ(env.At(1)["value"].str(), "6443");
  EXPECT_EQ(env.At(2)["name"].str(), "X");
  EXPECT_TRUE(translated->notes.empty());
}

TEST(TranslateTest, ALegacyTokenVolumeBecomesAProjectionWhereTrusted) {
  TranslateOptions options = Options();
  options.trusted = true;
  auto translated = TranslatePod(Pod(R"({"volumes":[{"name":"sa-token-abcde",
      "secret":{"secretName":"sa-token-abcde"}}],"containers":[{"name":"app","volumeMounts":[
      {"name":"sa-token-abcde","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}],
      "serviceAccountName":"sa"})"),
                                 options);
  ASSERT_TRUE(translated);
  EXPECT_EQ(translated->service_account, "sa");
  const kube::JsonRef volume = translated->pod.ref()["spec"]["volumes"].At(0);
  EXPECT_FALSE(volume["secret"].exists());
  EXPECT_EQ(volume["projected"]["sources"].size(), 3u);
  EXPECT_EQ(translated->tokens.size(), 1u);
}

TEST(TranslateTest, WithheldTokensAreExplainedAndDeclaredOnesAreToldApart) {
  auto injected = TranslatePod(Pod(kApiAccess), Options());
  ASSERT_TRUE(injected);
  EXPECT_TRUE(injected->tokens.empty());
  EXPECT_FALSE(injected->withheld_declared_token);
  EXPECT_EQ(injected->notes.size(), 1u);
  EXPECT_TRUE(injected->pod.ref()["metadata"]["annotations"][kAnnotationNotes].is_string());
  auto declared = TranslatePod(Pod(R"({"volumes":[{"name":"vault","projected":{"sources":[
      {"serviceAccountToken":{"path":"token","audience":"vault"}}]}}]})"),
                               Options());
  ASSERT_TRUE(declared);
  EXPECT_TRUE(declared->withheld_declared_token);
}

TEST(TranslateTest, WithTheMembersAccountsOnlyTheInjectedVolumeGoes) {
  TranslateOptions options = Options();
  options.accounts = Accounts::kMember;
  kube::MutableJson host(Parsed(kApiAccess));
  host["serviceAccountName"] = "robot";
  const Json remote = Remote(Pod(host.ref().Dump()), options);
  EXPECT_EQ(remote["spec"]["serviceAccountName"].str(), "robot");
  EXPECT_FALSE(remote["spec"]["automountServiceAccountToken"].exists());
  EXPECT_FALSE(remote["spec"]["volumes"].exists());
  EXPECT_FALSE(remote["spec"]["containers"].At(0)["volumeMounts"].exists());
}

TEST(TranslateTest, ClassesFollowTheMapOfTheCluster) {
  TranslateOptions options = Options();
  options.priority_classes = {{"high", "tenant-high"}};
  options.runtime_classes = {{"gvisor", "runsc"}, {"kata", ""}};
  EXPECT_EQ(RemoteSpec(R"({"priorityClassName":"high","runtimeClassName":"gvisor"})", options),
            R"({"priorityClassName":"tenant-high","runtimeClassName":"runsc",)"
            R"("automountServiceAccountToken":false})");
  EXPECT_EQ(RemoteSpec(R"({"runtimeClassName":"kata"})", options),
            R"({"automountServiceAccountToken":false})");
}

TEST(TranslateTest, NamespacesAreMappedAndThoseOfKubernetesAreRefused) {
  TranslateOptions options = Options();
  options.namespaces.prefix = "acme-";
  options.namespaces.explicit_names = {{"shop", "store"}};
  EXPECT_EQ(RemoteNamespace(options, "shop").value(), "store");
  EXPECT_EQ(RemoteNamespace(options, "blog").value(), "acme-blog");
  EXPECT_EQ(RemoteNamespace(options, "kube-system").error().code, ErrorCode::kInvalid);
  options.namespaces.explicit_names = {{"shop", "kube-public"}};
  EXPECT_EQ(RemoteNamespace(options, "shop").error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(TranslatePod(Pod("{}", R"({"namespace":"kube-system"})"), Options()));
}

TEST(TranslateTest, NamespacesInPodAffinityAreMapped) {
  TranslateOptions options = Options();
  options.namespaces.prefix = "acme-";
  EXPECT_EQ(
      RemoteSpec(R"({"affinity":{"podAffinity":{
      "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":
      {"topologyKey":"zone","namespaces":["shop"]}}]}}})",
                 options),
      R"({"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":)"
      R"([{"weight":1,"podAffinityTerm":{"topologyKey":"zone","namespaces":["acme-shop"]}}]}})"
      R"(,"automountServiceAccountToken":false})");
}

// ---- Update -------------------------------------------------------------------------------------

TEST(PlanUpdateTest, ACopyThatIsAsItShouldBeNeedsNothing) {
  const Object pod =
      Pod(R"({"containers":[{"name":"app","image":"a:1"}]})", R"({"labels":{"app":"web"}})");
  auto update = PlanUpdate(pod, Object(Remote(pod)), Options());
  ASSERT_TRUE(update);
  EXPECT_FALSE(update->patch.exists());
  EXPECT_FALSE(update->ephemeral.exists());
}

TEST(PlanUpdateTest, BringsWhatChangedAndLeavesWhatTheMemberAdded) {
  const Object before = Pod(R"({"containers":[{"name":"app","image":"a:1"}],
      "tolerations":[{"key":"a"}]})",
                            R"({"labels":{"app":"web","old":"x"}})");
  kube::MutableJson remote(Remote(before));
  remote.Set({"metadata", "labels", "injected"}, "by-admission");
  remote.Set({"metadata", "uid"}, "remote-uid");
  remote["spec"]["tolerations"].Append(Parsed(R"({"key":"members-own"})"));
  const Object after = Pod(R"({"containers":[{"name":"app","image":"a:2"}],
      "activeDeadlineSeconds":60,"tolerations":[{"key":"a"},{"key":"b"}],
      "ephemeralContainers":[{"name":"debug","image":"busybox"}]})",
                           R"({"labels":{"app":"web","new":"y"}})");
  auto update = PlanUpdate(after, Object(std::move(remote).Freeze()), Options());
  ASSERT_TRUE(update);
  const kube::JsonRef patch = update->patch;
  EXPECT_EQ(patch["metadata"]["uid"].str(), "remote-uid");
  EXPECT_EQ(Json::Copy(patch["metadata"]["labels"]).Dump(), R"({"new":"y","old":null})");
  EXPECT_EQ(Json::Copy(patch["spec"]["containers"]).Dump(), R"([{"name":"app","image":"a:2"}])");
  EXPECT_EQ(Json::Copy(patch["spec"]["tolerations"]).Dump(),
            R"([{"key":"a"},{"key":"members-own"},{"key":"b"}])");
  EXPECT_EQ(patch["spec"]["activeDeadlineSeconds"].i64(), 60);
  EXPECT_EQ(update->ephemeral["spec"]["ephemeralContainers"].At(0)["name"].str(), "debug");
}

}  // namespace
}  // namespace stowage::providers
