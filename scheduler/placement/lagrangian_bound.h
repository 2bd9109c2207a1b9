// A lower bound on cost in which classes compete: the Lagrangian relaxation of all room.
//
// At prices p for room, with c(k, s) the cost of one pod of class k in room s:
//
//   sum over classes of count(k) min over s of (c(k, s) + p(s) . demand(k))
//   - sum over clusters of p . capacity - sum over pools of nodes_max max(0, p . node - node_hour)
//
// (a quota is a room of its own beside them: its pods pay for what they take of it, too)
// costs no more than any placement, whatever the prices; good ones (see prices.h) make it as good
// as the linear relaxation. A class takes no more of a room than fits there were it alone, and no
// more of a domain than its topology spread lets it; gangs that can never be placed count for
// nothing. Where tiers are not placed whole, the cheapest
// pods count. In integers. O(classes x rooms).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "scheduler/placement/rooms.h"
#include "scheduler/placement/solver.h"
#include "scheduler/placement/spread_level.h"

namespace stowage::scheduler {

class LagrangianBound {
 public:
  // `instance` and `rooms` must outlive it. Where `prices` do not know a room, it is free.
  LagrangianBound(const Instance& instance, const Rooms& rooms, const ShadowPrices& prices);
  // True: done.
  bool Step(Work& work);

  // When done: of any placement with as many pods by tier. 0 at the least.
  Money CostOf(const std::vector<int64_t>& placed) const;

 private:
  struct Segment {  // `pods` of one class for at least `each`
    int64_t each;
    int64_t pods;
  };
  void Price();
  void PriceQuotas(const ShadowPrices& prices);
  const std::vector<std::vector<int64_t>>& RatesOf(size_t k);
  void PriceClass(size_t tier, size_t k, Work& work);
  void FillDomains(size_t tier, const SpreadDomains& spread, int64_t count);
  void FillRooms(size_t k, int64_t count, Work& work);

  const Instance& instance_;
  const Rooms& rooms_;
  std::vector<std::vector<int64_t>> rates_;  // by room and resource
  std::vector<int64_t> quota_prices_;        // by row of Rooms::quotas()
  // The same with what quotas take, by the rows that speak of a class.
  std::map<std::vector<int32_t>, std::vector<std::vector<int64_t>>> quota_rates_;
  Wide room_value_ = 0;    // what all capacity is worth
  bool unusable_ = false;  // it is beyond all bills
  size_t next_class_ = 0;
  std::vector<int64_t> each_;  // of one class, by room; < 0: not there
  std::vector<Segment> found_;
  std::vector<std::vector<Segment>> segments_;  // by tier
  std::vector<Wide> more_;  // by tier: what spread costs beyond them, if all pods are placed
  std::vector<DomainOffer<int64_t>> domains_;
};

}  // namespace stowage::scheduler
