// FastLane: places single pods between two solves, at once, by the shadow prices of the last one.
//
// A pod goes where its cost, and what its demand is worth to others there, add up to the least, by
// the same filters as everywhere and in the state that the solution left, which moves with every
// decision. Each class keeps its ways (a cluster's open nodes, or new nodes of a pool), the
// cheapest first, and which of them had no room; so that a decision looks at few clusters, mostly
// at one. What is remembered changes no answer.
//
// Equal prices: the emptier cluster, then the first by name, open nodes before new ones. On the
// nodes of a way: most points of peer preference, the fewest kinds of devices left idle, where the
// fewest such pods would fit, the first. A new node is charged by the share of a pod that fills it
// with its like, or by its shadow price if that is higher.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/free_table.h"
#include "scheduler/placement/instance.h"
#include "scheduler/placement/pod_state.h"
#include "scheduler/placement/prices.h"
#include "scheduler/placement/quotas.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class FastLane {
 public:
  struct Decision {
    int32_t k = -1, j = -1;      // places in Instance::classes() and ::clusters()
    Landing landing{-1, -1, 1};  // the node's shape, or its pool
    bool opened = false;         // a new node of the pool
    int64_t step = 0;            // in the bind order: this very pod
    Money price;                 // cost and shadow prices, less what preference is worth
  };

  // Goes on from `solution`. `instance` must be prepared and outlive the lane; the lane ends with
  // its next Apply(). Clusters without prices: 0.
  FastLane(Instance& instance, const Solution& solution, const ShadowPrices& prices);
  FastLane(const FastLane&) = delete;
  FastLane& operator=(const FastLane&) = delete;

  static constexpr const char* kName = "fast lane";

  // The place of a class that the solve knew, or that is told now (its count means nothing). A key
  // stands for the same class as long as the lane lives. kInvalid: see Validate.
  Result<int32_t> Learn(const PodClass& k);
  // Pods of a gang are for a whole solve.
  bool NeedsSolve(int32_t k) const { return instance_.GangOf(static_cast<size_t>(k)) != nullptr; }
  // One more pod of the class; nullopt: no cluster takes it as things are (see Explain), or
  // NeedsSolve().
  std::optional<Decision> Place(int32_t k);

  // That very pod has not come to be after all. False: it is not there any more.
  bool Forget(const Decision& decision);
  // One pod of the class, or of ClusterView::bound, has left the cluster. False: none is known
  // there on a node (or it cannot be said which of the bound pods have one): nothing changed.
  bool Leave(int32_t k, int32_t j);
  bool LeaveBound(size_t bound, int32_t j);

  void SetPrices(const ShadowPrices& prices);

  ClassExplanation Explain(int32_t k) const;
  // All pods, those of the first solution included. `placed` counts the classes of the solve only.
  Solution Snapshot() const;
  int64_t placed() const { return decisions_; }  // decisions that were not forgotten

 private:
  static constexpr uint64_t kUnknown = 0;
  struct Way {
    int32_t j;
    int32_t pool;  // or ClusterBins::kStanding
    int64_t price;
    int64_t floor;             // the same with the most peer preference
    uint64_t full = kUnknown;  // version of the cluster's room that had none for the class
  };
  struct Ways {
    bool known = false;
    bool points = false;  // peers may prefer some nodes
    std::vector<Way> ways;
  };
  struct NodeChoice {
    size_t group = 0;
    int64_t points = 0;
  };
  struct Choice {
    const Way* way = nullptr;
    NodeChoice node;
    int64_t price = 0, utilisation = -1;  // -1: not worked out yet
  };
  struct Finding {
    uint64_t stamp = 0;
    bool allowed = false;
    int64_t points = 0;
  };
  struct NodeSearch;
  struct Spot {
    size_t group, load;
  };

  Ways& WaysOf(size_t k);
  bool Better(const Way& way, int64_t price, Choice& best) const;
  std::optional<NodeChoice> ChooseNode(size_t k, Way& way, bool points);
  Finding Ask(size_t k, size_t j, const NodeGroup& g);
  Decision Settle(size_t k, const Choice& choice);
  std::optional<Spot> Find(size_t j, int32_t id, int64_t step) const;
  Landing TakeAway(size_t j, const Spot& spot, const Amounts& demand);
  void Remove(size_t k, size_t j, const Spot& spot);

  Instance& instance_;
  std::vector<ClusterBins> bins_;
  PodState state_;
  QuotaState quotas_;
  std::vector<RoomPrices> standing_;            // by cluster
  std::vector<std::vector<RoomPrices>> pools_;  // by cluster and pool
  std::vector<ShadowPrices::OfQuota> quota_prices_;
  std::vector<int> shift_;
  std::vector<Ways> ways_;                    // by class
  std::vector<std::vector<int64_t>> shares_;  // by class and cluster; empty: none anywhere
  std::vector<uint64_t> room_version_;        // by cluster: grows when there may be more room
  std::vector<FreeTable> tables_;             // by cluster
  std::vector<Finding> findings_;             // by kind of node, and whether it is open
  uint64_t stamp_ = 0;
  FreeTable::Wants wants_, more_;  // of ChooseNode
  int64_t step_ = 0, decisions_ = 0;
};

}  // namespace stowage::scheduler
