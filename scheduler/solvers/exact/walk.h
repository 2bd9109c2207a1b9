// Walk: all states that binding one pod after the other can reach, depth first.
//
// A state is which pods are on which nodes, nodes that are alike being one. Classes whose pods pass
// their filters in any order (room, anti-affinity and ports are symmetric) come last and one after
// the other, so that no order of theirs is tried twice.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "scheduler/placement/layout.h"
#include "scheduler/solvers/exact/cost_book.h"

namespace stowage::scheduler::exact {

class Walk {
 public:
  // `instance` must be prepared and outlive it. Looks for what is better than that many pods by
  // tier for that cost; gives up beyond `states_max` states.
  Walk(const Instance& instance, std::vector<int64_t> placed, Money cost, size_t states_max);

  // True: nothing more to try.
  bool Step(Work& work);

  // When done: it has not given up. Where pods share devices it does so at once: it does not try
  // which pods to put together there.
  bool whole() const { return whole_; }
  // The best that was found since the last call; nullopt: none.
  std::optional<Solution> Take() { return std::exchange(found_, std::nullopt); }
  // Of the best, found here or given. When whole: no placement is better.
  const std::vector<int64_t>& placed() const { return best_placed_; }
  Money cost() const { return {best_cost_}; }

 private:
  struct Frame {
    // How this state came about; nullopt: the first, or on to the next class.
    std::optional<Layout::Single> came;
    int32_t phase_before;
    size_t j_before;
    int32_t where = ClusterBins::kStanding;  // onto which nodes, as Instance::RoomCost takes it
    // What is tried next: place in `order`, cluster, group.
    size_t at = 0, j = 0, group = 0;
    bool went_on = false;
  };
  struct GangRule {
    const Gang* gang;
    std::vector<size_t> classes;
    std::vector<int64_t> bound;  // by cluster
  };

  void FindOrder();
  void FindGangs();
  bool Enter();
  bool Next(Work& work);
  bool TryOne(Frame& frame);
  void Leave();
  void Count(const Layout::Single& single, int32_t where, int64_t pods);
  bool Hopeless() const;
  int64_t StillFits(size_t k) const;
  bool MayStillCome(size_t k) const;
  bool GangsAreWhole() const;
  std::string Key() const;

  const Instance& instance_;
  const size_t states_max_;
  CostBook costs_;
  Layout layout_;
  std::vector<size_t> ordered_, free_;  // classes
  std::vector<size_t> tier_of_, free_at_;
  std::vector<GangRule> gangs_;
  int32_t phase_ = -1;  // -1: of ordered_; else place in free_
  size_t j_ = 0;        // in a phase of free_: the first cluster to look at
  std::vector<Frame> frames_;
  std::unordered_set<std::string> seen_;
  bool started_ = false, whole_ = true;

  std::vector<std::vector<int64_t>> in_cluster_;                    // pods by class and cluster
  std::map<std::tuple<size_t, size_t, int32_t>, int64_t> in_room_;  // by class, cluster, where
  std::vector<int64_t> placed_;                                     // by tier
  int64_t cost_ = 0;                                                // the bill
  int64_t shared_ = 0;  // the least it can be, if nodes of pools are paid for in parts
  std::vector<int64_t> best_placed_;
  int64_t best_cost_;
  std::optional<Solution> found_;
};

}  // namespace stowage::scheduler::exact
