// `stowage join`: adds a member. Makes a least-privilege account there, stores its credentials in
// the host, and creates the Cluster. Every step may be repeated.
#include <iostream>

#include "app/lib/commands.h"
#include "app/lib/embedded_files.h"
#include "app/lib/output.h"
#include "app/lib/session.h"
#include "base/random/rng.h"
#include "kube/api/base64.h"
#include "kube/api/selector.h"
#include "kube/api/well_known.h"

namespace stowage::app {
namespace {

using kube::Client;
using kube::Json;
using kube::MutableJson;
using kube::Object;

const kube::Resource kClusterRoles{"rbac.authorization.k8s.io", "v1", "clusterroles", false};
const kube::Resource kClusterRoleBindings{"rbac.authorization.k8s.io", "v1", "clusterrolebindings",
                                          false};

class Joiner {
 public:
  Joiner(Session& session, Client& host, Client& member, const JoinFlags& flags)
      : session_(session), host_(host), member_(member), flags_(flags) {}

  Result<void> Run(const kube::ClusterConfig& member_config);

 private:
  Result<Object> Get(Client& client, const kube::Resource& r, const std::string& ns,
                     const std::string& name) {
    return session_.Await<Object>([&](auto done) { client.Get(r, ns, name, std::move(done)); });
  }
  // Made, or brought up to date by server-side apply.
  Result<Object> Apply(Client& client, const kube::Resource& r, const std::string& ns,
                       const std::string& name, const Json& object) {
    kube::PatchOptions options;
    options.field_manager = "stowage-join";
    options.force = true;
    return session_.Await<Object>([&](auto done) {
      client.Patch(r, ns, name, kube::PatchType::kApply, object, std::move(done), {}, options);
    });
  }
  Result<Object> EnsureNamespace(Client& client);
  Result<std::string> MakeAccount(const std::string& host_uid);
  Result<std::string> TokenOf(const std::string& account);
  Result<void> InstallCrd();
  Result<std::string> StoreCredentials(const kube::ClusterConfig& config, const std::string& token);
  Result<void> CreateCluster(const std::string& secret);
  Result<void> WaitReady();

  Session& session_;
  Client& host_;
  Client& member_;
  const JoinFlags& flags_;
};

MutableJson Named(const char* api_version, const char* kind, const std::string& name,
                  const std::string& ns = "") {
  MutableJson object;
  object["apiVersion"] = api_version;
  object["kind"] = kind;
  object.Set({"metadata", "name"}, name);
  if (!ns.empty()) object.Set({"metadata", "namespace"}, ns);
  object.Set({"metadata", "labels", "app.kubernetes.io/managed-by"}, "stowage");
  return object;
}

void AddRule(MutableJson& role, std::initializer_list<const char*> groups,
             std::initializer_list<const char*> resources,
             std::initializer_list<const char*> verbs) {
  kube::JsonNode rule = role["rules"].Append(kube::JsonObject{});
  for (const char* g : groups) rule["apiGroups"].Append(g);
  for (const char* r : resources) rule["resources"].Append(r);
  for (const char* v : verbs) rule["verbs"].Append(v);
}

Result<Object> Joiner::EnsureNamespace(Client& client) {
  auto found = Get(client, kube::kNamespaces, "", flags_.ns);
  if (found || found.error().code != ErrorCode::kNotFound) return found;
  const Json ns = Named("v1", "Namespace", flags_.ns).Snapshot();
  return session_.Await<Object>(
      [&](auto done) { client.Create(kube::kNamespaces, "", ns, std::move(done)); });
}

Result<std::string> Joiner::MakeAccount(const std::string& host_uid) {
  const std::string account = "stowage-" + host_uid.substr(0, 8);
  RETURN_IF_ERROR(EnsureNamespace(member_));
  RETURN_IF_ERROR(Apply(member_, kube::kServiceAccounts, flags_.ns, account,
                        Named("v1", "ServiceAccount", account, flags_.ns).Snapshot()));
  MutableJson role = Named("rbac.authorization.k8s.io/v1", "ClusterRole", account);
  AddRule(role, {""}, {"pods"}, {"get", "list", "watch", "create", "update", "patch", "delete"});
  AddRule(role, {""}, {"pods/log"}, {"get"});
  AddRule(role, {""}, {"pods/exec", "pods/attach", "pods/portforward"}, {"get", "create"});
  AddRule(role, {""}, {"pods/ephemeralcontainers"}, {"get", "update", "patch"});
  AddRule(role, {""}, {"configmaps", "secrets"},
          {"get", "list", "watch", "create", "update", "patch", "delete"});
  AddRule(role, {""}, {"namespaces"}, {"get", "list", "watch", "create"});
  AddRule(role, {""}, {"nodes", "events"}, {"get", "list", "watch"});
  MutableJson plain = std::move(role);
  kube::JsonNode health = plain["rules"].Append(kube::JsonObject{});
  for (const char* url : {"/readyz", "/livez", "/version"}) health["nonResourceURLs"].Append(url);
  health["verbs"].Append("get");
  RETURN_IF_ERROR(Apply(member_, kClusterRoles, "", account, std::move(plain).Freeze()));
  MutableJson binding = Named("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", account);
  binding.Set({"roleRef", "apiGroup"}, "rbac.authorization.k8s.io");
  binding.Set({"roleRef", "kind"}, "ClusterRole");
  binding.Set({"roleRef", "name"}, account);
  kube::JsonNode subject = binding["subjects"].Append(kube::JsonObject{});
  subject["kind"] = "ServiceAccount";
  subject["name"] = account;
  subject["namespace"] = flags_.ns;
  RETURN_IF_ERROR(Apply(member_, kClusterRoleBindings, "", account, std::move(binding).Freeze()));
  return account;
}

// A token that lasts: of a Secret that the member's token controller fills; where there is no such
// controller, one from TokenRequest for as long as the member grants.
Result<std::string> Joiner::TokenOf(const std::string& account) {
  const std::string name = account + "-token";
  MutableJson secret = Named("v1", "Secret", name, flags_.ns);
  secret.Set({"metadata", "annotations", "kubernetes.io/service-account.name"}, account);
  secret["type"] = "kubernetes.io/service-account-token";
  auto made = Apply(member_, kube::kSecrets, flags_.ns, name, std::move(secret).Freeze());
  for (int i = 0; made && i < 20; ++i) {
    auto filled = Get(member_, kube::kSecrets, flags_.ns, name);
    if (filled && (*filled)["data"]["token"].is_string()) {
      auto token = kube::DecodeBase64((*filled)["data"]["token"].str());
      if (token) return *token;
    }
    session_.Sleep(Milliseconds(250));
  }
  MutableJson request;
  request["apiVersion"] = "authentication.k8s.io/v1";
  request["kind"] = "TokenRequest";
  request.Set({"spec", "expirationSeconds"}, int64_t{10} * 365 * 86400);
  const Json body = std::move(request).Freeze();
  auto token = session_.Await<Object>([&](auto done) {
    member_.Create(kube::kServiceAccounts, flags_.ns, body, std::move(done), account, "token");
  });
  if (!token) return Err(WithContext(token.error(), "no token for ServiceAccount " + account));
  return token->status()["token"].string();
}

Result<void> Joiner::InstallCrd() {
  ASSIGN_OR_RETURN(Json crd, ClusterCrd());
  RETURN_IF_ERROR(Apply(host_, kube::kCustomResourceDefinitions, "", "clusters.stowage.dev", crd));
  for (int i = 0; i < 60; ++i) {
    auto list = session_.Await<kube::ObjectList>(
        [&](auto done) { host_.List(kube::kClusters, "", {.limit = 1}, std::move(done)); });
    if (list) return {};
    session_.Sleep(Milliseconds(250));
  }
  return MakeError(ErrorCode::kUnavailable,
                   "the host did not begin to serve clusters.stowage.dev within 15 s");
}

Result<std::string> Joiner::StoreCredentials(const kube::ClusterConfig& config,
                                             const std::string& token) {
  MutableJson kubeconfig;
  kubeconfig["apiVersion"] = "v1";
  kubeconfig["kind"] = "Config";
  kubeconfig["current-context"] = flags_.name;
  kube::JsonNode cluster = kubeconfig["clusters"].Append(kube::JsonObject{});
  cluster["name"] = flags_.name;
  cluster["cluster"]["server"] = config.server;
  if (!config.ca_pem.empty())
    cluster["cluster"]["certificate-authority-data"] = kube::EncodeBase64(config.ca_pem);
  if (!config.tls_server_name.empty())
    cluster["cluster"]["tls-server-name"] = config.tls_server_name;
  if (config.insecure_skip_tls_verify) cluster["cluster"]["insecure-skip-tls-verify"] = true;
  if (!config.proxy_url.empty()) cluster["cluster"]["proxy-url"] = config.proxy_url;
  kube::JsonNode user = kubeconfig["users"].Append(kube::JsonObject{});
  user["name"] = flags_.name;
  kube::JsonNode auth = user["user"];
  auth.Set(kube::JsonObject{});
  if (!token.empty()) {
    auth["token"] = token;
  } else {
    if (!config.token.empty()) auth["token"] = config.token;
    if (!config.client_certificate_pem.empty()) {
      auth["client-certificate-data"] = kube::EncodeBase64(config.client_certificate_pem);
      auth["client-key-data"] = kube::EncodeBase64(config.client_key_pem);
    }
  }
  kube::JsonNode context = kubeconfig["contexts"].Append(kube::JsonObject{});
  context["name"] = flags_.name;
  context["context"]["cluster"] = flags_.name;
  context["context"]["user"] = flags_.name;

  const std::string name = flags_.name + "-kubeconfig";
  MutableJson secret = Named("v1", "Secret", name, flags_.ns);
  secret["type"] = "Opaque";
  secret.Set({"data", "kubeconfig"}, kube::EncodeBase64(kubeconfig.ref().Dump()));
  RETURN_IF_ERROR(Apply(host_, kube::kSecrets, flags_.ns, name, std::move(secret).Freeze()));
  return name;
}

Result<void> Joiner::CreateCluster(const std::string& secret) {
  MutableJson cluster = Named("stowage.dev/v1alpha1", "Cluster", flags_.name);
  kube::JsonNode spec = cluster["spec"];
  spec["provider"] = "Kubernetes";
  spec["kubeconfigSecretRef"]["namespace"] = flags_.ns;
  spec["kubeconfigSecretRef"]["name"] = secret;
  spec["podNetwork"] = flags_.pod_network;
  if (!flags_.region.empty()) spec["region"] = flags_.region;
  if (!flags_.zone.empty()) spec["zone"] = flags_.zone;
  for (const auto& [k, v] : flags_.labels) spec["labels"][k] = v;
  if (!flags_.core_hour.empty()) spec["cost"]["coreHour"] = flags_.core_hour;
  if (!flags_.gib_hour.empty()) spec["cost"]["memoryGiBHour"] = flags_.gib_hour;
  if (flags_.trusted) spec["trusted"] = true;
  if (!flags_.host_address.empty()) spec["hostAddress"] = flags_.host_address;
  auto applied = Apply(host_, kube::kClusters, "", flags_.name, std::move(cluster).Freeze());
  if (!applied) return Err(WithContext(applied.error(), "Cluster " + flags_.name));
  return {};
}

Result<void> Joiner::WaitReady() {
  std::string last = "no `stowage run` has taken it over yet";
  for (int64_t i = 0; i < flags_.wait_seconds * 2; ++i) {
    auto cluster = Get(host_, kube::kClusters, "", flags_.name);
    if (cluster) {
      for (kube::JsonRef c : cluster->status()["conditions"].elements()) {
        if (c["type"].str() != "Ready") continue;
        if (c["status"].str() == "True") return {};
        last = c["message"].string();
      }
    }
    session_.Sleep(Milliseconds(500));
  }
  return MakeError(ErrorCode::kUnavailable, "Cluster " + flags_.name + " is not Ready after " +
                                                std::to_string(flags_.wait_seconds) +
                                                " s: " + last);
}

Result<void> Joiner::Run(const kube::ClusterConfig& member_config) {
  auto host_system = Get(host_, kube::kNamespaces, "", "kube-system");
  if (!host_system) return Err(WithContext(host_system.error(), "host"));
  auto member_system = Get(member_, kube::kNamespaces, "", "kube-system");
  if (!member_system) return Err(WithContext(member_system.error(), "member"));
  if (host_system->uid() == member_system->uid()) {
    return MakeError(ErrorCode::kInvalid,
                     "host and member are the same cluster: give the member's "
                     "kubeconfig with --member-kubeconfig");
  }
  std::string token;
  if (!flags_.use_member_credentials) {
    auto account = MakeAccount(std::string(host_system->uid()));
    if (!account) return Err(WithContext(account.error(), "making the account in the member"));
    ASSIGN_OR_RETURN(token, TokenOf(*account));
    std::cout << "member: ServiceAccount " << flags_.ns << "/" << *account
              << " with its ClusterRole\n";
  }
  RETURN_IF_ERROR(EnsureNamespace(host_));
  RETURN_IF_ERROR(InstallCrd());
  ASSIGN_OR_RETURN(const std::string secret, StoreCredentials(member_config, token));
  std::cout << "host: Secret " << flags_.ns << "/" << secret << "\n";
  RETURN_IF_ERROR(CreateCluster(secret));
  std::cout << "host: Cluster " << flags_.name << "\n";
  if (flags_.wait_seconds > 0) {
    RETURN_IF_ERROR(WaitReady());
    std::cout << "node " << flags_.name << " is Ready\n";
  }
  return {};
}

}  // namespace

int RunJoin(const JoinFlags& flags) {
  if (auto valid = kube::ValidateDnsLabel(flags.name); !valid)
    return Fail(WithContext(valid.error(), "NAME"));
  Session session;
  auto member_config = kube::LoadKubeconfig(flags.member_kubeconfig, flags.member_context);
  if (!member_config) return Fail(WithContext(member_config.error(), "member"));
  if (flags.use_member_credentials && member_config->exec) {
    return Fail("a credential plug-in cannot be stored: leave out --use-member-credentials");
  }
  auto member = session.Connect(*member_config);
  if (!member) return Fail(WithContext(member.error(), "member"));
  auto host = session.Connect(flags.host.kubeconfig, flags.host.context);
  if (!host) return Fail(WithContext(host.error(), "host"));
  Joiner joiner(session, **host, **member, flags);
  if (auto joined = joiner.Run(*member_config); !joined) return Fail(joined.error());
  return 0;
}

}  // namespace stowage::app
