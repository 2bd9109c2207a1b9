// The one implementation of Socket, for what makes sockets in other ways than by connecting.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kube/http/io/socket.h"
#include "kube/http/io/strand_impl.h"

namespace stowage::kube::io {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using TcpSocket = asio::basic_stream_socket<Tcp, AsioStrand>;
using ErrorCode_ = boost::system::error_code;

inline std::string ToText(const Tcp::endpoint& e) {
  const std::string address = e.address().to_string();
  return (e.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(e.port());
}

class SocketImpl final : public Socket, public Closeable {
 public:
  SocketImpl(StrandPtr strand) : strand_(std::move(strand)), tcp_(strand_->impl().strand) {
    auto& io = *strand_->impl().io;
    std::lock_guard lock(io.mutex);
    io.open.insert(this);
  }
  ~SocketImpl() override {
    auto& io = *strand_->impl().io;
    std::lock_guard lock(io.mutex);
    io.open.erase(this);
  }

  TcpSocket& tcp() { return tcp_; }
  void Adopt() {
    ErrorCode_ ec;
    tcp_.native_non_blocking(true, ec);
    tcp_.set_option(Tcp::no_delay(true), ec);
    peer_ = ToText(tcp_.remote_endpoint(ec));
  }

  void Connect(std::vector<Endpoint> to, Done done) override;
  void HandshakeClient(SslCtxPtr ctx, const std::string& name, Done done) override;
  void HandshakeServer(SslCtxPtr ctx, Done done) override;
  int TryRead(char* to, size_t size) override;
  void WhenReadable(std::function<void()> f) override;
  void Queue(std::string bytes) override;
  void Flush() override;
  size_t queued() const override { return queued_; }
  void WhenQueuedAtMost(size_t low, Done done) override;
  void ShutdownWrite() override;
  void Close() override { Fail({ErrorCode::kCancelled, "the connection was closed here", {}}); }
  void CloseSoon() override {
    // The last reference may be going away on another thread at this moment.
    if (auto self = weak_from_this().lock()) strand_->Post([self] { self->Close(); });
  }
  bool open() const override { return !closed_; }
  const Error& error() const override { return error_; }
  const StrandPtr& strand() const override { return strand_; }
  std::string peer_address() const override { return peer_; }
  bool PeerSubject(std::string* common_name, std::vector<std::string>* organizations) override;
  void EnableKeepAlive() override;

 private:
  auto Self() { return std::static_pointer_cast<SocketImpl>(shared_from_this()); }
  void Fail(Error error);
  int Failed(std::string text) {
    Fail({ErrorCode::kUnavailable, std::move(text), {}});
    return kFailed;
  }
  void StepHandshake(Done done);
  void WaitFor(TcpSocket::wait_type what, void (SocketImpl::*then)());
  int ReadPlain(char* to, size_t size);
  int ReadTls(char* to, size_t size);
  bool WritePlain();  // false: blocked or failed
  bool WriteTls();
  void Consume(size_t n);
  void AfterWrite();
  void FinishShutdown();
  void OnWritable() {
    waiting_write_ = false;
    Flush();
  }

  StrandPtr strand_;
  TcpSocket tcp_;
  SslCtxPtr ctx_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
  std::string peer_;
  Error error_;
  bool closed_ = false;
  bool read_wants_write_ = false;

  std::deque<std::string> out_;
  size_t out_offset_ = 0;  // bytes of out_.front() that are gone
  size_t queued_ = 0;
  bool flush_posted_ = false, waiting_write_ = false, shutdown_wanted_ = false, shut_ = false;
  struct Waiter {
    size_t low;
    Done done;
  };
  std::vector<Waiter> drained_;
};

}  // namespace stowage::kube::io
