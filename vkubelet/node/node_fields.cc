#include "vkubelet/node/node_fields.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/time/rfc3339.h"
#include "kube/api/quantity.h"
#include "kube/api/well_known.h"

namespace stowage::vkubelet {
namespace {

constexpr std::string_view kVersionSuffix = "-stowage";

using kube::Json;
using kube::JsonArray;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;
using Strings = std::map<std::string, std::string>;

Strings DesiredLabels(const VirtualNodeOptions& o) {
  Strings labels = o.labels;
  labels["type"] = "virtual-kubelet";
  labels["node-role.kubernetes.io/virtual"] = "";  // what `kubectl get nodes` shows as the role
  labels[std::string(kube::kLabelHostname)] = o.hostname.empty() ? o.name : o.hostname;
  labels[std::string(kube::kLabelOs)] = "linux";
  labels[std::string(kube::kLabelArch)] = o.arch;
  labels[std::string(kube::kLabelCluster)] = o.name;
  labels[std::string(kube::kLabelExcludeBalancers)] = "";
  if (!o.region.empty()) labels[std::string(kube::kLabelRegion)] = o.region;
  if (!o.zone.empty()) labels[std::string(kube::kLabelZone)] = o.zone;
  return labels;
}

std::vector<kube::Taint> DesiredTaints(const VirtualNodeOptions& o) {
  std::vector<kube::Taint> taints = o.taints;
  taints.push_back({std::string(kube::kTaintProvider), "stowage", "NoSchedule"});
  return taints;
}

// Kubernetes allows one taint for a key and an effect.
std::string TaintId(std::string_view key, std::string_view effect) {
  return std::string(key) + ":" + std::string(effect);
}

std::set<std::string> Texts(JsonRef list) {
  std::set<std::string> texts;
  for (JsonRef text : list.elements()) texts.insert(text.string());
  return texts;
}

Json Applied(const kube::Object& node) {
  return Json::Parse(node.annotation(kAnnotationApplied)).value_or(Json());
}

void AppendTaint(MutableJson& list, const kube::Taint& taint) {
  MutableJson t;
  t["key"] = taint.key;
  if (!taint.value.empty()) t["value"] = taint.value;
  t["effect"] = taint.effect;
  list["taints"].Append(t.ref());
}

// Resource names that are ours: those wanted, and those set before that are still there.
std::set<std::string> OurResources(const NodeFacts& facts, const kube::Object& node,
                                   const std::set<std::string>& applied) {
  std::set<std::string> ours;
  if (facts.capacity) {
    for (const auto& [name, amount] : facts.capacity->capacity) ours.insert(name);
    for (const auto& [name, amount] : facts.capacity->allocatable) ours.insert(name);
  }
  for (const std::string& name : applied) {
    if (node.status()["capacity"][name].exists() || node.status()["allocatable"][name].exists()) {
      ours.insert(name);
    }
  }
  return ours;
}

std::string AppliedText(const VirtualNodeOptions& options, const NodeFacts& facts,
                        const kube::Object& node) {
  MutableJson applied;
  applied["labels"] = JsonArray{};
  for (const auto& [key, value] : DesiredLabels(options)) applied["labels"].Append(key);
  applied["taints"] = JsonArray{};
  for (const kube::Taint& t : DesiredTaints(options)) {
    applied["taints"].Append(TaintId(t.key, t.effect));
  }
  applied["resources"] = JsonArray{};
  for (const std::string& name : OurResources(facts, node, Texts(Applied(node)["resources"]))) {
    applied["resources"].Append(name);
  }
  return applied.ref().Dump();
}

void PatchLabels(const Strings& desired, const std::set<std::string>& applied,
                 const kube::Object& node, MutableJson& patch, bool* changed) {
  const JsonRef labels = node.metadata()["labels"];
  for (const auto& [key, value] : desired) {
    if (labels[key].is_string() && labels[key].str() == value) continue;
    patch.Set({"metadata", "labels", key}, value);
    *changed = true;
  }
  for (const std::string& key : applied) {
    if (desired.contains(key) || !labels[key].exists()) continue;
    patch.Set({"metadata", "labels", key}, nullptr);
    *changed = true;
  }
}

void PatchTaints(const std::vector<kube::Taint>& desired, const std::set<std::string>& applied,
                 const kube::Object& node, MutableJson& patch, bool* changed) {
  std::set<std::string> ours = applied;
  for (const kube::Taint& t : desired) ours.insert(TaintId(t.key, t.effect));
  MutableJson list;
  list["taints"] = JsonArray{};
  std::vector<kube::Taint> present;
  for (JsonRef taint : node.spec()["taints"].elements()) {
    const std::string id = TaintId(taint["key"].str(), taint["effect"].str());
    if (!ours.contains(id)) {
      list["taints"].Append(taint);
    } else {
      present.push_back({taint["key"].string(), taint["value"].string(), taint["effect"].string()});
    }
  }
  std::vector<kube::Taint> wanted = desired;
  std::sort(wanted.begin(), wanted.end());
  std::sort(present.begin(), present.end());
  if (wanted == present) return;
  for (const kube::Taint& t : wanted) AppendTaint(list, t);
  patch.Set({"spec", "taints"}, list.ref()["taints"]);
  patch.Set({"metadata", "resourceVersion"}, node.resource_version());
  *changed = true;
}

// ---- Status
// ---------------------------------------------------------------------------------------

std::vector<kube::Condition> DesiredConditions(const NodeFacts& facts, const kube::Object& node) {
  kube::Condition ready{"Ready", "True", "MemberReady", "the member cluster answers"};
  const std::string error = facts.error ? facts.error->ToString() : "";
  const bool lost = facts.reachability == Reachability::kUnreachable;
  if (lost) {
    const bool refused = facts.error && (facts.error->code == ErrorCode::kUnauthorized ||
                                         facts.error->code == ErrorCode::kForbidden);
    ready = {"Ready", "Unknown", refused ? "MemberRefuses" : "MemberUnreachable",
             "the member cluster does not answer its probes: " + error};
  } else if (facts.reachability == Reachability::kNotProbed) {
    ready = {"Ready", "Unknown", "MemberNotProbed", "the first probe of the member is under way"};
    if (!error.empty()) ready.message = "the member did not answer its first probes: " + error;
  } else if (!facts.capacity && !node.status()["allocatable"]["cpu"].exists()) {
    ready = {"Ready", "False", "CapacityUnknown", "the member's nodes have not been seen yet"};
  }
  std::vector<kube::Condition> all{ready};
  const std::pair<const char*, const char*> pressures[] = {
      {"MemoryPressure", "KubeletHasSufficientMemory"},
      {"DiskPressure", "KubeletHasNoDiskPressure"},
      {"PIDPressure", "KubeletHasSufficientPID"},
      {"NetworkUnavailable", "RouteCreated"}};
  for (const auto& [type, reason] : pressures) {
    if (lost) {
      all.push_back(
          {type, "Unknown", ready.reason, "nothing is known while the member is unreachable"});
    } else {
      all.push_back({type, "False", reason, "each node of the member says so for itself"});
    }
  }
  if (facts.sweep_held) {
    all.push_back({"SweepHeld", "True", "TooManyOrphans", *facts.sweep_held});
  } else if (kube::FindCondition(node.status()["conditions"], "SweepHeld").exists()) {
    all.push_back({"SweepHeld", "False", "NotHeld", ""});
  }
  return all;
}

// A Ready that was written before stays until the first probe has an outcome: a restart of ours is
// no news about the member.
bool KeepReady(const NodeFacts& facts, JsonRef before) {
  return facts.reachability == Reachability::kNotProbed && before["status"].str() == "True";
}

bool PatchConditions(const NodeFacts& facts, const kube::Object& node, WallTime now, bool heartbeat,
                     MutableJson& patch) {
  bool changed = false;
  MutableJson list;
  list["conditions"] = JsonArray{};
  for (const kube::Condition& c : DesiredConditions(facts, node)) {
    const JsonRef before = kube::FindCondition(node.status()["conditions"], c.type);
    if (c.type == "Ready" && KeepReady(facts, before)) continue;
    const bool moved = before["status"].str() != c.status;
    const bool same =
        !moved && before["reason"].str() == c.reason && before["message"].str() == c.message;
    if (same && !heartbeat) continue;
    changed = changed || !same;
    MutableJson condition;
    condition["type"] = c.type;
    condition["status"] = c.status;
    condition["reason"] = c.reason;
    condition["message"] = c.message;
    condition["lastHeartbeatTime"] = FormatTime(now);
    if (moved || !before["lastTransitionTime"].is_string()) {
      condition["lastTransitionTime"] = FormatTime(now);
    } else {
      condition["lastTransitionTime"] = before["lastTransitionTime"];
    }
    list["conditions"].Append(condition.ref());
  }
  if (!list.ref()["conditions"].empty()) {
    patch.Set({"status", "conditions"}, list.ref()["conditions"]);
  }
  return changed || (heartbeat && !list.ref()["conditions"].empty());
}

bool PatchAmounts(std::string_view field, const std::map<std::string, int64_t>& desired,
                  const std::set<std::string>& applied, const kube::Object& node,
                  MutableJson& patch) {
  bool changed = false;
  const JsonRef current = node.status()[field];
  for (const auto& [name, amount] : desired) {
    const auto there = kube::Quantity::Parse(current[name].str());
    if (current[name].is_string() && there && kube::ResourceAmount(name, *there) == amount)
      continue;
    patch.Set({"status", field, name}, kube::ResourceQuantity(name, amount).ToString());
    changed = true;
  }
  for (const std::string& name : applied) {
    if (desired.contains(name) || !current[name].exists()) continue;
    patch.Set({"status", field, name}, nullptr);
    changed = true;
  }
  return changed;
}

bool PatchCapacity(const NodeFacts& facts, const kube::Object& node, MutableJson& patch) {
  if (!facts.capacity) return false;
  const std::set<std::string> applied = Texts(Applied(node)["resources"]);
  const bool capacity = PatchAmounts("capacity", facts.capacity->capacity, applied, node, patch);
  // Foreign pods may ask for more than the ready nodes have.
  std::map<std::string, int64_t> allocatable = facts.capacity->allocatable;
  for (auto& [name, amount] : allocatable) amount = std::max<int64_t>(0, amount);
  return PatchAmounts("allocatable", allocatable, applied, node, patch) || capacity;
}

std::string StowageVersion(const VirtualNodeOptions& options, const NodeFacts& facts) {
  std::string version = facts.member_version.empty() ? options.version : facts.member_version;
  if (!version.ends_with(kVersionSuffix))
    version += kVersionSuffix;  // an embedded member has it itself
  return version;
}

bool PatchInfo(const VirtualNodeOptions& o, const NodeFacts& facts, const kube::Object& node,
               MutableJson& patch) {
  const JsonRef current = node.status()["nodeInfo"];
  std::string version = StowageVersion(o, facts);
  // Until the member has told its version, what it told before stays.
  if (facts.member_version.empty() && !current["kubeletVersion"].str().empty()) {
    version = current["kubeletVersion"].string();
  }
  const std::pair<const char*, std::string> info[] = {
      {"kubeletVersion", version},
      {"kubeProxyVersion", version},
      {"operatingSystem", "linux"},
      {"architecture", o.arch},
      {"osImage", "Stowage virtual node"},
      {"containerRuntimeVersion", "stowage://" + o.name},
      {"kernelVersion", ""},
      {"machineID", ""},
      {"systemUUID", ""},
      {"bootID", ""}};
  bool changed = false;
  for (const auto& [field, value] : info) {
    if (current[field].is_string() && current[field].str() == value) continue;
    if (value.empty() && node.exists() && current.is_object()) continue;
    patch.Set({"status", "nodeInfo", field}, value);
    changed = true;
  }
  const int64_t port = node.status().Find({"daemonEndpoints", "kubeletEndpoint", "Port"}).i64();
  if (port != o.kubelet_port) {
    patch.Set({"status", "daemonEndpoints", "kubeletEndpoint", "Port"}, int64_t{o.kubelet_port});
    changed = true;
  }
  return changed;
}

bool PatchAddresses(const VirtualNodeOptions& o, const kube::Object& node, MutableJson& patch) {
  MutableJson list;
  list["addresses"] = JsonArray{};
  const std::pair<const char*, std::string> wanted[] = {
      {"InternalIP", o.internal_ip}, {"Hostname", o.hostname.empty() ? o.name : o.hostname}};
  for (const auto& [type, address] : wanted) {
    if (address.empty()) continue;
    MutableJson one;
    one["type"] = type;
    one["address"] = address;
    list["addresses"].Append(one.ref());
  }
  for (JsonRef address : list.ref()["addresses"].elements()) {
    bool there = false;
    for (JsonRef current : node.status()["addresses"].elements())
      there = there || current == address;
    if (there) continue;
    patch.Set({"status", "addresses"}, list.ref()["addresses"]);
    return true;
  }
  return false;
}

}  // namespace

bool IsOurNode(const kube::Object& node) {
  return node.label("type") == "virtual-kubelet" && !node.annotation(kAnnotationApplied).empty();
}

Json NewNode(const VirtualNodeOptions& options, const NodeFacts& facts, WallTime now) {
  MutableJson node;
  node["apiVersion"] = "v1";
  node["kind"] = "Node";
  node.Set({"metadata", "name"}, options.name);
  for (const auto& [key, value] : DesiredLabels(options)) {
    node.Set({"metadata", "labels", key}, value);
  }
  node.Set({"metadata", "annotations", kAnnotationApplied},
           AppliedText(options, facts, kube::Object()));
  // Not a machine of any cloud: a cloud controller must not take it for one that was deleted.
  node.Set({"spec", "providerID"}, "stowage://" + options.name);
  MutableJson taints;
  taints["taints"] = JsonArray{};
  for (const kube::Taint& t : DesiredTaints(options)) AppendTaint(taints, t);
  node.Set({"spec", "taints"}, taints.ref()["taints"]);
  const auto status = StatusPatch(options, facts, kube::Object(), now, true);
  if (status) node["status"] = status->patch["status"];
  return std::move(node).Freeze();
}

std::optional<Json> MetadataPatch(const VirtualNodeOptions& options, const NodeFacts& facts,
                                  const kube::Object& node) {
  const Json applied = Applied(node);
  MutableJson patch;
  bool changed = false;
  PatchLabels(DesiredLabels(options), Texts(applied["labels"]), node, patch, &changed);
  PatchTaints(DesiredTaints(options), Texts(applied["taints"]), node, patch, &changed);
  const std::string text = AppliedText(options, facts, node);
  if (text != node.annotation(kAnnotationApplied)) {
    patch.Set({"metadata", "annotations", kAnnotationApplied}, text);
    changed = true;
  }
  // What was allowed once is used up when the sweep is not held any more.
  const bool was_held =
      kube::FindCondition(node.status()["conditions"], "SweepHeld")["status"].str() == "True";
  if (!facts.sweep_held && was_held && !node.annotation(kAnnotationAllowSweep).empty()) {
    patch.Set({"metadata", "annotations", kAnnotationAllowSweep}, nullptr);
    changed = true;
  }
  if (!changed) return std::nullopt;
  return std::move(patch).Freeze();
}

std::optional<StatusChange> StatusPatch(const VirtualNodeOptions& options, const NodeFacts& facts,
                                        const kube::Object& node, WallTime now, bool heartbeat) {
  MutableJson patch;
  bool others = PatchConditions(facts, node, now, heartbeat, patch);
  others = PatchInfo(options, facts, node, patch) || others;
  others = PatchAddresses(options, node, patch) || others;
  const bool capacity = PatchCapacity(facts, node, patch);
  if (!others && !capacity) return std::nullopt;
  return StatusChange{std::move(patch).Freeze(), !others};
}

}  // namespace stowage::vkubelet
