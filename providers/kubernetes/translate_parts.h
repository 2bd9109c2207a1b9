// Parts of TranslatePod, one per concern. Each changes `spec`, the remote pod's spec being built.
#pragma once

#include "kube/api/json.h"
#include "providers/kubernetes/translate.h"

namespace stowage::providers {

// nodeSelector, affinity, topologySpreadConstraints, tolerations.
Result<void> TranslatePlacement(kube::JsonNode spec, const TranslateOptions& options);

// Volumes, mounts and environment that carry the host's identity; fills tokens and notes of `out`.
void TranslateAccount(kube::JsonNode spec, std::string_view pod_uid,
                      const TranslateOptions& options, TranslatedPod& out);

}  // namespace stowage::providers
