#include "kube/http/server/http_server.h"

#include <utility>

#include "kube/http/io/io_context.h"
#include "kube/http/server/session.h"

namespace stowage::kube {
namespace {

class HttpServerImpl final : public HttpServer {
 public:
  HttpServerImpl(std::shared_ptr<ServerCore> core, std::unique_ptr<io::Listener> listener)
      : core_(std::move(core)), listener_(std::move(listener)) {}

  ~HttpServerImpl() override {
    listener_.reset();
    core_->handler = nullptr;
    std::vector<std::weak_ptr<io::Socket>> sockets;
    {
      std::lock_guard lock(core_->mutex);
      core_->executor = nullptr;
      sockets.swap(core_->sockets);
    }
    for (const auto& weak : sockets) {
      if (auto socket = weak.lock()) socket->CloseSoon();
    }
  }

  uint16_t port() const override { return listener_->port(); }

  Result<void> SetCertificate(const std::string& certificate_pem,
                              const std::string& private_key_pem) override {
    const HttpServerOptions& o = core_->options;
    if (o.certificate_pem.empty()) {
      return MakeError(ErrorCode::kInvalid, "the server speaks plain HTTP and has no certificate");
    }
    ASSIGN_OR_RETURN(auto tls,
                     io::MakeServerContext(certificate_pem, private_key_pem, o.client_ca_pem,
                                           o.require_client_certificate));
    std::lock_guard lock(core_->mutex);
    core_->tls_context = std::move(tls);
    return {};
  }

  Stats stats() const override {
    return {core_->connections, core_->requests, core_->tls_failures, core_->open};
  }

 private:
  std::shared_ptr<ServerCore> core_;
  std::unique_ptr<io::Listener> listener_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(Executor& executor, IoContext& io,
                                                      Handler& handler, HttpServerOptions options) {
  auto core = std::make_shared<ServerCore>(executor, handler);
  if (!options.certificate_pem.empty()) {
    ASSIGN_OR_RETURN(
        core->tls_context,
        io::MakeServerContext(options.certificate_pem, options.private_key_pem,
                              options.client_ca_pem, options.require_client_certificate));
    options.private_key_pem.clear();  // parsed; not needed any more
  }
  core->options = std::move(options);
  ASSIGN_OR_RETURN(auto listener,
                   io::Listener::Listen(io, core->options.address, core->options.port,
                                        [core](io::SocketPtr socket) {
                                          {
                                            std::lock_guard lock(core->mutex);
                                            if (core->executor == nullptr) return socket->Close();
                                          }
                                          core->Track(socket);
                                          StartSession(core, std::move(socket));
                                        }));
  return std::unique_ptr<HttpServer>(
      std::make_unique<HttpServerImpl>(std::move(core), std::move(listener)));
}

}  // namespace stowage::kube
