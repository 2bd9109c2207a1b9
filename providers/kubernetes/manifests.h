// Copies of the host's ConfigMaps and Secrets, as documents. Pure.
#pragma once

#include "kube/api/object.h"
#include "providers/kubernetes/references.h"
#include "providers/kubernetes/tokens.h"
#include "providers/kubernetes/translate.h"

namespace stowage::providers {

const kube::Resource& ResourceOf(DependentKind kind);
std::string_view KindName(DependentKind kind);  // "ConfigMap", "Secret"

// The member's copy of `host`: its data, type and immutability, named `name`, with our labels.
kube::Json CopyOf(DependentKind kind, const kube::Object& host, const kube::NamespacedName& name,
                  const std::string& host_uid);

kube::Json TokenSecretManifest(const IssuedTokens& tokens, const PodRef& pod,
                               const kube::NamespacedName& name, const std::string& host_uid);

// Over what a copy carries (data, binaryData, type, immutable), not over its metadata.
uint64_t ContentHash(kube::JsonRef object);

// True: `wanted` cannot be reached from `there` by an update (immutable, or another type of
// Secret).
bool MustBeReplaced(kube::JsonRef there, kube::JsonRef wanted);

}  // namespace stowage::providers
