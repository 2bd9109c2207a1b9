// What the manager needs of the outside: a way to each member and an address for each virtual
// node's kubelet endpoint. HTTP in production, memory in the simulator.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result/result.h"
#include "kube/client/transport.h"
#include "kube/http/server/handler.h"

namespace stowage::app {

class MemberConnector {
 public:
  virtual ~MemberConnector() = default;
  // `kubeconfig`: the text of the Secret; never to be logged. kInvalid: what in it cannot be used.
  virtual Result<std::unique_ptr<kube::Transport>> Connect(const std::string& cluster,
                                                           const std::string& kubeconfig) = 0;
};

struct Endpoint {
  std::string address;  // as the host's API server reaches it
  uint16_t port = 0;
};

class KubeletEndpoints {
 public:
  virtual ~KubeletEndpoints() = default;
  // Serves `handler` for the virtual node until Close(). kAlreadyExists: the port is in use.
  virtual Result<Endpoint> Open(const std::string& node, kube::Handler& handler) = 0;
  virtual void Close(const std::string& node) = 0;
};

}  // namespace stowage::app
