// Defaults of kinds, as `kubectl get -o yaml` shows them.
#pragma once

#include <string_view>

#include "kube/api/json.h"

namespace stowage::sim {

// Sets `object[key]` where it is missing or null.
void Default(kube::JsonNode object, std::string_view key, kube::JsonValue value);

void DefaultPodSpec(kube::JsonNode spec);
void DefaultMetadataOfTemplate(kube::JsonNode pod_template);
// False: `storage` is no workload, service, or so.
bool DefaultWorkload(std::string_view storage, kube::MutableJson& object);
bool DefaultOther(std::string_view storage, kube::MutableJson& object);

}  // namespace stowage::sim
