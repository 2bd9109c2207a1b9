// What only a member behind an API server can show: what a pod needs first, names that are taken,
// trust.
#include <gtest/gtest.h>

#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"
#include "test/providers/conformance/kubernetes_world.h"

namespace stowage::test {
namespace {

using kube::Object;
using providers::PodRef;

class KubernetesProviderTest : public testing::Test {
 protected:
  void Start(std::function<void(providers::MemberOptions&)> configure = [](auto&) {}) {
    world_ = std::make_unique<KubernetesWorld>(std::move(configure));
    ASSERT_TRUE(loop().RunUntil([this] { return world_->provider().Synced(); }));
  }
  TestLoop& loop() { return world_->loop; }

  Result<void> Create(const Object& pod) {
    Answer<void> answer;
    world_->provider().CreatePod(pod, answer.callback());
    EXPECT_TRUE(loop().RunUntil([&] { return answer.has(); }));
    return answer.get();
  }
  void Delete(const Object& pod) {
    Answer<void> answer;
    world_->provider().DeletePod(RefOf(pod), {0}, answer.callback());
    EXPECT_TRUE(loop().RunUntil([&] { return answer.has() && InMember(pod).name().empty(); }));
  }
  Object InMember(const Object& pod) {
    return world_->Read(world_->member(), kube::kPods, std::string(pod.ns()),
                        std::string(pod.name()));
  }
  Object Member(const kube::Resource& r, const std::string& name, const std::string& ns = "shop") {
    return world_->Read(world_->member(), r, ns, name);
  }
  void PutConfig(const std::string& name, const std::string& value) {
    world_->Put(world_->host(), kube::kConfigMaps,
                MakeObject("v1", "ConfigMap", "shop", name).Set({"data", "k"}, value));
  }
  bool MemberHas(const std::string& name, const std::string& value) {
    return loop().RunUntil(
        [&] { return Member(kube::kConfigMaps, name)["data"]["k"].str() == value; }, Seconds(20));
  }

  // A pod that takes its environment from ConfigMap `config` and Secret `secret` ("" for none).
  static Object PodWith(const std::string& name, const std::string& config,
                        const std::string& secret = "") {
    kube::MutableJson pod(HostPod(name).json());
    if (!config.empty()) {
      pod["spec"]["containers"].At(0)["envFrom"].Append(
          JsonFrom(R"({"configMapRef":{"name":")" + config + R"("}})"));
    }
    if (!secret.empty()) {
      pod["spec"]["containers"].At(0)["envFrom"].Append(
          JsonFrom(R"({"secretRef":{"name":")" + secret + R"("}})"));
    }
    return Object(std::move(pod).Freeze());
  }

  std::unique_ptr<KubernetesWorld> world_;
};

TEST_F(KubernetesProviderTest, MakesTheNamespaceTheAnchorAndWhatThePodReads) {
  Start();
  PutConfig("settings", "v1");
  world_->Put(world_->host(), kube::kSecrets,
              MakeObject("v1", "Secret", "shop", "password").Set({"data", "p"}, "czNjcmV0"));
  const Object pod = PodWith("web", "settings", "password");
  ASSERT_TRUE(Create(pod));
  const Object ns = world_->Read(world_->member(), kube::kNamespaces, "", "shop");
  EXPECT_EQ(ns.label(kube::kLabelHost), world_->options().translate.host_uid);
  EXPECT_EQ(Member(kube::kConfigMaps, "settings")["data"]["k"].str(), "v1");
  EXPECT_EQ(Member(kube::kSecrets, "password")["data"]["p"].str(), "czNjcmV0");
  const Object anchor =
      Member(kube::kConfigMaps, providers::AnchorName(world_->options().translate.host_uid));
  ASSERT_TRUE(anchor.exists());
  const Object remote = InMember(pod);
  EXPECT_EQ(remote.metadata()["ownerReferences"].At(0)["uid"].str(), anchor.uid());
  EXPECT_FALSE(remote.spec()["automountServiceAccountToken"].boolean(true));
}

TEST_F(KubernetesProviderTest, CopiesFollowTheHostAndAreRepairedInTheMember) {
  Start();
  PutConfig("settings", "v1");
  ASSERT_TRUE(Create(PodWith("web", "settings")));
  loop().RunFor(Seconds(1));
  PutConfig("settings", "v2");
  EXPECT_TRUE(MemberHas("settings", "v2"));
  kube::MutableJson tampered(Member(kube::kConfigMaps, "settings").json());
  tampered.Set({"data", "k"}, "tampered");
  world_->Put(world_->member(), kube::kConfigMaps, Object(std::move(tampered).Freeze()));
  EXPECT_TRUE(MemberHas("settings", "v2"));
  world_->Remove(world_->member(), kube::kConfigMaps, "shop", "settings");
  EXPECT_TRUE(MemberHas("settings", "v2"));
}

TEST_F(KubernetesProviderTest, AnImmutableCopyIsReplaced) {
  Start();
  const auto put = [&](const char* value) {
    world_->Put(world_->host(), kube::kConfigMaps,
                MakeObject("v1", "ConfigMap", "shop", "fixed")
                    .Set({"data", "k"}, value)
                    .Set({"immutable"}, true));
  };
  put("v1");
  ASSERT_TRUE(Create(PodWith("web", "fixed")));
  world_->Remove(world_->host(), kube::kConfigMaps, "shop", "fixed");
  put("v2");
  EXPECT_TRUE(MemberHas("fixed", "v2"));
}

TEST_F(KubernetesProviderTest, APodWhoseConfigMapIsMissingIsMadeAndRepairedWhenItAppears) {
  Start();
  ASSERT_TRUE(Create(PodWith("web", "later")));
  EXPECT_FALSE(Member(kube::kConfigMaps, "later").exists());
  loop().RunFor(Seconds(5));
  PutConfig("later", "here");
  EXPECT_TRUE(MemberHas("later", "here"));
}

TEST_F(KubernetesProviderTest, AConfigMapThatIsNotOursIsNeverTouched) {
  Start();
  world_->MakeNamespace(world_->member(), "shop");
  world_->Put(world_->member(), kube::kConfigMaps,
              MakeObject("v1", "ConfigMap", "shop", "settings").Set({"data", "k"}, "theirs"));
  PutConfig("settings", "ours");
  const auto made = Create(PodWith("web", "settings"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kAlreadyExists);
  EXPECT_NE(made.error().message.find("ConfigMap shop/settings"), std::string::npos)
      << made.error().message;
  EXPECT_FALSE(InMember(HostPod("web")).exists());
  loop().RunFor(Minutes(3));
  EXPECT_EQ(Member(kube::kConfigMaps, "settings")["data"]["k"].str(), "theirs");
}

TEST_F(KubernetesProviderTest, NothingIsLeftBehindWhenTheLastPodHasGone) {
  Start();
  PutConfig("settings", "v1");
  PutConfig("shared", "v1");
  const Object a = PodWith("a", "settings"), b = PodWith("b", "shared");
  ASSERT_TRUE(Create(a));
  ASSERT_TRUE(Create(b));
  loop().RunFor(Seconds(1));
  Delete(a);
  loop().RunFor(Minutes(3));
  EXPECT_FALSE(Member(kube::kConfigMaps, "settings").exists());
  EXPECT_TRUE(Member(kube::kConfigMaps, "shared").exists()) << "still needed";
  const std::string anchor = providers::AnchorName(world_->options().translate.host_uid);
  EXPECT_TRUE(Member(kube::kConfigMaps, anchor).exists());
  Delete(b);
  world_->Restart();
  loop().RunFor(Minutes(3));
  EXPECT_FALSE(Member(kube::kConfigMaps, "shared").exists());
  EXPECT_FALSE(Member(kube::kConfigMaps, anchor).exists());
  // And it all comes back with the next pod.
  ASSERT_TRUE(Create(PodWith("c", "settings")));
  EXPECT_TRUE(Member(kube::kConfigMaps, "settings").exists());
  loop().RunFor(Minutes(3));
  EXPECT_TRUE(InMember(HostPod("c")).exists());
  EXPECT_TRUE(Member(kube::kConfigMaps, "settings").exists());
}

TEST_F(KubernetesProviderTest, NothingIsCollectedWhileTheMembersPodsAreNotKnown) {
  Start();
  PutConfig("settings", "v1");
  ASSERT_TRUE(Create(PodWith("web", "settings")));
  loop().RunFor(Seconds(1));
  world_->wire().Forbid("/api/v1/pods");  // the new provider's list and watch
  world_->Restart();
  loop().RunFor(Minutes(5));
  EXPECT_FALSE(world_->provider().Synced());
  EXPECT_TRUE(Member(kube::kConfigMaps, "settings").exists());
}

// ---- Tokens -------------------------------------------------------------------------------------

Object PodWithToken() {
  kube::MutableJson pod(HostPod("web").json());
  pod["spec"]["volumes"].Append(JsonFrom(R"({"name":"kube-api-access-1","projected":{"sources":[
      {"serviceAccountToken":{"path":"token","expirationSeconds":3600}},
      {"configMap":{"name":"kube-root-ca.crt"}}]}})"));
  pod["spec"]["containers"].At(0)["volumeMounts"].Append(JsonFrom(
      R"({"name":"kube-api-access-1","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"})"));
  return Object(std::move(pod).Freeze());
}

TEST_F(KubernetesProviderTest, AMemberThatIsNotTrustedGetsNoToken) {
  Start();
  const Object pod = PodWithToken();
  ASSERT_TRUE(Create(pod));
  const std::string secret = providers::TokenSecretName(pod.uid());
  EXPECT_FALSE(Member(kube::kSecrets, secret).exists());
  EXPECT_EQ(InMember(pod).json().Dump().find("stowage-token"), std::string::npos);
  EXPECT_FALSE(InMember(pod).annotation(providers::kAnnotationNotes).empty());
}

TEST_F(KubernetesProviderTest, ATrustedMemberHoldsATokenOfTheHostThatIsRenewedAndCollected) {
  Start([](providers::MemberOptions& options) { options.translate.trusted = true; });
  world_->Put(world_->host(), kube::kServiceAccounts,
              MakeObject("v1", "ServiceAccount", "shop", "default"));
  kube::MutableJson on_host(PodWithToken().json());
  on_host.Remove({"spec", "nodeName"});
  world_->Put(world_->host(), kube::kPods, Object(on_host.Snapshot()));
  const Object pod = world_->Read(world_->host(), kube::kPods, "shop", "web");
  ASSERT_TRUE(pod.exists());
  const auto made = Create(pod);
  ASSERT_TRUE(made) << made.error().ToString();
  const std::string secret = providers::TokenSecretName(pod.uid());
  const std::string first = Member(kube::kSecrets, secret)["data"]["token-0"].string();
  EXPECT_FALSE(first.empty());
  loop().RunFor(Minutes(40));
  EXPECT_EQ(Member(kube::kSecrets, secret)["data"]["token-0"].str(), first);
  world_->Restart();
  loop().RunFor(Minutes(12));
  const std::string second = Member(kube::kSecrets, secret)["data"]["token-0"].string();
  EXPECT_NE(second, first) << "renewed at 80 % of its life, also after a restart";
  EXPECT_FALSE(second.empty());
  Delete(pod);
  loop().RunFor(Minutes(2));
  EXPECT_FALSE(Member(kube::kSecrets, secret).exists());
}

TEST_F(KubernetesProviderTest, ASecretThatHoldsATokenOfTheHostIsWithheldWithoutTrust) {
  Start();
  world_->Put(world_->host(), kube::kServiceAccounts,
              MakeObject("v1", "ServiceAccount", "shop", "robot"));
  world_->Put(world_->host(), kube::kSecrets,
              MakeObject("v1", "Secret", "shop", "robot-token")
                  .Set({"type"}, "kubernetes.io/service-account-token")
                  .Set({"metadata", "annotations", "kubernetes.io/service-account.name"}, "robot"));
  ASSERT_TRUE(Create(PodWith("web", "", "robot-token")));
  EXPECT_FALSE(Member(kube::kSecrets, "robot-token").exists());
}

// ---- Capacity, names, health --------------------------------------------------------------------

TEST_F(KubernetesProviderTest, ForeignPodsTakeFromCapacityAndGiveItBack) {
  Start();
  const auto cpu = [&] {
    auto capacity = world_->capacity().GetCapacity();
    return capacity ? capacity->allocatable.at("cpu") : -1;
  };
  EXPECT_TRUE(loop().RunUntil([&] { return cpu() == 8000; }));
  world_->MakeNamespace(world_->member(), "theirs");
  world_->Put(world_->member(), kube::kPods, MakePod("theirs", "db").Requests({{"cpu", "1500m"}}));
  EXPECT_TRUE(loop().RunUntil([&] { return cpu() == 6500; }));
  world_->Remove(world_->member(), kube::kPods, "theirs", "db");
  EXPECT_TRUE(loop().RunUntil([&] { return cpu() == 8000; }));
}

TEST_F(KubernetesProviderTest, AnAccountThatMayNotListNodesOffersTheClustersLimits) {
  world_ = std::make_unique<KubernetesWorld>([](providers::MemberOptions& options) {
    options.limits = {{"cpu", 3000}};
  });
  world_->wire().Forbid("/api/v1/nodes");
  world_->Restart();
  ASSERT_TRUE(loop().RunUntil([&] { return world_->capacity().GetCapacity().has_value(); }));
  EXPECT_EQ(world_->capacity().GetCapacity()->allocatable.at("cpu"), 3000);
}

TEST_F(KubernetesProviderTest, ProbeFallsBackWhereReadinessMayNotBeAsked) {
  Start();
  world_->wire().Forbid("/readyz");
  Answer<providers::Health> answer;
  world_->provider().Probe(answer.callback());
  ASSERT_TRUE(loop().RunUntil([&] { return answer.has(); }));
  EXPECT_TRUE(answer.get());
}

TEST_F(KubernetesProviderTest, NamespacesThatAreMappedKeepTheHostsNamesToTheHost) {
  Start([](providers::MemberOptions& options) { options.translate.namespaces.prefix = "acme-"; });
  const Object pod = HostPod("web");
  ASSERT_TRUE(Create(pod));
  EXPECT_TRUE(Member(kube::kPods, "web", "acme-shop").exists());
  EXPECT_FALSE(Member(kube::kPods, "web", "shop").exists());
  ASSERT_TRUE(loop().RunUntil([&] { return world_->provider().Cached(RefOf(pod)).has_value(); }));
  std::vector<PodRef> seen;
  world_->provider().EachCached(
      [&](const providers::RemotePod& copy) { seen.push_back(copy.ref); });
  EXPECT_EQ(seen, std::vector<PodRef>{RefOf(pod)});
  Delete(HostPod("web"));
}

TEST_F(KubernetesProviderTest, ANamespaceThatWentIsMadeAgain) {
  Start();
  ASSERT_TRUE(Create(HostPod("a")));
  Delete(HostPod("a"));
  const std::string anchor = providers::AnchorName(world_->options().translate.host_uid);
  world_->Remove(world_->member(), kube::kConfigMaps, "shop", anchor);
  loop().RunFor(Seconds(1));
  ASSERT_TRUE(Create(HostPod("b")));
  EXPECT_EQ(InMember(HostPod("b")).metadata()["ownerReferences"].At(0)["uid"].str(),
            Member(kube::kConfigMaps, anchor).uid());
}

TEST_F(KubernetesProviderTest, OptionsThatCannotWorkAreRefusedWithTheReason) {
  Start();
  providers::MemberOptions options = world_->options();
  options.translate.pod_network = providers::PodNetwork::kMapped;
  const auto refused = providers::ValidateOptions(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  options = world_->options();
  options.translate.namespaces.explicit_names = {{"a", "x"}, {"b", "x"}};
  EXPECT_FALSE(providers::ValidateOptions(options));
}

}  // namespace
}  // namespace stowage::test
