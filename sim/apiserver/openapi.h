// The OpenAPI documents that clients ask for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kube/api/json.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {

// What is served: filled from the API server's resource registry.
struct ServedKind {
  std::string group, version, kind, plural;
  bool namespaced = true;
  std::vector<std::string> verbs;  // "get", "list", "create", "update", "patch", "delete" ...
};

// /openapi/v2 as JSON: definitions with x-kubernetes-group-version-kind, patch and list extensions,
// and paths with x-kubernetes-action, so that kubectl (1.20 to 1.33) applies, diffs and explains.
kube::Json OpenApiV2(const SchemaRegistry& registry, const std::vector<ServedKind>& served);

// The same document as gnostic's protobuf
// (application/com.github.proto-openapi.spec.v2@v1.0+protobuf).
std::string OpenApiV2Protobuf(const kube::Json& v2);

// /openapi/v3: {"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=..."}}}
kube::Json OpenApiV3Index(const SchemaRegistry& registry, const std::vector<ServedKind>& served);
// /openapi/v3/apis/apps/v1; missing if nothing is served there. `group_version`: "api/v1",
// "apis/apps/v1".
kube::Json OpenApiV3(const SchemaRegistry& registry, const std::vector<ServedKind>& served,
                     std::string_view group_version);

}  // namespace stowage::sim
