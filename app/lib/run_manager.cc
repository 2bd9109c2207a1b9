// `stowage run`: the manager over HTTP, against a real host.
#include <arpa/inet.h>
#include <glog/logging.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "app/lib/commands.h"
#include "app/lib/embedded_files.h"
#include "app/lib/http_connector.h"
#include "app/lib/https_endpoints.h"
#include "app/lib/output.h"
#include "app/lib/run_config.h"
#include "app/lib/session.h"
#include "app/lib/signals.h"
#include "app/manager/manager.h"
#include "base/log/log.h"
#include "kube/http/server/certificates.h"

namespace stowage::app {
namespace {

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return MakeError(ErrorCode::kInvalid, path + " cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The address of ours that packets to the host leave from: no packet is sent.
std::string AddressToward(const std::string& server) {
  std::string host =
      server.substr(server.find("//") == std::string::npos ? 0 : server.find("//") + 2);
  host = host.substr(0, host.find_first_of("/"));
  std::string port = "443";
  if (const size_t colon = host.rfind(':');
      colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    port = host.substr(colon + 1);
    host.resize(colon);
  }
  if (!host.empty() && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return "127.0.0.1";
  std::string address = "127.0.0.1";
  const int fd = socket(found->ai_family, SOCK_DGRAM, 0);
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  char text[NI_MAXHOST];
  if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0 &&
      getnameinfo(reinterpret_cast<sockaddr*>(&local), size, text, sizeof text, nullptr, 0,
                  NI_NUMERICHOST) == 0) {
    address = text;
  }
  if (fd >= 0) close(fd);
  freeaddrinfo(found);
  return address;
}

std::string DefaultIdentity(uint64_t seed) {
  char host[256] = "stowage";
  gethostname(host, sizeof host - 1);
  return std::string(host) + "_" + std::to_string(getpid()) + "_" + Rng(seed).Name(5);
}

// The CA that the host's API server uses toward kubelets, as it publishes it.
std::string HostClientCa(Session& session, kube::Client& host) {
  auto config = session.Await<kube::Object>([&](auto done) {
    host.Get(kube::Resource{"", "v1", "configmaps", true}, "kube-system",
             "extension-apiserver-authentication", done);
  });
  return config ? (*config)["data"]["client-ca-file"].string() : "";
}

Result<HttpsEndpointOptions> EndpointOptions(const RunFlags& flags, const std::string& server,
                                             Session& session, kube::Client& host) {
  HttpsEndpointOptions options;
  options.listen_address = flags.listen_address;
  options.first_port = flags.kubelet_port;
  options.node_address = flags.node_address.empty() ? AddressToward(server) : flags.node_address;
  if (flags.tls_certificate_file.empty() != flags.tls_key_file.empty()) {
    return MakeError(ErrorCode::kInvalid, "--tls-cert-file and --tls-key-file go together");
  }
  if (!flags.tls_certificate_file.empty()) {
    ASSIGN_OR_RETURN(options.certificate_pem, ReadFile(flags.tls_certificate_file));
    ASSIGN_OR_RETURN(options.private_key_pem, ReadFile(flags.tls_key_file));
  } else {
    ASSIGN_OR_RETURN(const kube::KeyPair pair, kube::MakeSelfSignedCertificate(
                                                   {"stowage-kubelet", {}}, {options.node_address},
                                                   {.from = session.executor().WallNow()}));
    options.certificate_pem = pair.certificate_pem;
    options.private_key_pem = pair.key_pem;
  }
  if (!flags.client_ca_file.empty()) {
    ASSIGN_OR_RETURN(options.client_ca_pem, ReadFile(flags.client_ca_file));
  } else {
    options.client_ca_pem = HostClientCa(session, host);
    if (options.client_ca_pem.empty()) {
      LogWarning(
          "the host does not publish its client CA (ConfigMap "
          "kube-system/extension-apiserver-authentication): "
          "logs, exec and port-forward will be refused; give --client-ca-file");
    }
  }
  return options;
}

Result<kube::ClusterConfig> HostConfig(const HostFlags& flags) {
  if (flags.kubeconfig.empty() && std::getenv("KUBECONFIG") == nullptr) {
    if (auto in_cluster = kube::InClusterConfig()) return in_cluster;
  }
  return kube::LoadKubeconfig(flags.kubeconfig, flags.context);
}

// Its namespace must exist for the Lease.
Result<void> EnsureNamespace(Session& session, kube::Client& host, const std::string& name) {
  kube::MutableJson ns;
  ns["apiVersion"] = "v1";
  ns["kind"] = "Namespace";
  ns.Set({"metadata", "name"}, name);
  const kube::Json body = std::move(ns).Freeze();
  auto made = session.Await<kube::Object>([&](auto done) {
    host.Create({"", "v1", "namespaces", false}, "", body, done);
  });
  if (made || made.error().code == ErrorCode::kAlreadyExists ||
      made.error().code == ErrorCode::kForbidden)
    return {};
  return Err(WithContext(made.error(), "namespace " + name));
}

// So that clusters can be joined before or after. An account that may not is told by the watch.
void EnsureCrd(Session& session, kube::Client& host) {
  auto crd = ClusterCrd();
  CHECK(crd) << crd.error().message;  // it is built in
  auto made = session.Await<kube::Object>([&](auto done) {
    host.Create({"apiextensions.k8s.io", "v1", "customresourcedefinitions", false}, "", *crd, done);
  });
  if (!made && made.error().code != ErrorCode::kAlreadyExists) {
    LogWarning("the definition of Cluster objects could not be installed",
               {{"error", made.error()}});
  }
}

}  // namespace

int RunManager(const RunFlags& flags) {
  std::function<void()> stop;
  BlockSignals();
  Session session;
  Signals signals(session.executor(), [&] {
    if (stop) return stop();
    _exit(130);
  });
  const uint64_t seed = std::random_device{}() * 0x100000001ull ^ static_cast<uint64_t>(getpid());
  ManagerOptions options;
  options.ns = flags.ns;
  options.leader_election = flags.leader_election;
  options.kubelet_clients = flags.kubelet_clients;
  options.identity = flags.identity.empty() ? DefaultIdentity(seed) : flags.identity;
  if (!flags.config_file.empty()) {
    auto text = ReadFile(flags.config_file);
    if (!text) return Fail(text.error());
    if (auto applied = ApplyRunConfig(*text, options); !applied) {
      return Fail(WithContext(applied.error(), flags.config_file));
    }
  }
  auto config = HostConfig(flags.host);
  if (!config) return Fail(config.error());
  auto host = session.Connect(*config);
  if (!host) return Fail(WithContext(host.error(), "host"));
  if (auto ns = EnsureNamespace(session, **host, flags.ns); !ns)
    return Fail(WithContext(ns.error(), "host"));
  EnsureCrd(session, **host);
  auto endpoint_options = EndpointOptions(flags, config->server, session, **host);
  if (!endpoint_options) return Fail(endpoint_options.error());

  HttpConnector connector(session.executor(), session.io());
  HttpsEndpoints endpoints(session.executor(), session.io(), std::move(*endpoint_options));
  Manager manager(
      {session.executor(), (*host)->transport(), connector, endpoints}, Rng(seed), options,
      {.on_leading =
           [&] {
             LogInfo("leading: this process manages the fleet", {{"identity", options.identity}});
           },
       .on_standby =
           [](const std::string& who) {
             LogInfo("standing by: another stowage manages this host", {{"leader", who}});
           },
       .on_lost =
           [] { LogWarning("the Lease was lost; nothing is written until it is ours again"); }});
  manager.Start();
  stop = [&] { manager.Stop([&] { session.executor().Stop(); }); };
  session.executor().Run();
  return 0;
}

}  // namespace stowage::app
