// Which objects of its namespace a pod needs before it can start. Pure.
#pragma once

#include <string>
#include <vector>

#include "kube/api/json.h"

namespace stowage::providers {

enum class DependentKind { kConfigMap, kSecret };

struct Reference {
  DependentKind kind = DependentKind::kConfigMap;
  std::string name;
  bool optional = false;  // every use of it is optional
  auto operator<=>(const Reference&) const = default;
};

// Every ConfigMap and Secret that `pod_spec` names: env, envFrom (containers, init and ephemeral
// containers), volumes (configMap, secret, projected, and the Secrets of CSI, ceph, iscsi and the
// like), imagePullSecrets. Sorted by (kind, name), each once.
std::vector<Reference> FindReferences(kube::JsonRef pod_spec);

}  // namespace stowage::providers
