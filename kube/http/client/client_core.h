// What the parts of an HttpTransport share. Internal.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/time/executor.h"
#include "kube/http/client/address.h"
#include "kube/http/client/credentials.h"
#include "kube/http/client/http_transport.h"

namespace stowage::kube {

// A call that has not been answered yet.
class Outstanding {
 public:
  virtual ~Outstanding() = default;
  virtual void Fail(Error error) = 0;
};

struct ClientCore {
  explicit ClientCore(Executor& e, IoContext& i) : executor(&e), io(i) {}

  // Nothing is posted once the transport is gone: the executor may be, too.
  void Post(Task task) {
    std::lock_guard lock(mutex);
    if (executor != nullptr) executor->Post(std::move(task));
  }

  void Add(std::shared_ptr<Outstanding> call) {
    std::lock_guard lock(mutex);
    outstanding.insert(std::move(call));
  }
  void Remove(const std::shared_ptr<Outstanding>& call) {
    std::lock_guard lock(mutex);
    outstanding.erase(call);
  }
  // Answers what is outstanding with kCancelled; nothing reaches the executor afterwards.
  void Close() {
    std::set<std::shared_ptr<Outstanding>> left;
    {
      std::lock_guard lock(mutex);
      left.swap(outstanding);
    }
    for (const auto& call : left)
      call->Fail({ErrorCode::kCancelled, "the transport was closed", {}});
    std::lock_guard lock(mutex);
    executor = nullptr;
  }

  std::mutex mutex;  // guards executor and outstanding
  Executor* executor;
  std::set<std::shared_ptr<Outstanding>> outstanding;
  IoContext& io;
  ServerAddress server;
  std::optional<ProxyAddress> proxy;
  std::string origin;
  std::shared_ptr<Credentials> credentials;
  HttpTransportOptions options;
};

// Posts `done` with the first answer it is given; later ones are dropped.
template <class T>
class OnceImpl final : public Outstanding, public std::enable_shared_from_this<OnceImpl<T>> {
 public:
  OnceImpl(std::shared_ptr<ClientCore> core, Callback<Result<T>> done)
      : core_(std::move(core)), done_(std::move(done)) {}
  bool answered() const { return answered_; }
  void Answer(Result<T> result) {
    if (answered_.exchange(true)) return;
    core_->Remove(this->shared_from_this());
    core_->Post(
        [self = this->shared_from_this(), shared = std::make_shared<Result<T>>(std::move(result))] {
          std::exchange(self->done_, nullptr)(std::move(*shared));
        });
  }
  void Fail(Error error) override { Answer(Err(std::move(error))); }

 private:
  std::shared_ptr<ClientCore> core_;
  Callback<Result<T>> done_;
  std::atomic<bool> answered_{false};
};
template <class T>
using Once = std::shared_ptr<OnceImpl<T>>;

template <class T>
Once<T> MakeOnce(const std::shared_ptr<ClientCore>& core, Callback<Result<T>> done) {
  auto once = std::make_shared<OnceImpl<T>>(core, std::move(done));
  core->Add(once);
  return once;
}

inline bool IsRead(const std::string& method) { return method == "GET" || method == "HEAD"; }

}  // namespace stowage::kube
