// Whole placement problems of a large fleet, made from a seed.
#pragma once

#include <cstdint>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

struct FleetSize {
  int64_t pods = 1'000'000, classes = 5'000, clusters = 100, nodes = 15'000;
  double load = 0.9;  // demand for cores, as a part of what standing nodes have free
  uint64_t seed = 1;
};

// Clusters in ten regions of three zones, with prices of their own per core and GiB; a node has
// what other pods leave free of it, so that hardly two are alike; every third cluster has elastic
// pools. Classes pay for the distance to their clients; some want ssd nodes, or may use a few
// regions only. One class in twenty is spread over the zones of three regions, one in twenty has at
// most one pod on a node. Cores are the scarce resource. Counts have a heavy tail.
Problem MakeFleetProblem(const FleetSize& size);

// `pods` pods come to, or leave, `classes` classes of `problem`, in turn.
ProblemDelta MakeChurn(const Problem& problem, int64_t pods, int64_t classes, uint64_t seed);

}  // namespace stowage::scheduler
