// Placement: the answer to a Problem, with its witness and its certificate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// `count` pods of a class in a cluster.
struct Assignment {
  std::string cluster;
  int64_t count = 0;
  bool operator==(const Assignment&) const = default;
};

struct ClassPlacement {
  std::string key;
  std::vector<Assignment> assignments;  // sorted by cluster
  int64_t unplaced = 0;
  bool operator==(const ClassPlacement&) const = default;
};

// `count` nodes that are packed alike. A pod class is named by its key, pods that were bound before
// by their place in ClusterView::bound.
struct PackedNodes {
  int32_t shape = -1;  // place in ClusterView::shapes, or -1
  int32_t pool = -1;   // place in ClusterView::pools, or -1; these nodes have to be opened
  int64_t count = 0;
  struct Load {
    std::string key;  // of the class; "" for bound pods
    int32_t bound = -1;
    int64_t per_node = 0;
    int64_t step = 0;  // place in the bind order; bound pods: 0
    // By device of the node, as its shape or pool lists them: pods of the load that use it. Empty:
    // they use none.
    std::vector<int64_t> on;
    bool operator==(const Load&) const = default;
  };
  std::vector<Load> loads;
  bool operator==(const PackedNodes&) const = default;
};

// The bind order: loads by step, those of equal steps as they come in the witness, the pods of one
// load in any order. Each pod then passes all filters of one pod, as kube-scheduler would evaluate
// them at that moment. A node of a pool is there from its first pod on. Bound pods without a node
// in the witness are in those domains that all nodes of their cluster share.

// The proof that the pods of one cluster fit onto its nodes, one by one. Nodes without pods are
// left out. Bound pods that could not be packed (their member runs them all the same) are counted;
// room was taken off for them where there was any.
struct ClusterWitness {
  std::string cluster;
  std::vector<PackedNodes> nodes;
  int64_t bound_unpacked = 0;
  bool operator==(const ClusterWitness&) const = default;
};

struct Placement {
  std::vector<ClassPlacement> classes;  // sorted by key
  std::vector<ClusterWitness> witness;  // sorted by cluster
  bool operator==(const Placement&) const = default;
};

// One tier of priority.
struct TierResult {
  int32_t priority = 0;
  int64_t pods = 0;
  int64_t placed = 0;
  // Proven: no placement with as many in all higher tiers has more in this one.
  int64_t placed_max = 0;
  bool operator==(const TierResult&) const = default;
};

// The best answer so far. `lower_bound` is proven for placements with the same `placed` per tier.
struct Incumbent {
  Placement placement;
  std::vector<TierResult> tiers;  // highest priority first
  Money cost;                     // an hour, of all that was placed by this solve
  Money lower_bound;
  bool bound_known = false;
  std::vector<std::string> relaxed;  // what the bound leaves out
  std::string solver;
  int64_t iterations = 0;
  bool complete = false;  // the solver has nothing more to try
  bool buying = false;    // but for which nodes to buy, and which pods go there
  // (cost - bound) / cost in millionths; 0 when they are equal; -1: unknown.
  int64_t GapPpm() const;
};

// Checks an answer without any solver code: counts add up, every pod of the witness is on a node
// that admits it, no node and no device holds more than it has, no pool has more nodes than its
// maximum, and every pod passes in its turn of the bind order. kInternal names what is wrong.
Result<void> CheckPlacement(const Problem& problem, const Placement& placement);

}  // namespace stowage::scheduler
