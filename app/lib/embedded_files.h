// Files of manifests/ that are built into the program.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::app {

// manifests/crds/clusters.yaml
Result<kube::Json> ClusterCrd();

// YAML of one document as JSON. kInvalid with line and column; duplicate keys are refused.
Result<kube::Json> YamlToJson(std::string_view yaml);

}  // namespace stowage::app
