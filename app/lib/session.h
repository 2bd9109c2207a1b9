// Session: what a short command needs: an executor, sockets, and a client to wait on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result/result.h"
#include "base/time/loop_executor.h"
#include "kube/client/client.h"
#include "kube/http/client/http_transport.h"
#include "kube/http/client/kubeconfig.h"
#include "kube/http/server/io_context.h"

namespace stowage::app {

class Session {
 public:
  Session();
  ~Session();

  // A client for the cluster that a kubeconfig names ("" for $KUBECONFIG and its current context).
  // It lives as long as the session.
  Result<kube::Client*> Connect(const std::string& kubeconfig, const std::string& context);
  Result<kube::Client*> Connect(kube::ClusterConfig config);

  // Starts something and runs the executor until its callback has come.
  template <class T>
  Result<T> Await(const std::function<void(Callback<Result<T>>)>& start) {
    std::optional<Result<T>> answer;
    start([&](Result<T> r) {
      answer.emplace(std::move(r));
      executor_.Stop();
    });
    while (!answer) executor_.Run();
    return std::move(*answer);
  }
  void Sleep(Duration d);

  LoopExecutor& executor() { return executor_; }
  kube::IoContext& io() { return *io_; }

 private:
  struct Connection {
    std::unique_ptr<kube::HttpTransport> transport;
    std::unique_ptr<kube::Client> client;
  };
  LoopExecutor executor_;
  std::unique_ptr<kube::IoContext> io_;
  std::vector<Connection> connections_;
};

}  // namespace stowage::app
