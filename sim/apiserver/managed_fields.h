// Field ownership (metadata.managedFields) and server-side apply, as pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/types.h"
#include "kube/api/json.h"

namespace stowage::sim {

struct SchemaType;

struct FieldManagement {
  std::string manager;
  std::string api_version;
  std::string subresource;  // "" or "status"
  WallTime now;
};

// The object after server-side apply of `applied` (a partial object) to `live` (missing: it is made
// anew), managedFields updated. kConflict: other managers own fields that it sets otherwise, each
// named with its path (not if `force`). kInvalid: what is wrong with `applied`.
Result<kube::Json> ServerSideApply(const SchemaType* type, kube::JsonRef live,
                                   kube::JsonRef applied, bool force, const FieldManagement& who);

// `after` with managedFields brought up to date for a create, update or patch by `who` that turned
// `before` (missing for a create) into `after`. Where a client sends managedFields of its own, they
// count; [{}] forgets all owners; none or [] keep those of `before`. Timestamps move only where a
// manager's fields change.
kube::Json TrackUpdate(const SchemaType* type, kube::JsonRef before, kube::JsonRef after,
                       const FieldManagement& who);

}  // namespace stowage::sim
