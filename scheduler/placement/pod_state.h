// PodState: how many pods each counter of the Rules counts, by domain, while clusters are packed.
//
// Counts of single nodes are read off the groups of nodes; all others are kept here and must be
// told what was placed. Which domains exist follows the nodes: a pool's nodes are there once open.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/placement/bins.h"
#include "scheduler/placement/rules.h"

namespace stowage::scheduler {

// Nodes that are alike, in cluster `j`.
struct Site {
  size_t j;
  const NodeGroup& nodes;
};

class PodState {
 public:
  // Counts what is packed in `bins` and what their clusters run besides. All must outlive it.
  PodState(const Rules& rules, const std::vector<const ClusterView*>& clusters,
           const std::vector<ClusterBins>& bins);

  // Pods of class `k` have been packed there. To be told of all classes: any may open nodes.
  void Add(size_t k, size_t j, const Landing& landing);
  // Pods of class `k` have left nodes of the landing's place, as the bins show already. `closed`:
  // no node of the place is open any more.
  void Undo(size_t k, size_t j, const Landing& landing, bool closed);
  // The rules have grown by class `k`, which has no pods yet.
  void Grow(size_t k);
  // As if bound pods (by place in ClusterView::bound) had left the landing's nodes; negative: come.
  void Evict(size_t bound, size_t j, const Landing& landing);
  // Nodes of the landing's place have been there before.
  bool Shown(size_t j, const Landing& landing) const {
    return rules_.empty() || shown_[PlaceOf(j, landing)] != 0;
  }

  // Pods that the counter counts in the domain of the site's nodes: on one of them where the domain
  // is the node. -1: they are in no domain.
  int64_t Count(int32_t counter, const Site& site) const;
  // Pods of the counter in any domain (kept for counters of whole domains and of nodes alike).
  int64_t Total(int32_t counter) const { return totals_[counter]; }
  // Of a spread constraint: the least count of its domains, were a pod to go to the site.
  int64_t Least(const PodRules::Spread& spread, const Site& site) const;
  // The least count of the domains that are there. Of counters of whole domains, with presence.
  int64_t LeastNow(int32_t counter) const { return LowestOfDomains(counter).least; }
  bool OnNode(int32_t counter) const { return rules_.counters()[counter].topology == Rules::kHost; }
  uint64_t version() const { return version_; }  // grows with every Add
  const Rules& rules() const { return rules_; }

 private:
  struct Lowest {  // over nodes or domains that count
    int64_t least = 0;
    int64_t domains = 0;
  };
  struct HostLowest {
    bool known = false;
    Lowest lowest;
  };
  size_t AddCounters();
  void Count(size_t from);
  void CountUnpacked(size_t j, size_t from);
  void Raise(const std::vector<int32_t>& counters, size_t j, size_t place, int64_t pods,
             size_t from = 0);
  void Show(size_t place, bool exist);
  void NodesChanged(size_t j);
  void ForgetHosts(int32_t counter, size_t j);
  size_t PlaceOf(size_t j, const Landing& landing) const;
  int64_t OnOne(int32_t counter, size_t j, const NodeGroup& nodes) const;
  Lowest LowestOfDomains(int32_t counter) const;
  Lowest LowestOfHosts(int32_t counter) const;
  const HostLowest& HostsOf(int32_t counter, size_t j) const;

  const Rules& rules_;
  const std::vector<const ClusterView*>& clusters_;
  const std::vector<ClusterBins>& bins_;
  std::vector<std::vector<int64_t>> counts_;  // by counter and domain
  std::vector<int64_t> totals_;               // by counter
  // By cluster that is one node (empty: there is none): its bound pods that it has no room for, by
  // place in ClusterView::bound. They are on it all the same.
  std::vector<std::vector<int64_t>> crowds_;
  std::vector<char> shown_;                                   // by place
  std::vector<std::vector<int32_t>> present_;                 // by presence and domain
  mutable std::vector<Lowest> domain_lowest_;                 // by counter; domains < 0: not known
  mutable std::vector<std::vector<HostLowest>> host_lowest_;  // by counter and cluster
  std::vector<int32_t> host_spread_;              // counters of spread over single nodes
  mutable std::vector<HostLowest> fleet_lowest_;  // by counter
  uint64_t version_ = 1;
};

}  // namespace stowage::scheduler
