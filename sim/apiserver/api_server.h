// ApiServer: an embedded Kubernetes API server that real kubectl talks to (DESIGN section 8). All
// of it runs on one Executor; HttpServer drives it from sockets, DirectTransport in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/http/server/handler.h"
#include "sim/apiserver/kubelet_connector.h"

namespace stowage::sim {

struct ApiServerOptions {
  std::string name = "embedded";  // for messages
  std::string database;           // a SQLite file; "" keeps all in memory
  std::string service_cidr = "10.96.0.0/16";
  int64_t watch_history = 20000;   // events kept for watches; older resourceVersions get 410
  std::string token_key;           // signs service-account tokens; "" makes one from the Rng
  std::string ca_certificate_pem;  // published as kube-root-ca.crt; may be empty
  std::string default_scheduler;  // takes pods that ask for default-scheduler; "": nobody does here
  bool require_authentication = false;  // else every request is system:masters
};

class ApiServer : public kube::Handler {
 public:
  ApiServer(Executor& executor, Rng rng, ApiServerOptions options);
  ~ApiServer() override;

  void Handle(kube::ServerRequest request, std::shared_ptr<kube::Responder> responder) override;

  // Streams of pods; not owned; nullptr: they answer 503.
  void SetKubeletConnector(KubeletConnector* connector);

  // Ends all watches and streams with an error, as a server that dies would; state is kept.
  void DropConnections();
  // Forgets the history: watches that resume from an older version get 410.
  void CompactHistory();

  struct Stats {
    uint64_t requests = 0, creates = 0, watch_events = 0;
    int64_t objects = 0, watches = 0;
    uint64_t resource_version = 0;
  };
  Stats stats() const;

  // The UID of kube-system: the identity of this cluster.
  std::string cluster_uid() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stowage::sim
