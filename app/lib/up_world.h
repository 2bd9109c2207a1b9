// The embedded world of `stowage up`: API servers with everything behind them, on loopback with
// TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/random/rng.h"
#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/cache/informer.h"
#include "kube/http/server/certificates.h"
#include "kube/http/server/http_server.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "sim/apiserver/node_proxy.h"
#include "sim/cluster/member.h"
#include "sim/controllers/controller_manager.h"

namespace stowage::app {

// One embedded cluster: its authority, API server and controllers, and a listener.
class EmbeddedCluster {
 public:
  struct Options {
    std::string name;
    std::string address = "127.0.0.1";
    uint16_t port = 0;
    std::string directory;          // of keys and the kubeconfig
    std::string database;           // "" for memory
    std::string default_scheduler;  // of pods that name none; "": the cluster has a kube-scheduler
  };
  static Result<std::unique_ptr<EmbeddedCluster>> Start(Executor& executor, kube::IoContext& io,
                                                        Rng rng, Options options);
  ~EmbeddedCluster();

  // Nodes, scheduler and kubelets of its own: a member.
  void AddMember(sim::MemberOptions options);
  // Nodes elsewhere: the host, whose kubelets are reached at the addresses of its Node objects.
  Result<void> ProxyToNodes();

  const std::string& name() const { return options_.name; }
  std::string url() const;
  std::string kubeconfig_path() const;
  const std::string& kubeconfig() const { return kubeconfig_; }  // with the admin's key: secret
  const kube::KeyPair& authority() const { return authority_; }
  kube::Transport& transport() { return transport_; }
  sim::ApiServer& server() { return server_; }

 private:
  EmbeddedCluster(Executor& executor, kube::IoContext& io, Rng rng, Options options,
                  kube::KeyPair authority);
  Result<void> Listen();
  Result<void> WriteKubeconfig();

  Executor& executor_;
  kube::IoContext& io_;
  Rng rng_;
  Options options_;
  kube::KeyPair authority_;
  kube::KeyPair kubelet_client_;
  std::string kubeconfig_;
  sim::ApiServer server_;
  sim::DirectTransport transport_;
  kube::Client client_;
  sim::ControllerManager controllers_;
  std::unique_ptr<sim::Member> member_;
  std::unique_ptr<kube::Informer<kube::Object>> nodes_;
  std::unique_ptr<sim::NodeProxy> proxy_;
  std::unique_ptr<kube::HttpServer> listener_;
};

// A file that only its owner can read, written whole or not at all.
Result<void> WriteSecretFile(const std::string& path, const std::string& text);

}  // namespace stowage::app
