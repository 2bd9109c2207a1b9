#include "scheduler/solvers/gap/annealer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int64_t kMostLots = 400'000;
constexpr int64_t kMovesPerStep = 1024;
constexpr int64_t kMovesPerUnit = 3;    // chains begun in 100 ns
constexpr int64_t kLooksPerUnit = 200;  // lots looked at, times resources and what goes with them
constexpr int kNear = 16;
constexpr size_t kLook = 64;  // lots of an agent looked at for one to leave
constexpr size_t kBlock = 8;
constexpr double kInsist =
    1.1;  // what is over its capacity late in a short run gets dearer by this
constexpr double kInsistSteps = 100;
constexpr double kMostWeight = 1e15;  // sums of excesses at this price stay finite
constexpr int64_t kLastSteps = 60;
constexpr float kNowhere = 1e30f;  // the regret where an item may not go

}  // namespace

Annealer::Annealer(const GapInstance& instance, const std::vector<double>& prices, Rng rng,
                   size_t unit_rank)
    : g_(instance), m_(g_.agents), s_(g_.resources), rng_(rng) {
  for (size_t i = 0; i < exponential_.size(); ++i) {
    exponential_[i] =
        -Ln((static_cast<double>(i) + 0.5) / static_cast<double>(exponential_.size()));
  }
  size_.assign(g_.sizes.begin(), g_.sizes.end());
  capacity_.assign(g_.capacities.begin(), g_.capacities.end());
  MakeLots();
  price_ = prices;
  MakeRegrets(prices, unit_rank);
  SetFloorPrices();
  PlaceAtBest();
}

// Large classes make lots of falling sizes down to single items: few to move, yet any number of
// items can part. A lot takes a small part of an agent only.
void Annealer::MakeLots() {
  const double part = 0.01 * std::max(1.0, static_cast<double>(g_.items) / kMostLots);
  for (int32_t k = 0; k < g_.classes; ++k) {
    double most = 0;  // items of the class that an agent could hold
    for (int32_t j = 0; j < m_; ++j) {
      if (!g_.Allowed(k, j)) continue;
      double holds = 0x1.0p62;
      for (int32_t r = 0; r < s_; ++r) {
        const double size = Size(k, j)[r];
        if (size > 0) holds = std::min(holds, capacity_[j * s_ + r] / size);
      }
      most += holds / m_;
    }
    const int64_t largest = static_cast<int64_t>(std::clamp(part * most, 1.0, 0x1.0p62));
    for (int64_t left = g_.counts[k]; left > 0; left -= items_in_.back()) {
      class_of_.push_back(k);
      items_in_.push_back(std::min(largest, (left + 1) / 2));
    }
  }
}

void Annealer::MakeRegrets(const std::vector<double>& prices, size_t unit_rank) {
  regret_.assign(static_cast<size_t>(g_.classes) * m_, kNowhere);
  near_width_ = std::min(kNear, static_cast<int>(m_));
  near_.assign(static_cast<size_t>(g_.classes) * near_width_, 0);
  near_count_.assign(g_.classes, 0), second_.assign(g_.classes, kNowhere);
  std::vector<double> value(m_);
  std::vector<int32_t> order;
  double step = 0, items = 0;
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
      regret_[static_cast<size_t>(j) * g_.classes + k] =
          static_cast<float>(value[j] - value[order[0]]);
    }
    std::copy_n(order.begin(), keep, &near_[static_cast<size_t>(k) * near_width_]);
    near_count_[k] = static_cast<int32_t>(keep);
    second_[k] = keep > 1 ? static_cast<float>(value[order[1]] - value[order[0]]) : kNowhere;
    if (keep > 1) {
      const double count = static_cast<double>(g_.counts[k]);
      const size_t rank = std::min(keep - 1, unit_rank);
      step += count * (value[order[rank]] - value[order[0]]) / static_cast<double>(rank);
      items += count;
    }
  }
  const double lot = static_cast<double>(g_.items) / static_cast<double>(lots());
  unit_ = items > 0 && step > 0 ? step / items * lot : 1;
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

// Each lot goes where its regret is least, room or not: close to the bound's own answer.
void Annealer::PlaceAtBest() {
  const size_t n = lots();
  hole_load_.assign(s_, 0), trial_load_ = hole_load_;
  link_loads_.assign(static_cast<size_t>(kDepth + 1) * s_, 0);
  at_.assign(n, 0), place_.assign(n, 0), hold_.assign(m_, {});
  for (Hold& hold : hold_) hold.sizes.resize(s_);
  scan_.assign(kLook + kBlock, 0);
  load_.assign(capacity_.size(), 0), potential_.assign(m_, 0), weight_.assign(load_.size(), 1);
  for (size_t t = 0; t < n; ++t) {
    const int32_t k = class_of_[t], j = near_[static_cast<size_t>(k) * near_width_];
    const double count = static_cast<double>(items_in_[t]);
    Insert(static_cast<int32_t>(t), j);
    for (int32_t r = 0; r < s_; ++r) load_[j * s_ + r] += count * Size(k, j)[r];
    cost_ += g_.Cost(k, j) * items_in_[t];
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
  insist_ =
      run.gentle ? 1 / Exp(-Ln(kInsist) * std::min(1.0, kInsistSteps / (steps / 2))) : kInsist;
  if (run.from_best && found_) ReturnToBest();
  SetExcessPrices();
}

void Annealer::SetExcessPrices() {
  const bool late = run_.insist || done_ > run_.moves / 2;
  const bool last = run_.insist || run_.moves - done_ < kLastSteps * kMovesPerStep;
  const double insist = last ? kInsist : insist_;
  if (done_ == 0 && !run_.insist) weight_.assign(price_.size(), 1);
  excess_price_.resize(price_.size());
  for (size_t at = 0; at < price_.size(); ++at) {
    if (late && load_[at] > capacity_[at]) {
      weight_[at] = std::min(weight_[at] * insist, kMostWeight);
    }
    excess_price_[at] = strictness_ * weight_[at] * (price_[at] + floor_price_[at % s_]);
  }
  for (int32_t j = 0; j < m_; ++j) potential_[j] = Potential(j, &load_[j * s_]);
}

// What passing a capacity costs at least, even where it has no price.
void Annealer::SetFloorPrices() {
  std::vector<double> mean_price(s_, 0), mean_size(s_, 0);
  for (size_t at = 0; at < price_.size(); ++at) mean_price[at % s_] += price_[at] / m_;
  for (size_t at = 0; at < size_.size(); ++at) {
    mean_size[at % s_] += size_[at] * s_ / static_cast<double>(size_.size());
  }
  floor_price_.assign(s_, 0);
  for (int32_t r = 0; r < s_; ++r) {
    floor_price_[r] = mean_price[r] / 4 + unit_ / std::max(mean_size[r], 1e-300);
  }
}

bool Annealer::Advance(int64_t* work) {
  const int64_t moves = std::min(kMovesPerStep, run_.moves - done_);
  for (int64_t i = 0; i < moves; ++i) TryChain(rng_.Next());
  done_ += moves;
  temperature_ *= cooling_, strictness_ *= tightening_;
  SetExcessPrices();
  *work += 1 + moves / kMovesPerUnit + looked_ * (2 + s_) / kLooksPerUnit;
  looked_ = 0;
  return done_ < run_.moves;
}

// A lot of an agent over its capacity, where one is found soon.
int32_t Annealer::LotOfOverloaded(int32_t t) {
  const uint64_t draw = rng_.Next();
  for (int32_t i = 0; i < 12; ++i) {
    const auto j = static_cast<int32_t>((((draw & 0xffffffff) * m_ >> 32) + i) % m_);
    const Hold& hold = hold_[j];
    for (int32_t r = 0; r < s_; ++r) {
      if (load_[j * s_ + r] <= capacity_[j * s_ + r]) continue;
      return hold.lots[((draw >> 32) * hold.lots.size()) >> 32];
    }
  }
  return t;
}

// A lot leaves its agent; where it goes another may have to leave, and so on, until one finds room,
// or goes where the first came from. All in all that must not cost more than the limit.
void Annealer::TryChain(uint64_t draw) {
  const uint64_t n = lots();
  int32_t t = static_cast<int32_t>(((draw & 0xffffffff) * n) >> 32);
  if (violated_ > 0 && (draw & 1)) t = LotOfOverloaded(t);
  const double limit = temperature_ * exponential_[(draw >> 52) & 0x3ff];
  origin_ = at_[t], depth_ = 0;
  const double* size = Size(class_of_[t], origin_);
  for (int32_t r = 0; r < s_; ++r) {
    hole_load_[r] = load_[origin_ * s_ + r] - static_cast<double>(items_in_[t]) * size[r];
  }
  const double hole = Potential(origin_, hole_load_.data()) - potential_[origin_];
  cost_so_far_ = -hold_[origin_].regret[place_[t]];
  while (depth_ < kDepth) {
    draw = depth_ == 0 ? draw >> 32 : rng_.Next();
    const int32_t to = DrawTarget(t, draw);
    if (to < 0) return;
    const int32_t k = class_of_[t];
    const double count = static_cast<double>(items_in_[t]);
    double* load = &link_loads_[static_cast<size_t>(depth_) * s_];
    for (int32_t r = 0; r < s_; ++r) load[r] = load_[to * s_ + r] + count * Size(k, to)[r];
    const double potential = Potential(to, load);
    links_[depth_] = {t, to, potential};
    cost_so_far_ += count * Regret(k, to) - potential_[to];
    if (cost_so_far_ + potential + hole <= limit) {
      ++depth_;
      std::copy(hole_load_.begin(), hole_load_.end(), &link_loads_[depth_ * s_]);
      links_[depth_] = {-1, origin_, hole + potential_[origin_]};
      Apply();
      return;
    }
    t = DrawEjected(to, draw, limit);
    if (t < 0) return;
  }
}

// An agent near `t`'s heart that is not in the chain yet; -1: none this time.
int32_t Annealer::DrawTarget(int32_t t, uint64_t draw) const {
  const int32_t k = class_of_[t];
  for (int i = 0; i < 3; ++i, draw = draw >> 20 | draw << 44) {
    const uint64_t a = draw & 0x3ff, b = (draw >> 10) & 0x3ff;
    const uint64_t rank = (std::min(a, b) * static_cast<uint64_t>(near_count_[k])) >> 10;
    const int32_t to = near_[static_cast<size_t>(k) * near_width_ + rank];
    bool used = to == at_[t] || to == origin_;
    for (int d = 0; d < depth_ && !used; ++d) used = links_[d].to == to;
    if (!used) return to;
  }
  return -1;
}

// What the lots [first, first + look) of agent `to` would cost by leaving: the potential left
// behind and the way to their best other agent. In blocks of a fixed length, which compilers do in
// parallel.
void Annealer::Scan(int32_t to, size_t first, size_t look) {
  const Hold& hold = hold_[to];
  const double* base = &link_loads_[static_cast<size_t>(depth_) * s_];
  const size_t row = static_cast<size_t>(to) * s_;
  for (size_t block = 0; block < look; block += kBlock) {
    float cost[kBlock];
    std::copy_n(&hold.leave[first + block], kBlock, cost);
    for (int32_t r = 0; r < s_; ++r) {
      const float room = static_cast<float>(capacity_[row + r] - base[r]);
      const float price = static_cast<float>(price_[row + r]);
      const float excess = static_cast<float>(-excess_price_[row + r]);
      const float* size = &hold.sizes[r][first + block];
      for (size_t i = 0; i < kBlock; ++i) {
        const float left = room + size[i], a = left * price, b = left * excess;
        cost[i] += a > b ? a : b;
      }
    }
    std::copy_n(cost, kBlock, &scan_[block]);
  }
}

// Which lot of `to` leaves so that the last link's lot gets in. -1: the chain is closed, or
// hopeless.
int32_t Annealer::DrawEjected(int32_t to, uint64_t draw, double limit) {
  const Hold& hold = hold_[to];
  const size_t count = hold.lots.size(), look = std::min<size_t>(count, kLook);
  const size_t first = count > look ? (draw >> 40) % (count - look + 1) : 0;
  Scan(to, first, look);
  looked_ += static_cast<int64_t>(look);
  double* load = &link_loads_[static_cast<size_t>(depth_) * s_];
  const double most = limit + potential_[origin_] - cost_so_far_;
  double least = most;
  size_t chosen = count;
  for (size_t i = 0; i < look; ++i) {
    if (scan_[i] > most) continue;
    const int32_t u = hold.lots[first + i];
    const double potential = PotentialWithout(to, u, load);
    if (Closes(u, cost_so_far_ + potential - hold.regret[first + i], limit)) {
      Leave(u, potential, load);
      std::copy(trial_load_.begin(), trial_load_.end(), &link_loads_[depth_ * s_]);
      links_[depth_] = {u, origin_, Potential(origin_, trial_load_.data())};
      Apply();
      return -1;
    }
    const double noisy = scan_[i] + temperature_ * exponential_[(draw + 293 * i) & 0x3ff];
    if (noisy < least) least = noisy, chosen = first + i;
  }
  if (chosen == count) return -1;
  const int32_t u = hold.lots[chosen];
  const double potential = PotentialWithout(to, u, load);
  cost_so_far_ += potential - hold.regret[chosen];
  Leave(u, potential, load);
  return u;
}

double Annealer::PotentialWithout(int32_t j, int32_t u, const double* load) const {
  const double count = static_cast<double>(items_in_[u]);
  const double* size = Size(class_of_[u], j);
  const size_t row = static_cast<size_t>(j) * s_;
  double sum = 0;
  for (int32_t r = 0; r < s_; ++r) {
    const double room = capacity_[row + r] - (load[r] - count * size[r]);
    sum += std::max(room * price_[row + r], -room * excess_price_[row + r]);
  }
  return sum;
}

// Lot `u` leaves the agent of the last link, which ends the link.
void Annealer::Leave(int32_t u, double potential, double* load) {
  const double count = static_cast<double>(items_in_[u]);
  const double* size = Size(class_of_[u], at_[u]);
  for (int32_t r = 0; r < s_; ++r) load[r] -= count * size[r];
  links_[depth_++].potential = potential;
}

// Whether `u` may go where the chain began; if so, trial_load_ is the load there.
bool Annealer::Closes(int32_t u, double cost, double limit) {
  const int32_t k = class_of_[u];
  const float regret = static_cast<float>(Regret(k, origin_));
  if (regret >= kNowhere) return false;
  const double count = static_cast<double>(items_in_[u]);
  cost += count * regret - potential_[origin_];
  if (cost > limit) return false;
  for (int32_t r = 0; r < s_; ++r) {
    trial_load_[r] = hole_load_[r] + count * Size(k, origin_)[r];
  }
  return cost + Potential(origin_, trial_load_.data()) <= limit;
}

void Annealer::Apply() {
  for (int d = 0; d <= depth_; ++d) {
    const Link& link = links_[d];
    SetLoad(link.to, &link_loads_[static_cast<size_t>(d) * s_], link.potential);
    if (link.lot >= 0) MoveLot(link.lot, link.to);
  }
  NoteBest();
}

void Annealer::MoveLot(int32_t t, int32_t to) {
  const int32_t k = class_of_[t], from = at_[t];
  cost_ += (g_.Cost(k, to) - g_.Cost(k, from)) * items_in_[t];
  Remove(t);
  Insert(t, to);
  Touch(t);
}

void Annealer::Insert(int32_t t, int32_t j) {
  const int32_t k = class_of_[t];
  const float count = static_cast<float>(items_in_[t]), regret = static_cast<float>(Regret(k, j));
  Hold& hold = hold_[j];
  const size_t place = hold.lots.size();
  at_[t] = j, place_[t] = static_cast<int32_t>(place);
  hold.lots.push_back(t), hold.regret.push_back(count * regret);
  if (hold.leave.size() < place + kBlock) {  // Scan reads whole blocks
    hold.leave.resize(2 * place + 2 * kBlock, 0);
    for (auto& sizes : hold.sizes) sizes.resize(2 * place + 2 * kBlock, 0);
  }
  const bool best = near_[static_cast<size_t>(k) * near_width_] == j;
  hold.leave[place] = count * ((best ? second_[k] : 0) - regret);
  for (int32_t r = 0; r < s_; ++r) {
    hold.sizes[r][place] = static_cast<float>(items_in_[t]) * static_cast<float>(Size(k, j)[r]);
  }
}

void Annealer::Remove(int32_t t) {
  Hold& hold = hold_[at_[t]];
  const int32_t place = place_[t], last = static_cast<int32_t>(hold.lots.size()) - 1;
  hold.lots[place] = hold.lots[last], place_[hold.lots[place]] = place;
  hold.leave[place] = hold.leave[last], hold.regret[place] = hold.regret[last];
  for (auto& sizes : hold.sizes) sizes[place] = sizes[last];
  hold.lots.pop_back(), hold.regret.pop_back();
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

std::vector<GapShare> Annealer::Shares(const std::vector<int32_t>& at) const {
  std::vector<GapShare> shares;
  std::vector<int64_t> count(m_, 0);
  for (size_t t = 0; t < lots();) {  // lots of a class are neighbours
    const int32_t k = class_of_[t];
    for (; t < lots() && class_of_[t] == k; ++t) count[at[t]] += items_in_[t];
    for (int32_t j = 0; j < m_; ++j) {
      if (count[j] > 0) shares.push_back({k, j, count[j]});
      count[j] = 0;
    }
  }
  return shares;
}

}  // namespace stowage::scheduler::gap
