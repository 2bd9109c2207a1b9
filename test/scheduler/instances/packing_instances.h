// Instances of buying nodes for pods, from fixed seeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/solvers/packing/problem.h"

namespace stowage::scheduler {

// Dimensions: milli-cores, MiB, pods, GPUs (the last in the families that use them). Families:
//   mixed     pods of deployments: requests from usual steps, replicas from 1 to 30
//   distinct  every pod with requests of its own (as if sized by usage)
//   memory    memory-heavy and CPU-heavy pods, few in between
//   burst     hundreds of tiny pods and a few that nearly fill a node
//   gpu       most pods small, a few with 1, 2 or 4 GPUs
//   few       three deployments with many replicas
//   burstable as distinct, with small burstable types that are cheap for their cores
//   limited   as mixed; half of the types in small numbers, at a fifth of their price
std::vector<std::string> PackingFamilies();
PackingProblem PackingInstance(const std::string& family, int64_t pods, uint64_t seed);

}  // namespace stowage::scheduler
