#include "scheduler/solvers/packing/improve.h"

#include <algorithm>
#include <numeric>

#include "scheduler/solvers/packing/bound.h"

namespace stowage::scheduler::packing {
namespace {

constexpr int64_t kBinsMost = 4000;  // looked at one by one; of more only some of each kind
constexpr int64_t kAlikeMost = 16;

}  // namespace

Improve::Improve(const Core& core, Rng rng)
    : core_(core),
      scale_(core.scale),
      rng_(std::move(rng)),
      builder_(core),
      left_(core.items.size(), 0),
      value_(core.items.size(), 0) {
  for (const Core::Type& t : core.types) quota_.push_back(t.quantity);
}

void Improve::SetGuide(Guide guide) {
  guide_ = std::move(guide);
  // Room at its price for the cost: what is cheap to fill comes first.
  std::vector<double> yield;
  for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
    double worth = 0;
    for (int r = 0; r < core_.dimensions; ++r) {
      worth += static_cast<double>(guide_.prices[t][r]) * static_cast<double>(core_.room(t)[r]);
    }
    yield.push_back(worth / static_cast<double>(core_.types[t].cost + 1));
  }
  guide_.best_types.resize(core_.types.size());
  std::iota(guide_.best_types.begin(), guide_.best_types.end(), 0);
  std::stable_sort(guide_.best_types.begin(), guide_.best_types.end(),
                   [&](int32_t a, int32_t b) { return yield[a] > yield[b]; });
  for (size_t b = 0; b < bins_.size(); ++b) loss_[b] = Loss(bins_[b]);
}

int64_t Improve::Loss(const Bins& bins) const {
  int64_t loss = guide_.price[bins.type] + core_.TollsOf(bins.type, bins.loads) * scale_;
  for (const Load& load : bins.loads) loss -= guide_.value[core_.item_of[load.choice]] * load.count;
  return loss;
}

void Improve::Start(const std::vector<Bins>& bins) {
  bins_.clear();
  frozen_.clear();
  loss_.clear();
  cost_ = missing_ = 0;
  int64_t total = 0;
  for (size_t i = 0; i < left_.size(); ++i) missing_ += left_[i] = core_.items[i].demand;
  for (size_t t = 0; t < quota_.size(); ++t) quota_[t] = core_.types[t].quantity;
  for (const Bins& group : bins) total += group.count;
  for (const Bins& group : bins) {
    cost_ += core_.CostOf(group.type, group.loads) * group.count;
    quota_[group.type] -= group.count;
    for (const Load& load : group.loads) {
      left_[core_.item_of[load.choice]] -= load.count * group.count;
      missing_ -= load.count * group.count;
    }
    const int64_t apart = total <= kBinsMost ? group.count : std::min(group.count, kAlikeMost);
    for (int64_t n = 0; n < apart; ++n) {
      bins_.push_back({group.type, 1, group.loads});
      loss_.push_back(Loss(bins_.back()));
    }
    if (apart < group.count) frozen_.push_back({group.type, group.count - apart, group.loads});
  }
}

std::vector<Bins> Improve::Everything() const {
  std::vector<Bins> all = frozen_;
  all.insert(all.end(), bins_.begin(), bins_.end());
  return all;
}

std::vector<Bins> Improve::Keep(Rng& rng) const {
  std::vector<std::pair<double, size_t>> order;
  for (size_t b = 0; b < bins_.size(); ++b) {
    order.push_back({static_cast<double>(std::max<int64_t>(loss_[b], 1)) * rng.Uniform(), b});
  }
  std::sort(order.begin(), order.end());
  const uint64_t most = std::max<uint64_t>(std::min<uint64_t>(order.size(), 6), order.size() / 2);
  const uint64_t out = std::min<uint64_t>(order.size(), 3 + rng.Below(most));
  order.resize(order.size() - out);
  std::vector<Bins> kept = frozen_;
  for (const auto& [loss, b] : order) kept.push_back(bins_[b]);
  return kept;
}

int32_t Improve::Wasteful() {
  auto best = static_cast<int32_t>(rng_.Below(bins_.size()));
  for (int n = 0; n < 3; ++n) {
    const auto other = static_cast<int32_t>(rng_.Below(bins_.size()));
    if (loss_[other] > loss_[best]) best = other;
  }
  return best;
}

void Improve::Choose(int32_t count) {
  chosen_.clear();
  while (static_cast<int32_t>(chosen_.size()) < count) {
    const bool any = !chosen_.empty() && rng_.Below(2) == 0;
    const int32_t b = any ? static_cast<int32_t>(rng_.Below(bins_.size())) : Wasteful();
    if (std::find(chosen_.begin(), chosen_.end(), b) == chosen_.end()) {
      chosen_.push_back(b);
    } else if (rng_.Below(8) == 0) {
      break;
    }
  }
  std::sort(chosen_.begin(), chosen_.end());
}

// The values that the next try goes by: those of the guide, each a little off.
void Improve::Disturb(const std::vector<int32_t>& items) {
  static constexpr int64_t kNoise[] = {0, 4, 16, 64, 256};  // of 1024
  const int64_t noise = kNoise[rng_.Below(5)];
  for (const int32_t i : items) {
    const int64_t least = std::max<int64_t>(scale_ / 1024, 1);
    const int64_t value = std::max(guide_.value[i], least);
    value_[i] = value;
    if (noise > 0) value_[i] += value / 1024 * rng_.Between(-noise, noise);
  }
}

std::vector<int32_t> Improve::Types() {
  std::vector<int32_t> types;
  for (const int32_t b : chosen_) types.push_back(bins_[b].type);
  for (int n = 0; n < 6; ++n) {
    const uint64_t among = std::max<uint64_t>(guide_.best_types.size() >> rng_.Below(4), 1);
    types.push_back(guide_.best_types[rng_.Below(among)]);
  }
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

void Improve::Step() {
  work_ += 300;
  if (bins_.empty()) return;
  Choose(2 + static_cast<int32_t>(rng_.Below(std::min<uint64_t>(4, bins_.size()))));
  int64_t old_cost = 0;
  std::vector<int32_t> items;
  const auto take = [&](int32_t i, int64_t count) {
    if (left_[i] == 0) items.push_back(i);
    left_[i] += count;
  };
  if (missing_ > 0) {
    for (size_t i = 0; i < left_.size(); ++i) {
      if (left_[i] > 0) items.push_back(static_cast<int32_t>(i));
    }
  }
  for (const int32_t b : chosen_) {
    old_cost += core_.CostOf(bins_[b].type, bins_[b].loads);
    ++quota_[bins_[b].type];
    for (const Load& load : bins_[b].loads) take(core_.item_of[load.choice], load.count);
  }
  std::sort(items.begin(), items.end());
  Disturb(items);
  std::vector<Bins> built;
  Builder::Order order{.items = items,
                       .left = left_,
                       .quota = quota_,
                       .value = value_,
                       .prices = guide_.prices,
                       .types = Types(),
                       .floor = guide_.floor,
                       .ceiling = missing_ > 0 ? INT64_MAX : old_cost};
  builder_.Build(order, built);
  int64_t missing = 0, cost = 0;
  for (const int32_t i : items) missing += left_[i];
  for (const Bins& group : built) cost += core_.CostOf(group.type, group.loads) * group.count;
  if (missing < missing_ || (missing == missing_ && cost <= old_cost)) {
    cost_ += cost - old_cost;
    missing_ = missing;
    Replace(std::move(built));
  } else {
    Undo(built);
  }
}

void Improve::Undo(const std::vector<Bins>& built) {
  for (const Bins& group : built) {
    quota_[group.type] += group.count;
    for (const Load& load : group.loads) {
      left_[core_.item_of[load.choice]] += load.count * group.count;
    }
  }
  for (const int32_t b : chosen_) {
    --quota_[bins_[b].type];
    for (const Load& load : bins_[b].loads) left_[core_.item_of[load.choice]] -= load.count;
  }
}

void Improve::Replace(std::vector<Bins> built) {
  for (size_t n = chosen_.size(); n-- > 0;) {
    bins_[chosen_[n]] = std::move(bins_.back());
    loss_[chosen_[n]] = loss_.back();
    bins_.pop_back();
    loss_.pop_back();
  }
  for (Bins& group : built) {
    const int64_t loss = Loss(group);
    for (int64_t n = 0; n < group.count; ++n) {
      bins_.push_back({group.type, 1, group.loads});
      loss_.push_back(loss);
    }
  }
}

}  // namespace stowage::scheduler::packing
