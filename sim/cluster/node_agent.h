// NodeAgent: one Node object of a member, as its kubelet keeps it: registration, capacity,
// conditions, Lease; and, while the kubelet hangs, what the node lifecycle controller would say of
// it.
#pragma once

#include <memory>
#include <string>

#include "base/time/executor.h"
#include "kube/client/client.h"
#include "sim/cluster/member_options.h"

namespace stowage::sim {

struct NodeIdentity {
  std::string name, host_ip, pod_cidr;
};

class NodeAgent : public std::enable_shared_from_this<NodeAgent> {
 public:
  NodeAgent(Executor& executor, kube::Client& client, const MemberOptions& options,
            const NodePool& pool, NodeIdentity identity);
  ~NodeAgent();

  void Start();
  void SetHung(bool hung);
  const NodeIdentity& identity() const { return identity_; }

 private:
  kube::Json BuildNode() const;
  kube::Json BuildStatus(bool known) const;
  void Register();
  void WriteStatus(bool known);
  void SetUnreachableTaint(bool unreachable);
  void RenewLease();
  void MakeLease();
  void After(Duration delay, void (NodeAgent::*f)());

  Executor& executor_;
  kube::Client& client_;
  const MemberOptions& options_;
  NodePool pool_;
  NodeIdentity identity_;
  WallTime ready_since_{};
  TimerId lease_timer_ = TimerId::kNone;
  TimerId lost_timer_ = TimerId::kNone;
  bool hung_ = false;
  bool unreachable_ = false;
};

}  // namespace stowage::sim
