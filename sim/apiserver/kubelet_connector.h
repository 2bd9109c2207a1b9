// KubeletConnector: how an embedded API server reaches the kubelet of a pod for logs, exec, attach
// and port-forward. A member's simulated kubelet answers itself; the host's server proxies to the
// HTTPS endpoint that the Node object names.
#pragma once

#include <memory>
#include <string>

#include "kube/api/object.h"
#include "kube/http/server/handler.h"

namespace stowage::sim {

class KubeletConnector {
 public:
  virtual ~KubeletConnector() = default;

  // `verb`: "log", "exec", "attach" or "portforward"; `request` as the API server got it, its query
  // in the API server's words (container=, stdin=, follow= ...), already authorised, `pod` as
  // stored. Answers on `responder` exactly once.
  virtual void Connect(const kube::Object& pod, const std::string& verb,
                       kube::ServerRequest request, std::shared_ptr<kube::Responder> responder) = 0;
};

}  // namespace stowage::sim
