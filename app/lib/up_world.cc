#include "app/lib/up_world.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/log/log.h"
#include "kube/api/base64.h"
#include "kube/api/well_known.h"
#include "kube/http/client/http_transport.h"

namespace stowage::app {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The authority of an earlier start, so that kubeconfigs stay good; else a new one.
Result<kube::KeyPair> LoadAuthority(const std::string& directory, const std::string& name,
                                    WallTime now) {
  const std::string base = directory + "/" + name + "-ca";
  kube::KeyPair pair{ReadAll(base + ".crt"), ReadAll(base + ".key")};
  if (!pair.certificate_pem.empty() && !pair.key_pem.empty()) {
    auto expiry = kube::CertificateExpiry(pair.certificate_pem);
    if (expiry && *expiry > now + Hours(24)) return pair;
  }
  ASSIGN_OR_RETURN(pair, kube::MakeCertificateAuthority(
                             name + "-ca", {.from = now, .lifetime = Hours(24 * 3650)}));
  RETURN_IF_ERROR(WriteSecretFile(base + ".crt", pair.certificate_pem));
  RETURN_IF_ERROR(WriteSecretFile(base + ".key", pair.key_pem));
  return pair;
}

}  // namespace

Result<void> WriteSecretFile(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    chmod(temporary.c_str(), 0600);
    out << text;
    if (!out.flush())
      return MakeError(ErrorCode::kInvalid, path + " cannot be written: choose another --dir");
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return MakeError(ErrorCode::kInvalid, path + " cannot be written: " + error.message());
  return {};
}

EmbeddedCluster::EmbeddedCluster(Executor& executor, kube::IoContext& io, Rng rng, Options options,
                                 kube::KeyPair authority)
    : executor_(executor),
      io_(io),
      rng_(std::move(rng)),
      options_(std::move(options)),
      authority_(std::move(authority)),
      server_(executor, rng_.Stream("apiserver"),
              {.name = options_.name,
               .database = options_.database,
               .ca_certificate_pem = authority_.certificate_pem,
               .default_scheduler = options_.default_scheduler,
               .require_authentication = true}),
      transport_(executor, server_),
      client_(transport_),
      controllers_(executor, transport_, rng_.Stream("controllers"),
                   {.ca_certificate_pem = authority_.certificate_pem}) {}

EmbeddedCluster::~EmbeddedCluster() { listener_.reset(); }

Result<std::unique_ptr<EmbeddedCluster>> EmbeddedCluster::Start(Executor& executor,
                                                                kube::IoContext& io, Rng rng,
                                                                Options options) {
  ASSIGN_OR_RETURN(kube::KeyPair authority,
                   LoadAuthority(options.directory, options.name, executor.WallNow()));
  std::unique_ptr<EmbeddedCluster> cluster(
      new EmbeddedCluster(executor, io, std::move(rng), std::move(options), std::move(authority)));
  RETURN_IF_ERROR(cluster->Listen());
  RETURN_IF_ERROR(cluster->WriteKubeconfig());
  cluster->controllers_.Start();
  return cluster;
}

Result<void> EmbeddedCluster::Listen() {
  const kube::Validity validity{.from = executor_.WallNow()};
  ASSIGN_OR_RETURN(
      const kube::KeyPair pair,
      kube::IssueServerCertificate(
          authority_, {"kube-apiserver", {}},
          {options_.address, "127.0.0.1", "localhost", "kubernetes.default"}, validity));
  auto started = kube::HttpServer::Start(executor_, io_, server_,
                                         {.address = options_.address,
                                          .port = options_.port,
                                          .certificate_pem = pair.certificate_pem,
                                          .private_key_pem = pair.key_pem,
                                          .client_ca_pem = authority_.certificate_pem});
  if (!started) {
    if (started.error().code != ErrorCode::kAlreadyExists)
      return Err(WithContext(started.error(), options_.name));
    return Err(WithContext(
        started.error(),
        "API server of " + options_.name +
            " (is another `stowage up` running? --port chooses other ports, 0 any free ones)"));
  }
  listener_ = std::move(*started);
  return {};
}

std::string EmbeddedCluster::url() const {
  return "https://" + options_.address + ":" + std::to_string(listener_->port());
}

std::string EmbeddedCluster::kubeconfig_path() const {
  return options_.directory + "/" +
         (options_.name == "host" ? "kubeconfig" : options_.name + ".kubeconfig");
}

Result<void> EmbeddedCluster::WriteKubeconfig() {
  ASSIGN_OR_RETURN(const kube::KeyPair admin,
                   kube::IssueClientCertificate(authority_, {"admin", {"system:masters"}},
                                                {.from = executor_.WallNow()}));
  const std::string name = options_.name == "host" ? "stowage" : options_.name;
  kube::MutableJson config;
  config["apiVersion"] = "v1";
  config["kind"] = "Config";
  kube::JsonNode cluster = config["clusters"].Append(kube::JsonObject{});
  cluster["name"] = name;
  cluster["cluster"]["server"] = url();
  cluster["cluster"]["certificate-authority-data"] = kube::EncodeBase64(authority_.certificate_pem);
  kube::JsonNode user = config["users"].Append(kube::JsonObject{});
  user["name"] = name + "-admin";
  user["user"]["client-certificate-data"] = kube::EncodeBase64(admin.certificate_pem);
  user["user"]["client-key-data"] = kube::EncodeBase64(admin.key_pem);
  kube::JsonNode context = config["contexts"].Append(kube::JsonObject{});
  context["name"] = name;
  context["context"]["cluster"] = name;
  context["context"]["user"] = name + "-admin";
  config["current-context"] = name;
  kubeconfig_ = config.ref().DumpPretty();
  return WriteSecretFile(kubeconfig_path(), kubeconfig_ + "\n");
}

void EmbeddedCluster::AddMember(sim::MemberOptions options) {
  member_ = std::make_unique<sim::Member>(executor_, transport_, rng_.Stream("member"),
                                          std::move(options));
  server_.SetKubeletConnector(&member_->kubelet());
  member_->Start();
}

Result<void> EmbeddedCluster::ProxyToNodes() {
  ASSIGN_OR_RETURN(kubelet_client_,
                   kube::IssueClientCertificate(
                       authority_, {"kube-apiserver-kubelet-client", {"system:masters"}},
                       {.from = executor_.WallNow()}));
  nodes_ = std::make_unique<kube::Informer<kube::Object>>(
      executor_, client_, rng_.Stream("nodes"), kube::ReflectorOptions{.resource = kube::kNodes},
      [](const kube::Object& node) {
        return std::optional(kube::Object(kube::Json::Copy(node.json())));
      });
  nodes_->Start();
  proxy_ = std::make_unique<sim::NodeProxy>(
      [this](std::string_view name) {
        const kube::Object* node = nodes_->Get({"", std::string(name)});
        return node ? *node : kube::Object();
      },
      [this](const kube::Object& node) -> Result<std::shared_ptr<kube::Transport>> {
        ASSIGN_OR_RETURN(const sim::KubeletEndpoint endpoint, sim::EndpointOf(node));
        kube::ClusterConfig config;
        config.origin = "kubelet of node " + std::string(node.name());
        config.server = "https://" + endpoint.ToString();
        config.insecure_skip_tls_verify =
            true;  // as an API server does that has no CA for kubelets
        config.client_certificate_pem = kubelet_client_.certificate_pem;
        config.client_key_pem = kubelet_client_.key_pem;
        ASSIGN_OR_RETURN(std::unique_ptr<kube::HttpTransport> transport,
                         kube::HttpTransport::Create(executor_, io_, std::move(config)));
        return std::shared_ptr<kube::Transport>(std::move(transport));
      });
  server_.SetKubeletConnector(proxy_.get());
  return {};
}

}  // namespace stowage::app
