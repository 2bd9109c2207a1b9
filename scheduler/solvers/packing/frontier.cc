#include "scheduler/solvers/packing/frontier.h"

#include <algorithm>

namespace stowage::scheduler::packing {
namespace {

constexpr int64_t kMarksMax = 8'000'000;  // of one search
constexpr int64_t kSlice = 1'000'000;     // nanoseconds

}  // namespace

Frontier::Frontier(const Core& core)
    : core_(core), d_(static_cast<size_t>(core.dimensions)), room_(d_) {}

// Where an item's number is wide open, it is decided part by part: 1, 2, 4 ... and a rest.
void Frontier::Split(int64_t budget) {
  const size_t whole = from_.groups.size();
  for (size_t g = 0; g < whole; ++g) {
    const Candidates::Group group = from_.groups[g];
    if (group.last - group.first > 1 || group.most <= 4 || group.certainty() > budget / 4) continue;
    int64_t left = group.most;
    for (int64_t n = 1; left > 0; n *= 2) {
      const int64_t part = std::min(n, left);
      left -= part;
      const Candidates::Group split{group.first, group.last, part, group.gain, part};
      if (left == 0) {
        from_.groups[g] = split;
      } else {
        from_.groups.push_back(split);
      }
    }
  }
}

int32_t Frontier::MarkOf(const State& state, int32_t option) {
  if (state.count == 0) return state.before;
  trail_.push_back({state.before, option, state.count});
  return static_cast<int32_t>(trail_.size()) - 1;
}

// Rooms that differ only where room has no price share a hash: one may be as good as another.
size_t Frontier::HashOf(std::span<const int64_t> room, int64_t used) const {
  uint64_t hash = static_cast<uint64_t>(used) * 0x9E3779B97F4A7C15u;
  for (size_t r = 0; r < d_; ++r) {
    if (prices_[r] == 0) continue;
    hash = (hash ^ static_cast<uint64_t>(room[r])) * 0xBF58476D1CE4E5B9u;
    hash ^= hash >> 29;
  }
  return hash & (table_.size() - 1);
}

// Whether `a` is as good as `b`: worth as much, as much room where it has no price, else the same.
bool Frontier::Covers(const State& a, const int64_t* room_a, const State& b,
                      const int64_t* room_b) const {
  if (a.used != b.used || a.worth < b.worth) return false;
  for (size_t r = 0; r < d_; ++r) {
    if (prices_[r] == 0 ? room_a[r] < room_b[r] : room_a[r] != room_b[r]) return false;
  }
  return true;
}

void Frontier::Hash() {
  std::fill(table_.begin(), table_.end(), -1);
  for (size_t n = 0; n < next_.size(); ++n) {
    size_t slot = HashOf({next_rooms_.data() + n * d_, d_}, next_[n].used);
    while (table_[slot] >= 0) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = static_cast<int32_t>(n);
  }
}

// A new state with `room_`, unless there is one as good; replaces one that it is as good as.
void Frontier::Put(const State& state, int32_t option) {
  const int64_t value = state.worth - PriceOf(room_, prices_);
  if (value > best_value_) {
    best_value_ = value;
    best_mark_ = MarkOf(state, option);
  }
  size_t slot = HashOf(room_, state.used);
  for (; table_[slot] >= 0; slot = (slot + 1) & (table_.size() - 1)) {
    State& other = next_[table_[slot]];
    int64_t* other_room = next_rooms_.data() + table_[slot] * d_;
    if (Covers(other, other_room, state, room_.data())) return;
    if (Covers(state, room_.data(), other, other_room)) {
      other = state;
      std::copy(room_.begin(), room_.end(), other_room);
      return;
    }
  }
  table_[slot] = static_cast<int32_t>(next_.size());
  next_.push_back(state);
  next_rooms_.insert(next_rooms_.end(), room_.begin(), room_.end());
  if (static_cast<int64_t>(next_.size()) < 4 * width_) return;
  Narrow(width_);
  Hash();
}

// Keeps those of next_ with the most hope.
void Frontier::Narrow(int64_t most) {
  order_.clear();
  for (size_t n = 0; n < next_.size(); ++n) {
    if (next_[n].hope > best_value_) order_.push_back(static_cast<int32_t>(n));
  }
  if (static_cast<int64_t>(order_.size()) > most) {
    const auto better = [&](int32_t a, int32_t b) {
      return next_[a].hope != next_[b].hope ? next_[a].hope > next_[b].hope : a < b;
    };
    std::nth_element(order_.begin(), order_.begin() + most, order_.end(), better);
    for (size_t n = static_cast<size_t>(most); n < order_.size(); ++n) {
      dropped_ = std::max(dropped_, next_[order_[n]].hope);
    }
    order_.resize(static_cast<size_t>(most));
    std::sort(order_.begin(), order_.end());
  }
  for (size_t n = 0; n < order_.size(); ++n) {
    const auto from = static_cast<size_t>(order_[n]);
    next_[n] = next_[from];
    std::copy_n(next_rooms_.begin() + static_cast<std::ptrdiff_t>(from * d_), d_,
                next_rooms_.begin() + static_cast<std::ptrdiff_t>(n * d_));
  }
  next_.resize(order_.size());
  next_rooms_.resize(order_.size() * d_);
}

void Frontier::Extend(size_t state, size_t group, int32_t option) {
  const State& from = states_[state];
  const Candidates::Group& g = from_.groups[group];
  const Candidates::Option& o = from_.options[option];
  const int64_t* room = rooms_.data() + state * d_;
  const auto size = core_.size(o.choice);
  int64_t most = std::min(o.most, g.most - from.used);
  for (size_t r = 0; r < d_; ++r) {
    if (size[r] > 0 && most * size[r] > room[r]) most = room[r] / size[r];
  }
  const bool more = option + 1 < g.last;
  const bool wanted = o.gain >= 0;
  most = most / g.unit * g.unit;
  const int64_t* need = needs_.data() + (more ? group : group + 1) * d_;
  for (int64_t step = 0; step <= most; step += g.unit) {
    const int64_t count = wanted ? most - step : step;
    const int64_t used = from.used + count;
    int64_t hope = rest_[group + 1];
    if (more) hope += std::max<int64_t>(from_.options[option + 1].gain, 0) * (g.most - used);
    State next{from.worth + count * o.gain, 0, more ? used : 0, from.before, count};
    work_ += 25;
    if (next.worth + hope <= best_value_) break;  // further steps only lose more
    for (size_t r = 0; r < d_; ++r) {
      room_[r] = room[r] - count * size[r];
      const int64_t beyond = room_[r] - need[r];
      if (beyond <= 0) continue;
      room_[r] = need[r];
      next.worth -= beyond * prices_[r];
    }
    next.hope = next.worth + hope;
    if (next.hope > best_value_) Put(next, option);
  }
}

void Frontier::Decide(size_t group, int32_t option) {
  next_.clear();
  next_rooms_.clear();
  std::fill(table_.begin(), table_.end(), -1);
  work_ += 20 + static_cast<int64_t>(table_.size()) / 8;
  for (size_t s = 0; s < states_.size(); ++s) Extend(s, group, option);
  Narrow(width_);
  for (State& state : next_) {
    state.before = MarkOf(state, option);
    state.count = 0;
  }
  states_.swap(next_);
  rooms_.swap(next_rooms_);
}

Loads Frontier::Taken() const {
  Loads loads;
  for (int32_t m = best_mark_; m >= 0; m = trail_[m].before) {
    loads.push_back({from_.options[trail_[m].option].choice, trail_[m].count});
  }
  Merge(loads);
  return loads;
}

// How much of each dimension the groups from one on can use at most: more room than that is none.
void Frontier::FindNeeds(std::span<const int64_t> room) {
  needs_.assign((from_.groups.size() + 1) * d_, 0);
  for (size_t g = from_.groups.size(); g-- > 0;) {
    const Candidates::Group& group = from_.groups[g];
    for (size_t r = 0; r < d_; ++r) {
      int64_t size = 0;
      for (int32_t o = group.first; o < group.last; ++o) {
        size = std::max(size, core_.size(from_.options[o].choice)[r]);
      }
      const int64_t later = needs_[(g + 1) * d_ + r];
      const bool all = size > 0 && group.most > (room[r] - later) / size;
      needs_[g * d_ + r] = all ? room[r] : later + size * group.most;
    }
  }
}

Fill Frontier::Solve(const FillTask& task, int64_t width) {
  Begin(task, width);
  while (Step()) {
  }
  return Found();
}

void Frontier::Begin(const FillTask& task, int64_t width) {
  states_.clear();
  best_value_ = dropped_ = 0;
  best_mark_ = -1;
  from_.Collect(core_, task);
  prices_ = task.prices;
  work_ += 50 + 10 * static_cast<int64_t>(task.items.size());
  if (from_.relaxed <= task.enough || from_.groups.empty()) return;
  best_value_ = task.enough;
  trail_.clear();
  const int64_t budget = from_.relaxed - task.enough;
  Split(budget);
  from_.Order(budget);
  rest_ = from_.Rest();
  const auto room = core_.room(task.type);
  FindNeeds(room);
  const auto levels = static_cast<int64_t>(from_.groups.size()) + 1;
  width_ = std::clamp<int64_t>(kMarksMax / levels, 1, width);
  size_t slots = 16;
  while (slots < static_cast<size_t>(width_) * 8) slots *= 2;
  table_.resize(slots);
  states_.assign(1, {from_.empty, from_.relaxed, 0, -1, 0});
  rooms_.assign(room.begin(), room.end());
  group_ = 0;
  option_ = from_.groups[0].first;
}

bool Frontier::Step() {
  const int64_t until = work_ + kSlice;
  while (!states_.empty() && group_ < from_.groups.size() && work_ < until) {
    Decide(group_, option_++);
    if (option_ < from_.groups[group_].last) continue;
    if (++group_ < from_.groups.size()) option_ = from_.groups[group_].first;
  }
  return !states_.empty() && group_ < from_.groups.size();
}

Fill Frontier::Found() const {
  Fill fill;
  fill.limit = std::max(best_value_, dropped_);
  if (best_mark_ < 0) return fill;
  fill.loads = Taken();
  fill.value = best_value_;
  return fill;
}

}  // namespace stowage::scheduler::packing
