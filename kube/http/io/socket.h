// Socket: one TCP connection, plain or TLS, and Listener, which accepts them.
//
// Reactor style: bytes are read straight from the kernel (or OpenSSL) into the caller's buffer when
// there are some, so that an idle connection holds no buffer. Everything is called on the socket's
// strand, except where said; callbacks run on it, never inside the call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "kube/http/io/strand.h"
#include "kube/http/io/tls.h"

namespace stowage::kube::io {

using Done = std::function<void(Result<void>)>;

struct Endpoint {
  std::string address;  // numeric
  uint16_t port = 0;
};

class Socket : public std::enable_shared_from_this<Socket> {
 public:
  virtual ~Socket() = default;
  static std::shared_ptr<Socket> Make(StrandPtr strand);

  // To the first that answers, in order. kUnavailable: refused, unreachable ... with the last
  // address. No time-out of its own.
  virtual void Connect(std::vector<Endpoint> to, Done done) = 0;
  // `name` (client only) goes out as SNI unless it is an address. kUnavailable with OpenSSL's
  // words.
  virtual void HandshakeClient(SslCtxPtr ctx, const std::string& name, Done done) = 0;
  virtual void HandshakeServer(SslCtxPtr ctx, Done done) = 0;

  // Bytes read (> 0), 0 at the end, kWouldBlock, or kFailed: see error().
  static constexpr int kWouldBlock = -1;
  static constexpr int kFailed = -2;
  virtual int TryRead(char* to, size_t size) = 0;
  // `f` runs when TryRead() would not say kWouldBlock (perhaps spuriously, and when the socket is
  // closed).
  virtual void WhenReadable(std::function<void()> f) = 0;

  // Appends to what goes out; it goes out with Flush(), or by itself soon after.
  virtual void Queue(std::string bytes) = 0;
  virtual void Flush() = 0;
  virtual size_t queued() const = 0;
  // `done` runs when at most `low` bytes are queued (all handed to the kernel: 0), or it failed.
  virtual void WhenQueuedAtMost(size_t low, Done done) = 0;

  // After what is queued: TLS close_notify, then no more writes.
  virtual void ShutdownWrite() = 0;
  // Ends both directions; what waits hears of it. From any thread: CloseSoon().
  virtual void Close() = 0;
  virtual void CloseSoon() = 0;
  virtual bool open() const = 0;
  virtual const Error& error() const = 0;  // why it closed or failed

  virtual const StrandPtr& strand() const = 0;
  virtual std::string peer_address() const = 0;  // "127.0.0.1:53012"
  // The subject of the peer's verified certificate; false if it showed none.
  virtual bool PeerSubject(std::string* common_name, std::vector<std::string>* organizations) = 0;
  // Probes of the kernel find a peer that vanished, within about a minute.
  virtual void EnableKeepAlive() = 0;
};
using SocketPtr = std::shared_ptr<Socket>;

// A buffer of this thread to read into: use it before anything else can run on this thread.
struct ReadBuffer {
  static constexpr size_t kSize = 64 << 10;
  static char* Get();
};

// kUnavailable: the name does not resolve. `done` runs on `strand`. A numeric `host` is not asked
// for.
void Resolve(StrandPtr strand, const std::string& host, uint16_t port,
             std::function<void(Result<std::vector<Endpoint>>)> done);

class Listener {
 public:
  virtual ~Listener() = default;  // stops listening
  // `accept` runs on the new socket's strand.
  static Result<std::unique_ptr<Listener>> Listen(IoContext& io, const std::string& address,
                                                  uint16_t port,
                                                  std::function<void(SocketPtr)> accept);
  virtual uint16_t port() const = 0;
};

}  // namespace stowage::kube::io
