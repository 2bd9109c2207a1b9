// MemberRuntime: one member, joined to its virtual node: transport, provider, Node, kubelet
// endpoint.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/manager/cluster_spec.h"
#include "app/manager/seams.h"
#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "providers/kubernetes/kubernetes_provider.h"
#include "scheduler/control/capacity_source.h"
#include "vkubelet/node/node_controller.h"
#include "vkubelet/pod/pod_controller.h"
#include "vkubelet/server/kubelet_server.h"

namespace stowage::app {

class MemberRuntime {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& host;
    providers::HostObjects& host_objects;
    KubeletEndpoints& endpoints;
    vkubelet::NodeController& nodes;
    vkubelet::PodController& pods;
    scheduler::CapacityBoard& capacity;
    std::function<void()> changed;  // something that the Cluster's status shows
    std::vector<std::string> kubelet_clients;
  };
  // Serves from the start. kInvalid and kAlreadyExists (a port in use): nothing was begun.
  static Result<std::unique_ptr<MemberRuntime>> Make(Deps deps, Rng rng, const ClusterSpec& spec,
                                                     std::unique_ptr<kube::Transport> transport);
  // Leaves Node, pods and copies as they are.
  ~MemberRuntime();

  const std::optional<std::string>& sweep_held() const { return sweep_held_; }
  Result<providers::Capacity> capacity() const { return provider_->GetCapacity(); }

 private:
  MemberRuntime(Deps deps, std::string name, std::unique_ptr<kube::Transport> transport);
  Result<void> Begin(Rng rng, const ClusterSpec& spec);
  vkubelet::VirtualNodeOptions NodeOptions(const ClusterSpec& spec, const Endpoint& endpoint) const;
  vkubelet::NodePods ServedPods();
  void OnCapacity();

  Deps deps_;
  const std::string name_;
  std::unique_ptr<kube::Transport> transport_;
  std::unique_ptr<providers::KubernetesProvider> provider_;
  std::unique_ptr<vkubelet::KubeletServer> server_;
  std::optional<std::string> sweep_held_;
  bool serving_ = false;
};

}  // namespace stowage::app
