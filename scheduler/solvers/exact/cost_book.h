// CostBook: what pods are billed, one more at a time, and the least that one more can cost.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "scheduler/placement/instance.h"

namespace stowage::scheduler::exact {

class CostBook {
 public:
  explicit CostBook(const Instance& instance);  // prepared; must outlive it

  // Nano-currency an hour for `pods` pods of the class in the cluster; and for so many of them
  // `where` says, as Instance::RoomCost takes it.
  int64_t ForCluster(size_t k, size_t j, int64_t pods);
  int64_t ForRoom(size_t k, size_t j, int32_t where, int64_t pods);

  // One more pod, rounded down. On a node that is opened it pays its share of the node by one
  // resource, the same for all classes.
  int64_t Shared(size_t k, size_t j, int32_t where);
  // The cheapest of all places: with that share; and if nodes of pools were free.
  int64_t LeastShared(size_t k) const { return least_shared_[k]; }
  int64_t LeastFree(size_t k) const { return least_free_[k]; }

 private:
  using Place = std::tuple<size_t, size_t, int32_t>;  // class, cluster, where
  int64_t OnPaid(size_t k, size_t j, int32_t where) const;
  int64_t Share(size_t k, size_t j, int32_t where) const;
  void FindLeast(size_t k);

  const Instance& instance_;
  std::map<Place, std::vector<int64_t>> for_room_;  // by pods; -1: not known yet
  std::map<std::pair<size_t, size_t>, std::vector<int64_t>> for_cluster_;
  std::map<Place, int64_t> shared_;
  std::vector<std::vector<size_t>> surrogate_;  // by cluster and pool
  std::vector<int64_t> least_shared_, least_free_;
};

}  // namespace stowage::scheduler::exact
