// VirtualNode: one member cluster as a Node of the host.
//
// Keeps the Node object (fields that are ours only), its Lease, and the probes of the member. While
// the member does not answer, Ready is Unknown with the member's own error, but the Lease is
// renewed: this kubelet lives and its word stands. Without the Lease, the host's node lifecycle
// controller would say "Kubelet stopped posting node status" in place of the reason, for a member
// that is merely cut off.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "kube/controller/controller.h"
#include "providers/api/provider.h"
#include "vkubelet/node/node_fields.h"
#include "vkubelet/node/node_lease.h"
#include "vkubelet/node/options.h"
#include "vkubelet/node/probe_tracker.h"

namespace stowage::vkubelet {

class VirtualNode {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& host;
    Rng rng;
    providers::Provider& provider;
    providers::CapacityProvider* capacity;        // may be nullptr
    std::function<const kube::Object*()> cached;  // the Node as last seen; nullptr: none
    std::function<void()> enqueue;                // Reconcile() soon
    NodeHooks hooks;
  };
  VirtualNode(Deps deps, VirtualNodeOptions options);
  ~VirtualNode();

  void Start();
  // One step: at most one write.
  void Reconcile(kube::Controller<std::string>::Done done);
  // The watch told something of this Node: what was assumed is history.
  void OnNodeEvent() { assumed_.reset(); }

  void SetSweepHeld(std::optional<std::string> why);
  int64_t sweep_allowance() const;  // 0: none
  Reachability reachability() const { return probes_.state(); }
  const VirtualNodeOptions& options() const { return options_; }
  std::string uid() const;

 private:
  using Done = kube::Controller<std::string>::Done;

  void Probe();
  void OnProbe(uint64_t number, Result<providers::Health> health);
  NodeFacts Facts() const;
  const kube::Object* Current() const;
  void Create(Done done);
  void Adopt(Done done);
  void PatchStatus(StatusChange change, bool heartbeat, Done done);
  void OnWritten(Result<kube::Object> node, const Done& done);

  Deps deps_;
  VirtualNodeOptions options_;
  ProbeTracker probes_;
  NodeLease lease_;
  uint64_t probe_ = 0;
  uint64_t probe_done_ = 0;
  TimerId probe_timer_ = TimerId::kNone;
  std::optional<std::string> sweep_held_;
  std::optional<kube::Object> assumed_;  // what our last write made, until the watch shows it
  MonotonicTime heartbeat_at_;
  MonotonicTime capacity_at_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::vkubelet
