// One connection of a server: its requests one after the other, and the answers to them. Internal.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kube/http/io/socket.h"
#include "kube/http/server/handler.h"
#include "kube/http/server/http_server.h"

namespace stowage::kube {

// What the sessions of a server share, and what outlives the server object for them.
struct ServerCore {
  explicit ServerCore(Executor& e, Handler& h) : executor(&e), handler(&h) {}

  // Nothing is posted once the server is gone: the executor may be, too.
  void Post(Task task) {
    std::lock_guard lock(mutex);
    if (executor != nullptr) executor->Post(std::move(task));
  }
  // So that the server can close what is open when it goes.
  void Track(const io::SocketPtr& socket) {
    std::lock_guard lock(mutex);
    if (sockets.size() >= purge_at) {
      std::erase_if(sockets, [](const auto& s) { return s.expired(); });
      purge_at = std::max<size_t>(64, 2 * sockets.size());
    }
    sockets.push_back(socket);
  }
  io::SslCtxPtr tls() {
    std::lock_guard lock(mutex);
    return tls_context;
  }

  HttpServerOptions options;
  std::atomic<uint64_t> connections{0}, requests{0}, tls_failures{0};
  std::atomic<int64_t> open{0};

  std::mutex mutex;  // guards what follows
  Executor* executor;
  std::vector<std::weak_ptr<io::Socket>> sockets;
  size_t purge_at = 64;
  io::SslCtxPtr tls_context;
  Handler* handler;  // read on the executor only; null once the server is gone
};

// Takes the connection over; it lives as long as the connection does. On the socket's strand.
void StartSession(std::shared_ptr<ServerCore> core, io::SocketPtr socket);

}  // namespace stowage::kube
