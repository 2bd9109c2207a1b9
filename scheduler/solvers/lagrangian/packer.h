// Packer: puts a plan onto nodes through a Layout, so that what it places is feasible.
//
// First the classes whose rules look at other pods, each in turn wherever it is
// cheapest at the shadow prices; then the plan, classes that want few pods on a node before all,
// then room by room, large pods first, none onto a node that would be left with too little of one
// resource for what is still to come; last what did not fit, large pods first, wherever there is
// room.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "scheduler/placement/layout.h"
#include "scheduler/solvers/lagrangian/price_search.h"

namespace stowage::scheduler::lagrangian {

class Packer {
 public:
  // All must outlive it; `prices` by room and resource. `by_tier`: higher tiers first, as there
  // must be where not all pods find room; nodes are packed better without.
  Packer(const Instance& instance, const Rooms& rooms, const Tables& tables,
         const std::vector<double>& prices, bool by_tier, Layout& layout);

  void Begin();
  // True: done, or (once) all pods that are not planned are placed, and the plan is asked for.
  bool Step(Work& work);
  bool needs_plan() const { return needs_plan_; }
  void SetPlan(std::vector<RoomShare> plan);

 private:
  enum class Phase { kRelated, kPlanned, kLeft };
  struct Entry {
    int32_t group;  // those of the least come first,
    double key;     // then the least key
    int32_t k, s;
    int64_t pods;
    int64_t per_node;  // at most; 0: any
  };
  void StartTier();
  void PlaceRelated(size_t k, Work& work);
  void PlaceByPoints(size_t k, Work& work);
  void PlaceAnywhere(size_t k, Work& work);
  int64_t Place(size_t k, size_t s, int64_t pods, Work& work, const NodeLimit* few = nullptr);
  void PlacePlanned(const Entry& e, Work& work);
  void SumUpRest();
  std::vector<std::pair<double, int32_t>> ByReducedCost(size_t k, Work& work);
  std::vector<std::pair<double, int32_t>> ReducedCostsOf(size_t k, Work& work);
  bool MayFit(size_t k, size_t j);
  double SizeOf(size_t k) const;

  const Instance& instance_;
  const Rooms& rooms_;
  const Tables& t_;
  const std::vector<double>& prices_;
  const bool by_tier_;
  Layout& layout_;
  ReducedCosts reduced_;
  struct Spare {  // no open node has more free
    std::optional<uint64_t> version;
    Amounts most;
  };
  std::vector<Spare> spare_;       // by cluster
  std::vector<double> mean_room_;  // by resource: of all rooms together
  std::vector<RoomShare> plan_;
  std::vector<int64_t> open_;  // by room: nodes that the plan opens
  size_t tier_ = 0, next_ = 0;
  Phase phase_ = Phase::kRelated;
  std::vector<Entry> entries_;
  std::vector<double> rest_;  // [entry][resource]: what the later entries of the same room ask for
  bool started_ = false, moved_ = false, needs_plan_ = true;
};

}  // namespace stowage::scheduler::lagrangian
