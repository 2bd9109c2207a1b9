// What is left of the quotas while pods are placed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scheduler/placement/filters/filter.h"
#include "scheduler/placement/instance.h"

namespace stowage::scheduler {

class QuotaState {
 public:
  // Counts bound pods. `instance` must be prepared and outlive it.
  explicit QuotaState(const Instance& instance);

  // How many more pods of class `k` may go to cluster `j`: kMaxPods where no quota speaks of it.
  int64_t Room(size_t k, size_t j) const;
  // The same for pods that leave cluster `from` for it: what counts them in both lets them pass.
  int64_t RoomFrom(size_t k, size_t from, size_t j) const;
  // `pods` (negative: fewer) of the class are in the cluster.
  void Use(size_t k, size_t j, int64_t pods);
  // The same for pods that are bound to it.
  void UseBound(const BoundPods& bound, size_t j, int64_t pods);
  // The instance has one more class, its last.
  void Grow();
  // A cap that is passed.
  struct Excess {
    size_t quota, cap;  // places in Instance::quotas() and Quota::caps
    int64_t needed;     // what the cap would have to be; above kMaxAmount: more than it may be
  };
  // Caps that are passed by what came since `before`, a copy of this.
  std::vector<Excess> PassedSince(const QuotaState& before) const;
  // The first quota that has no room for one more pod. filters/quota.cc
  std::optional<Refusal> Check(size_t k, size_t j) const;

 private:
  int64_t RoomIn(size_t quota, const Amounts& demand) const;
  void Add(size_t quota, const Amounts& demand, int64_t pods);

  const Instance& instance_;
  std::vector<std::vector<char>> in_cluster_;  // by quota and cluster
  std::vector<std::vector<size_t>> of_class_;  // the quotas of its namespace, by class
  std::vector<std::vector<__int128>> used_;    // by quota and cap
};

}  // namespace stowage::scheduler
