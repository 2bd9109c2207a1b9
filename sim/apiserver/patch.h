// The three patch formats of the API, as pure functions.
#pragma once

#include <string_view>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::sim {

struct SchemaType;  // schema.h

// RFC 6902: add, remove, replace, move, copy, test. kInvalid names the operation and the path.
Result<kube::Json> ApplyJsonPatch(kube::JsonRef document, kube::JsonRef patch);

// RFC 7386.
kube::Json ApplyMergePatch(kube::JsonRef document, kube::JsonRef patch);

// Kubernetes' strategic merge: lists by their patchMergeKey, $patch (replace, delete, merge),
// $deleteFromPrimitiveList, $setElementOrder, $retainKeys. `type` may be nullptr (no schema known):
// then as a merge patch.
Result<kube::Json> ApplyStrategicMergePatch(const SchemaType* type, kube::JsonRef document,
                                            kube::JsonRef patch);

}  // namespace stowage::sim
