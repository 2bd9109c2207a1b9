// HttpServer: HTTP/1.1 over TCP or TLS (Beast) in front of a Handler. Sockets live on the server's
// own threads; the Handler is called on the Executor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/http/server/handler.h"

namespace stowage::kube {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;            // 0: any free one
  std::string certificate_pem;  // with its chain; "" for plain HTTP
  std::string private_key_pem;
  std::string client_ca_pem;  // client certificates are verified against it; "" asks for none
  bool require_client_certificate = false;  // else a client may come without one
  int64_t max_body_bytes = 64 << 20;
  Duration header_timeout = Seconds(30);
  Duration idle_timeout = Minutes(2);  // of kept-alive connections; streams are not idle
};

class IoContext;  // threads for sockets, shared by servers and streams: io_context.h

class HttpServer {
 public:
  // Listens at once. kInvalid: bad certificate or address; kAlreadyExists: the port is in use (the
  // message says which).
  static Result<std::unique_ptr<HttpServer>> Start(Executor& executor, IoContext& io,
                                                   Handler& handler, HttpServerOptions options);
  virtual ~HttpServer() = default;  // closes the listener and all connections

  virtual uint16_t port() const = 0;
  // For certificates that are renewed: new connections use them.
  virtual Result<void> SetCertificate(const std::string& certificate_pem,
                                      const std::string& private_key_pem) = 0;
  struct Stats {
    uint64_t connections = 0, requests = 0, tls_failures = 0;
    int64_t open = 0;
  };
  virtual Stats stats() const = 0;
};

}  // namespace stowage::kube
