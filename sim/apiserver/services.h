// What the server gives to new objects: cluster IPs to Services, and to namespaces the objects that
// every pod counts on.
#pragma once

#include <string>

#include "sim/apiserver/writes.h"

namespace stowage::sim {

// Gives a Service its clusterIP(s), or keeps those of `old` (missing at creation). 422 for one that
// is taken or outside the range.
ApiResult<void> AllocateClusterIp(Core& core, const WriteContext& ctx, kube::JsonRef old,
                                  kube::MutableJson& service);

// The default ServiceAccount and the ConfigMap kube-root-ca.crt of a namespace that is not
// terminating.
void StartNamespace(Core& core, const std::string& name);

}  // namespace stowage::sim
