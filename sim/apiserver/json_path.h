// The JSONPath of CRD printer columns: ".status.conditions[?(@.type=="Ready")].status", indices,
// [*] and quoted keys.
#pragma once

#include <string_view>
#include <vector>

#include "kube/api/json.h"

namespace stowage::sim {

// All values that `path` leads to; empty if none, or if the path is not understood.
std::vector<kube::JsonRef> FindJsonPath(kube::JsonRef object, std::string_view path);

}  // namespace stowage::sim
