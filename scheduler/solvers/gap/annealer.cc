#include "scheduler/solvers/gap/annealer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int64_t kMostLots = 400'000;
constexpr int64_t kMovesPerStep = 4096;
constexpr int64_t kMovesPerUnit = 5;  // moves tried in 100 ns
constexpr int kNear = 16;

}  // namespace

Annealer::Annealer(const GapInstance& instance, const std::vector<double>& prices, Rng rng)
    : g_(instance), m_(g_.agents), s_(g_.resources), rng_(rng) {
  for (size_t i = 0; i < exponential_.size(); ++i) {
    exponential_[i] =
        -Ln((static_cast<double>(i) + 0.5) / static_cast<double>(exponential_.size()));
  }
  MakeLots();
  size_.assign(g_.sizes.begin(), g_.sizes.end());
  capacity_.assign(g_.capacities.begin(), g_.capacities.end());
  price_ = prices;
  MakeRegrets(prices);
  PlaceGreedily();
}

void Annealer::MakeLots() {
  for (int32_t k = 0; k < g_.classes; ++k) {
    int64_t lots = g_.counts[k];
    if (g_.items > kMostLots) {
      const auto share = static_cast<__int128>(lots) * kMostLots / g_.items;
      lots = std::max<int64_t>(1, static_cast<int64_t>(share));
    }
    for (int64_t i = 0; i < lots; ++i) {
      class_of_.push_back(k);
      items_in_.push_back(g_.counts[k] / lots + (i < g_.counts[k] % lots ? 1 : 0));
    }
  }
}

void Annealer::MakeRegrets(const std::vector<double>& prices) {
  regret_.assign(static_cast<size_t>(g_.classes) * m_, 0);
  near_width_ = std::min(kNear, static_cast<int>(m_));
  near_.assign(static_cast<size_t>(g_.classes) * near_width_, 0);
  near_count_.assign(g_.classes, 0);
  std::vector<double> value(m_);
  std::vector<int32_t> order;
  double second = 0, items = 0;
  for (int32_t k = 0; k < g_.classes; ++k) {
    order.clear();
    for (int32_t j = 0; j < m_; ++j) {
      if (!g_.Allowed(k, j)) continue;
      value[j] = static_cast<double>(g_.Cost(k, j));
      for (int32_t r = 0; r < s_; ++r) value[j] += prices[j * s_ + r] * Size(k, j)[r];
      order.push_back(j);
    }
    const size_t keep = std::min<size_t>(near_width_, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(keep), order.end(),
        [&](int32_t a, int32_t b) { return value[a] != value[b] ? value[a] < value[b] : a < b; });
    for (int32_t j : order) {
      regret_[static_cast<size_t>(k) * m_ + j] = static_cast<float>(value[j] - value[order[0]]);
    }
    std::copy_n(order.begin(), keep, &near_[static_cast<size_t>(k) * near_width_]);
    near_count_[k] = static_cast<int32_t>(keep);
    if (keep > 1) {
      const double count = static_cast<double>(g_.counts[k]);
      second += count * (value[order[1]] - value[order[0]]), items += count;
    }
  }
  const double lot = static_cast<double>(g_.items) / static_cast<double>(lots());
  unit_ = items > 0 && second > 0 ? second / items * lot : 1;
}

double Annealer::Potential(int32_t j, const double* load) const {
  double sum = 0;
  const size_t row = static_cast<size_t>(j) * s_;
  for (int32_t r = 0; r < s_; ++r) {
    const double room = capacity_[row + r] - load[r];
    sum += room >= 0 ? room * price_[row + r] : -room * excess_price_[row + r];
  }
  return sum;
}

// Largest first, each where its regret is least among the agents with room.
void Annealer::PlaceGreedily() {
  const int32_t n = static_cast<int32_t>(lots());
  std::vector<double> mean(s_, 0), weight(g_.classes, 0);
  for (size_t at = 0; at < capacity_.size(); ++at) mean[at % s_] += capacity_[at] / m_;
  for (int32_t k = 0; k < g_.classes; ++k) {
    const int32_t j = near_[static_cast<size_t>(k) * near_width_];
    for (int32_t r = 0; r < s_; ++r) {
      weight[k] = std::max(weight[k], Size(k, j)[r] / std::max(mean[r], 1.0));
    }
  }
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return weight[class_of_[a]] * static_cast<double>(items_in_[a]) >
           weight[class_of_[b]] * static_cast<double>(items_in_[b]);
  });
  at_.assign(n, 0), place_.assign(n, 0), lots_on_.assign(m_, {});
  load_.assign(capacity_.size(), 0), potential_.assign(m_, 0);
  for (int32_t t : order) {
    const int32_t k = class_of_[t];
    const double count = static_cast<double>(items_in_[t]);
    const auto fits = [&](int32_t j) {
      for (int32_t r = 0; r < s_; ++r) {
        if (load_[j * s_ + r] + count * Size(k, j)[r] > capacity_[j * s_ + r]) return false;
      }
      return true;
    };
    const int32_t* near = &near_[static_cast<size_t>(k) * near_width_];
    int32_t chosen = -1;
    for (int32_t i = 0; i < near_count_[k] && chosen < 0; ++i) {
      if (fits(near[i])) chosen = near[i];
    }
    for (int32_t j = 0; j < m_ && (chosen < 0 || near_count_[k] == near_width_); ++j) {
      if (chosen >= 0 && Regret(k, chosen) <= Regret(k, near[near_count_[k] - 1])) break;
      if (!g_.Allowed(k, j) || !fits(j)) continue;
      if (chosen < 0 || Regret(k, j) < Regret(k, chosen)) chosen = j;
    }
    if (chosen < 0) chosen = near[0];
    at_[t] = chosen;
    place_[t] = static_cast<int32_t>(lots_on_[chosen].size());
    lots_on_[chosen].push_back(t);
    for (int32_t r = 0; r < s_; ++r) load_[chosen * s_ + r] += count * Size(k, chosen)[r];
    cost_ += g_.Cost(k, chosen) * items_in_[t];
  }
  for (size_t at = 0; at < load_.size(); ++at) violated_ += load_[at] > capacity_[at];
  best_at_ = at_, touched_.assign(n, 0);
  if (violated_ == 0) found_ = true, best_cost_ = cost_;
}

void Annealer::Begin(const Run& run) {
  run_ = run, done_ = 0;
  temperature_ = run.hot * unit_;
  const double steps = std::max<double>(1, static_cast<double>(run.moves) / kMovesPerStep);
  cooling_ = Exp(Ln(run.cold / run.hot) / steps);
  strictness_ = run.loose;
  tightening_ = run.strict > run.loose ? 1 / Exp(Ln(run.loose / run.strict) / steps) : 1;
  if (run.from_best && found_) ReturnToBest();
  SetExcessPrices();
}

void Annealer::SetExcessPrices() {
  std::vector<double> mean_price(s_, 0), mean_size(s_, 0);
  for (size_t at = 0; at < price_.size(); ++at) mean_price[at % s_] += price_[at] / m_;
  for (size_t at = 0; at < size_.size(); ++at) {
    mean_size[at % s_] += size_[at] * s_ / static_cast<double>(size_.size());
  }
  excess_price_.resize(price_.size());
  for (size_t at = 0; at < price_.size(); ++at) {
    const double floor = mean_price[at % s_] / 4 + unit_ / std::max(mean_size[at % s_], 1e-300);
    excess_price_[at] = strictness_ * (price_[at] + floor);
  }
  for (int32_t j = 0; j < m_; ++j) potential_[j] = Potential(j, &load_[j * s_]);
}

bool Annealer::Advance(int64_t* work) {
  const int64_t moves = std::min(kMovesPerStep, run_.moves - done_);
  for (int64_t i = 0; i < moves; ++i) TryMove(rng_.Next());
  done_ += moves;
  temperature_ *= cooling_, strictness_ *= tightening_;
  SetExcessPrices();
  *work += 1 + moves / kMovesPerUnit;
  return done_ < run_.moves;
}

void Annealer::TryMove(uint64_t draw) {
  const uint64_t n = lots();
  const int32_t t = static_cast<int32_t>(((draw & 0xffffffff) * n) >> 32);
  const int32_t k = class_of_[t];
  const uint64_t a = (draw >> 32) & 0x3ff, b = (draw >> 42) & 0x3ff;
  // The smaller of two: nearer agents more often.
  const uint64_t rank = (std::min(a, b) * static_cast<uint64_t>(near_count_[k])) >> 10;
  const int32_t to = near_[static_cast<size_t>(k) * near_width_ + rank];
  if (to == at_[t]) return;
  const double limit = temperature_ * exponential_[(draw >> 52) & 0x3ff];
  if (draw >> 62 == 0 || lots_on_[to].empty()) {
    TryShift(t, to, limit);
  } else {
    const uint64_t other = rng_.Next();
    TrySwap(t, lots_on_[to][((other >> 32) * lots_on_[to].size()) >> 32], limit);
  }
}

void Annealer::TryShift(int32_t t, int32_t to, double limit) {
  const int32_t k = class_of_[t], from = at_[t];
  const double count = static_cast<double>(items_in_[t]);
  const double before = potential_[from] + potential_[to];
  const double gain = limit + before - count * (Regret(k, to) - Regret(k, from));
  if (gain < 0) return;  // potentials are never negative
  double load_from[16], load_to[16];
  for (int32_t r = 0; r < s_; ++r) {
    load_from[r] = load_[from * s_ + r] - count * Size(k, from)[r];
    load_to[r] = load_[to * s_ + r] + count * Size(k, to)[r];
  }
  const double after_from = Potential(from, load_from), after_to = Potential(to, load_to);
  if (after_from + after_to > gain) return;
  SetLoad(from, load_from, after_from), SetLoad(to, load_to, after_to);
  MoveLot(t, to);
  NoteBest();
}

void Annealer::TrySwap(int32_t t, int32_t u, double limit) {
  const int32_t k = class_of_[t], l = class_of_[u], from = at_[t], to = at_[u];
  if (k == l || !g_.Allowed(l, from)) return;
  const double count_t = static_cast<double>(items_in_[t]);
  const double count_u = static_cast<double>(items_in_[u]);
  const double before = potential_[from] + potential_[to];
  const double gain = limit + before - count_t * (Regret(k, to) - Regret(k, from)) -
                      count_u * (Regret(l, from) - Regret(l, to));
  if (gain < 0) return;
  double load_from[16], load_to[16];
  for (int32_t r = 0; r < s_; ++r) {
    load_from[r] = load_[from * s_ + r] - count_t * Size(k, from)[r] + count_u * Size(l, from)[r];
    load_to[r] = load_[to * s_ + r] + count_t * Size(k, to)[r] - count_u * Size(l, to)[r];
  }
  const double after_from = Potential(from, load_from), after_to = Potential(to, load_to);
  if (after_from + after_to > gain) return;
  SetLoad(from, load_from, after_from), SetLoad(to, load_to, after_to);
  MoveLot(t, to), MoveLot(u, from);
  NoteBest();
}

void Annealer::MoveLot(int32_t t, int32_t to) {
  const int32_t k = class_of_[t], from = at_[t];
  std::vector<int32_t>& old = lots_on_[from];
  const int32_t last = old.back();
  old[place_[t]] = last, place_[last] = place_[t];
  old.pop_back();
  place_[t] = static_cast<int32_t>(lots_on_[to].size());
  lots_on_[to].push_back(t);
  at_[t] = to;
  cost_ += (g_.Cost(k, to) - g_.Cost(k, from)) * items_in_[t];
  Touch(t);
}

void Annealer::Touch(int32_t t) {
  if (touched_[t]) return;
  touched_[t] = 1;
  touched_list_.push_back(t);
}

void Annealer::SetLoad(int32_t j, const double* load, double potential) {
  for (int32_t r = 0; r < s_; ++r) {
    const size_t at = static_cast<size_t>(j) * s_ + r;
    violated_ += (load[r] > capacity_[at]) - (load_[at] > capacity_[at]);
    load_[at] = load[r];
  }
  potential_[j] = potential;
}

void Annealer::NoteBest() {
  if (violated_ > 0 || (found_ && cost_ >= best_cost_)) return;
  found_ = true, best_cost_ = cost_;
  for (int32_t t : touched_list_) best_at_[t] = at_[t], touched_[t] = 0;
  touched_list_.clear();
}

void Annealer::ReturnToBest() {
  std::vector<int32_t> list;
  list.swap(touched_list_);
  for (int32_t t : list) {
    touched_[t] = 0;
    if (at_[t] == best_at_[t]) continue;
    const int32_t k = class_of_[t], from = at_[t], to = best_at_[t];
    const double count = static_cast<double>(items_in_[t]);
    for (int32_t r = 0; r < s_; ++r) {
      load_[from * s_ + r] -= count * Size(k, from)[r];
      load_[to * s_ + r] += count * Size(k, to)[r];
    }
    MoveLot(t, to);
    touched_[t] = 0;
  }
  touched_list_.clear();
  violated_ = 0;
}

double Annealer::excess() const {
  double sum = 0;
  for (size_t at = 0; at < load_.size(); ++at) {
    if (load_[at] > capacity_[at]) {
      sum += (load_[at] - capacity_[at]) / std::max(capacity_[at], 1.0);
    }
  }
  return sum;
}

std::vector<GapShare> Annealer::BestShares() const {
  std::vector<GapShare> shares;
  std::vector<int64_t> count(m_, 0);
  for (size_t t = 0; t < lots();) {  // lots of a class are neighbours
    const int32_t k = class_of_[t];
    for (; t < lots() && class_of_[t] == k; ++t) count[best_at_[t]] += items_in_[t];
    for (int32_t j = 0; j < m_; ++j) {
      if (count[j] > 0) shares.push_back({k, j, count[j]});
      count[j] = 0;
    }
  }
  return shares;
}

}  // namespace stowage::scheduler::gap
