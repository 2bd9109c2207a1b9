// The bill of a placement, worked out from the problem and the witness alone: no solver code, so
// that a check does not believe what it checks.
#pragma once

#include "base/result/result.h"
#include "scheduler/model/placement.h"

namespace stowage::app {

// An hour: charge-back of pods on standing nodes, the price of every pool node that no bound pod
// is on (by its minimum billing), carbon, interruptions, waiting, latency, egress and moving; each
// product rounded up once. `placement` must have passed
// CheckPlacement().
scheduler::Money BillOf(const scheduler::Problem& problem, const scheduler::Placement& placement);

}  // namespace stowage::app
