#include "kube/http/io/socket.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "kube/http/io/socket_impl.h"

namespace stowage::kube::io {
namespace {

constexpr size_t kTlsRecord = 16 << 10;
constexpr int kGatherMax = 64;

}  // namespace

void SocketImpl::Fail(Error error) {
  if (closed_) return;
  closed_ = true;
  error_ = std::move(error);
  ErrorCode_ ec;
  tcp_.close(ec);  // ends the waits under way
  out_.clear();
  queued_ = 0;
  AfterWrite();
}

void SocketImpl::Connect(std::vector<Endpoint> to, Done done) {
  if (closed_ || to.empty()) {
    Failed("there is no address to connect to");
    return strand_->Post([self = Self(), done] { done(Err(self->error_)); });
  }
  ErrorCode_ ec;
  const Tcp::endpoint endpoint(asio::ip::make_address(to.front().address, ec), to.front().port);
  to.erase(to.begin());
  tcp_.async_connect(endpoint, [self = Self(), endpoint, to, done](ErrorCode_ why) {
    if (self->closed_) return done(Err(self->error_));
    ErrorCode_ ignored;
    if (why && !to.empty()) {
      self->tcp_.close(ignored);
      return self->Connect(to, done);
    }
    if (why) {
      self->Failed("cannot connect to " + ToText(endpoint) + ": " + why.message());
      return done(Err(self->error_));
    }
    self->Adopt();
    done({});
  });
}

void SocketImpl::HandshakeClient(SslCtxPtr ctx, const std::string& name, Done done) {
  ctx_ = std::move(ctx);
  ssl_.reset(SSL_new(ctx_.get()));
  SSL_set_fd(ssl_.get(), tcp_.native_handle());
  SSL_set_connect_state(ssl_.get());
  ErrorCode_ not_an_address;
  asio::ip::make_address(name, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  strand_->Post([self = Self(), done = std::move(done)] { self->StepHandshake(done); });
}

void SocketImpl::HandshakeServer(SslCtxPtr ctx, Done done) {
  ctx_ = std::move(ctx);
  ssl_.reset(SSL_new(ctx_.get()));
  SSL_set_fd(ssl_.get(), tcp_.native_handle());
  SSL_set_accept_state(ssl_.get());
  StepHandshake(std::move(done));
}

void SocketImpl::StepHandshake(Done done) {
  if (closed_) return done(Err(error_));
  ERR_clear_error();
  errno = 0;
  const int n = SSL_do_handshake(ssl_.get());
  if (n == 1) return done({});
  const int why = SSL_get_error(ssl_.get(), n);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
    tcp_.async_wait(why == SSL_ERROR_WANT_READ ? TcpSocket::wait_read : TcpSocket::wait_write,
                    [self = Self(), done](ErrorCode_) { self->StepHandshake(done); });
    return;
  }
  const std::string text =
      TlsErrorText(errno != 0 ? std::strerror(errno) : "the other side closed the connection");
  Failed("TLS handshake with " + peer_ + " failed: " + text);
  done(Err(error_));
}

int SocketImpl::TryRead(char* to, size_t size) {
  if (closed_) return kFailed;
  return ssl_ ? ReadTls(to, size) : ReadPlain(to, size);
}

int SocketImpl::ReadPlain(char* to, size_t size) {
  for (;;) {
    const ssize_t n = recv(tcp_.native_handle(), to, size, 0);
    if (n >= 0) return static_cast<int>(n);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return kWouldBlock;
    return Failed("connection with " + peer_ + " broke: " + std::strerror(errno));
  }
}

int SocketImpl::ReadTls(char* to, size_t size) {
  // A record is at most 16 KB; several fill the buffer.
  int total = 0;
  while (total < static_cast<int>(size)) {
    ERR_clear_error();
    errno = 0;
    const int n = SSL_read(ssl_.get(), to + total, static_cast<int>(size) - total);
    if (n > 0) {
      total += n;
      continue;
    }
    if (total > 0) return total;  // what is wrong will be seen again
    switch (SSL_get_error(ssl_.get(), n)) {
      case SSL_ERROR_WANT_READ:
        read_wants_write_ = false;
        return kWouldBlock;
      case SSL_ERROR_WANT_WRITE:
        read_wants_write_ = true;
        return kWouldBlock;
      case SSL_ERROR_ZERO_RETURN:
        return 0;
      default:
        return Failed("connection with " + peer_ + " broke: " +
                      TlsErrorText(errno != 0 ? std::strerror(errno) : "closed by the other side"));
    }
  }
  return total;
}

void SocketImpl::WhenReadable(std::function<void()> f) {
  if (closed_ || (ssl_ && SSL_pending(ssl_.get()) > 0)) return strand_->Post(std::move(f));
  tcp_.async_wait(read_wants_write_ ? TcpSocket::wait_write : TcpSocket::wait_read,
                  [self = Self(), f = std::move(f)](ErrorCode_) { f(); });
}

void SocketImpl::Queue(std::string bytes) {
  if (closed_ || shutdown_wanted_ || bytes.empty()) return;
  queued_ += bytes.size();
  out_.push_back(std::move(bytes));
  if (flush_posted_ || waiting_write_) return;
  flush_posted_ = true;
  strand_->Post([self = Self()] {
    self->flush_posted_ = false;
    self->Flush();
  });
}

void SocketImpl::Flush() {
  while (!closed_ && !waiting_write_ && queued_ > 0) {
    if (!(ssl_ ? WriteTls() : WritePlain())) break;
  }
  if (queued_ == 0 && shutdown_wanted_) FinishShutdown();
  AfterWrite();
}

void SocketImpl::WaitFor(TcpSocket::wait_type what, void (SocketImpl::*then)()) {
  waiting_write_ = true;
  tcp_.async_wait(what, [self = Self(), then](ErrorCode_) { (self.get()->*then)(); });
}

bool SocketImpl::WritePlain() {
  std::array<iovec, kGatherMax> pieces;
  int count = 0;
  for (const std::string& s : out_) {
    const size_t skip = count == 0 ? out_offset_ : 0;
    pieces[count++] = {const_cast<char*>(s.data()) + skip, s.size() - skip};
    if (count == kGatherMax) break;
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const ssize_t n = sendmsg(tcp_.native_handle(), &message, MSG_NOSIGNAL);
  if (n >= 0) {
    Consume(n);
    return true;
  }
  if (errno == EINTR) return true;
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    WaitFor(TcpSocket::wait_write, &SocketImpl::OnWritable);
  } else {
    Failed("connection with " + peer_ + " broke: " + std::strerror(errno));
  }
  return false;
}

bool SocketImpl::WriteTls() {
  // Small pieces share a record; a large one is written in place.
  static thread_local std::array<char, kTlsRecord> record;
  const char* data = out_.front().data() + out_offset_;
  size_t size = out_.front().size() - out_offset_;
  if (size < kTlsRecord && out_.size() > 1) {
    std::memcpy(record.data(), data, size);
    for (size_t i = 1; i < out_.size() && size < kTlsRecord; ++i) {
      const size_t n = std::min(kTlsRecord - size, out_[i].size());
      std::memcpy(record.data() + size, out_[i].data(), n);
      size += n;
    }
    data = record.data();
  }
  ERR_clear_error();
  errno = 0;
  const int n = SSL_write(ssl_.get(), data, static_cast<int>(std::min<size_t>(size, 1 << 20)));
  if (n > 0) {
    Consume(n);
    return true;
  }
  switch (SSL_get_error(ssl_.get(), n)) {
    case SSL_ERROR_WANT_WRITE:
      WaitFor(TcpSocket::wait_write, &SocketImpl::OnWritable);
      break;
    case SSL_ERROR_WANT_READ:
      WaitFor(TcpSocket::wait_read, &SocketImpl::OnWritable);
      break;
    default:
      Failed("connection with " + peer_ + " broke: " +
             TlsErrorText(errno != 0 ? std::strerror(errno) : "closed by the other side"));
  }
  return false;
}

void SocketImpl::Consume(size_t n) {
  queued_ -= n;
  while (n > 0) {
    const size_t left = out_.front().size() - out_offset_;
    if (n < left) {
      out_offset_ += n;
      return;
    }
    n -= left;
    out_offset_ = 0;
    out_.pop_front();
  }
}

void SocketImpl::WhenQueuedAtMost(size_t low, Done done) {
  drained_.push_back({low, std::move(done)});
  if (closed_ || queued_ <= low) strand_->Post([self = Self()] { self->AfterWrite(); });
}

void SocketImpl::AfterWrite() {
  if (drained_.empty()) return;
  std::vector<Waiter> ready;
  for (size_t i = 0; i < drained_.size();) {
    if (closed_ || queued_ <= drained_[i].low) {
      ready.push_back(std::move(drained_[i]));
      drained_.erase(drained_.begin() + i);
    } else {
      ++i;
    }
  }
  for (Waiter& w : ready) {
    strand_->Post([self = Self(), done = std::move(w.done)] {
      done(self->closed_ ? Result<void>(Err(self->error_)) : Result<void>());
    });
  }
}

void SocketImpl::ShutdownWrite() {
  if (closed_ || shutdown_wanted_) return;
  shutdown_wanted_ = true;
  if (queued_ == 0) FinishShutdown();
}

void SocketImpl::FinishShutdown() {
  if (shut_ || closed_) return;
  shut_ = true;
  if (ssl_)
    SSL_shutdown(ssl_.get());  // sends close_notify; what the other side still says can be read
  ERR_clear_error();
  ErrorCode_ ec;
  tcp_.shutdown(Tcp::socket::shutdown_send, ec);
}

bool SocketImpl::PeerSubject(std::string* common_name, std::vector<std::string>* organizations) {
  if (!ssl_) return false;
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return false;
  X509_NAME* subject = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (nid != NID_commonName && nid != NID_organizationName) continue;
    unsigned char* utf8 = nullptr;
    const int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    if (n < 0) continue;
    std::string text(reinterpret_cast<char*>(utf8), n);
    OPENSSL_free(utf8);
    if (nid == NID_commonName) {
      *common_name = std::move(text);
    } else {
      organizations->push_back(std::move(text));
    }
  }
  return true;
}

void SocketImpl::EnableKeepAlive() {
  const auto set = [this](int level, int name, int value) {
    setsockopt(tcp_.native_handle(), level, name, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

std::shared_ptr<Socket> Socket::Make(StrandPtr strand) {
  return std::make_shared<SocketImpl>(std::move(strand));
}

char* ReadBuffer::Get() {
  static thread_local std::unique_ptr<char[]> buffer(new char[kSize]);
  return buffer.get();
}

}  // namespace stowage::kube::io
