// `stowage up`: an embedded host and members in one process, managed as real ones are.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "app/lib/commands.h"
#include "app/lib/embedded_files.h"
#include "app/lib/http_connector.h"
#include "app/lib/https_endpoints.h"
#include "app/lib/output.h"
#include "app/lib/session.h"
#include "app/lib/signals.h"
#include "app/lib/up_fleet.h"
#include "app/lib/up_world.h"
#include "app/manager/manager.h"
#include "base/log/log.h"
#include "kube/api/base64.h"
#include "kube/api/views.h"
#include "kube/api/well_known.h"

namespace stowage::app {
namespace {

constexpr const char* kNamespace = "stowage-system";

class World {
 public:
  World(Session& session, const UpFlags& flags, std::string directory)
      : session_(session), flags_(flags), directory_(std::move(directory)), rng_(flags.seed) {}

  Result<void> Start();
  Result<void> WaitReady();
  void PrintGuide() const;

 private:
  Result<std::unique_ptr<EmbeddedCluster>> StartCluster(const std::string& name, int index);
  // Created, or its `part` replaced where an earlier start made it.
  Result<void> Put(const kube::Resource& r, const std::string& ns, const kube::Json& object);
  Result<void> Publish();
  Result<void> Join(const UpMember& member, const EmbeddedCluster& cluster);

  Session& session_;
  const UpFlags& flags_;
  const std::string directory_;
  Rng rng_;
  std::unique_ptr<EmbeddedCluster> host_;
  std::vector<std::unique_ptr<EmbeddedCluster>> members_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<HttpConnector> connector_;
  std::unique_ptr<HttpsEndpoints> endpoints_;
  std::unique_ptr<Manager> manager_;
};

Result<std::unique_ptr<EmbeddedCluster>> World::StartCluster(const std::string& name, int index) {
  EmbeddedCluster::Options options;
  options.name = name;
  options.address = flags_.address;
  options.port = flags_.port == 0 ? 0 : static_cast<uint16_t>(flags_.port + index);
  options.directory = directory_;
  // The host runs no kube-scheduler: there, `kubectl run` and all that names no scheduler is ours
  // to place.
  if (index == 0) options.default_scheduler = std::string(kube::kSchedulerName);
  if (!flags_.database.empty()) options.database = flags_.database + "/" + name + ".db";
  return EmbeddedCluster::Start(session_.executor(), session_.io(), rng_.Stream(name),
                                std::move(options));
}

Result<void> World::Put(const kube::Resource& r, const std::string& ns, const kube::Json& object) {
  const std::string name = object["metadata"]["name"].string();
  auto put = session_.Await<kube::Object>([&](auto done) {
    client_->Patch(r, ns, name, kube::PatchType::kApply, object, done, {},
                   {.field_manager = "stowage-up", .force = true});
  });
  if (!put) return Err(WithContext(put.error(), r.plural + "/" + name));
  return {};
}

// What a real control plane publishes and `stowage run` reads.
Result<void> World::Publish() {
  kube::MutableJson auth;
  auth["apiVersion"] = "v1";
  auth["kind"] = "ConfigMap";
  auth.Set({"metadata", "name"}, "extension-apiserver-authentication");
  auth.Set({"data", "client-ca-file"}, host_->authority().certificate_pem);
  RETURN_IF_ERROR(Put(kube::kConfigMaps, "kube-system", std::move(auth).Freeze()));
  kube::MutableJson ns;
  ns["apiVersion"] = "v1";
  ns["kind"] = "Namespace";
  ns.Set({"metadata", "name"}, kNamespace);
  RETURN_IF_ERROR(Put(kube::kNamespaces, "", std::move(ns).Freeze()));
  ASSIGN_OR_RETURN(const kube::Json crd, ClusterCrd());
  return Put(kube::kCustomResourceDefinitions, "", crd);
}

Result<void> World::Join(const UpMember& member, const EmbeddedCluster& cluster) {
  kube::MutableJson secret;
  secret["apiVersion"] = "v1";
  secret["kind"] = "Secret";
  secret.Set({"metadata", "name"}, member.name + "-kubeconfig");
  secret.Set({"data", "kubeconfig"}, kube::EncodeBase64(cluster.kubeconfig()));
  RETURN_IF_ERROR(Put(kube::kSecrets, kNamespace, std::move(secret).Freeze()));
  kube::MutableJson object;
  object["apiVersion"] = "stowage.dev/v1alpha1";
  object["kind"] = "Cluster";
  object.Set({"metadata", "name"}, member.name);
  object["spec"] = kube::JsonRef(member.cluster_spec);
  object.Set({"spec", "kubeconfigSecretRef", "namespace"}, kNamespace);
  object.Set({"spec", "kubeconfigSecretRef", "name"}, member.name + "-kubeconfig");
  std::string address = host_->url();
  object.Set({"spec", "hostAddress"}, address.substr(address.find("//") + 2));
  return Put(kube::kClusters, "", std::move(object).Freeze());
}

Result<void> World::Start() {
  ASSIGN_OR_RETURN(host_, StartCluster("host", 0));
  RETURN_IF_ERROR(host_->ProxyToNodes());
  client_ = std::make_unique<kube::Client>(host_->transport());
  RETURN_IF_ERROR(Publish());
  const std::vector<UpMember> fleet = DefaultFleet(flags_.members);
  for (size_t i = 0; i < fleet.size(); ++i) {
    ASSIGN_OR_RETURN(auto cluster, StartCluster(fleet[i].name, static_cast<int>(i) + 1));
    cluster->AddMember(fleet[i].options);
    RETURN_IF_ERROR(Join(fleet[i], *cluster));
    members_.push_back(std::move(cluster));
  }
  ASSIGN_OR_RETURN(
      const kube::KeyPair pair,
      kube::IssueServerCertificate(host_->authority(), {"stowage-kubelet", {}}, {flags_.address},
                                   {.from = session_.executor().WallNow()}));
  connector_ = std::make_unique<HttpConnector>(session_.executor(), session_.io());
  endpoints_ = std::make_unique<HttpsEndpoints>(
      session_.executor(), session_.io(),
      HttpsEndpointOptions{.listen_address = flags_.address,
                           .node_address = flags_.address,
                           .certificate_pem = pair.certificate_pem,
                           .private_key_pem = pair.key_pem,
                           .client_ca_pem = host_->authority().certificate_pem});
  ManagerOptions options;
  options.ns = kNamespace;
  options.leader_election = false;  // this process is the world: nobody else can manage it
  options.defaults.latency_sources = {{"on-prem", 1'000'000}};
  options.defaults.cost_per_ms = {10'000};  // $0.00001 an hour a pod for each millisecond
  manager_ = std::make_unique<Manager>(
      Manager::Deps{session_.executor(), host_->transport(), *connector_, *endpoints_},
      rng_.Stream("manager"), options);
  manager_->Start();
  return {};
}

// What a virtual node still lacks; "" if it is there with its capacity.
std::string Missing(const kube::Object* node) {
  if (!node) return "no Node yet";
  const kube::NodeView view(*node);
  if (!view.ready()) return view.condition("Ready")["message"].string("not Ready");
  return view.allocatable().contains("cpu") ? "" : "its capacity is not known yet";
}

Result<void> World::WaitReady() {
  const MonotonicTime end = session_.executor().Now() + Seconds(60);
  for (;;) {
    auto nodes = session_.Await<std::vector<kube::Object>>(
        [&](auto done) { client_->ListAll(kube::kNodes, "", {}, done); });
    if (!nodes) return Err(nodes.error());
    std::string waiting;
    for (const auto& member : members_) {
      const auto it = std::find_if(nodes->begin(), nodes->end(), [&](const kube::Object& node) {
        return node.name() == member->name();
      });
      const std::string missing = Missing(it == nodes->end() ? nullptr : &*it);
      if (!missing.empty()) waiting += "; " + member->name() + ": " + missing;
    }
    if (waiting.empty()) return {};
    if (session_.executor().Now() > end) {
      return MakeError(ErrorCode::kUnavailable, "not all members are ready after 60 s" + waiting);
    }
    session_.Sleep(Milliseconds(100));
  }
}

void World::PrintGuide() const {
  std::cout << "\nStowage is up: a host and " << members_.size()
            << " member clusters in one process.\n\n"
            << "  host       " << host_->url() << "\n";
  for (const auto& member : members_) {
    std::cout << "  " << member->name()
              << std::string(member->name().size() < 11 ? 11 - member->name().size() : 1, ' ')
              << member->url() << "   (" << member->kubeconfig_path() << ")\n";
  }
  std::cout << "\nIn another terminal:\n\n"
            << "  export KUBECONFIG=" << host_->kubeconfig_path() << "\n"
            << "  kubectl get nodes -o wide\n"
            << "  kubectl apply -f manifests/examples/web.yaml\n"
            << "  kubectl get pods -o wide --watch\n"
            << "  stowage clusters\n"
            << "  stowage explain POD\n\n"
            << "Ctrl-C stops it"
            << (flags_.database.empty() ? "; objects are in memory and go with it.\n" : ".\n")
            << std::flush;
}

}  // namespace

int RunUp(const UpFlags& flags) {
  std::string directory = flags.directory;
  if (directory.empty()) {
    const char* home = std::getenv("HOME");
    directory = std::string(home ? home : ".") + "/.stowage/up";
  }
  std::error_code error;
  directory = std::filesystem::absolute(directory, error).string();
  std::filesystem::create_directories(directory, error);
  if (error) return Fail(directory + " cannot be made: " + error.message());
  if (!flags.database.empty()) {
    std::filesystem::create_directories(flags.database, error);
    if (error) return Fail(flags.database + " cannot be made: " + error.message());
  }
  BlockSignals();
  Session session;
  bool stopping = false;
  Signals signals(session.executor(), [&] {
    stopping = true;
    session.executor().Stop();
  });
  World world(session, flags, directory);
  if (auto started = world.Start(); !started) return stopping ? 0 : Fail(started.error());
  if (auto ready = world.WaitReady(); !ready) return stopping ? 0 : Fail(ready.error());
  world.PrintGuide();
  while (!stopping) session.executor().Run();
  return 0;
}

}  // namespace stowage::app
