// ShadowPrices: what more room would be worth, and so what a pod takes from the others by using it.
//
// One price for each cluster and resource, those of the dual of the capacity constraints: the
// reduced cost of a pod in a cluster is its cost there plus Of(its demand). Where room is not
// scarce the price is 0. They steer choices and prove bounds; no bill has them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/model/money.h"
#include "scheduler/model/resources.h"

namespace stowage::scheduler {

// The prices of one cluster's standing nodes, or of the nodes of one of its pools.
struct RoomPrices {
  // By resource, >= 0: an hour, for 2^shift units of it (ShadowPrices::shift). What lies beyond the
  // end is 0.
  std::vector<Money> of;
};

struct ShadowPrices {
  // Clusters by name, sorted; the lists below are in this order.
  std::vector<std::string> clusters;
  std::vector<RoomPrices> standing;  // of all standing nodes together: the mean of their parts
  // Nodes that only some classes may use have prices of their own. By cluster: parts of its nodes
  // (standing ones, then open ones of each pool), and the part of each of ClusterBins::kinds(); -1:
  // none of its nodes is standing, or nobody may use them.
  std::vector<std::vector<RoomPrices>> parts;
  std::vector<std::vector<int32_t>> part_of_kind;
  // By cluster and place in ClusterView::pools: nodes that have to be opened first. Where they are
  // bought in quantity, a node's worth costs as much as the node.
  std::vector<std::vector<RoomPrices>> pools;
  // What more room in a quota would be worth, where it is worth anything: for what its pods take of
  // `resource`. Pods that a quota covers pay it beside what they pay for room.
  struct OfQuota {
    std::string quota;
    size_t resource;
    Money price;  // > 0; an hour, for 2^shift units
  };
  std::vector<OfQuota> quotas;
  // By resource: a price of less than one nano-currency for a unit is still exact to many digits.
  std::vector<int> shift;

  bool empty() const { return standing.empty(); }
  // Of `demand`, an hour, at these prices: each product rounded down, capped at kMaxBill.
  Money Of(const RoomPrices& room, const Amounts& demand) const {
    __int128 sum = 0;
    for (size_t r = 0; r < std::min(room.of.size(), demand.size()); ++r) {
      sum += (static_cast<__int128>(room.of[r].nano) * demand[r]) >> shift[r];
    }
    return {static_cast<int64_t>(std::min<__int128>(sum, kMaxBill.nano))};
  }
};

}  // namespace stowage::scheduler
