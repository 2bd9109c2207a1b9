#include "providers/kubernetes/references.h"

#include <map>
#include <utility>

namespace stowage::providers {
namespace {

using kube::JsonRef;

class Collector {
 public:
  void Add(DependentKind kind, JsonRef name, bool optional) {
    if (name.str().empty()) return;
    auto [it, added] = found_.try_emplace({kind, name.string()}, optional);
    if (!added) it->second = it->second && optional;
  }

  void Containers(JsonRef containers) {
    for (JsonRef container : containers.elements()) {
      for (JsonRef env : container["env"].elements()) {
        KeyRef(DependentKind::kConfigMap, env.Find({"valueFrom", "configMapKeyRef"}));
        KeyRef(DependentKind::kSecret, env.Find({"valueFrom", "secretKeyRef"}));
      }
      for (JsonRef from : container["envFrom"].elements()) {
        KeyRef(DependentKind::kConfigMap, from["configMapRef"]);
        KeyRef(DependentKind::kSecret, from["secretRef"]);
      }
    }
  }

  void Volume(JsonRef volume) {
    KeyRef(DependentKind::kConfigMap, volume["configMap"]);
    Add(DependentKind::kSecret, volume["secret"]["secretName"],
        volume["secret"]["optional"].boolean());
    for (JsonRef source : volume["projected"]["sources"].elements()) {
      KeyRef(DependentKind::kConfigMap, source["configMap"]);
      KeyRef(DependentKind::kSecret, source["secret"]);
    }
    Add(DependentKind::kSecret, volume.Find({"azureFile", "secretName"}), false);
    Add(DependentKind::kSecret, volume.Find({"csi", "nodePublishSecretRef", "name"}), false);
    for (const char* kind : {"cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"}) {
      Add(DependentKind::kSecret, volume.Find({kind, "secretRef", "name"}), false);
    }
  }

  void KeyRef(DependentKind kind, JsonRef ref) {
    Add(kind, ref["name"], ref["optional"].boolean());
  }

  std::vector<Reference> Take() {
    std::vector<Reference> all;
    for (const auto& [key, optional] : found_) all.push_back({key.first, key.second, optional});
    return all;
  }

 private:
  std::map<std::pair<DependentKind, std::string>, bool> found_;
};

}  // namespace

std::vector<Reference> FindReferences(JsonRef spec) {
  Collector collector;
  for (const char* list : {"initContainers", "containers", "ephemeralContainers"}) {
    collector.Containers(spec[list]);
  }
  for (JsonRef volume : spec["volumes"].elements()) collector.Volume(volume);
  for (JsonRef secret : spec["imagePullSecrets"].elements()) {
    // A pull secret that is missing does not keep a pod from starting: the kubelet only warns.
    collector.Add(DependentKind::kSecret, secret["name"], true);
  }
  return collector.Take();
}

}  // namespace stowage::providers
