// The discovery documents, as pure functions of what is served.
#pragma once

#include <string>

#include "kube/api/json.h"
#include "sim/apiserver/resources.h"

namespace stowage::sim {

kube::Json GroupListDocument(const Resources& resources);                        // /apis
kube::Json GroupDocument(const Resources& resources, const std::string& group);  // missing: no such
kube::Json ResourceListDocument(const Resources& resources, const std::string& group,
                                const std::string& version);  // missing: no such
// APIGroupDiscoveryList of apidiscovery.k8s.io/`version`, for /api (the core group) or /apis.
kube::Json AggregatedDocument(const Resources& resources, bool core_group,
                              const std::string& version);

}  // namespace stowage::sim
