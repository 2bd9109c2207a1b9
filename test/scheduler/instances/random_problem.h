// Small random problems with every constraint that pods have.
#pragma once

#include <string>

#include "base/random/rng.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// Two shapes, sometimes a pool and bound pods.
ClusterView AnyCluster(Rng& rng, const std::string& name);
PodClass AnyClass(Rng& rng, const std::string& key, int64_t count);
// `pods` pods in up to three classes k0, k1, k2; clusters c0, c1 ...; sometimes a quota and a gang.
Problem AnyProblem(Rng& rng, int64_t pods, int clusters);
// The same with the rest of what keeps pods away: required node affinity, more taints, cordons, a
// device, a maximum of latency, more priorities; and more room.
Problem AnyConstrainedProblem(Rng& rng, int64_t pods, int clusters);

// A change of any kind, made to `p` as the delta says it.
ProblemDelta AnyChange(Rng& rng, Problem& p);

}  // namespace stowage::scheduler
