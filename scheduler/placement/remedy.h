// Remedies: what would have to be larger, pods as they are, for pods without a place to get one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/model/adjustment.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

struct Remedy {
  std::vector<Adjustment> changes;  // all of them are needed; the last adds nodes, if one does
  std::string cluster;              // that takes the pod, or the most pods of a gang
  int64_t pods = 1;                 // that then find a place
  int64_t missing = 0;              // of them, those that had no room
  Money nodes;                      // what the nodes that are added cost an hour
  Money total;                      // what one of the pods costs there an hour
  // For people: "quota team: cpu from 6 to 7", "2 more nodes of pool m5 in cloud, $0.2 an hour".
  std::string words;
};

// Of `pods` pods of class `k`, of which nothing has to be left to place (a pod that could be), in
// one cluster; where the class is of a gang that has no place, of as many of the gang as have to
// run at once. Beside `solution`, whose pods stay where they are, and of which `view` was made. The
// smallest first, at most `most`: fewest changes, then the least money for nodes, then the fewest
// nodes and the least relative change of quotas; then by names. With one node, or one unit of a
// quota, less it does not help. Clusters that run bound pods which could not be packed get no
// nodes. Spends `work` on classes with rules of their own, and stops looking where it is over.
std::vector<Remedy> RemediesFor(const Instance& instance, const Solution& solution,
                                const SolutionView& view, size_t k, int64_t pods, size_t most,
                                Work& work);

}  // namespace stowage::scheduler
