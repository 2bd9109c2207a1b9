// A placement to start from, as a solution of an instance.
#pragma once

#include <optional>

#include "scheduler/model/placement.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

// A placement to start from, for instance the last one, or that of a stricter problem: as many pods
// by tier and no dearer is the answer then. What breaks a rule of the problem is of no use, and is
// ignored as a whole. Cost decides between it and what is found, whatever pods prefer.
struct Hint {
  Placement placement;
};

// `instance` must be prepared. Classes may have more pods than `hint` speaks of. nullopt: it breaks
// a rule (see CheckPlacement), speaks of classes that are not there or of more of their pods, or
// leaves bound pods unpacked. As much work as that check.
std::optional<Solution> SolutionOf(const Instance& instance, const Hint& hint);

}  // namespace stowage::scheduler
