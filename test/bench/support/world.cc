#include "test/bench/support/world.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "app/lib/embedded_files.h"
#include "base/log/log.h"
#include "base/time/loop_executor.h"
#include "kube/api/base64.h"
#include "kube/api/well_known.h"
#include "kube/client/client.h"
#include "kube/http/io/io_context.h"
#include "kube/http/server/certificates.h"
#include "kube/http/server/http_server.h"
#include "providers/kubernetes/names.h"
#include "providers/kubernetes/translate.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "test/bench/support/flags.h"

namespace stowage::bench {
namespace {

using kube::Json;
using kube::Object;

Json Parsed(const std::string& text) {
  auto json = Json::Parse(text);
  if (!json) Die(json.error().message + " in " + text);
  return *json;
}

// One API server on loopback with TLS, and its admin's kubeconfig.
class Server {
 public:
  Server(LoopExecutor& executor, kube::IoContext& io, const std::string& name)
      : executor_(executor),
        name_(name),
        authority_(Authority(executor)),
        server_(executor, Rng(StableHash(name)),
                {.name = name,
                 .ca_certificate_pem = authority_.certificate_pem,
                 .require_authentication = true}),
        transport_(executor, server_),
        client_(transport_) {
    const kube::Validity validity{.from = executor.WallNow()};
    auto pair =
        kube::IssueServerCertificate(authority_, {"kube-apiserver", {}}, {"127.0.0.1"}, validity);
    if (!pair) Die(pair.error().message);
    auto listener = kube::HttpServer::Start(executor, io, server_,
                                            {.certificate_pem = pair->certificate_pem,
                                             .private_key_pem = pair->key_pem,
                                             .client_ca_pem = authority_.certificate_pem});
    if (!listener) Die(listener.error().message);
    listener_ = std::move(*listener);
  }

  // One authority for all: they are one machine's.
  static kube::KeyPair Authority(Executor& executor) {
    static const kube::KeyPair authority = [&] {
      auto made = kube::MakeCertificateAuthority("bench-ca", {.from = executor.WallNow()});
      if (!made) Die(made.error().message);
      return *made;
    }();
    return authority;
  }

  std::string Kubeconfig() {
    static const std::optional<kube::KeyPair> admin = [&] {
      auto made = kube::IssueClientCertificate(authority_, {"admin", {"system:masters"}},
                                               {.from = executor_.WallNow()});
      if (!made) Die(made.error().message);
      return *made;
    }();
    return R"({"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":)"
           R"({"cluster":"c","user":"u"}}],"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:)" +
           std::to_string(listener_->port()) + R"(","certificate-authority-data":")" +
           kube::EncodeBase64(authority_.certificate_pem) +
           R"("}}],"users":[{"name":"u","user":{"client-certificate-data":")" +
           kube::EncodeBase64(admin->certificate_pem) + R"(","client-key-data":")" +
           kube::EncodeBase64(admin->key_pem) + "\"}}]}";
  }

  Object Create(const kube::Resource& r, const std::string& ns, const Json& object) {
    return Await([&](auto done) { client_.Create(r, ns, object, done); }, r.plural);
  }
  Object PatchStatus(const kube::Resource& r, const std::string& ns, const std::string& name,
                     const Json& patch) {
    return Await(
        [&](auto done) {
          client_.Patch(r, ns, name, kube::PatchType::kMerge, patch, done, "status");
        },
        r.plural + "/" + name);
  }

  const std::string& name() const { return name_; }
  sim::ApiServer& server() { return server_; }

 private:
  Object Await(const std::function<void(kube::Client::ObjectCallback)>& start,
               const std::string& what) {
    std::optional<Result<Object>> answer;
    start([&](Result<Object> r) {
      answer.emplace(std::move(r));
      executor_.Stop();
    });
    while (!answer) executor_.Run();
    if (!*answer) Die(name_ + ": " + what + ": " + answer->error().message);
    return std::move(**answer);
  }

  LoopExecutor& executor_;
  const std::string name_;
  const kube::KeyPair authority_;
  sim::ApiServer server_;
  sim::DirectTransport transport_;
  kube::Client client_;
  std::unique_ptr<kube::HttpServer> listener_;
};

class Servers {
 public:
  explicit Servers(const WorldOptions& options) : options_(options) {
    host_ = std::make_unique<Server>(executor_, io_, "host");
    std::ofstream(options.directory + "/host.kubeconfig") << host_->Kubeconfig();
    if (options.members == 0) return;
    auto crd = app::ClusterCrd();
    if (!crd) Die(crd.error().message);
    host_->Create(kube::kCustomResourceDefinitions, "", *crd);
    MakeNamespace(*host_, "stowage-system");
    for (int i = 0; i < options.namespaces; ++i) MakeNamespace(*host_, Namespace(i));
    for (int i = 0; i < options.members; ++i) AddMember("member-" + std::to_string(i));
    for (int64_t i = 0; i < options.pods; ++i) AddPod(i);
  }
  void Run() { executor_.Run(); }

 private:
  std::string Namespace(int64_t i) const {
    return "shop-" + std::to_string(i % options_.namespaces);
  }

  static void MakeNamespace(Server& server, const std::string& name) {
    server.Create(
        kube::kNamespaces, "",
        Parsed(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + "\"}}"));
    server.Create(kube::kConfigMaps, name,
                  Parsed(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},)"
                         R"("data":{"config.yaml":"listen: :8080\nlog: json\n"}})"));
  }

  void AddMember(const std::string& name) {
    auto member = std::make_unique<Server>(executor_, io_, name);
    for (int i = 0; i < options_.namespaces; ++i) {
      member->Create(kube::kNamespaces, "",
                     Parsed(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" +
                            Namespace(i) + "\"}}"));
    }
    for (int i = 0; i < options_.nodes_per_member; ++i) {
      const std::string node = "node-" + std::to_string(i);
      member->Create(
          kube::kNodes, "",
          Parsed(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + node + "\"}}"));
      member->PatchStatus(
          kube::kNodes, "", node,
          Parsed(R"({"status":{"capacity":{"cpu":"64","memory":"256Gi","pods":"500"},)"
                 R"("allocatable":{"cpu":"64","memory":"256Gi","pods":"500"},)"
                 R"("conditions":[{"type":"Ready","status":"True"}]}})"));
    }
    host_->Create(
        kube::kSecrets, "stowage-system",
        Parsed(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":")" + name +
               R"("},"data":{"kubeconfig":")" + kube::EncodeBase64(member->Kubeconfig()) + "\"}}"));
    host_->Create(
        kube::kClusters, "",
        Parsed(R"({"apiVersion":"stowage.dev/v1alpha1","kind":"Cluster","metadata":{"name":")" +
               name + R"("},"spec":{"podNetwork":"none","region":"region-)" + name +
               R"(","kubeconfigSecretRef":{"namespace":"stowage-system","name":")" + name +
               "\"}}}"));
    members_.push_back(std::move(member));
  }

  // The pod on the host, and its copy as the provider makes it.
  void AddPod(int64_t i) {
    Server& member = *members_[static_cast<size_t>(i) % members_.size()];
    const std::string ns = Namespace(i / options_.members),
                      name = "shop-6d4cf56db6-" + std::to_string(i);
    const Object pod =
        host_->Create(kube::kPods, ns, Parsed(TypicalPod(ns, name, "stowage", member.name())));
    providers::TranslateOptions translate;
    translate.host_uid = host_->server().cluster_uid();
    translate.node_name = member.name();
    translate.cluster_labels[std::string(kube::kLabelRegion)] = "region-" + member.name();
    auto translated = providers::TranslatePod(pod, translate);
    if (!translated) Die(translated.error().message);
    kube::MutableJson copy(
        providers::WithAnchor(std::move(*translated), translate.host_uid, "0b9c"));
    copy.Set({"spec", "nodeName"},
             "node-" + std::to_string(i / options_.members % options_.nodes_per_member));
    member.Create(kube::kPods, ns, std::move(copy).Freeze());
    const Json status =
        Parsed(RunningStatus("10." + std::to_string(i >> 16 & 255) + "." +
                             std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255)));
    member.PatchStatus(kube::kPods, ns, name, status);
    host_->PatchStatus(kube::kPods, ns, name, status);
  }

  const WorldOptions options_;
  LoopExecutor executor_;
  kube::IoContext io_;
  std::unique_ptr<Server> host_;
  std::vector<std::unique_ptr<Server>> members_;
};

}  // namespace

World World::Fork(const WorldOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) Die(options.directory + ": " + error.message());
  int ready[2];
  if (pipe(ready) != 0) Die("pipe");
  const pid_t pid = fork();
  if (pid < 0) Die("fork");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ready[0]);
    Servers servers(options);
    if (write(ready[1], "r", 1) != 1) Die("the benchmark is gone");
    servers.Run();
    std::_Exit(0);
  }
  close(ready[1]);
  char answer;
  if (read(ready[0], &answer, 1) != 1) Die("the embedded API servers did not start");
  close(ready[0]);
  return World(pid, options.directory);
}

World::~World() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace stowage::bench
