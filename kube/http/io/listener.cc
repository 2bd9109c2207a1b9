#include <sys/socket.h>

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>

#include "kube/http/io/socket_impl.h"

namespace stowage::kube::io {
namespace {

class ListenerImpl final : public Listener {
 public:
  struct Shared : std::enable_shared_from_this<Shared> {
    Shared(IoContext& i)
        : io(i), strand(std::make_shared<Strand>(i)), acceptor(strand->impl().strand) {}
    IoContext& io;
    StrandPtr strand;
    asio::basic_socket_acceptor<Tcp, AsioStrand> acceptor;
    std::function<void(SocketPtr)> accept;
    std::unique_ptr<Timer> pause;
    std::atomic<bool> closed{false};

    void Next() {
      if (closed) return;
      auto socket = std::make_shared<SocketImpl>(std::make_shared<Strand>(io));
      acceptor.async_accept(socket->tcp(), [self = shared_from_this(), socket](ErrorCode_ ec) {
        if (self->closed || ec == asio::error::operation_aborted) return;
        if (ec) {
          // Out of descriptors, most likely: some close, and we go on.
          self->pause->Start(Milliseconds(50), [self] { self->Next(); });
          return;
        }
        socket->strand()->Post([self, socket] {
          socket->Adopt();
          self->accept(socket);
        });
        self->Next();
      });
    }
  };

  explicit ListenerImpl(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
    ErrorCode_ ec;
    port_ = shared_->acceptor.local_endpoint(ec).port();
    fd_ = shared_->acceptor.native_handle();
    shared_->strand->Post([shared = shared_] {
      shared->pause = std::make_unique<Timer>(shared->strand);
      shared->Next();
    });
  }
  ~ListenerImpl() override {
    shared_->closed = true;
    ::shutdown(fd_, SHUT_RDWR);  // others may listen there at once; the strand closes it after this
    shared_->strand->Post([shared = shared_] {
      ErrorCode_ ec;
      shared->acceptor.close(ec);
      if (shared->pause) shared->pause->Cancel();
    });
  }
  uint16_t port() const override { return port_; }

 private:
  std::shared_ptr<Shared> shared_;
  uint16_t port_ = 0;
  int fd_ = -1;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::Listen(IoContext& io, const std::string& address,
                                                   uint16_t port,
                                                   std::function<void(SocketPtr)> accept) {
  ErrorCode_ ec;
  const auto ip = asio::ip::make_address(address, ec);
  if (ec) {
    return MakeError(ErrorCode::kInvalid,
                     "\"" + address + "\" is no IP address to listen on: " + ec.message());
  }
  const Tcp::endpoint endpoint(ip, port);
  auto shared = std::make_shared<ListenerImpl::Shared>(io);
  shared->accept = std::move(accept);
  shared->acceptor.open(endpoint.protocol(), ec);
  if (!ec) shared->acceptor.set_option(Tcp::acceptor::reuse_address(true), ec);
  if (!ec) shared->acceptor.bind(endpoint, ec);
  if (!ec) shared->acceptor.listen(4096, ec);
  const std::string failed = "cannot listen on " + ToText(endpoint) + ": ";
  if (ec == asio::error::address_in_use) {
    return MakeError(
        ErrorCode::kAlreadyExists,
        failed + "the port is in use; stop the program that has it or choose another port");
  }
  if (ec) return MakeError(ErrorCode::kInvalid, failed + ec.message());
  return std::unique_ptr<Listener>(std::make_unique<ListenerImpl>(std::move(shared)));
}

}  // namespace stowage::kube::io
