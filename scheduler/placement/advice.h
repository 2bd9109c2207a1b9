// Advice: the smallest changes with which a pod that has no place would get one.
#pragma once

#include <string>
#include <vector>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/relaxation.h"

namespace stowage::scheduler {

struct Advice {
  std::vector<Relaxation> changes;  // one, or two where no single one helps
  std::string cluster;              // the cheapest that would then take the pod
  Money total;                      // what it would cost there an hour
  int64_t ppm() const;              // of all changes together
};

// For one more pod of `pod` beside the incumbent of `session`, which must be `placement` of
// `problem`: the smallest first, at most `most`; a rule that is left out counts as a change by the
// whole. Empty: nothing of the pod's own stands in its way, or two changes are not enough.
Result<std::vector<Advice>> Advise(const SolveSession& session, const Problem& problem,
                                   const Placement& placement, const PodClass& pod, size_t most);

}  // namespace stowage::scheduler
