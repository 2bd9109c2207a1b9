// One object in the versions and forms that clients ask for.
#pragma once

#include <string>
#include <vector>

#include "kube/api/json.h"
#include "sim/apiserver/request.h"
#include "sim/apiserver/resources.h"

namespace stowage::sim {

// A stored object in the version of `resource`; the same document where that is the stored version.
kube::Json ToVersion(const ResourceInfo& resource, const kube::Json& stored);

// An object as a client sent it, in the version that is stored.
kube::MutableJson FromVersion(const ResourceInfo& resource, kube::JsonRef sent);

// meta.k8s.io PartialObjectMetadata.
kube::Json PartialMetadata(kube::JsonRef object, const Representation& representation);

}  // namespace stowage::sim
