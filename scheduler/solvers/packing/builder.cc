#include "scheduler/solvers/packing/builder.h"

#include <algorithm>
#include <numeric>

#include "scheduler/solvers/packing/bound.h"

namespace stowage::scheduler::packing {

Builder::Builder(const Core& core)
    : core_(core), scale_(core.scale), knapsack_(core), by_cost_(core.types.size()) {
  std::iota(by_cost_.begin(), by_cost_.end(), 0);
  std::stable_sort(by_cost_.begin(), by_cost_.end(),
                   [&](int32_t a, int32_t b) { return core.types[a].cost < core.types[b].cost; });
}

int32_t Builder::Cheapest(int32_t type, const Loads& loads, std::span<const int64_t> quota) const {
  std::vector<int64_t> used(core_.dimensions, 0);
  for (const Load& load : loads) {
    for (int r = 0; r < core_.dimensions; ++r) used[r] += load.count * core_.size(load.choice)[r];
  }
  int64_t least = core_.CostOf(type, loads);
  for (const int32_t t : by_cost_) {
    if (core_.types[t].cost >= least) break;
    if (quota[t] <= 0 || !Holds(t, loads, used)) continue;
    const int64_t cost = core_.CostOf(t, loads);
    if (cost >= least) continue;
    least = cost;
    type = t;
  }
  return type;
}

bool Builder::Holds(int32_t type, const Loads& loads, std::span<const int64_t> used) const {
  return std::equal(used.begin(), used.end(), core_.room(type).begin(), std::less_equal<>()) &&
         std::all_of(loads.begin(), loads.end(),
                     [&](const Load& load) { return core_.fit(type, load.choice) > 0; });
}

// Of the types tried the fill with the least cost for its value; of equal ones the first.
bool Builder::Choose(const Order& order, std::span<const int32_t> types, Bins& best) {
  int64_t best_value = 0;
  for (const int32_t t : types) {
    if (order.quota[t] <= 0) continue;
    // Enough to be better than what is there.
    const int64_t cost = core_.types[t].cost;
    int64_t enough = 0;
    if (best_value > 0) {
      const int64_t other = core_.types[best.type].cost;
      if (other > 0) {
        enough = static_cast<int64_t>(
            std::min<__int128>(static_cast<__int128>(best_value) * cost / other, int64_t{1} << 61));
      } else if (cost > 0) {
        continue;
      } else {
        enough = best_value;
      }
    }
    Fill fill = knapsack_.Solve({.type = t,
                                 .value = order.value,
                                 .left = order.left,
                                 .items = order.items,
                                 .prices = order.prices[t],
                                 .enough = enough},
                                order.nodes);
    if (fill.loads.empty()) continue;
    best_value = fill.value;
    best = {t, 1, std::move(fill.loads)};
  }
  return best_value > 0;
}

// Where what items cost on any bin is more than they seem to be worth: all are worth that much
// more.
bool Builder::ChooseDear(const Order& order, Bins& best) {
  if (!core_.has_tolls()) return false;
  std::vector<int64_t> value(order.value.begin(), order.value.end());
  for (const int32_t i : order.items) value[i] += core_.highest_toll(i);
  Order dear = order;
  dear.value = value;
  return Choose(dear, by_cost_, best);
}

void Builder::Take(Order& order, Bins& bins) {
  bins.type = Cheapest(bins.type, bins.loads, order.quota);
  int64_t count = order.quota[bins.type];
  for (size_t l = 0; l < bins.loads.size();) {
    const int32_t i = core_.item_of[bins.loads[l].choice];
    int64_t each = 0;
    for (; l < bins.loads.size() && core_.item_of[bins.loads[l].choice] == i; ++l) {
      each += bins.loads[l].count;
    }
    count = std::min(count, order.left[i] / each);
  }
  bins.count = count;
  for (const Load& load : bins.loads) order.left[core_.item_of[load.choice]] -= load.count * count;
  order.quota[bins.type] -= count;
}

bool Builder::Hopeless(const Order& order, int64_t cost) const {
  if (order.ceiling == INT64_MAX) return false;
  __int128 least = static_cast<__int128>(cost) * scale_;
  for (const int32_t i : order.items) {
    least += static_cast<__int128>(order.floor[i]) * order.left[i];
  }
  // More than the ceiling less one unit of cost is more than what would be accepted.
  return least > static_cast<__int128>(order.ceiling) * scale_;
}

bool Builder::Build(Order& order, std::vector<Bins>& out) {
  int64_t cost = 0;
  for (;;) {
    std::erase_if(order.items, [&](int32_t i) { return order.left[i] == 0; });
    if (order.items.empty()) return true;
    if (Hopeless(order, cost)) return false;
    work_ += 100;
    Bins best;
    if (!Choose(order, order.types, best) && !Choose(order, by_cost_, best) &&
        !ChooseDear(order, best)) {
      return false;
    }
    Take(order, best);
    cost += core_.CostOf(best.type, best.loads) * best.count;
    out.push_back(std::move(best));
  }
}

}  // namespace stowage::scheduler::packing
