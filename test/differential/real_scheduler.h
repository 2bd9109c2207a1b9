// RealScheduler: asks a real kube-scheduler where the pods of small worlds may go.
//
// It must run with the configuration of differential.py: a profile with all filters, and this
// program as its extender. The extender refuses every node that passed all filters, naming it; so
// no pod is ever bound, and the condition PodScheduled of the pod tells what was said of each node.
// Many worlds are asked at once: the nodes of each have a taint that only its own pods tolerate.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kube/http/client/kubeconfig.h"
#include "test/differential/verdict.h"

namespace stowage::differential {

inline constexpr const char* kFits = "fits=";  // and the node's name: the extender's refusal

class RealScheduler {
 public:
  // Dies if the API server cannot be used. The API server must be empty of nodes and have neither
  // controllers nor the admission plugins TaintNodesByCondition and ServiceAccount.
  RealScheduler(const kube::ClusterConfig& cluster, int extender_port);
  ~RealScheduler();

  // Fills in all but `world`, which says what to ask. At most kSlots worlds with numbers in a row.
  void Ask(std::vector<Asked>& worlds);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stowage::differential
