// Manager: what `stowage run` is, without sockets: leader election, a member runtime for each
// Cluster object, the pods of all virtual nodes, and the scheduler. One logical thread; all truth
// is in the host's API objects, so that it may be destroyed between any two tasks and another one
// goes on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/manager/seams.h"
#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/transport.h"
#include "scheduler/control/config.h"
#include "scheduler/control/scheduler.h"
#include "vkubelet/pod/options.h"

namespace stowage::app {

struct ManagerOptions {
  std::string ns = "stowage-system";  // of the Lease and the credentials
  std::string identity = "stowage";   // unique to this process
  bool leader_election = true;
  // Common names of client certificates that may use the kubelet endpoints, besides those that API
  // servers usually have. Others are refused although the host's client CA signed them: users have
  // such certificates too.
  std::vector<std::string> kubelet_clients;
  bool run_scheduler = true;
  scheduler::PlacementDefaults defaults;
  scheduler::SchedulerOptions scheduler;
  vkubelet::PodControllerOptions pods;
  Duration status_interval = Seconds(10);  // at least, between writes of one Cluster's status
};

class Manager {
 public:
  struct Deps {
    Executor& executor;
    kube::Transport& host;
    MemberConnector& members;
    KubeletEndpoints& endpoints;
  };
  struct Callbacks {
    std::function<void()> on_leading;
    std::function<void(const std::string& who)> on_standby;  // another process leads
    // The Lease was lost: nothing is written any more, and we wait for it again.
    std::function<void()> on_lost;
  };
  Manager(Deps deps, Rng rng, ManagerOptions options, Callbacks callbacks = {});
  ~Manager();  // as if killed: nothing is released

  void Start();
  // Gives the Lease up; then `done`.
  void Stop(std::function<void()> done);

  bool leading() const;
  struct Stats {
    size_t clusters = 0, clusters_ready = 0, pods = 0;
    bool synced = false;
    scheduler::Scheduler::Stats scheduler;
  };
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stowage::app
