// Purchase: some pods of an instance, and the nodes that they may use or have opened, as a packing
// problem; and its solutions as placements.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "scheduler/placement/solver.h"
#include "scheduler/solvers/packing/problem.h"

namespace stowage::scheduler::columns {

class Purchase {
 public:
  enum class Nodes { kAll, kToBuy };

  // `bins`: by cluster, without these pods. `pods`: how many, by class. No rule, quota or gang is
  // looked at, and of devices the sums only. `instance` must outlive it.
  Purchase(const Instance& instance, std::vector<ClusterBins> bins,
           const std::vector<int64_t>& pods, Nodes nodes);

  // Types are kinds of nodes with as much free; items are classes; costs are in nano-dollars.
  const PackingProblem& problem() const { return problem_; }
  // Small enough for a search, and within its range of numbers.
  bool usable() const { return usable_; }
  // The pods of this purchase as they are in `bins`, from which those given were made.
  PackingSolution Found(const std::vector<ClusterBins>& bins) const;
  // Everything in its place, the pods of this purchase after all others in the bind order.
  Solution Place(const PackingSolution& packed) const;

 private:
  struct Site {  // nodes alike, by place in the groups of their cluster
    int32_t j;
    std::vector<std::pair<size_t, int64_t>> groups;
  };
  // What makes nodes of a cluster alike.
  struct Kind {
    int32_t j, shape, pool, where;
    Amounts free;
    auto operator<=>(const Kind&) const = default;
  };
  static Kind KindOf(size_t j, const NodeGroup& g);
  void AddTypes(Nodes nodes);
  void AddItem(size_t k, int64_t pods);

  const Instance& instance_;
  std::vector<ClusterBins> bins_;
  std::vector<size_t> resources_;  // by dimension: in the order of their names
  PackingProblem problem_;
  std::map<Kind, int32_t> type_of_;
  std::vector<Site> sites_;        // by type
  std::vector<int32_t> class_of_;  // by item
  bool usable_ = false;
};

}  // namespace stowage::scheduler::columns
