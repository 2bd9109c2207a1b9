// Capacity by node shape: would one more pod fit, and if not, what is missing.
#pragma once

#include <optional>

#include "scheduler/placement/bins.h"
#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {

// nullopt if one more pod fits onto a node that admits it, standing or still to be opened. Names
// the resources of which no such node has enough; "Too many pods" for pods, as Kubernetes says.
std::optional<Refusal> CheckCapacity(const ResourceTable& resources, const Amounts& demand,
                                     const Admission& admission, const ClusterBins& bins);

}  // namespace stowage::scheduler
