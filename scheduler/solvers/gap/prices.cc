#include "scheduler/solvers/gap/prices.h"

#include <algorithm>
#include <cmath>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

using Wide = __int128;

constexpr int kWidth = 12;  // candidates per class: enough for some dozens of steps
constexpr double kKeepMean = 0.9, kKeepSquare = 0.99;  // a step: of the overloads seen before
constexpr double kAverage = 0.1;                       // of the prices: the weight of the newest
constexpr int kHeadroom = 16;  // a price times a size may be 2^this times the dearest cost
constexpr int64_t kSampledCells = 80'000;  // pairs a sample looks at, where there are more
constexpr int64_t kCellsPerUnit = 60;      // pairs and resources looked at in 100 ns

// The integer that a bound of `value` / 2^shift implies: rounded up.
int64_t CeilShift(Wide value, int shift) {
  const Wide up = -((-value) >> shift);
  return static_cast<int64_t>(std::clamp<Wide>(up, 0, Wide{1} << 62));
}

}  // namespace

PriceSearch::PriceSearch(const GapInstance& instance)
    : g_(instance),
      slots_(static_cast<size_t>(g_.agents) * g_.resources),
      width_(std::min(kWidth, static_cast<int>(g_.agents))) {
  int64_t dearest = 1;
  for (int64_t cost : g_.costs) dearest = std::max(dearest, cost);
  price_limit_ = (int64_t{1} << 60) / (g_.resources + 1);
  wide_ = dearest > price_limit_;
  shift_ = 0;
  while (!wide_ && dearest <= price_limit_ >> (shift_ + 1 + kHeadroom)) ++shift_;
  largest_.assign(slots_, 1);

  std::vector<double> mean_size(g_.resources, 0);
  double mean_cost = 0;
  for (int32_t k = 0; k < g_.classes; ++k) {
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (!g_.Allowed(k, j)) continue;
      mean_cost += static_cast<double>(g_.Cost(k, j));
      for (int32_t r = 0; r < g_.resources; ++r) {
        const int64_t size = g_.Sizes(k, j)[r];
        int64_t& largest = largest_[static_cast<size_t>(j) * g_.resources + r];
        largest = std::max(largest, size);
        mean_size[r] += static_cast<double>(size);
      }
    }
  }
  unit_.assign(slots_, 0), inverse_.assign(slots_, 0);
  for (size_t at = 0; at < slots_; ++at) {
    const double size = mean_size[at % g_.resources];
    if (size > 0 && mean_cost > 0) unit_[at] = mean_cost / size;
    inverse_[at] = 1 / std::max(static_cast<double>(g_.capacities[at]), 1.0);
  }
  prices_.assign(slots_, 0), average_ = best_prices_ = load_ = mean_ = square_ = prices_;
  const size_t cells = static_cast<size_t>(g_.classes) * width_;
  listed_.assign(g_.classes, 0), agent_.resize(cells), cost_.resize(cells);
  size_.resize(g_.uniform ? static_cast<size_t>(g_.classes) * g_.resources : cells * g_.resources);
}

int64_t PriceSearch::FixedPrice(size_t at, double price) const {
  const double most = static_cast<double>(price_limit_ / largest_[at]);
  return static_cast<int64_t>(
      std::min(price * static_cast<double>(int64_t{1} << shift_) + 0.5, most));
}

// At the average prices. Sum: an integer that holds the cost of a pair in fixed point.
template <typename Sum>
void PriceSearch::EvaluateIn() {
  const int32_t m = g_.agents, s = g_.resources;
  std::vector<int64_t> price(slots_);
  Wide total = 0;
  for (size_t at = 0; at < slots_; ++at) {
    price[at] = FixedPrice(at, average_[at]);
    total -= static_cast<Wide>(price[at]) * g_.capacities[at];
  }
  std::vector<Sum> best(width_);
  for (int32_t k = 0; k < g_.classes; ++k) {
    int32_t* agent = &agent_[static_cast<size_t>(k) * width_];
    int found = 0;
    for (int32_t j = 0; j < m; ++j) {
      if (!g_.Allowed(k, j)) continue;
      Sum value = static_cast<Sum>(g_.Cost(k, j)) << shift_;
      const int64_t* size = g_.Sizes(k, j);
      const int64_t* p = &price[static_cast<size_t>(j) * s];
      for (int32_t r = 0; r < s; ++r) value += static_cast<Sum>(p[r]) * size[r];
      if (found == width_ && value >= best[found - 1]) continue;
      int at = found < width_ ? found++ : found - 1;
      for (; at > 0 && value < best[at - 1]; --at)
        best[at] = best[at - 1], agent[at] = agent[at - 1];
      best[at] = value, agent[at] = j;
    }
    listed_[k] = found;
    if (found > 0) total += static_cast<Wide>(g_.counts[k]) * best[0];
  }
  const int64_t bound = CeilShift(total, shift_);
  if (bound > bound_) bound_ = bound, best_prices_ = average_;
}

int64_t PriceSearch::Evaluate() {
  if (wide_) {
    EvaluateIn<Wide>();
  } else {
    EvaluateIn<int64_t>();
  }
  const size_t s = g_.resources;
  for (int32_t k = 0; k < g_.classes; ++k) {
    const size_t row = static_cast<size_t>(k) * width_;
    for (size_t at = row; at < row + listed_[k]; ++at) {
      cost_[at] = static_cast<double>(g_.Cost(k, agent_[at]));
      for (size_t r = 0; r < s && !g_.uniform; ++r) {
        size_[at * s + r] = static_cast<double>(g_.Sizes(k, agent_[at])[r]);
      }
    }
    for (size_t r = 0; r < s && g_.uniform; ++r) {
      size_[k * s + r] = static_cast<double>(g_.Sizes(k, 0)[r]);
    }
  }
  history_.push_back(bound_);
  return 1 + static_cast<int64_t>(g_.classes) * g_.agents * (1 + g_.resources) / kCellsPerUnit;
}

int64_t PriceSearch::EvaluateAt(const std::vector<double>& prices) {
  prices_ = average_ = prices;
  return Evaluate();
}

double PriceSearch::recent_gain() const {
  if (history_.size() < 11 || bound_ == 0) return 1;
  return static_cast<double>(bound_ - history_[history_.size() - 11]) / static_cast<double>(bound_);
}

// Loads less capacities where every class takes its best candidate at the present prices.
void PriceSearch::FindLoads() {
  const size_t s = g_.resources;
  for (size_t at = 0; at < slots_; ++at) load_[at] = -static_cast<double>(g_.capacities[at]);
  for (int32_t k = 0; k < g_.classes; ++k) {
    const size_t row = static_cast<size_t>(k) * width_;
    double least = 0;
    size_t chosen = row;
    for (size_t at = row; at < row + listed_[k]; ++at) {
      const double* size = g_.uniform ? &size_[k * s] : &size_[at * s];
      const double* price = &prices_[agent_[at] * s];
      double cost = cost_[at];
      for (size_t r = 0; r < s; ++r) cost += price[r] * size[r];
      if (at == row || cost < least) least = cost, chosen = at;
    }
    if (listed_[k] == 0) continue;
    const double count = static_cast<double>(g_.counts[k]);
    const double* size = g_.uniform ? &size_[k * s] : &size_[chosen * s];
    for (size_t r = 0; r < s; ++r) load_[agent_[chosen] * s + r] += count * size[r];
  }
}

// The same over all agents, estimated from every stride-th class.
void PriceSearch::SampleLoads(int32_t first, int32_t stride) {
  const size_t s = g_.resources;
  for (size_t at = 0; at < slots_; ++at) load_[at] = -static_cast<double>(g_.capacities[at]);
  for (int32_t k = first; k < g_.classes; k += stride) {
    double least = 0;
    int32_t chosen = -1;
    const int64_t* costs = &g_.costs[static_cast<size_t>(k) * g_.agents];
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (costs[j] < 0) continue;
      const int64_t* size = g_.Sizes(k, j);
      const double* price = &prices_[j * s];
      double cost = static_cast<double>(costs[j]);
      for (size_t r = 0; r < s; ++r) cost += price[r] * static_cast<double>(size[r]);
      if (chosen < 0 || cost < least) least = cost, chosen = j;
    }
    if (chosen < 0) continue;
    const double count = static_cast<double>(g_.counts[k]) * stride;
    const int64_t* size = g_.Sizes(k, chosen);
    for (size_t r = 0; r < s; ++r) load_[chosen * s + r] += count * static_cast<double>(size[r]);
  }
}

void PriceSearch::Begin(int steps, double first, double last) {
  sampled_ = steps * 2 / 5, done_ = 0;
  step_ = first;
  decay_ = Exp(Ln(last / first) / std::max(steps, 1));
}

void PriceSearch::MovePrices() {
  keep_mean_ *= kKeepMean, keep_square_ *= kKeepSquare;
  for (size_t at = 0; at < slots_; ++at) {
    const double over = load_[at] * inverse_[at];
    mean_[at] = kKeepMean * mean_[at] + (1 - kKeepMean) * over;
    square_[at] = kKeepSquare * square_[at] + (1 - kKeepSquare) * over * over;
    const double mean = mean_[at] / (1 - keep_mean_);
    const double square = square_[at] / (1 - keep_square_);
    if (square <= 0) continue;
    prices_[at] = std::max(0.0, prices_[at] + step_ * unit_[at] * mean / std::sqrt(square));
    average_[at] += kAverage * (prices_[at] - average_[at]);
  }
  step_ *= decay_;
}

int64_t PriceSearch::Iterate() {
  int64_t cells = static_cast<int64_t>(g_.classes) * width_;
  if (done_ < sampled_) {
    const int64_t all = static_cast<int64_t>(g_.classes) * g_.agents;
    const auto stride = static_cast<int32_t>(
        std::clamp<int64_t>(all / kSampledCells, 1, std::max<int64_t>(g_.classes / 500, 1)));
    SampleLoads(done_ % stride, stride);
    cells = all / stride;
  } else {
    FindLoads();
  }
  ++done_;
  MovePrices();
  return 1 + cells * (1 + g_.resources) / kCellsPerUnit;
}

}  // namespace stowage::scheduler::gap
