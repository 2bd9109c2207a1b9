#include "scheduler/solvers/packing/knapsack.h"

#include <algorithm>

namespace stowage::scheduler::packing {
namespace {

constexpr int64_t kSaturated = int64_t{1} << 62;
constexpr size_t kGroupsMax = 2000;  // of one search: the depth of its recursion

}  // namespace

Knapsack::Knapsack(const Core& core) : core_(core), room_(core.dimensions) {}

std::vector<int64_t> Knapsack::Prices(int32_t type, Values value, Values left) {
  RoomPrices relaxation(core_, type, value, left);
  std::vector<int64_t> prices = relaxation.Solve();
  parts_ = relaxation.Parts();
  work_ += relaxation.work();
  return prices;
}

int64_t Knapsack::Relaxed(int32_t type, Values value, Values left,
                          std::span<const int64_t> prices) {
  work_ += 4 * static_cast<int64_t>(core_.choices());
  __int128 sum = 0;
  for (int r = 0; r < core_.dimensions; ++r) {
    sum += static_cast<__int128>(prices[r]) * core_.room(type)[r];
  }
  for (size_t i = 0; i < core_.items.size(); ++i) {
    const int64_t worth = value[i] - core_.toll(type, static_cast<int32_t>(i));
    if (left[i] == 0 || worth <= 0) continue;
    int64_t gain = 0, most = 0;
    for (int32_t k = core_.items[i].first; k < core_.items[i].last; ++k) {
      const int32_t fit = core_.fit(type, k);
      if (fit == 0) continue;
      most += fit;
      gain = std::max(gain, worth - PriceOf(core_.size(k), prices));
    }
    sum += static_cast<__int128>(gain) * std::min(most, left[i]);
  }
  return sum >= kSaturated ? kSaturated : static_cast<int64_t>(sum);
}

void Knapsack::Order(int64_t budget) {
  from_.Order(budget);
  if (from_.groups.size() > kGroupsMax) {
    complete_ = false;
    std::erase_if(from_.groups, [](const Candidates::Group& g) { return g.gain < 0; });
    if (from_.groups.size() > kGroupsMax) from_.groups.resize(kGroupsMax);
  }
  taken_.assign(from_.groups.size(), 0);
  rest_ = from_.Rest();
  work_ += 40 * static_cast<int64_t>(from_.groups.size());
}

void Knapsack::Finish(int64_t worth) {
  for (int r = 0; r < core_.dimensions; ++r) worth -= prices_[r] * room_[r];
  if (worth <= best_value_ && tried_) return;
  tried_ = true;
  Complete(worth);
}

// Fills what room is left with whatever fits, the items nearest to being wanted first.
void Knapsack::Complete(int64_t worth) {
  work_ += 8 * static_cast<int64_t>(from_.groups.size());
  const std::vector<int64_t> room = room_;
  const size_t depth = chosen_.size();
  for (size_t g = from_.groups.size(); g-- > 0;) {
    int64_t left = from_.groups[g].most - taken_[g];
    for (int32_t o = from_.groups[g].first; o < from_.groups[g].last && left > 0; ++o) {
      const int64_t most = Fitting(from_.options[o], left);
      if (most <= 0) continue;
      const auto size = core_.size(from_.options[o].choice);
      for (int r = 0; r < core_.dimensions; ++r) room_[r] -= most * size[r];
      worth +=
          most * (from_.options[o].gain + PriceOf(core_.size(from_.options[o].choice), prices_));
      chosen_.push_back({from_.options[o].choice, most});
      left -= most;
    }
  }
  if (worth > best_value_) {
    best_value_ = worth;
    best_ = chosen_;
  }
  chosen_.resize(depth);
  room_ = room;
}

int64_t Knapsack::Fitting(const Candidates::Option& option, int64_t left) const {
  const auto size = core_.size(option.choice);
  int64_t most = std::min(option.most, left);
  for (int r = 0; r < core_.dimensions; ++r) {
    if (size[r] > 0 && most * size[r] > room_[r]) most = room_[r] / size[r];
  }
  return most;
}

// `worth`: the value so far and the room that is left at its price.
void Knapsack::Dive(size_t group, int32_t option, int64_t left, int64_t worth) {
  if (group == from_.groups.size()) return Finish(worth);
  if (--nodes_ < 0) {
    complete_ = false;
    return Finish(worth);
  }
  const Candidates::Option& o = from_.options[option];
  const auto size = core_.size(o.choice);
  const int64_t most = Fitting(o, left);
  const bool wanted = o.gain >= 0;
  for (int64_t step = 0; step <= most; ++step) {
    const int64_t count = wanted ? most - step : step;
    const int64_t after = worth + count * o.gain;
    const int64_t others = left - count;
    const bool more = option + 1 < from_.groups[group].last;
    const int64_t hope =
        more ? std::max<int64_t>(from_.options[option + 1].gain, 0) * others : int64_t{0};
    if (after + hope + rest_[group + 1] <= best_value_) {
      if (!more || !wanted) break;
      continue;
    }
    for (int r = 0; r < core_.dimensions; ++r) room_[r] -= count * size[r];
    if (count > 0) chosen_.push_back({o.choice, count});
    taken_[group] += count;
    DiveNext(group, option, others, after);
    taken_[group] -= count;
    if (count > 0) chosen_.pop_back();
    for (int r = 0; r < core_.dimensions; ++r) room_[r] += count * size[r];
    if (nodes_ < 0) return;
  }
}

void Knapsack::DiveNext(size_t group, int32_t option, int64_t left, int64_t worth) {
  if (left > 0 && option + 1 < from_.groups[group].last)
    return Dive(group, option + 1, left, worth);
  ++group;
  if (group == from_.groups.size()) return Finish(worth);
  Dive(group, from_.groups[group].first, from_.groups[group].most, worth);
}

Fill Knapsack::Solve(const FillTask& task, int64_t nodes) {
  from_.Collect(core_, task);
  prices_ = task.prices;
  work_ += 50 + 10 * static_cast<int64_t>(task.items.size());
  Fill fill;
  if (from_.relaxed <= task.enough || from_.groups.empty()) return fill;
  std::copy_n(core_.room(task.type).begin(), room_.size(), room_.begin());
  best_.clear();
  chosen_.clear();
  complete_ = true;
  tried_ = false;
  best_value_ = task.enough;
  nodes_ = nodes;
  Order(from_.relaxed - task.enough);
  const auto& groups = from_.groups;
  if (!groups.empty()) Dive(0, groups[0].first, groups[0].most, from_.empty);
  work_ += 15 * (nodes - std::max<int64_t>(nodes_, 0));
  fill.loads = best_;
  Merge(fill.loads);
  fill.value = best_.empty() ? 0 : best_value_;
  fill.limit = complete_ ? best_value_ : from_.relaxed;
  return fill;
}

}  // namespace stowage::scheduler::packing
