// Advice: the smallest changes with which a pod that has no place would get one.
#pragma once

#include <string>
#include <vector>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/relaxation.h"

namespace stowage::scheduler {

struct Advice {
  std::vector<Relaxation> changes;  // all are needed; mostly one
  std::string cluster;              // the cheapest that would then take the pod
  Money total;                      // what it would cost there an hour
  Money nodes;                      // what nodes that are added cost an hour
  int64_t pods = 1;                 // that then find a place; more of a gang
  int64_t missing = 1;              // those of them that have no room as it is
  int64_t ppm() const;              // of all changes together
};

// For one more pod of `pod` beside the incumbent of `session`, which must be `placement` of
// `problem`, or for its gang if that has no place: what the pod would have to do without, which
// quotas would have to be raised, and which nodes added. The smallest first, at most `most`: fewest
// changes, then the least money for nodes, then the smallest changes, where a rule that is left out
// and a node count as a change by the whole; then the cheapest for the pod. Two changes of which
// one is the pod's own are tried where no single one helps. Empty: nothing stands in its way, or
// two changes are not enough.
Result<std::vector<Advice>> Advise(const SolveSession& session, const Problem& problem,
                                   const Placement& placement, const PodClass& pod, size_t most);

// Quotas and nodes for `pods` more pods of a class at once, in one cluster.
std::vector<Advice> AdviseForAll(const SolveSession& session, const Problem& problem,
                                 const std::string& class_key, int64_t pods, size_t most);

}  // namespace stowage::scheduler
