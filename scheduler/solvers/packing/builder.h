// Builder: packs given items into new bins, one after the other. Each is the fill that costs least
// for its value, of the types tried, in the cheapest type that holds it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/core.h"
#include "scheduler/solvers/packing/knapsack.h"

namespace stowage::scheduler::packing {

class Builder {
 public:
  // `core` must outlive this.
  explicit Builder(const Core& core);

  struct Order {
    std::vector<int32_t> items;                    // what to pack: each once
    std::vector<int64_t>& left;                    // [item] how many; those packed are taken off
    std::vector<int64_t>& quota;                   // [type] how many may be opened; likewise
    Values value;                                  // [item] guides the choice
    std::span<const std::vector<int64_t>> prices;  // [type] of room, by those values
    std::vector<int32_t> types;   // to try first; all are tried where these do not do
    Values floor;                 // [item] what items cost at least; times the scale
    int64_t ceiling = INT64_MAX;  // give up when it must cost more
    int64_t nodes = 200;          // of one knapsack
  };
  // False: it gave up, or what is left finds no room; what it packed is in `out` all the same.
  bool Build(Order& order, std::vector<Bins>& out);

  // The type with quota on which the loads cost least; `type` itself if none is cheaper.
  int32_t Cheapest(int32_t type, const Loads& loads, std::span<const int64_t> quota) const;

  int64_t work() const { return knapsack_.work() + work_; }

 private:
  bool Holds(int32_t type, const Loads& loads, std::span<const int64_t> used) const;
  bool Choose(const Order& order, std::span<const int32_t> types, Bins& best);
  bool ChooseDear(const Order& order, Bins& best);
  void Take(Order& order, Bins& bins);
  bool Hopeless(const Order& order, int64_t cost) const;

  const Core& core_;
  const int64_t scale_;
  Knapsack knapsack_;
  std::vector<int32_t> by_cost_;
  int64_t work_ = 0;
};

}  // namespace stowage::scheduler::packing
