// ClusterBins: the nodes of one cluster while they are being packed.
//
// Nodes that are alike (same shape, same pods so far) are one group with a count. Placing n pods of
// one class splits at most one group in three, so that 10,000 identical pods cost as much as a few.
// What is packed never moves here; whoever wants another packing starts from a copy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  int32_t kind = -1;    // of ClusterBins::kinds()
  bool open = true;     // false: nodes of a pool that could still be bought
  bool bought = false;  // opened by this solve, and billed
  int64_t count = 0;
  Amounts free;     // of each node
  Devices devices;  // the same
  struct Load {
    int32_t id;  // >= 0: a class; < 0: ~place in ClusterView::bound
    int64_t per_node;
    int64_t step;             // of the bind order
    std::vector<int64_t> on;  // by device: pods that use it; empty: none does
  };
  std::vector<Load> loads;
};

inline bool Admits(const Admission& a, const NodeGroup& g) {
  return g.pool >= 0 ? a.pools[g.pool] != 0 : a.shapes[g.shape] != 0;
}

// How many pods of a class a node may take for other reasons than its room.
class NodeLimit {
 public:
  virtual ~NodeLimit() = default;
  virtual int64_t Of(const NodeGroup& nodes) const = 0;  // of each
};

// Pods that are to be packed.
struct Packing {
  int32_t id;  // as NodeGroup::Load
  const Amounts& demand;
  const Admission& admission;
  bool bought = true;                // nodes opened for them are billed
  int64_t step = 0;                  // of the bind order
  const NodeLimit* limit = nullptr;  // nullptr: none
  // Only nodes of these (by ClusterBins::kinds()); nullptr: of any.
  const std::vector<char>* kinds = nullptr;
};

// Pods that were packed onto one shape, or onto nodes of one pool.
struct Landing {
  int32_t shape, pool;
  int64_t pods;
};

// At most so many on any node.
class MostPerNode : public NodeLimit {
 public:
  explicit MostPerNode(int64_t most) : most_(most) {}
  int64_t Of(const NodeGroup&) const override { return most_; }

 private:
  const int64_t most_;
};

// How many pods fit onto a node that has this free; 0 demand of everything counts as unlimited.
int64_t PodsPerNode(const Amounts& free, const Devices& devices, const Amounts& demand);
inline int64_t PodsPerNode(const NodeGroup& nodes, const Amounts& demand) {
  return PodsPerNode(nodes.free, nodes.devices, demand);
}
inline int64_t PodsPerNode(const ElasticPool& nodes, const Amounts& demand) {
  return PodsPerNode(nodes.allocatable, nodes.devices, demand);
}

class ClusterBins {
 public:
  static constexpr int32_t kStanding = -1;  // nodes that are open, in place of a pool's number
  // In place of a pool's number: those of its nodes that are open.
  static constexpr int32_t OpenOf(int32_t pool) { return -2 - pool; }
  // Which of the three the nodes of a group are, for what pods on them pay.
  static int32_t WhereOf(const NodeGroup& g) {
    if (g.pool < 0) return kStanding;
    return g.open && !g.bought ? OpenOf(g.pool) : g.pool;
  }

  // Nodes with equal labels and taints, which no rule tells apart, and with about as much memory
  // for a core: one of them stands for all.
  struct Kind {
    int32_t shape, pool;
    int32_t band = 0;  // see BandOf
  };
  // Half octaves of memory for a milli-core; 0: one of them is missing.
  static int32_t BandOf(int64_t memory, int64_t milli_cpu);

  explicit ClusterBins(const ClusterView& view);

  // The group has nodes that are open, or could be opened as nodes of `pool`.
  static bool Takes(const NodeGroup& g, int32_t pool) {
    if (g.count == 0) return false;
    return g.open ? pool == kStanding || pool == OpenOf(g.pool) : g.pool == pool;
  }
  // Kinds of devices that the node has free and the pod does not want.
  static int Waste(const Amounts& free, const Amounts& demand);

  // How many such pods fit, at most `limit`: onto open nodes, or by opening nodes of `pool`.
  int64_t Fit(const Amounts& demand, const Admission& admission, int32_t pool, int64_t most,
              const NodeLimit* limit = nullptr, const std::vector<char>* kinds = nullptr) const;
  // Packs up to `n` of them and says how many. Tight nodes first, those with scarce devices that
  // the pod does not want last. `landed`: where, if not nullptr.
  int64_t Place(const Packing& pods, int32_t pool, int64_t n,
                std::vector<Landing>* landed = nullptr);
  // The same onto nodes of one group only, at most `per_node` onto each.
  int64_t PlaceOn(size_t group, const Packing& pods, int64_t per_node, int64_t n);
  // One pod of a load leaves a node of the group, whose other nodes stay as they are. A bought node
  // without pods is given back. Groups may change their places.
  void Remove(size_t group, size_t load, const Amounts& demand);
  // All pods of classes with leave[id] != 0 leave, or those on bought nodes only. `demand_of`: by
  // class, what one of them asks for. Says how many left, by class.
  std::map<int32_t, int64_t> Clear(const std::vector<char>& leave, bool only_bought,
                                   const std::function<const Amounts&(int32_t)>& demand_of);
  // Loads of class `id` are of class to[id] from now on.
  void Renumber(const std::vector<int32_t>& to);
  // A load with what one pod of it asks for.
  struct Adopted {
    NodeGroup::Load load;
    const Amounts* demand;
  };
  // `count` nodes of a group get these loads besides what they have, on the devices that they name.
  // There must be so many, and room on them. Groups stay in their places.
  void Fill(size_t group, int64_t count, const std::vector<Adopted>& loads);
  // The same for nodes of the shape, or of the pool, that have nothing on them yet. False: there
  // are not so many nodes.
  bool Adopt(int32_t shape, int32_t pool, int64_t count, const std::vector<Adopted>& loads);
  // So many more nodes of the shape or of the pool, with nothing on them: as they are in `view`, of
  // which these bins are.
  void Add(const ClusterView& view, int32_t shape, int32_t pool, int64_t nodes);
  // Takes the room of `n` pods that no node has whole off wherever there is any.
  void TakeOff(const Amounts& demand, int64_t n);

  // As `earlier`, a copy of these, was; what was read off since is out of date.
  void Restore(ClusterBins earlier);

  const std::vector<NodeGroup>& groups() const { return groups_; }
  const std::vector<Kind>& kinds() const { return kinds_; }
  int64_t bought(int32_t pool) const { return bought_[pool]; }
  // The fullest of cpu and memory over all standing nodes, in millionths.
  int64_t UtilisationPpm() const;
  uint64_t version() const { return version_; }  // grows with every change
  int64_t bound_unpacked = 0;

  // The proof, with the names of classes by id.
  ClusterWitness Witness(const ClusterView& view,
                         const std::vector<const PodClass*>& classes) const;

 private:
  void Take(size_t group, int64_t nodes, const Packing& pods, int64_t per_node);
  void Open(NodeGroup& nodes, bool bought);
  void GiveBack(size_t group);
  std::vector<NodeGroup> groups_;
  std::vector<Kind> kinds_;
  std::vector<int64_t> bought_;
  Amounts total_, free_;  // of standing nodes
  uint64_t version_ = 0;
};

// The last step of the bind order that anything was packed at; 0: none.
int64_t LastStep(const std::vector<ClusterBins>& bins);

}  // namespace stowage::scheduler
