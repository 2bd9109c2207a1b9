// Adoption: brings a solution onto clusters that are others than they were.
//
// Nodes are known again by their room, what they had free before our pods came, or else by their
// shape. Pods stay on their node where they still fit and are let in, else on any other of the
// cluster if no rule speaks of them. What is left over belongs nowhere any more.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "scheduler/solvers/lagrangian/past.h"

namespace stowage::scheduler::lagrangian {

class Adoption {
 public:
  // All must outlive it.
  Adoption(const Instance& instance, const Past& past, const Difference& difference)
      : instance_(instance), past_(past), difference_(difference) {}

  // `solution` speaks of past clusters and classes; of clusters as they are now, and of classes as
  // before, when this ends. Bins of clusters that did not change are moved over as they are.
  void Adopt(Solution& solution) const;

 private:
  struct Loose {  // pods without a node
    int32_t k;
    int64_t step, pods;
  };
  struct Homeless {  // nodes with pods of ours, and how many of them are not known again yet
    const NodeGroup* nodes;
    Amounts room;  // of each, without pods of ours
    int64_t left;
  };
  using Candidates = std::vector<size_t>;  // groups that had no pods of ours
  enum class Like { kSameNode, kGrownNode, kSameRoom, kSameShape };
  ClusterBins AdoptCluster(size_t j, const ClusterBins& before) const;
  Amounts RoomOf(size_t j, const NodeGroup& nodes) const;
  bool Suits(size_t j, const Homeless& before, const NodeGroup& to, Like like) const;
  void Fill(size_t j, Homeless& before, const Candidates& to, Like like, ClusterBins& bins,
            std::vector<Loose>& loose) const;
  void FillNodes(size_t j, const NodeGroup& before, size_t group, int64_t nodes, ClusterBins& bins,
                 std::vector<Loose>& loose) const;
  void PlaceLoose(size_t j, const std::vector<Loose>& loose, ClusterBins& bins) const;
  bool LetIn(int32_t k, size_t j, const NodeGroup& nodes) const;
  const Amounts& DemandOf(int32_t k, size_t j) const;

  const Instance& instance_;
  const Past& past_;
  const Difference& difference_;
};

}  // namespace stowage::scheduler::lagrangian
