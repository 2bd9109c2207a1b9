// The names of what we make in a member, and how we know it again.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"
#include "kube/api/object.h"
#include "providers/kubernetes/options.h"

namespace stowage::providers {

// On remote pods, besides kLabelHost, kLabelNode and kLabelOriginUid:
inline constexpr std::string_view kLabelOriginNamespace = "stowage.dev/origin-namespace";
inline constexpr std::string_view kAnnotationSpecHash =
    "stowage.dev/spec-hash";                                                   // of what can change
inline constexpr std::string_view kAnnotationApplied = "stowage.dev/applied";  // JSON: what we set
inline constexpr std::string_view kAnnotationNotes = "stowage.dev/notes";      // for people
// On token Secrets: when the token is asked for anew (RFC 3339).
inline constexpr std::string_view kAnnotationRenewAt = "stowage.dev/renew-at";
inline constexpr std::string_view kSecretTypeAccountToken = "kubernetes.io/service-account-token";
inline constexpr std::string_view kLabelManagedBy = "app.kubernetes.io/managed-by";

inline constexpr std::string_view kHostRootCa =
    "kube-root-ca.crt";  // a ConfigMap of every namespace
inline constexpr std::string_view kMemberRootCa =
    "stowage-host-root-ca";  // what it is called there
inline constexpr std::string_view kTokenMount = "/var/run/secrets/kubernetes.io/serviceaccount";

// The namespace of the member for `ns` of the host. kInvalid: it is never mirrored, or no valid
// name.
Result<std::string> RemoteNamespace(const TranslateOptions& options, std::string_view ns);

std::string AnchorName(std::string_view host_uid);      // "stowage-anchor-1f0c2d3e"
std::string TokenSecretName(std::string_view pod_uid);  // "stowage-token-<uid>"
bool IsTokenSecretName(std::string_view name);
std::string PodUidOfTokenSecret(std::string_view name);  // "" if it is none

// Made by a Stowage of this host.
bool IsOurs(kube::JsonRef metadata, std::string_view host_uid);

}  // namespace stowage::providers
