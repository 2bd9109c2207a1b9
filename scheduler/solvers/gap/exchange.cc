#include "scheduler/solvers/gap/exchange.h"

#include <algorithm>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int kNear = 12;
constexpr size_t kMostMembers = 10;
constexpr int64_t kMostNodes = 20'000;
constexpr int64_t kNodesPerUnit = 4;
constexpr double kNever = 1e100;  // the loss of an item that an agent may not hold
constexpr int kOpen = -1;

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

// The items of the members, and what each loses at each of them.
void Exchange::ListItems() {
  const size_t members = members_.size();
  items_.clear(), loss_.clear(), tail_.clear();
  for (size_t i = 0; i < members; ++i) {
    for (int32_t t : items_on_[members_[i]]) {
      const int32_t k = class_of_[t];
      items_.push_back(t);
      was_.push_back(static_cast<int>(i));
      double least = kNever;
      for (size_t o = 0; o < members; ++o) {
        const double loss = g_.Allowed(k, members_[o]) ? Regret(k, members_[o]) : kNever;
        loss_.push_back(loss), least = std::min(least, loss);
      }
      double* loss = &loss_[loss_.size() - members];
      tail_.resize(tail_.size() + members + 1, kNever);
      double* tail = &tail_[tail_.size() - members - 1];
      for (size_t o = members; o-- > 0;) {
        loss[o] -= least;
        tail[o] = std::min(tail[o + 1], loss[o]);
      }
    }
  }
  now_.assign(items_.size(), kOpen), found_at_ = now_;
  lists_.resize(members + 1), reach_.resize(members + 1);
}

// Fills one member after the other. `value`: what is lost for sure so far.
void Exchange::OpenMember(size_t member, double value) {
  if (member == members_.size()) {
    if (now_ == was_) return;
    found_ = true, limit_ = value, found_at_ = now_;
    return;
  }
  const size_t members = members_.size();
  std::vector<int>& list = lists_[member];
  list.clear();
  for (size_t f = 0; f < items_.size(); ++f) {
    if (now_[f] == kOpen && loss_[f * members + member] < kNever)
      list.push_back(static_cast<int>(f));
  }
  const auto weight = [&](int f) {
    const double stay = tail_[f * (members + 1) + member + 1] - loss_[f * members + member];
    return stay < 0 ? -stay : stay;
  };
  std::sort(list.begin(), list.end(), [&](int a, int b) {
    const double x = weight(a), y = weight(b);
    return x != y ? x > y : a < b;
  });
  const int32_t j = members_[member];
  std::vector<double>& reach = reach_[member];
  reach.assign((list.size() + 1) * s_, 0);
  for (size_t d = list.size(); d-- > 0;) {
    const double* size = Size(class_of_[items_[list[d]]], j);
    for (int32_t r = 0; r < s_; ++r) reach[d * s_ + r] = reach[(d + 1) * s_ + r] + size[r];
  }
  for (int32_t r = 0; r < s_; ++r) room_[member * s_ + r] = capacity_[j * s_ + r];
  Descend(member, 0, value);
}

// Capacity of the member that what is left of its list cannot fill any more, at its price.
double Exchange::Waste(size_t member, size_t depth) const {
  double sum = 0;
  for (int32_t r = 0; r < s_; ++r) {
    const double unused = room_[member * s_ + r] - reach_[member][depth * s_ + r];
    if (unused > 0) sum += unused * price_[members_[member] * s_ + r];
  }
  return sum;
}

void Exchange::Descend(size_t member, size_t depth, double value) {
  if (++nodes_ > kMostNodes) return;
  const double waste = Waste(member, depth);
  if (value + waste > limit_) return;
  if (depth == lists_[member].size()) return OpenMember(member + 1, value + waste);
  const size_t members = members_.size();
  const int f = lists_[member][depth];
  const double* size = Size(class_of_[items_[f]], members_[member]);
  const double* tail = &tail_[f * (members + 1) + member];
  const double take = loss_[f * members + member] - tail[0], skip = tail[1] - tail[0];
  double* room = &room_[member * s_];
  bool fits = true;
  for (int32_t r = 0; r < s_; ++r) fits &= size[r] <= room[r];
  for (int pass = 0; pass < 2; ++pass) {
    const bool in = (take <= skip) == (pass == 0);
    if (in && !fits) continue;
    const double next = value + (in ? take : skip);
    if (next > limit_ || nodes_ > kMostNodes) continue;
    if (!in) {
      Descend(member, depth + 1, next);
      continue;
    }
    for (int32_t r = 0; r < s_; ++r) room[r] -= size[r];
    now_[f] = static_cast<int>(member);
    Descend(member, depth + 1, next);
    now_[f] = kOpen;
    for (int32_t r = 0; r < s_; ++r) room[r] += size[r];
  }
}

// Takes what was found.
bool Exchange::Replace() {
  for (int32_t j : members_) {
    items_on_[j].clear();
    for (int32_t r = 0; r < s_; ++r) load_[j * s_ + r] = 0;
  }
  for (size_t f = 0; f < items_.size(); ++f) {
    const int32_t t = items_[f], k = class_of_[t], j = members_[found_at_[f]];
    cost_ += g_.Cost(k, j) - g_.Cost(k, at_[t]);
    at_[t] = j;
    items_on_[j].push_back(t);
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
  limit_ = value + extra + 1e-9 * (1 + value), found_ = false, nodes_ = 0;
  was_.clear();
  ListItems();
  room_.assign(members_.size() * s_, 0);
  OpenMember(0, 0);
  wish_ = std::clamp(wish_ + (nodes_ > kMostNodes / 4 ? -0.05 : 0.02), 2.0,
                     static_cast<double>(kMostMembers));
  if (found_) Replace();
  return 1 + (nodes_ + static_cast<int64_t>(items_.size())) / kNodesPerUnit;
}

}  // namespace stowage::scheduler::gap
