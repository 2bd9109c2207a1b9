// What a host pod's status becomes. Pure.
//
// The member decides phase, reason, message, addresses, container statuses and its own conditions;
// everything else in the status stays the host's. Patches are JSON merge patches of pods/status:
// lists are replaced whole, so each carries the resourceVersion it was computed from.
#pragma once

#include <string>
#include <string_view>

#include "base/time/types.h"
#include "kube/api/json.h"
#include "vkubelet/pod/pod_record.h"

namespace stowage::vkubelet {

// Of type stowage.dev/Accepted: False while the pod cannot be made in its member.
inline constexpr std::string_view kConditionAccepted = "stowage.dev/Accepted";
inline constexpr std::string_view kReasonLost = "RemotePodLost";

// Whether the member (or this kubelet for it) decides conditions of this type.
bool IsMemberCondition(std::string_view type);

// A hash of the member's part of a status, alike for host and desired statuses.
uint64_t MemberStatusHash(kube::JsonRef status);

// The member's part that `remote` (a status translated for the host) makes of `pod`'s status:
// restart counts never fall; Ready also asks the host's readiness gates.
kube::Json DesiredStatus(const PodRecord& pod, kube::JsonRef remote, WallTime now);

// The member's part while there is no copy since the pod was refused: Pending, with the reason.
kube::Json HeldStatus(const PodRecord& pod, std::string_view reason, std::string_view message,
                      WallTime now);

// The member's part of a pod that began and is not in its member any more; `whole` is its last
// status on the host.
kube::Json LostStatus(kube::JsonRef whole, std::string_view message, WallTime now);

// The patch that makes `desired` (one of the above) the member's part of the host's status.
kube::Json StatusPatch(const PodRecord& pod, std::string_view resource_version,
                       kube::JsonRef desired);

}  // namespace stowage::vkubelet
