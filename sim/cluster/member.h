// Member: everything of a member cluster behind its API server: nodes with conditions and Leases,
// the in-cluster scheduler and the kubelets. A client of the API like any other.
//
// In virtual time over a DirectTransport, or in real time: only the Executor differs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/transport.h"
#include "sim/cluster/kubelet.h"
#include "sim/cluster/member_options.h"

namespace stowage::sim {

class Member {
 public:
  // `executor` and `transport` (as system:masters) must outlive it.
  Member(Executor& executor, kube::Transport& transport, Rng rng, MemberOptions options);
  ~Member();

  // Registers the nodes and starts everything. Nodes that are there already are taken over.
  void Start();

  // For ApiServer::SetKubeletConnector, and for checkers (log()).
  MemberKubelet& kubelet();

  std::vector<std::string> node_names() const;
  // True when nothing waits for the scheduler.
  bool idle() const;

  // Faults. A hung node stops renewing its Lease and becomes Unknown after lease_grace.
  void SetNodeHung(const std::string& node, bool hung);
  // All that ran on the node is lost; the node comes back at once.
  void PowerCycleNode(const std::string& node);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stowage::sim
