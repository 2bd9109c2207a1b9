// What the API servers of a world hold at one moment, read past all faults: what the checkers of a
// world at rest look at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kube/api/object.h"
#include "kube/api/well_known.h"

namespace stowage::sim {

struct ClusterSnapshot {
  std::string name;  // of a member: also of its virtual node
  std::vector<kube::Object> pods, config_maps, secrets, nodes;
};

struct Snapshot {
  std::string host_uid;  // as it is in the label stowage.dev/host
  ClusterSnapshot host;
  std::vector<ClusterSnapshot> members;
};

inline bool IsCopy(const kube::Object& object, std::string_view host_uid) {
  return object.label(kube::kLabelHost) == host_uid;
}
inline bool IsFinished(const kube::Object& pod) {
  const std::string_view phase = pod.status()["phase"].str();
  return phase == "Succeeded" || phase == "Failed";
}
inline std::string NodeOf(const kube::Object& pod) { return pod.spec()["nodeName"].string(); }
// "default/web (uid)"
inline std::string Describe(const kube::Object& object) {
  return object.key().ToString() + " (" + std::string(object.uid()) + ")";
}
inline const kube::Object* FindObject(const std::vector<kube::Object>& all,
                                      const kube::NamespacedName& key) {
  for (const kube::Object& object : all) {
    if (object.key() == key) return &object;
  }
  return nullptr;
}

}  // namespace stowage::sim
