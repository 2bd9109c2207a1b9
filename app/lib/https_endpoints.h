// KubeletEndpoints over HTTPS: a port for each virtual node.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/manager/seams.h"
#include "base/time/executor.h"
#include "kube/http/server/http_server.h"

namespace stowage::app {

struct HttpsEndpointOptions {
  std::string listen_address = "0.0.0.0";
  std::string node_address;  // put into the Node objects
  uint16_t first_port = 0;   // the next node takes the next one; 0: any free ones
  std::string certificate_pem, private_key_pem;
  std::string client_ca_pem;  // of who may use the endpoints; "" refuses everybody
};

class HttpsEndpoints : public KubeletEndpoints {
 public:
  HttpsEndpoints(Executor& executor, kube::IoContext& io, HttpsEndpointOptions options)
      : executor_(executor), io_(io), options_(std::move(options)) {}

  Result<Endpoint> Open(const std::string& node, kube::Handler& handler) override;
  void Close(const std::string& node) override { servers_.erase(node); }

 private:
  Executor& executor_;
  kube::IoContext& io_;
  HttpsEndpointOptions options_;
  std::map<std::string, uint16_t> ports_;  // a node keeps its port while we run
  std::map<std::string, std::unique_ptr<kube::HttpServer>> servers_;
};

}  // namespace stowage::app
