#include "app/lib/https_endpoints.h"

namespace stowage::app {

Result<Endpoint> HttpsEndpoints::Open(const std::string& node, kube::Handler& handler) {
  // A node keeps its port from the first try: one that is taken fails its own node, not the next.
  const auto known =
      ports_.try_emplace(node, options_.first_port == 0 ? 0 : options_.first_port + ports_.size())
          .first;
  const uint16_t port = known->second;
  auto server = kube::HttpServer::Start(executor_, io_, handler,
                                        {.address = options_.listen_address,
                                         .port = port,
                                         .certificate_pem = options_.certificate_pem,
                                         .private_key_pem = options_.private_key_pem,
                                         .client_ca_pem = options_.client_ca_pem});
  if (!server) return Err(WithContext(server.error(), "kubelet endpoint of " + node));
  const Endpoint endpoint{options_.node_address, (*server)->port()};
  known->second = endpoint.port;
  servers_[node] = std::move(*server);
  return endpoint;
}

}  // namespace stowage::app
