#include "scheduler/solvers/gap/exchange.h"

#include <algorithm>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int kNear = 12;
constexpr size_t kMostMembers = 8;
constexpr int64_t kMostNodes = 20'000;
constexpr int64_t kNodesPerUnit = 4;

}  // namespace

Exchange::Exchange(const GapInstance& instance, const std::vector<double>& prices, Rng rng)
    : g_(instance), m_(g_.agents), s_(g_.resources), rng_(rng), price_(prices) {
  size_.assign(g_.sizes.begin(), g_.sizes.end());
  capacity_.assign(g_.capacities.begin(), g_.capacities.end());
  regret_.assign(g_.costs.size(), 0);
  near_width_ = std::min(kNear, static_cast<int>(m_));
  near_.assign(static_cast<size_t>(g_.classes) * near_width_, 0);
  near_count_.assign(g_.classes, 0);
  std::vector<int32_t> order;
  for (int32_t k = 0; k < g_.classes; ++k) {
    class_of_.insert(class_of_.end(), static_cast<size_t>(g_.counts[k]), k);
    double* value = &regret_[static_cast<size_t>(k) * m_];
    order.clear();
    for (int32_t j = 0; j < m_; ++j) {
      if (!g_.Allowed(k, j)) continue;
      value[j] = static_cast<double>(g_.Cost(k, j));
      for (int32_t r = 0; r < s_; ++r) value[j] += price_[j * s_ + r] * Size(k, j)[r];
      order.push_back(j);
    }
    const size_t keep = std::min<size_t>(near_width_, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(keep), order.end(),
        [&](int32_t a, int32_t b) { return value[a] != value[b] ? value[a] < value[b] : a < b; });
    const double least = order.empty() ? 0 : value[order[0]];
    for (int32_t j = 0; j < m_; ++j) value[j] -= least;
    std::copy_n(order.begin(), keep, &near_[static_cast<size_t>(k) * near_width_]);
    near_count_[k] = static_cast<int32_t>(keep);
  }
}

void Exchange::Start(const std::vector<int32_t>& at) {
  at_ = at;
  items_on_.assign(m_, {});
  load_.assign(capacity_.size(), 0);
  cost_ = 0;
  for (size_t t = 0; t < at_.size(); ++t) {
    const int32_t k = class_of_[t], j = at_[t];
    items_on_[j].push_back(static_cast<int32_t>(t));
    for (int32_t r = 0; r < s_; ++r) load_[j * s_ + r] += Size(k, j)[r];
    cost_ += g_.Cost(k, j);
  }
  if (best_.empty() || cost_ < best_cost_) best_ = at_, best_cost_ = cost_;
}

// Where an item of agent `j` would rather, or almost as well, be. -1: nowhere else.
int32_t Exchange::Neighbour(int32_t j) {
  if (items_on_[j].empty()) return static_cast<int32_t>(rng_.Below(m_));
  const int32_t t = items_on_[j][rng_.Below(items_on_[j].size())], k = class_of_[t];
  const uint64_t draw = rng_.Next();
  const uint64_t a = draw & 0x3ff, b = (draw >> 10) & 0x3ff, c = (draw >> 20) & 0x3ff;
  const uint64_t least = std::min(std::min(a, b), c);
  const size_t rank = (least * static_cast<uint64_t>(near_count_[k])) >> 10;
  return near_[static_cast<size_t>(k) * near_width_ + rank];
}

void Exchange::ChooseMembers() {
  const size_t wish = std::clamp<size_t>(static_cast<size_t>(wish_ + rng_.Uniform()), 2,
                                         std::min<size_t>(kMostMembers, m_));
  members_.clear();
  members_.push_back(static_cast<int32_t>(rng_.Below(m_)));
  for (int tries = 0; members_.size() < wish && tries < 40; ++tries) {
    const int32_t j = Neighbour(members_[rng_.Below(members_.size())]);
    if (std::find(members_.begin(), members_.end(), j) == members_.end()) members_.push_back(j);
  }
}

// Items whose second choice among the members costs more than `most` are put back where they lose
// least at once; the others are free.
void Exchange::ListOptions(double most) {
  const size_t members = members_.size();
  free_.clear(), options_.clear();
  room_.assign(members * s_, 0);
  for (size_t i = 0; i < members; ++i) {
    for (int32_t r = 0; r < s_; ++r) room_[i * s_ + r] = capacity_[members_[i] * s_ + r];
  }
  for (size_t i = 0; i < members; ++i) {
    for (int32_t t : items_on_[members_[i]]) {
      const int32_t k = class_of_[t];
      const int first = static_cast<int>(options_.size());
      double least = -1;
      for (size_t o = 0; o < members; ++o) {
        if (!g_.Allowed(k, members_[o])) continue;
        const double regret = Regret(k, members_[o]);
        if (least < 0 || regret < least) least = regret;
      }
      int now = 0;
      for (size_t o = 0; o < members; ++o) {
        if (!g_.Allowed(k, members_[o])) continue;
        const double regret = Regret(k, members_[o]) - least;
        if (regret > most) continue;
        options_.push_back({static_cast<int>(o), regret, Size(k, members_[o])});
      }
      std::sort(options_.begin() + first, options_.end(), [](const Option& a, const Option& b) {
        return a.regret != b.regret ? a.regret < b.regret : a.member < b.member;
      });
      const int last = static_cast<int>(options_.size());
      for (int o = first; o < last; ++o) {
        if (options_[o].member == static_cast<int>(i)) now = o;
      }
      const double gap = last - first > 1 ? options_[first + 1].regret : most + 1;
      free_.push_back({t, gap, first, last, now, now, now});
    }
  }
  std::sort(free_.begin(), free_.end(), [](const Free& a, const Free& b) {
    return a.gap != b.gap ? a.gap > b.gap : a.item < b.item;
  });
  const size_t width = members * s_;
  reach_.assign((free_.size() + 1) * width, 0);
  for (size_t d = free_.size(); d-- > 0;) {
    double* reach = &reach_[d * width];
    std::copy_n(reach + width, width, reach);
    for (int o = free_[d].first; o < free_[d].last; ++o) {
      for (int32_t r = 0; r < s_; ++r) reach[options_[o].member * s_ + r] += options_[o].size[r];
    }
  }
}

// What capacity that nothing can fill any more costs.
double Exchange::Waste(size_t depth) const {
  const size_t width = members_.size() * s_;
  const double* reach = &reach_[depth * width];
  double sum = 0;
  for (size_t i = 0; i < members_.size(); ++i) {
    for (int32_t r = 0; r < s_; ++r) {
      const double unused = room_[i * s_ + r] - reach[i * s_ + r];
      if (unused > 0) sum += unused * price_[members_[i] * s_ + r];
    }
  }
  return sum;
}

void Exchange::Leaf(double regret) {
  const double value = regret + Waste(free_.size());
  if (value > limit_) return;
  bool same = true;
  for (const Free& f : free_) same &= f.chosen == f.now;
  if (same) return;
  found_ = true, found_value_ = value;
  limit_ = value;
  for (Free& f : free_) f.found = f.chosen;
}

void Exchange::Descend(size_t depth, double regret) {
  if (depth == free_.size()) {
    Leaf(regret);
    return;
  }
  if (++nodes_ > kMostNodes || regret + Waste(depth) > limit_) return;
  Free& f = free_[depth];
  for (int o = f.first; o < f.last; ++o) {
    const Option& option = options_[o];
    if (regret + option.regret > limit_) break;
    double* room = &room_[option.member * s_];
    bool fits = true;
    for (int32_t r = 0; r < s_; ++r) fits &= option.size[r] <= room[r];
    if (!fits) continue;
    for (int32_t r = 0; r < s_; ++r) room[r] -= option.size[r];
    f.chosen = o;
    Descend(depth + 1, regret + option.regret);
    for (int32_t r = 0; r < s_; ++r) room[r] += option.size[r];
    if (nodes_ > kMostNodes) return;
  }
}

// Takes what was found.
bool Exchange::Replace() {
  for (int32_t j : members_) {
    items_on_[j].clear();
    for (int32_t r = 0; r < s_; ++r) load_[j * s_ + r] = 0;
  }
  for (const Free& f : free_) {
    const int32_t k = class_of_[f.item], j = members_[options_[f.found].member];
    cost_ += g_.Cost(k, j) - g_.Cost(k, at_[f.item]);
    at_[f.item] = j;
    items_on_[j].push_back(f.item);
    for (int32_t r = 0; r < s_; ++r) load_[j * s_ + r] += Size(k, j)[r];
  }
  if (cost_ >= best_cost_) return false;
  best_ = at_, best_cost_ = cost_;
  return true;
}

int64_t Exchange::Step(double temperature) {
  ChooseMembers();
  double value = 0;
  for (int32_t j : members_) {
    for (int32_t r = 0; r < s_; ++r) {
      value += (capacity_[j * s_ + r] - load_[j * s_ + r]) * price_[j * s_ + r];
    }
  }
  // The regret over the least among the members; options beyond the value cannot pay.
  for (int32_t j : members_) {
    for (int32_t t : items_on_[j]) {
      const int32_t k = class_of_[t];
      double least = Regret(k, j);
      for (int32_t o : members_) {
        if (g_.Allowed(k, o)) least = std::min(least, Regret(k, o));
      }
      value += Regret(k, j) - least;
    }
  }
  const double extra = temperature > 0 ? -temperature * Ln(1 - rng_.Uniform()) : 0;
  now_value_ = value, limit_ = value + extra + 1e-9 * (1 + value), found_ = false, nodes_ = 0;
  ListOptions(limit_);
  Descend(0, 0);
  wish_ = std::clamp(wish_ + (nodes_ > kMostNodes / 4 ? -0.05 : 0.02), 2.0,
                     static_cast<double>(kMostMembers));
  if (found_) Replace();
  return 1 + (nodes_ + static_cast<int64_t>(free_.size())) / kNodesPerUnit;
}

}  // namespace stowage::scheduler::gap
