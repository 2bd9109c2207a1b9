#include "sim/checkers/settled.h"

#include <map>
#include <set>

#include "kube/api/views.h"

namespace stowage::sim {
namespace {

constexpr const char* kChecker = "settled";

using kube::JsonRef;
using kube::Object;
using kube::ResourceMap;

void Subtract(ResourceMap& from, const ResourceMap& amounts) {
  for (const auto& [name, amount] : amounts) from[name] -= amount;
}

bool Fits(const ResourceMap& wanted, const ResourceMap& room) {
  for (const auto& [name, amount] : wanted) {
    const auto it = room.find(name);
    if (amount > 0 && (it == room.end() || it->second < amount)) return false;
  }
  return true;
}

// True if one node of the member, and the virtual node as a whole, have room for the pod.
bool HasRoom(const Snapshot& world, const ClusterSnapshot& member, const ResourceMap& wanted) {
  const Object* node = FindObject(world.host.nodes, {"", member.name});
  if (!node || !kube::NodeView(*node).ready() || kube::NodeView(*node).unschedulable()) {
    return false;
  }
  ResourceMap whole = kube::NodeView(*node).allocatable();
  for (const Object& pod : world.host.pods) {
    if (NodeOf(pod) == member.name && !IsFinished(pod)) {
      Subtract(whole, kube::PodView(pod).requests());
    }
  }
  if (!Fits(wanted, whole)) return false;
  for (const Object& real : member.nodes) {
    const kube::NodeView view(real);
    if (!view.ready() || view.unschedulable()) continue;
    ResourceMap room = view.allocatable();
    for (const Object& pod : member.pods) {
      if (NodeOf(pod) == real.name() && !IsFinished(pod)) {
        Subtract(room, kube::PodView(pod).requests());
      }
    }
    if (Fits(wanted, room)) return true;
  }
  return false;
}

void CheckUnbound(const Snapshot& world, const Object& pod, Findings& findings) {
  if (kube::PodView(pod).scheduler_name() != kube::kSchedulerName) return;
  const std::string wants = pod.spec()["nodeSelector"][kube::kLabelCluster].string();
  for (const ClusterSnapshot& member : world.members) {
    if (!wants.empty() && wants != member.name) continue;
    if (!HasRoom(world, member, kube::PodView(pod).requests())) continue;
    findings.Add(kChecker, Describe(pod) + " is not bound though " + member.name + " has room");
    return;
  }
}

std::map<std::string, JsonRef> Containers(const Object& pod) {
  std::map<std::string, JsonRef> all;
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    for (const JsonRef c : pod.status()[list].elements()) all[c["name"].string()] = c;
  }
  return all;
}

std::string StateOf(JsonRef container) {
  for (const JsonRef::Member m : container["state"].members()) return std::string(m.key);
  return "waiting";
}

void CompareStatus(const Object& pod, const Object& copy, Findings& findings) {
  const std::string who = Describe(pod);
  const auto differs = [&](const std::string& field, std::string_view host,
                           std::string_view member) {
    if (host == member) return;
    findings.Add(kChecker, who + ": " + field + " is \"" + std::string(host) +
                               "\" on the host and \"" + std::string(member) + "\" in the member");
  };
  differs("phase", pod.status()["phase"].str(), copy.status()["phase"].str());
  differs("podIP", pod.status()["podIP"].str(), copy.status()["podIP"].str());
  const auto host = Containers(pod);
  for (const auto& [name, there] : Containers(copy)) {
    const auto it = host.find(name);
    if (it == host.end()) {
      findings.Add(kChecker, who + ": the host knows nothing of container " + name);
      continue;
    }
    const JsonRef here = it->second;
    differs("state of " + name, StateOf(here), StateOf(there));
    differs("ready of " + name, here["ready"].boolean() ? "true" : "false",
            there["ready"].boolean() ? "true" : "false");
    differs("restarts of " + name, std::to_string(here["restartCount"].i64()),
            std::to_string(there["restartCount"].i64()));
  }
}

// The names of the ConfigMaps and Secrets that must be there for the pod to start.
std::vector<std::pair<bool, std::string>> Needs(const Object& pod) {
  std::vector<std::pair<bool, std::string>> needs;  // is a Secret?, name
  for (const JsonRef v : pod.spec()["volumes"].elements()) {
    if (v["configMap"].exists()) needs.emplace_back(false, v["configMap"]["name"].string());
    if (v["secret"].exists()) needs.emplace_back(true, v["secret"]["secretName"].string());
  }
  for (const JsonRef c : pod.spec()["containers"].elements()) {
    for (const JsonRef e : c["envFrom"].elements()) {
      if (e["configMapRef"].exists()) needs.emplace_back(false, e["configMapRef"]["name"].string());
      if (e["secretRef"].exists()) needs.emplace_back(true, e["secretRef"]["name"].string());
    }
  }
  return needs;
}

bool NeedsAreThere(const Snapshot& world, const Object& pod) {
  for (const auto& [secret, name] : Needs(pod)) {
    const auto& all = secret ? world.host.secrets : world.host.config_maps;
    if (!FindObject(all, {std::string(pod.ns()), name})) return false;
  }
  return true;
}

void CheckBound(const Snapshot& world, const ClusterSnapshot& member, const Object& pod,
                Findings& findings) {
  const Object* there = FindObject(member.pods, pod.key());
  const bool ours = there && IsCopy(*there, world.host_uid);
  if (there && !ours) return;  // a stranger has the name: it waits, and says so
  if (!there || there->label(kube::kLabelOriginUid) != pod.uid()) {
    findings.Add(kChecker,
                 Describe(pod) + " is bound to " + member.name + " and has no copy there");
    return;
  }
  CompareStatus(pod, *there, findings);
  const bool placed = !NodeOf(*there).empty();
  if (placed && there->status()["phase"].str("Pending") == "Pending" && NeedsAreThere(world, pod)) {
    findings.Add(kChecker, Describe(pod) + " does not start in " + member.name +
                               " though all that it needs is on the host: " +
                               there->status()["containerStatuses"].Dump());
  }
}

}  // namespace

void CheckSettled(const Snapshot& world, Findings& findings) {
  std::map<std::string, const ClusterSnapshot*> members;
  for (const ClusterSnapshot& member : world.members) members[member.name] = &member;
  for (const Object& pod : world.host.pods) {
    if (pod.deleting()) {
      findings.Add(kChecker, Describe(pod) + " is still being deleted");
    } else if (IsFinished(pod)) {
      continue;  // what runs of it is for CheckNothingLeft
    } else if (NodeOf(pod).empty()) {
      CheckUnbound(world, pod, findings);
    } else if (const auto it = members.find(NodeOf(pod)); it != members.end()) {
      CheckBound(world, *it->second, pod, findings);
    }
  }
}

}  // namespace stowage::sim
