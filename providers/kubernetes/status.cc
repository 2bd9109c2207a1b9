#include "providers/kubernetes/status.h"

#include <charconv>
#include <set>
#include <string>
#include <utility>

#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"

namespace stowage::providers {
namespace {

using kube::JsonRef;
using kube::MutableJson;

// Names of the host pod's containers as CreatePod and UpdatePod wrote them down.
std::set<std::string, std::less<>> HostContainers(const kube::Object& remote) {
  std::set<std::string, std::less<>> names;
  auto applied = kube::Json::Parse(remote.annotation(kAnnotationApplied));
  if (!applied) return names;
  for (JsonRef name : (*applied)["containers"].elements()) names.insert(name.string());
  return names;
}

void KeepHostContainers(const kube::Object& remote, MutableJson& status) {
  const auto names = HostContainers(remote);
  if (names.empty()) return;  // not annotated: nothing is known to be the member's own
  for (const char* list :
       {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) {
    for (size_t i = remote.status()[list].size(); i-- > 0;) {
      if (!names.contains(remote.status()[list].At(i)["name"].str())) status[list].RemoveAt(i);
    }
    if (remote.status()[list].exists() && status.ref()[list].empty()) status.Remove({list});
  }
}

void TranslateConditions(const kube::Object& remote, MutableJson& status) {
  const JsonRef conditions = remote.status()["conditions"];
  if (!conditions.is_array()) return;
  status["conditions"] = kube::JsonArray{};
  for (JsonRef condition : conditions.elements()) {
    if (condition["type"].str() == "PodScheduled") continue;
    MutableJson copy(condition);
    copy.Remove({"observedGeneration"});
    status["conditions"].Append(copy.ref());
  }
}

// The host says "scheduled" (placement did its part); why it waits in the member is said here.
void TellUnschedulable(const kube::Object& remote, MutableJson& status) {
  if (remote.status()["phase"].str("Pending") != "Pending") return;
  for (JsonRef condition : remote.status()["conditions"].elements()) {
    if (condition["type"].str() != "PodScheduled" || condition["status"].str() != "False") continue;
    status["reason"] = condition["reason"].str("Unschedulable");
    status["message"] = "in the member cluster: " + condition["message"].string();
  }
}

void MapAddresses(const CidrMap& cidrs, MutableJson& status) {
  if (cidrs.empty()) return;
  for (const char* field : {"podIP", "hostIP"}) {
    const std::string ip = status.ref()[field].string();
    if (!ip.empty()) status[field] = cidrs.Map(ip);
  }
  for (const char* list : {"podIPs", "hostIPs"}) {
    for (size_t i = 0; i < status.ref()[list].size(); ++i) {
      const std::string ip = status.ref()[list].At(i)["ip"].string();
      status[list].At(i)["ip"] = cidrs.Map(ip);
    }
  }
}

uint64_t VersionOf(const kube::Object& object) {
  const std::string_view text = object.resource_version();
  uint64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

}  // namespace

kube::Json TranslateStatus(const kube::Object& remote, const CidrMap& cidrs) {
  MutableJson status(remote.status());
  if (!remote.status().is_object()) status = MutableJson();
  for (const char* field : {"qosClass", "observedGeneration", "nominatedNodeName"}) {
    status.Remove({field});
  }
  KeepHostContainers(remote, status);
  TranslateConditions(remote, status);
  TellUnschedulable(remote, status);
  MapAddresses(cidrs, status);
  if (!status.ref()["phase"].exists()) status["phase"] = "Pending";
  return kube::Json::Copy(status.ref());
}

PodRef OriginOf(const kube::Object& remote) {
  std::string ns(remote.label(kLabelOriginNamespace));
  if (ns.empty()) ns = std::string(remote.ns());
  return {std::move(ns), std::string(remote.name()),
          std::string(remote.label(kube::kLabelOriginUid))};
}

RemotePod ToRemotePod(const kube::Object& remote, const CidrMap& cidrs) {
  RemotePod pod;
  pod.ref = OriginOf(remote);
  pod.node = std::string(remote.label(kube::kLabelNode));
  pod.status = TranslateStatus(remote, cidrs);
  pod.deleting = remote.deleting();
  pod.version = VersionOf(remote);
  return pod;
}

}  // namespace stowage::providers
