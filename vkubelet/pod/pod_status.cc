#include "vkubelet/pod/pod_status.h"

#include <algorithm>

#include "base/random/rng.h"
#include "base/time/rfc3339.h"
#include "kube/api/views.h"

namespace stowage::vkubelet {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;

constexpr const char* kContainerLists[] = {"initContainerStatuses", "containerStatuses",
                                           "ephemeralContainerStatuses"};
constexpr const char* kMemberFields[] = {"phase",
                                         "reason",
                                         "message",
                                         "startTime",
                                         "hostIP",
                                         "hostIPs",
                                         "podIP",
                                         "podIPs",
                                         "resize",
                                         "initContainerStatuses",
                                         "containerStatuses",
                                         "ephemeralContainerStatuses"};
constexpr std::string_view kMemberConditions[] = {
    "Initialized",         "Ready",
    "ContainersReady",     "PodReadyToStartContainers",
    "PodHasNetwork",       "PodResizePending",
    "PodResizeInProgress", kConditionAccepted};

bool Present(JsonRef value) { return value.exists() && !value.is_null(); }

int64_t KnownRestarts(const PodRecord& pod, std::string_view container) {
  for (const auto& [name, count] : pod.restarts) {
    if (name == container) return count;
  }
  return 0;
}

void KeepRestartCounts(const PodRecord& pod, MutableJson& status) {
  for (const char* list : kContainerLists) {
    const size_t n = status.ref()[list].size();
    for (size_t i = 0; i < n; ++i) {
      const JsonRef container = status.ref()[list].At(i);
      const int64_t known = KnownRestarts(pod, container["name"].str());
      if (container["restartCount"].i64() < known) {
        status[list].At(i)["restartCount"] = known;
      }
    }
  }
}

// The first gate that is not met, or "".
std::string ClosedGate(const PodRecord& pod, JsonRef host_conditions) {
  for (const std::string& gate : pod.gates) {
    if (kube::FindCondition(host_conditions, gate)["status"].str() != "True") return gate;
  }
  return {};
}

// With gates, Ready is ours to compute, and so is the time of its last change.
void ApplyGates(const PodRecord& pod, MutableJson& status, WallTime now) {
  if (pod.gates.empty()) return;
  const Json host = Json::Parse(pod.conditions).value_or(Json());
  const bool containers_ready =
      kube::FindCondition(status.ref()["conditions"], "ContainersReady")["status"].str() == "True";
  const std::string gate = ClosedGate(pod, host);
  kube::Condition ready{"Ready", "True", "", ""};
  if (!containers_ready) {
    const JsonRef remote = kube::FindCondition(status.ref()["conditions"], "Ready");
    ready = {"Ready", "False", remote["reason"].string("ContainersNotReady"),
             remote["message"].string()};
  } else if (!gate.empty()) {
    ready = {"Ready", "False", "ReadinessGatesNotReady",
             "the status of pod readiness gate \"" + gate + "\" is not \"True\""};
  }
  const JsonRef before = kube::FindCondition(host, "Ready");
  JsonNode conditions = status["conditions"];
  if (before.exists()) {  // start from the host's own, so that the time moves with the status only
    for (size_t i = 0; i < conditions.ref().size(); ++i) {
      if (conditions.ref().At(i)["type"].str() == "Ready") conditions.RemoveAt(i--);
    }
    conditions.Append(before);
  }
  kube::SetCondition(status["conditions"], ready, now);
}

}  // namespace

bool IsMemberCondition(std::string_view type) {
  return std::find(std::begin(kMemberConditions), std::end(kMemberConditions), type) !=
         std::end(kMemberConditions);
}

uint64_t MemberStatusHash(JsonRef status) {
  uint64_t hash = 0;
  for (const char* field : kMemberFields) {
    const JsonRef value = status[field];
    // An empty list and one that is left out are the same to Kubernetes.
    if (!Present(value) || (value.is_array() && value.empty())) continue;
    hash = HashCombine(hash, HashCombine(StableHash(field), value.Hash()));
  }
  uint64_t conditions = 0;  // a sum, so that their order does not count
  for (JsonRef condition : status["conditions"].elements()) {
    if (!IsMemberCondition(condition["type"].str())) continue;
    uint64_t one = 0;
    const bool ours =
        condition["type"].str() == kConditionAccepted;  // its time follows from the rest
    for (const char* field : {"type", "status", "reason", "message", "lastTransitionTime"}) {
      if (ours && field == std::string_view("lastTransitionTime")) continue;
      if (Present(condition[field])) {
        one = HashCombine(one, HashCombine(StableHash(field), condition[field].Hash()));
      }
    }
    conditions += one;
  }
  return HashCombine(hash, conditions);
}

Json DesiredStatus(const PodRecord& pod, JsonRef remote, WallTime now) {
  MutableJson status;
  for (const char* field : kMemberFields) {
    if (Present(remote[field])) status[field] = remote[field];
  }
  if (remote["phase"].str().empty()) status["phase"] = "Pending";
  status["conditions"] = JsonArray{};
  for (JsonRef condition : remote["conditions"].elements()) {
    if (IsMemberCondition(condition["type"].str())) status["conditions"].Append(condition);
  }
  KeepRestartCounts(pod, status);
  ApplyGates(pod, status, now);
  return std::move(status).Freeze();
}

Json HeldStatus(const PodRecord& pod, std::string_view reason, std::string_view message,
                WallTime now) {
  MutableJson status;
  status["phase"] = "Pending";
  status["reason"] = reason;
  status["message"] = message;
  status["conditions"] = JsonArray{};
  const Json host = Json::Parse(pod.conditions).value_or(Json());
  for (std::string_view type : {std::string_view("Ready"), kConditionAccepted}) {
    const JsonRef before = kube::FindCondition(host, type);
    if (before.exists()) status["conditions"].Append(before);
  }
  kube::SetCondition(
      status["conditions"],
      {std::string(kConditionAccepted), "False", std::string(reason), std::string(message)}, now);
  return std::move(status).Freeze();
}

Json LostStatus(JsonRef whole, std::string_view message, WallTime now) {
  MutableJson status;
  for (const char* field : kMemberFields) {
    if (Present(whole[field])) status[field] = whole[field];
  }
  status["phase"] = "Failed";
  status["reason"] = kReasonLost;
  status["message"] = message;
  for (const char* list : kContainerLists) {
    for (size_t i = 0; i < status.ref()[list].size(); ++i) {
      JsonNode container = status[list].At(i);
      container["ready"] = false;
      if (container.Has("started")) container["started"] = false;
      const JsonRef running = container.ref()["state"]["running"];
      if (!running.is_object()) continue;
      MutableJson terminated;
      terminated["exitCode"] = 137;
      terminated["reason"] = kReasonLost;
      terminated["message"] = message;
      if (running["startedAt"].is_string()) terminated["startedAt"] = running["startedAt"];
      terminated["finishedAt"] = FormatTime(now);
      if (container.ref()["containerID"].is_string()) {
        terminated["containerID"] = container.ref()["containerID"];
      }
      container["state"] = JsonObject{};
      status[list].At(i)["state"]["terminated"] = terminated.ref();
    }
  }
  status["conditions"] = JsonArray{};
  for (JsonRef condition : whole["conditions"].elements()) {
    if (IsMemberCondition(condition["type"].str())) status["conditions"].Append(condition);
  }
  for (const char* type : {"Ready", "ContainersReady"}) {
    kube::SetCondition(status["conditions"], {type, "False", "PodFailed", ""}, now);
  }
  return std::move(status).Freeze();
}

Json StatusPatch(const PodRecord& pod, std::string_view resource_version, JsonRef desired) {
  MutableJson patch;
  patch.Set({"metadata", "uid"}, pod.uid);
  patch.Set({"metadata", "resourceVersion"}, resource_version);
  for (const char* field : kMemberFields) {
    if (desired[field].exists()) {
      patch.Set({"status", field}, desired[field]);
    } else {
      patch.Set({"status", field}, nullptr);
    }
  }
  patch.Set({"status", "conditions"}, JsonArray{});
  const Json host = Json::Parse(pod.conditions).value_or(Json());
  for (JsonRef condition : host.elements()) {
    if (!IsMemberCondition(condition["type"].str())) {
      patch["status"]["conditions"].Append(condition);
    }
  }
  for (JsonRef condition : desired["conditions"].elements()) {
    patch["status"]["conditions"].Append(condition);
  }
  return std::move(patch).Freeze();
}

}  // namespace stowage::vkubelet
