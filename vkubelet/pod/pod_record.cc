#include "vkubelet/pod/pod_record.h"

#include "base/random/rng.h"
#include "kube/api/views.h"
#include "vkubelet/pod/pod_status.h"

namespace stowage::vkubelet {
namespace {

constexpr const char* kStatusLists[] = {"initContainerStatuses", "containerStatuses",
                                        "ephemeralContainerStatuses"};

bool ContainerBegan(kube::JsonRef container) {
  const kube::JsonRef state = container["state"];
  return container["started"].boolean() || state["running"].is_object() ||
         state["terminated"].is_object() || container["lastState"]["terminated"].is_object() ||
         !container["containerID"].str().empty();
}

void FindTimedTolerations(kube::JsonRef tolerations, int16_t (&found)[2]) {
  static const kube::Json timed[2] = {TimedToleration(kTimedTaints[0]),
                                      TimedToleration(kTimedTaints[1])};
  int16_t at = 0;
  for (kube::JsonRef toleration : tolerations.elements()) {
    for (int i = 0; i < 2; ++i) {
      if (toleration == timed[i]) found[i] = at;
    }
    if (++at == INT16_MAX) return;
  }
}

std::string HostConditions(kube::JsonRef conditions) {
  std::string text = "[";
  for (kube::JsonRef condition : conditions.elements()) {
    const std::string_view type = condition["type"].str();
    if (IsMemberCondition(type) && type != "Ready" && type != kConditionAccepted) continue;
    if (text.size() > 1) text += ',';
    text += condition.Dump();
  }
  text += ']';
  text.shrink_to_fit();
  return text;
}

}  // namespace

PodPhase ParsePhase(std::string_view phase) {
  if (phase == "Running") return PodPhase::kRunning;
  if (phase == "Succeeded") return PodPhase::kSucceeded;
  if (phase == "Failed") return PodPhase::kFailed;
  if (phase == "Unknown") return PodPhase::kUnknown;
  return PodPhase::kPending;
}

bool StatusShowsStart(kube::JsonRef status) {
  if (ParsePhase(status["phase"].str()) != PodPhase::kPending) return true;
  for (const char* list : kStatusLists) {
    for (kube::JsonRef container : status[list].elements()) {
      if (ContainerBegan(container)) return true;
    }
  }
  return false;
}

uint64_t SpecHash(const kube::Object& pod) {
  uint64_t hash = pod.metadata()["labels"].Hash();
  hash = HashCombine(hash, pod.metadata()["annotations"].Hash());
  return HashCombine(hash, pod.spec().Hash());
}

kube::Json TimedToleration(std::string_view taint) {
  kube::MutableJson toleration;
  toleration["key"] = taint;
  toleration["operator"] = "Exists";
  toleration["effect"] = "NoExecute";
  toleration["tolerationSeconds"] = 300;
  return std::move(toleration).Freeze();
}

std::optional<PodRecord> ProjectPod(const kube::Object& pod) {
  const kube::PodView view(pod);
  if (view.node_name().empty()) return std::nullopt;
  const kube::JsonRef status = pod.status();
  PodRecord record;
  record.uid = pod.uid();
  record.resource_version = pod.resource_version();
  record.node = view.node_name();
  record.conditions = HostConditions(status["conditions"]);
  for (kube::JsonRef gate : pod.spec()["readinessGates"].elements()) {
    record.gates.push_back(gate["conditionType"].string());
  }
  for (const char* list : kStatusLists) {
    for (kube::JsonRef container : status[list].elements()) {
      const int64_t count = container["restartCount"].i64();
      if (count > 0) record.restarts.emplace_back(container["name"].string(), count);
    }
  }
  record.spec_hash = SpecHash(pod);
  record.status_hash = MemberStatusHash(status);
  FindTimedTolerations(pod.spec()["tolerations"], record.timed_tolerations);
  record.deleting = pod.deleting();
  record.deletion_grace_seconds = view.deletion_grace_seconds().value_or(0);
  record.phase = ParsePhase(view.phase());
  record.started = StatusShowsStart(status);
  const auto owner = kube::GetControllerOf(pod);
  record.daemon_set = owner && owner->kind == "DaemonSet";
  return record;
}

}  // namespace stowage::vkubelet
