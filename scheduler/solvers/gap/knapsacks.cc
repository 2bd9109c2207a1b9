#include "scheduler/solvers/gap/knapsacks.h"

#include <algorithm>
#include <cmath>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

using Wide = __int128;

constexpr double kKeepMean = 0.8, kKeepSquare = 0.98;
// Of one knapsack: with several resources the relaxation is further off, and more is to be proven.
constexpr int64_t kMostNodes = 30'000, kMostNodesOfMany = 150'000;
constexpr int64_t kNodesPerUnit = 6, kPairsPerUnit = 40;

}  // namespace

bool KnapsackBound::Suits(const GapInstance& g) {
  int64_t dearest = 1;
  for (int64_t cost : g.costs) dearest = std::max(dearest, cost);
  Wide load = 1;
  for (int64_t capacity : g.capacities) load = std::max<Wide>(load, capacity);
  const bool single =
      std::all_of(g.counts.begin(), g.counts.end(), [](int64_t n) { return n == 1; });
  return single && dearest < int64_t{1} << 36 && load < int64_t{1} << 40 && g.resources > 0;
}

KnapsackBound::KnapsackBound(const GapInstance& instance, const std::vector<double>& prices)
    : g_(instance), m_(g_.agents), s_(g_.resources) {
  int64_t dearest = 1;
  for (int64_t cost : g_.costs) dearest = std::max(dearest, cost);
  while (dearest << (shift_ + 1) < int64_t{1} << 40) ++shift_;
  shift_ = std::min(shift_, 20);
  const double one = static_cast<double>(int64_t{1} << shift_);
  for (int64_t cost : g_.costs) cost_.push_back(cost < 0 ? cost : cost << shift_);
  std::vector<double> largest(prices.size(), 1);
  for (int32_t k = 0; k < g_.classes; ++k) {
    for (int32_t j = 0; j < m_; ++j) {
      for (int32_t r = 0; r < s_ && g_.Allowed(k, j); ++r) {
        double& most = largest[static_cast<size_t>(j) * s_ + r];
        most = std::max(most, static_cast<double>(g_.Sizes(k, j)[r]));
      }
    }
  }
  for (size_t at = 0; at < prices.size(); ++at) {
    const double most = static_cast<double>(int64_t{1} << 54) /
                        std::max(largest[at], static_cast<double>(g_.capacities[at]));
    price_.push_back(static_cast<int64_t>(std::min(prices[at] * one + 0.5, most / s_)));
  }
  reward_.assign(g_.classes, 0);
  centre_.assign(g_.classes, 0), mean_ = square_ = centre_;
  for (int32_t k = 0; k < g_.classes; ++k) {
    int64_t least = -1;
    for (int32_t j = 0; j < m_; ++j) {
      if (!g_.Allowed(k, j)) continue;
      int64_t value = cost_[static_cast<size_t>(k) * m_ + j];
      for (int32_t r = 0; r < s_; ++r) {
        value += price_[static_cast<size_t>(j) * s_ + r] * g_.Sizes(k, j)[r];
      }
      if (least < 0 || value < least) least = value;
    }
    reward_[k] = std::max<int64_t>(least, 0);
    centre_[k] = static_cast<double>(reward_[k]);
  }
  loss_guess_.assign(m_, int64_t{1} << shift_);
  taken_.assign(g_.classes, 0);
  room_.assign(s_, 0);
}

void KnapsackBound::Begin(int sweeps, double first, double last) {
  step_ = first * static_cast<double>(int64_t{1} << shift_);
  decay_ = Exp(Ln(last / first) / std::max(sweeps, 1));
}

// Splits the items into free ones, whose loss is within the budget, and the others, which do as
// their gain says.
void KnapsackBound::Free(int32_t j, int64_t budget) {
  items_.clear(), forced_.clear();
  const int64_t* capacity = g_.Capacities(j);
  std::copy_n(capacity, s_, room_.begin());
  const int64_t* price = &price_[static_cast<size_t>(j) * s_];
  for (int32_t k = 0; k < g_.classes; ++k) {
    const int64_t cost = cost_[static_cast<size_t>(k) * m_ + j];
    if (cost < 0) continue;
    const int64_t* size = g_.Sizes(k, j);
    int64_t gain = reward_[k] - cost;
    for (int32_t r = 0; r < s_; ++r) gain -= price[r] * size[r];
    const int64_t loss = gain < 0 ? -gain : gain;
    if (loss <= budget) {
      items_.push_back({k, gain, loss, size});
    } else if (gain > 0) {
      forced_.push_back(k);
      for (int32_t r = 0; r < s_; ++r) room_[r] -= size[r];
    }
  }
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    return a.loss != b.loss ? a.loss > b.loss : a.k < b.k;
  });
  reach_.assign((items_.size() + 1) * s_, 0);
  for (size_t d = items_.size(); d-- > 0;) {
    for (int32_t r = 0; r < s_; ++r) {
      reach_[d * s_ + r] = reach_[(d + 1) * s_ + r] + items_[d].size[r];
    }
  }
  in_.assign(items_.size(), 0);
}

int64_t KnapsackBound::Waste(size_t depth) const {
  int64_t sum = 0;
  for (int32_t r = 0; r < s_; ++r) {
    const int64_t unused = room_[r] - reach_[depth * s_ + r];
    if (unused > 0) sum += unused * price_[static_cast<size_t>(agent_) * s_ + r];
  }
  return sum;
}

void KnapsackBound::Descend(size_t depth, int64_t loss) {
  if (++nodes_ > node_limit_ || loss + Waste(depth) > limit_) return;
  if (depth == items_.size()) {
    limit_ = loss + Waste(depth) - 1;
    found_ = true;
    best_in_ = in_;
    return;
  }
  const Item& item = items_[depth];
  bool fits = true;
  for (int32_t r = 0; r < s_; ++r) fits &= item.size[r] <= room_[r];
  for (int pass = 0; pass < 2; ++pass) {
    const bool take = (item.gain > 0) == (pass == 0);
    if (take && !fits) continue;
    const int64_t more = pass == 0 ? loss : loss + item.loss;
    if (more > limit_) continue;
    in_[depth] = take;
    for (int32_t r = 0; take && r < s_; ++r) room_[r] -= item.size[r];
    Descend(depth + 1, more);
    for (int32_t r = 0; take && r < s_; ++r) room_[r] += item.size[r];
  }
}

// Budgets grow until a packing is found (then it is the best), or the nodes are used up: then only
// the last whole budget is proven.
void KnapsackBound::SolveAgent(int32_t j) {
  agent_ = j;
  Wide most = 0;  // what the relaxation earns
  for (int32_t r = 0; r < s_; ++r) {
    most += static_cast<Wide>(price_[static_cast<size_t>(j) * s_ + r]) * g_.Capacities(j)[r];
  }
  int64_t budget = loss_guess_[j] + loss_guess_[j] / 4, proven = 0;
  nodes_ = 0, node_limit_ = s_ > 1 ? kMostNodesOfMany : kMostNodes;
  std::vector<int32_t> packing;
  for (int round = 0; round < 40; ++round) {
    Free(j, budget);
    found_ = false, limit_ = budget;
    const bool possible =
        std::all_of(room_.begin(), room_.end(), [](int64_t room) { return room >= 0; });
    if (possible) Descend(0, 0);
    packing.clear();
    if (found_) {
      packing = forced_;
      for (size_t i = 0; i < items_.size(); ++i) {
        if (best_in_[i]) packing.push_back(items_[i].k);
      }
    }
    if (nodes_ > node_limit_) break;
    proven = found_ ? limit_ + 1 : budget + 1;
    if (found_) break;
    budget *= 2;
  }
  loss_guess_[j] = std::max<int64_t>(found_ ? limit_ + 1 : budget / 2, 1);
  if (nodes_ > node_limit_ && !found_) loss_guess_[j] = std::max<int64_t>(proven / 2, 1);
  for (int32_t k : packing) ++taken_[k];
  for (int32_t k = 0; k < g_.classes; ++k) {
    const int64_t cost = cost_[static_cast<size_t>(k) * m_ + j];
    if (cost < 0) continue;
    int64_t gain = reward_[k] - cost;
    for (int32_t r = 0; r < s_; ++r) {
      gain -= price_[static_cast<size_t>(j) * s_ + r] * g_.Sizes(k, j)[r];
    }
    if (gain > 0) most += gain;
  }
  total_ -= most - proven;
}

void KnapsackBound::EndSweep() {
  for (int64_t reward : reward_) total_ += reward;
  const Wide up = -((-total_) >> shift_);
  bound_ = std::max(bound_, static_cast<int64_t>(std::clamp<Wide>(up, 0, Wide{1} << 62)));
  keep_mean_ *= kKeepMean, keep_square_ *= kKeepSquare;
  for (int32_t k = 0; k < g_.classes; ++k) {
    const double missing = 1 - taken_[k];
    mean_[k] = kKeepMean * mean_[k] + (1 - kKeepMean) * missing;
    square_[k] = kKeepSquare * square_[k] + (1 - kKeepSquare) * missing * missing;
    const double square = std::max(square_[k] / (1 - keep_square_), 1e-4);
    const double mean = mean_[k] / (1 - keep_mean_);
    centre_[k] = std::max(0.0, centre_[k] + step_ * mean / std::sqrt(square));
    reward_[k] = static_cast<int64_t>(std::min(centre_[k], 0x1.0p50) + 0.5);
    taken_[k] = 0;
  }
  step_ *= decay_;
  total_ = 0, next_agent_ = 0, ++sweeps_;
}

bool KnapsackBound::Step(int64_t* work) {
  SolveAgent(next_agent_);
  *work += 1 + nodes_ / kNodesPerUnit + g_.classes * (1 + s_) / kPairsPerUnit;
  if (++next_agent_ < m_) return true;
  EndSweep();
  return false;
}

}  // namespace stowage::scheduler::gap
