// Link: the way from one manager process to one API server. What passes is traced as the process
// sees it, and misbehaves by plan.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/transport.h"
#include "sim/faults/fault_transport.h"
#include "test/scenarios/journal.h"

namespace stowage::scenarios {

class Link : public kube::Transport {
 public:
  struct Deps {
    Executor& executor;
    kube::Transport& server;
    Journal& journal;
    sim::FaultCounts& counts;
    std::function<void()> on_write;  // a request that may change something was sent
    std::function<void(const std::string& uid)> on_bind;  // that of a binding; the pod's UID
    std::function<void(const std::string&)> on_read;      // "who>server target"
    std::function<void(Link*)> closed;                    // from the destructor
  };
  // `process` and `server` name it in the trace.
  Link(Deps deps, std::string process, std::string server, Rng rng, sim::FaultPlan plan);
  ~Link() override;

  void Send(kube::Request request, Callback<Result<kube::Response>> done) override;
  kube::WatchHandle Watch(kube::WatchRequest request, kube::WatchSink& sink) override;
  void Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) override;

  sim::FaultTransport& faults() { return faults_; }
  const std::string& server() const { return server_; }
  const std::string& process() const { return process_; }

 private:
  class TracedWatch;
  void Note(uint64_t call, const std::string& what);

  Deps deps_;
  const std::string process_, server_;
  uint64_t calls_ = 0;
  sim::FaultTransport faults_;
};

}  // namespace stowage::scenarios
