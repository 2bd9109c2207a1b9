// LeaderElector: at most one leader by a Lease, in the manner of client-go: a lease is judged by
// how long *we* have seen it unchanged (monotonic clock), never by comparing wall clocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"

namespace stowage::kube {

struct LeaderElectionOptions {
  std::string ns, name;  // of the Lease
  std::string identity;  // unique to this process
  Duration lease_duration = Seconds(15);
  Duration renew_deadline = Seconds(10);
  Duration retry_period = Seconds(2);
};

class LeaderElector {
 public:
  struct Callbacks {
    std::function<void()> on_started;  // we lead now
    std::function<void()> on_stopped;  // we lead no more: stop all writes at once
    std::function<void(const std::string&)> on_new_leader;  // who leads (also ourselves)
  };
  LeaderElector(Executor& executor, Client& client, Rng rng, LeaderElectionOptions options,
                Callbacks callbacks);
  ~LeaderElector();  // does not release

  void Start();
  // Gives the lease up, so that another takes over at once; `done` when that was tried.
  void Release(std::function<void()> done);
  bool leading() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::kube
