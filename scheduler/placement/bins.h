// ClusterBins: the nodes of one cluster while they are being packed.
//
// Nodes that are alike (same shape, same pods so far) are one group with a count. Placing n pods of
// one class splits at most one group in three, so that 10,000 identical pods cost as much as a few.
// What is packed never moves here; whoever wants another packing starts from a copy.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/model/placement.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// Which nodes of a cluster admit a pod, by place in ClusterView::shapes and ::pools.
struct Admission {
  std::vector<char> shapes;
  std::vector<char> pools;
};

struct NodeGroup {
  int32_t shape = -1;
  int32_t pool = -1;
  bool open = true;     // false: nodes of a pool that could still be bought
  bool bought = false;  // opened by this solve, and billed
  int64_t count = 0;
  Amounts free;  // of each node
  struct Load {
    int32_t id;  // >= 0: a class; < 0: ~place in ClusterView::bound
    int64_t per_node;
  };
  std::vector<Load> loads;
};

inline bool Admits(const Admission& a, const NodeGroup& g) {
  return g.pool >= 0 ? a.pools[g.pool] != 0 : a.shapes[g.shape] != 0;
}

// How many pods fit onto an empty part of `free`; 0 demand of everything counts as unlimited.
int64_t PodsPerNode(const Amounts& free, const Amounts& demand);

class ClusterBins {
 public:
  static constexpr int32_t kStanding = -1;  // nodes that are open, in place of a pool's number

  explicit ClusterBins(const ClusterView& view);

  // How many such pods fit, at most `limit`: onto open nodes, or by opening nodes of `pool`.
  int64_t Fit(const Amounts& demand, const Admission& admission, int32_t pool, int64_t limit) const;
  // Packs up to `n` of them and says how many. Tight nodes first, those with scarce devices that
  // the pod does not want last. `bought`: nodes opened for it are billed.
  int64_t Place(int32_t id, const Amounts& demand, const Admission& admission, int32_t pool,
                int64_t n, bool bought);
  // Takes the room of `n` pods that no node has whole off wherever there is any.
  void TakeOff(const Amounts& demand, int64_t n);

  const std::vector<NodeGroup>& groups() const { return groups_; }
  int64_t bought(int32_t pool) const { return bought_[pool]; }
  // The fullest of cpu and memory over all standing nodes, in millionths.
  int64_t UtilisationPpm() const;
  uint64_t version() const { return version_; }  // grows with every change
  int64_t bound_unpacked = 0;

  // The proof, with the names of classes by id.
  ClusterWitness Witness(const ClusterView& view,
                         const std::vector<const PodClass*>& classes) const;

 private:
  void Take(size_t group, int64_t nodes, int32_t id, const Amounts& demand, int64_t per_node,
            bool bought);
  std::vector<NodeGroup> groups_;
  std::vector<int64_t> bought_;
  Amounts total_, free_;  // of standing nodes
  uint64_t version_ = 0;
};

}  // namespace stowage::scheduler
