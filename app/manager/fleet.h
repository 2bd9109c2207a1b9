// Fleet: what runs while we lead. Follows the Cluster objects; each has a MemberRuntime.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/manager/cluster_spec.h"
#include "app/manager/manager.h"
#include "app/manager/member_runtime.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "kube/controller/controller.h"
#include "kube/controller/event_recorder.h"
#include "providers/kubernetes/host_objects.h"
#include "scheduler/control/capacity_source.h"
#include "scheduler/control/scheduler.h"
#include "vkubelet/node/node_controller.h"
#include "vkubelet/pod/pod_controller.h"

namespace stowage::app {

class Fleet {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& host;
    MemberConnector& members;
    KubeletEndpoints& endpoints;
  };
  Fleet(Deps deps, Rng rng, const ManagerOptions& options, std::string host_uid);
  ~Fleet();

  void Start();
  Manager::Stats stats() const;

 private:
  using Done = std::function<void(kube::Outcome)>;

  // A Cluster that we serve, or the reason why we do not.
  struct Entry {
    std::string identity;  // of what the runtime was made from: spec and credentials
    std::unique_ptr<MemberRuntime> runtime;
    std::string problem_reason;  // "" while all is well
    std::string problem;
    ClusterSpec spec;
    bool has_spec = false;
  };

  void Reconcile(const std::string& name, Done done);
  void OnCredentials(const ClusterSpec& spec, Result<kube::Object> secret, Done done);
  Result<void> Build(Entry& entry, const ClusterSpec& spec, const std::string& kubeconfig);
  void Problem(const std::string& name, std::string reason, std::string message);
  void Remove(const std::string& name);
  void UpdatePlacement();
  void WriteStatus(const std::string& name, Done done);
  kube::Json StatusOf(const Entry& entry, const kube::Object& cluster) const;

  Deps deps_;
  Rng rng_;
  const ManagerOptions options_;
  const std::string host_uid_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  kube::EventRecorder events_;
  scheduler::CapacityBoard capacity_;
  providers::HostObjects host_objects_;
  vkubelet::NodeController nodes_;
  vkubelet::PodController pods_;
  kube::Informer<kube::Object> clusters_;
  std::unique_ptr<scheduler::Scheduler> scheduler_;
  std::map<std::string, Entry> entries_;  // before all that its runtimes use is gone
  std::map<std::string, MonotonicTime> status_written_;
  uint64_t builds_ = 0;
  kube::Controller<std::string> controller_;
};

}  // namespace stowage::app
