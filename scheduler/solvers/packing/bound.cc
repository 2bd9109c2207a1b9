#include "scheduler/solvers/packing/bound.h"

#include <algorithm>
#include <set>

namespace stowage::scheduler::packing {
namespace {

constexpr int kRatioBits = 31;
constexpr int64_t kOne = int64_t{1} << kRatioBits;

int64_t Scaled(int64_t value, int64_t ratio) {
  return static_cast<int64_t>((static_cast<__int128>(value) * ratio) >> kRatioBits);
}

int64_t ScaledUp(int64_t value, int64_t ratio) {
  return static_cast<int64_t>((static_cast<__int128>(value) * ratio + kOne - 1) >> kRatioBits);
}

// The largest ratio <= 1 at which a fill's value is no more than the bin's cost.
int64_t RatioOf(int64_t cost, int64_t limit) {
  if (limit <= cost) return kOne;
  return static_cast<int64_t>((static_cast<__int128>(cost) << kRatioBits) / limit);
}

__int128 CostAt(const Core& core, std::span<const int64_t> value, std::span<const int64_t> limit,
                __int128 extra, int64_t scale, int64_t ratio) {
  __int128 sum = (extra * ratio) >> kRatioBits;
  for (size_t i = 0; i < core.items.size(); ++i) {
    sum += static_cast<__int128>(Scaled(value[i], ratio)) * core.items[i].demand;
  }
  // A limited type may be worth more than it costs: then all there are of it are taken off.
  for (size_t t = 0; t < core.types.size(); ++t) {
    const __int128 reduced =
        static_cast<__int128>(core.types[t].cost) * scale - ScaledUp(limit[t], ratio);
    if (reduced < 0) sum += reduced * core.types[t].quantity;
  }
  return sum;
}

}  // namespace

Proof Prove(const Core& core, std::span<const int64_t> value, std::span<const int64_t> limit,
            __int128 extra) {
  const int64_t scale = core.scale;
  int64_t ratio = kOne;
  std::set<int64_t> ratios;
  for (size_t t = 0; t < core.types.size(); ++t) {
    const int64_t own = RatioOf(core.types[t].cost * scale, limit[t]);
    if (core.types[t].limited) {
      ratios.insert(own);
    } else {
      ratio = std::min(ratio, own);
    }
  }
  ratios.insert(ratio);
  __int128 best = -1;
  int64_t best_ratio = ratio;
  for (const int64_t candidate : ratios) {
    if (candidate > ratio) break;
    const __int128 cost = CostAt(core, value, limit, extra, scale, candidate);
    if (cost <= best) continue;
    best = cost;
    best_ratio = candidate;
  }
  Proof proof;
  if (best > 0) proof.cost = static_cast<int64_t>((best + scale - 1) / scale);
  for (const int64_t v : value) proof.value.push_back(Scaled(v, best_ratio));
  for (size_t t = 0; t < core.types.size(); ++t) {
    proof.price.push_back(std::max(core.types[t].cost * scale, ScaledUp(limit[t], best_ratio)));
  }
  return proof;
}

}  // namespace stowage::scheduler::packing
