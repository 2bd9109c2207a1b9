// A proven lower bound on cost, and upper bounds on pods placed.
//
// Each class alone may use all the room that bound pods leave in a cluster (classes do not
// compete), and an elastic node may be bought in parts, by one resource that all classes pay alike.
// In each tier the cheapest pods are taken until as many are placed as the incumbent has. Every
// placement of the problem with that many pods per tier costs at least the sum. O(classes *
// groups).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "scheduler/placement/instance.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class BoundSearch {
 public:
  explicit BoundSearch(const Instance& instance) : instance_(instance) {}
  // True: done.
  bool Step(Work& work);

  // Below: when done.
  int64_t PlacedMax(size_t tier) const { return placed_max_[tier]; }
  Money CostOf(const std::vector<int64_t>& placed) const;  // by tier
  std::vector<std::string> Relaxed() const;

 private:
  struct Segment {  // `pods` of one class for at least `each`
    Money each;
    int64_t pods;
  };
  std::vector<Segment> SegmentsOf(size_t k, Work& work) const;
  void ChooseSurrogates();
  void FindOpenPools();

  const Instance& instance_;
  bool started_ = false;
  size_t next_class_ = 0;
  std::vector<std::vector<size_t>> surrogate_;  // by cluster and pool: the resource that pays
  std::vector<std::set<int32_t>> open_pools_;   // by cluster: those that bound pods have opened
  std::vector<std::vector<Segment>> segments_;  // by tier
  std::vector<int64_t> placed_max_;
};

}  // namespace stowage::scheduler
