// The part of CheckPlacement that follows the bind order. Private to scheduler/model.
#pragma once

#include "base/result/result.h"
#include "scheduler/model/placement.h"

namespace stowage::scheduler {

// The witness of `placement` must hold by itself already. kInternal names the pods that one of
// kube-scheduler's filters would have refused when their turn came, and the filter's words.
Result<void> CheckBindOrder(const Problem& problem, const Placement& placement);

// Quotas are not passed, and of every gang enough pods run, or no new one. check_groups.cc
Result<void> CheckGroups(const Problem& problem, const Placement& placement);

}  // namespace stowage::scheduler
