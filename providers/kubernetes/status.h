// Remote Pod -> the status that its host pod gets. Pure.
//
// Mapped, not invented. Left out because the host owns it: PodScheduled, the conditions of
// readiness gates, qosClass, observedGeneration, nominatedNodeName. What the caller adds: those,
// and that a restart count never falls and a terminal phase never changes.
#pragma once

#include "kube/api/object.h"
#include "providers/api/provider.h"
#include "providers/kubernetes/cidr.h"

namespace stowage::providers {

// Container statuses of the host pod's containers only, in the member's order; addresses through
// `cidrs`; a pod that the member cannot schedule says so in reason and message while Pending.
kube::Json TranslateStatus(const kube::Object& remote, const CidrMap& cidrs);

// The host pod that `remote` is the copy of, by its labels.
PodRef OriginOf(const kube::Object& remote);

RemotePod ToRemotePod(const kube::Object& remote, const CidrMap& cidrs);

}  // namespace stowage::providers
