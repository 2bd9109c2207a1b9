#include "sim/checkers/nothing_left.h"

#include <map>

namespace stowage::sim {
namespace {

constexpr const char* kChecker = "nothing-left";

using kube::Object;

void CheckCopies(const Snapshot& world, const ClusterSnapshot& member, Findings& findings) {
  std::map<std::string_view, const Object*> by_uid;
  for (const Object& pod : world.host.pods) by_uid[pod.uid()] = &pod;
  for (const Object& copy : member.pods) {
    if (!IsCopy(copy, world.host_uid)) continue;
    const auto it = by_uid.find(copy.label(kube::kLabelOriginUid));
    const std::string who = Describe(copy) + " in " + member.name;
    if (it == by_uid.end()) {
      findings.Add(kChecker, who + " has no pod on the host");
    } else if (NodeOf(*it->second) != member.name) {
      findings.Add(kChecker, who + " belongs to a pod of " + NodeOf(*it->second));
    } else if (IsFinished(*it->second) && !IsFinished(copy)) {
      findings.Add(kChecker, who + " runs on though the host's pod has finished");
    }
  }
}

// Whether a pod of ours in the object's namespace names it anywhere.
bool Needed(const Snapshot& world, const ClusterSnapshot& member, const Object& object) {
  const std::string quoted = "\"" + std::string(object.name()) + "\"";
  for (const Object& copy : member.pods) {
    if (!IsCopy(copy, world.host_uid) || copy.ns() != object.ns()) continue;
    if (copy.spec().Dump().find(quoted) != std::string::npos) return true;
  }
  return false;
}

void CheckDependents(const Snapshot& world, const ClusterSnapshot& member,
                     const std::vector<Object>& ours, const std::vector<Object>& hosts,
                     const std::string& kind, Findings& findings) {
  for (const Object& object : ours) {
    // The anchor of a namespace owns what we make there.
    if (!IsCopy(object, world.host_uid) || object.name().starts_with("stowage-anchor-")) continue;
    const std::string who = kind + " " + object.key().ToString() + " in " + member.name;
    if (!Needed(world, member, object)) {
      findings.Add(kChecker, who + " is not needed by any pod");
      continue;
    }
    const Object* original = FindObject(hosts, object.key());
    if (original && !((*original)["data"] == object["data"])) {
      findings.Add(kChecker, who + " is not what the host has");
    }
  }
}

}  // namespace

void CheckNothingLeft(const Snapshot& world, Findings& findings) {
  for (const ClusterSnapshot& member : world.members) {
    CheckCopies(world, member, findings);
    CheckDependents(world, member, member.config_maps, world.host.config_maps, "ConfigMap",
                    findings);
    CheckDependents(world, member, member.secrets, world.host.secrets, "Secret", findings);
  }
}

}  // namespace stowage::sim
