// Instances on which it counts what is bought: pods that are large for the nodes, few of each kind;
// a third of the clusters stand and charge back, the others sell nodes of fifteen types each
// (2, 4 and 8 GiB a core, 2 to 32 cores, prices as public clouds have them), in three regions.
#pragma once

#include <cstdint>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

struct ElasticSize {
  int64_t pods = 400;
  int64_t clusters = 6;
  int64_t nodes = 5;  // of each standing cluster
  uint64_t seed = 1;
};

Problem MakeElasticProblem(const ElasticSize& size);

}  // namespace stowage::scheduler
