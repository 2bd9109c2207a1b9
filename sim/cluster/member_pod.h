// MemberPod: what the scheduler and the kubelets of a member keep of a pod.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/api/object.h"
#include "kube/api/views.h"

namespace stowage::sim {

struct MemberPod {
  // What the last kubelet run said of a container: read when a kubelet takes over a running pod.
  struct Prior {
    std::string name;
    int restarts = 0;
    bool running = false;
    bool terminated = false;
    int exit_code = 0;
  };

  std::string uid, node, phase, scheduler_name;
  std::optional<int64_t> deletion_grace;  // set: it is being deleted
  bool terminated = false;
  bool gated = false;
  bool unschedulable_told = false;  // PodScheduled is False with reason Unschedulable
  std::string unschedulable_message;
  int64_t priority = 0;
  std::string created;
  kube::ResourceMap requests;
  std::vector<std::string> host_ports;  // "TCP/80/10.0.0.1"
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> gates;  // readiness gates: status of the condition
  std::vector<Prior> prior;
  kube::Json meta;  // namespace, name, uid, labels, annotations
  kube::Json spec;  // missing once the pod has finished
};

MemberPod ProjectMemberPod(const kube::Object& object);

}  // namespace stowage::sim
