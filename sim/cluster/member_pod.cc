#include "sim/cluster/member_pod.h"

#include <utility>

namespace stowage::sim {
namespace {

kube::Json CopyMeta(const kube::Object& object) {
  kube::MutableJson meta;
  for (const char* field : {"name", "namespace", "uid", "labels", "annotations"}) {
    if (const kube::JsonRef value = object.metadata()[field]; value.exists()) meta[field] = value;
  }
  meta.Remove({"annotations", "kubectl.kubernetes.io/last-applied-configuration"});
  return std::move(meta).Freeze();
}

void ReadPrior(const kube::Object& object, MemberPod& pod) {
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    for (const kube::JsonRef status : object.status()[list].elements()) {
      const kube::JsonRef state = status["state"];
      pod.prior.push_back({.name = status["name"].string(),
                           .restarts = static_cast<int>(status["restartCount"].i64()),
                           .running = state["running"].exists(),
                           .terminated = state["terminated"].exists(),
                           .exit_code = static_cast<int>(state["terminated"]["exitCode"].i64())});
    }
  }
}

void ReadHostPorts(const kube::Object& object, MemberPod& pod) {
  for (const char* list : {"containers", "initContainers"}) {
    for (const kube::JsonRef container : object.spec()[list].elements()) {
      for (const kube::JsonRef port : container["ports"].elements()) {
        if (port["hostPort"].i64() == 0) continue;
        pod.host_ports.push_back(port["protocol"].string("TCP") + "/" +
                                 std::to_string(port["hostPort"].i64()) + "/" +
                                 port["hostIP"].string("0.0.0.0"));
      }
    }
  }
}

}  // namespace

MemberPod ProjectMemberPod(const kube::Object& object) {
  const kube::PodView view(object);
  MemberPod pod;
  pod.uid = object.uid();
  pod.node = view.node_name();
  pod.phase = view.phase();
  pod.terminated = view.terminated();
  if (object.deleting()) pod.deletion_grace = view.deletion_grace_seconds().value_or(30);
  pod.requests = view.requests();
  pod.priority = view.priority();
  for (const kube::JsonRef::Member m : object.metadata()["labels"].members()) {
    pod.labels.emplace(m.key, m.value.str());
  }
  ReadHostPorts(object, pod);
  if (pod.node.empty()) {
    pod.scheduler_name = view.scheduler_name();
    pod.created = object.metadata()["creationTimestamp"].str();
    pod.gated = !view.scheduling_gates().empty();
    const kube::JsonRef scheduled = view.condition("PodScheduled");
    pod.unschedulable_told =
        scheduled["status"].str() == "False" && scheduled["reason"].str() == "Unschedulable";
    pod.unschedulable_message = scheduled["message"].str();
  } else {
    ReadPrior(object, pod);
    for (const kube::JsonRef gate : object.spec()["readinessGates"].elements()) {
      const std::string type = gate["conditionType"].string();
      pod.gates[type] = view.condition(type)["status"].string("False");
    }
  }
  if (pod.terminated && !pod.deletion_grace) return pod;
  pod.meta = CopyMeta(object);
  pod.spec = kube::Json::Copy(object.spec());
  return pod;
}

}  // namespace stowage::sim
