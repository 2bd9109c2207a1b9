// Host Pod -> remote Pod: a whitelist in reverse. The host's pod is passed on whole, fields that
// nobody here has heard of included, and only what this file lists is changed. Pure.
//
//   metadata     ownerReferences, finalizers, uid, resourceVersion, generation, generateName,
//   selfLink,
//                managedFields, creationTimestamp and deletion* go; labels and annotations stay,
//                but for stowage.dev/* and kubectl's last-applied; our labels and annotations
//                (names.h) and the anchor's ownerReference come.
//   status       goes.
//   account      serviceAccountName goes and automountServiceAccountToken is false; projected
//   tokens
//                become a Secret of ours (trusted) or go (not trusted); the legacy token volume
//                alike; ConfigMap kube-root-ca.crt becomes stowage-host-root-ca;
//                KUBERNETES_SERVICE_HOST and _PORT point at the host (trusted, address known). With
//                Accounts::kMember the account and its own projections stay, and only the host's
//                injected volume goes.
//   placement    nodeName, schedulerName, schedulingGates go; of nodeSelector, affinity, spread and
//                tolerations the parts about virtual nodes go, those about the member's nodes stay.
//   classes      priority and preemptionPolicy go, overhead goes, class names by the Cluster's map.
//   others       readinessGates stay with the host; ephemeralContainers come later (UpdatePod).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "kube/api/object.h"
#include "providers/kubernetes/options.h"
#include "providers/kubernetes/references.h"

namespace stowage::providers {

// One token of the host that the pod reads from key `key` of its token Secret.
struct TokenSpec {
  std::string key;
  std::string audience;  // "" for the API server's own
  int64_t seconds = 0;   // asked for; 0: the provider's default
  bool operator==(const TokenSpec&) const = default;
};

struct TranslatedPod {
  std::string ns;  // in the member
  std::string name;
  kube::MutableJson pod;           // whole but for the anchor's ownerReference
  std::vector<Reference> needs;    // by the names of the host; the token Secret is not among them
  std::vector<TokenSpec> tokens;   // empty: no token Secret is needed
  std::string service_account;     // of the host
  std::vector<std::string> notes;  // what a user might miss, in sentences
  bool withheld_declared_token = false;  // the pod's author asked for a token, and it went
};

// kInvalid: this pod can never be made there (its namespace is not mirrored; it has no name or
// UID).
Result<TranslatedPod> TranslatePod(const kube::Object& host_pod, const TranslateOptions& options);

// The document to send, owned by the anchor ConfigMap of its namespace.
kube::Json WithAnchor(TranslatedPod&& translated, const std::string& host_uid,
                      const std::string& anchor_uid);

// What UpdatePod sends; both may be missing: the copy is as it should be.
struct PodUpdate {
  kube::Json patch;      // strategic merge, of the pod
  kube::Json ephemeral;  // strategic merge, of pods/ephemeralcontainers
};
// `remote` as the member has it. Keys that the member added itself (its admission, its users) stay.
Result<PodUpdate> PlanUpdate(const kube::Object& host_pod, const kube::Object& remote,
                             const TranslateOptions& options);

// The name of the host's object behind `name` in the member, and back.
std::string RemoteObjectName(DependentKind kind, std::string_view host_name, Accounts accounts);
std::string HostObjectName(DependentKind kind, std::string_view remote_name, Accounts accounts);

}  // namespace stowage::providers
