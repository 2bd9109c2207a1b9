#include "scheduler/solvers/packing/knapsack.h"

#include <algorithm>

#include "scheduler/solvers/packing/room_prices.h"

namespace stowage::scheduler::packing {
namespace {

constexpr int64_t kSaturated = int64_t{1} << 62;
constexpr size_t kGroupsMax = 2000;  // of one search: the depth of its recursion

}  // namespace

Knapsack::Knapsack(const Core& core) : core_(core), room_(core.dimensions) {}

int64_t Knapsack::Price(int32_t choice) const {
  const auto size = core_.size(choice);
  int64_t price = 0;
  for (int r = 0; r < core_.dimensions; ++r) price += prices_[r] * size[r];
  return price;
}

std::vector<int64_t> Knapsack::Prices(int32_t type, Values value, Values left) {
  RoomPrices relaxation(core_, type, value, left);
  std::vector<int64_t> prices = relaxation.Solve();
  work_ += relaxation.work();
  return prices;
}

int64_t Knapsack::Relaxed(int32_t type, Values value, Values left,
                          std::span<const int64_t> prices) {
  work_ += 4 * static_cast<int64_t>(core_.choices());
  prices_ = prices;
  __int128 sum = 0;
  for (int r = 0; r < core_.dimensions; ++r) {
    sum += static_cast<__int128>(prices[r]) * core_.room(type)[r];
  }
  for (size_t i = 0; i < core_.items.size(); ++i) {
    if (left[i] == 0 || value[i] == 0) continue;
    int64_t gain = 0, most = 0;
    for (int32_t k = core_.items[i].first; k < core_.items[i].last; ++k) {
      const int32_t fit = core_.fit(type, k);
      if (fit == 0) continue;
      most += fit;
      gain = std::max(gain, value[i] - Price(k));
    }
    sum += static_cast<__int128>(gain) * std::min(most, left[i]);
  }
  return sum >= kSaturated ? kSaturated : static_cast<int64_t>(sum);
}

void Knapsack::Collect(const Task& task) {
  options_.clear();
  groups_.clear();
  prices_ = task.prices;
  for (const int32_t i : task.items) {
    const int64_t left = task.left[i], value = task.value[i];
    if (left == 0 || value == 0) continue;
    const auto first = static_cast<int32_t>(options_.size());
    int64_t most = 0;
    for (int32_t k = core_.items[i].first; k < core_.items[i].last; ++k) {
      const int64_t fit = std::min<int64_t>(core_.fit(task.type, k), left);
      if (fit == 0) continue;
      options_.push_back({k, value - Price(k), fit});
      most += fit;
    }
    const auto last = static_cast<int32_t>(options_.size());
    if (first == last) continue;
    std::sort(options_.begin() + first, options_.end(), [](const Option& a, const Option& b) {
      return a.gain != b.gain ? a.gain > b.gain : a.choice < b.choice;
    });
    groups_.push_back({first, last, std::min(most, left), options_[first].gain});
  }
  work_ += 50 + 10 * static_cast<int64_t>(task.items.size());
}

// Items whose every use costs more than `budget` cannot be in a fill that is good enough.
void Knapsack::Order(int64_t budget) {
  std::erase_if(groups_, [&](const Group& g) { return -g.gain > budget; });
  const auto certainty = [](const Group& g) { return g.gain < 0 ? -g.gain : g.gain; };
  std::sort(groups_.begin(), groups_.end(), [&](const Group& a, const Group& b) {
    return certainty(a) != certainty(b) ? certainty(a) > certainty(b) : a.first < b.first;
  });
  if (groups_.size() > kGroupsMax) {
    complete_ = false;
    std::erase_if(groups_, [](const Group& g) { return g.gain < 0; });
    if (groups_.size() > kGroupsMax) groups_.resize(kGroupsMax);
  }
  rest_.assign(groups_.size() + 1, 0);
  for (size_t g = groups_.size(); g-- > 0;) {
    rest_[g] = rest_[g + 1] + std::max<int64_t>(groups_[g].gain, 0) * groups_[g].most;
  }
  work_ += 40 * static_cast<int64_t>(groups_.size());
}

void Knapsack::Finish(int64_t worth) {
  for (int r = 0; r < core_.dimensions; ++r) worth -= prices_[r] * room_[r];
  if (worth <= best_value_) return;
  best_value_ = worth;
  best_ = chosen_;
}

// `worth`: the value so far and the room that is left at its price.
void Knapsack::Dive(size_t group, int32_t option, int64_t left, int64_t worth) {
  if (group == groups_.size()) return Finish(worth);
  if (--nodes_ < 0) {
    complete_ = false;
    return Finish(worth);
  }
  const Option& o = options_[option];
  const auto size = core_.size(o.choice);
  int64_t most = std::min(o.most, left);
  for (int r = 0; r < core_.dimensions; ++r) {
    if (size[r] > 0 && most * size[r] > room_[r]) most = room_[r] / size[r];
  }
  const bool wanted = o.gain >= 0;
  for (int64_t step = 0; step <= most; ++step) {
    const int64_t count = wanted ? most - step : step;
    const int64_t after = worth + count * o.gain;
    const int64_t others = left - count;
    const bool more = option + 1 < groups_[group].last;
    const int64_t hope =
        more ? std::max<int64_t>(options_[option + 1].gain, 0) * others : int64_t{0};
    if (after + hope + rest_[group + 1] <= best_value_) {
      if (!more || !wanted) break;
      continue;
    }
    for (int r = 0; r < core_.dimensions; ++r) room_[r] -= count * size[r];
    if (count > 0) chosen_.push_back({o.choice, count});
    DiveNext(group, option, others, after);
    if (count > 0) chosen_.pop_back();
    for (int r = 0; r < core_.dimensions; ++r) room_[r] += count * size[r];
    if (nodes_ < 0) return;
  }
}

void Knapsack::DiveNext(size_t group, int32_t option, int64_t left, int64_t worth) {
  if (left > 0 && option + 1 < groups_[group].last) return Dive(group, option + 1, left, worth);
  ++group;
  if (group == groups_.size()) return Finish(worth);
  Dive(group, groups_[group].first, groups_[group].most, worth);
}

Knapsack::Fill Knapsack::Solve(const Task& task) {
  Collect(task);
  int64_t start = 0;
  for (int r = 0; r < core_.dimensions; ++r) {
    room_[r] = core_.room(task.type)[r];
    start += prices_[r] * room_[r];
  }
  int64_t relaxed = start;
  for (const Group& g : groups_) relaxed += std::max<int64_t>(g.gain, 0) * g.most;
  Fill fill;
  if (relaxed <= task.enough || groups_.empty()) return fill;
  best_.clear();
  chosen_.clear();
  complete_ = true;
  best_value_ = task.enough;
  nodes_ = task.nodes;
  Order(relaxed - task.enough);
  if (!groups_.empty()) Dive(0, groups_[0].first, groups_[0].most, start);
  work_ += 15 * (task.nodes - std::max<int64_t>(nodes_, 0));
  fill.loads = best_;
  std::sort(fill.loads.begin(), fill.loads.end(),
            [](const Load& a, const Load& b) { return a.choice < b.choice; });
  fill.value = best_.empty() ? 0 : best_value_;
  fill.limit = complete_ ? best_value_ : relaxed;
  return fill;
}

}  // namespace stowage::scheduler::packing
