// CostBook: what pods are billed, one more at a time, and the least that one more can cost.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/placement/instance.h"

namespace stowage::scheduler::exact {

class CostBook {
 public:
  explicit CostBook(const Instance& instance);  // prepared; must outlive it

  // Nano-currency an hour for `pods` pods of the class in the cluster; for those of them on
  // standing nodes.
  int64_t ForCluster(size_t k, size_t j, int64_t pods);
  int64_t ForRoom(size_t k, size_t j, int64_t pods);

  // Below: one more pod, rounded down. On a standing node; on a node of the pool, of which the pod
  // pays its share by one resource, the same for all classes.
  int64_t Standing(size_t k, size_t j) const { return standing_[Pair(k, j)]; }
  int64_t Shared(size_t k, size_t j, size_t pool) const;
  // On a node that is paid for.
  int64_t OnOpen(size_t k, size_t j) const { return on_pool_[Pair(k, j)]; }
  // The cheapest of all places: of both kinds; and if nodes of pools were free.
  int64_t LeastShared(size_t k) const { return least_shared_[k]; }
  int64_t LeastFree(size_t k) const { return least_free_[k]; }

 private:
  size_t Pair(size_t k, size_t j) const { return k * clusters_ + j; }
  void FindLeast(size_t k);

  const Instance& instance_;
  const size_t clusters_;
  std::vector<std::vector<int64_t>> for_cluster_, for_room_;  // by pair and pods; -1: not known yet
  std::vector<int64_t> standing_, on_pool_;                   // by pair
  std::vector<std::vector<size_t>> surrogate_;                // by cluster and pool
  std::vector<int64_t> least_shared_, least_free_;
};

}  // namespace stowage::scheduler::exact
