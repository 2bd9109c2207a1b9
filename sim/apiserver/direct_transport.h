// DirectTransport: a Transport that calls a Handler in memory on the same Executor: what the
// simulator uses in place of HTTP. Every answer comes in a task of its own, `latency` later.
#pragma once

#include <memory>
#include <string>

#include "base/time/executor.h"
#include "kube/client/transport.h"
#include "kube/http/server/handler.h"

namespace stowage::sim {

struct DirectTransportOptions {
  kube::PeerIdentity identity{
      .common_name = "admin", .organizations = {"system:masters"}, .address = "memory"};
  std::string bearer_token;  // sent as Authorization where set
  Duration latency{0};       // of the answer
};

class DirectTransport : public kube::Transport {
 public:
  // Both must outlive it. Destroying it ends its watches; callbacks under way do not come.
  DirectTransport(Executor& executor, kube::Handler& server, DirectTransportOptions options = {});
  ~DirectTransport() override;

  void Send(kube::Request request, Callback<Result<kube::Response>> done) override;
  kube::WatchHandle Watch(kube::WatchRequest request, kube::WatchSink& sink) override;
  void Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Two ends of one in-memory connection, on `executor`; what is written to one is read from the
// other.
std::pair<kube::ByteStreamPtr, kube::ByteStreamPtr> MemoryPipe(Executor& executor);

}  // namespace stowage::sim
