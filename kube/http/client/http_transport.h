// HttpTransport: the Transport of production. Requests go through cpprestsdk, watches and upgraded
// connections through Beast.
#pragma once

#include <memory>
#include <string>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/client/transport.h"
#include "kube/http/client/kubeconfig.h"

namespace stowage::kube {

class IoContext;

struct HttpTransportOptions {
  int max_requests_in_flight = 64;  // more wait their turn; keep-alive connections are reused
  std::string user_agent = "stowage/0.1 (linux/amd64)";
};

class HttpTransport : public Transport {
 public:
  // kInvalid: what in `config` cannot be used (a certificate that does not parse or has expired, a
  // URL), and where it came from.
  static Result<std::unique_ptr<HttpTransport>> Create(Executor& executor, IoContext& io,
                                                       ClusterConfig config,
                                                       HttpTransportOptions options = {});
};

}  // namespace stowage::kube
