#include "scheduler/solvers/gap/soft_prices.h"

#include <algorithm>
#include <numeric>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

constexpr size_t kMostPairs = 4'000'000;  // times resources
constexpr double kStep = 0.6;             // of Newton's: agents share items
constexpr double kStepAlone = 0.7;
constexpr double kMostChange = 0.3;  // of a price at a time
constexpr double kRidge = 1.02;      // on the diagonal
constexpr double kLeastWeight = 1e-9;
constexpr double kLeastNear = 1e-12;  // agents with less are not looked at for some steps
constexpr int kStepsPerLook = 5;
constexpr int kStepsAlone = 30, kCoolingAlone = 15;
constexpr int64_t kCellsPerUnit = 20;

}  // namespace

bool SoftPrices::Suits(const GapInstance& g) {
  const size_t pairs = static_cast<size_t>(g.classes) * g.agents * g.resources;
  return pairs <= kMostPairs && g.resources <= kMostResources && g.agents > 1 &&
         std::all_of(g.counts.begin(), g.counts.end(), [](int64_t n) { return n == 1; });
}

SoftPrices::SoftPrices(const GapInstance& instance, const std::vector<double>& prices)
    : g_(instance),
      m_(g_.agents),
      s_(g_.resources),
      cost_(g_.costs.begin(), g_.costs.end()),
      size_(g_.sizes.begin(), g_.sizes.end()),
      capacity_(g_.capacities.begin(), g_.capacities.end()),
      prices_(prices),
      items_(g_.classes),
      agents_(m_),
      demand_(m_) {
  std::iota(items_.begin(), items_.end(), 0);
  std::iota(agents_.begin(), agents_.end(), 0);
  weight_.assign(static_cast<size_t>(g_.classes) * m_, 0);
  least_.assign(g_.classes, 0), weights_ = least_;
  near_.assign(weight_.size(), 0), near_count_.assign(g_.classes, 0), gone_.assign(m_, 0);
}

void SoftPrices::AddTo(Demand* demand, double probability, const double* size) const {
  const double spread = probability * (1 - probability);
  for (int32_t r = 0; r < s_; ++r) {
    demand->over[r] += probability * size[r];
    const double times = spread * size[r];
    for (int32_t q = 0; q <= r; ++q) demand->slope[r * kMostResources + q] += times * size[q];
  }
}

// A step of Newton's method for one agent: by Cholesky's factors of the slope.
void SoftPrices::Move(Demand* demand, double step, double* prices) const {
  double* a = demand->slope;
  double* x = demand->over;
  const int32_t n = kMostResources;
  for (int32_t r = 0; r < s_; ++r) a[r * n + r] = a[r * n + r] * kRidge + 1e-9;
  for (int32_t i = 0; i < s_; ++i) {  // a = l d l', l below the diagonal
    for (int32_t r = i + 1; r < s_; ++r) {
      const double factor = a[r * n + i] / a[i * n + i];
      for (int32_t q = i + 1; q <= r; ++q) a[r * n + q] -= factor * a[q * n + i];
    }
    for (int32_t r = i + 1; r < s_; ++r) a[r * n + i] /= a[i * n + i];
  }
  for (int32_t i = 0; i < s_; ++i) {
    for (int32_t r = i + 1; r < s_; ++r) x[r] -= a[r * n + i] * x[i];
  }
  for (int32_t i = s_; i-- > 0;) {
    x[i] /= a[i * n + i];
    for (int32_t r = i + 1; r < s_; ++r) x[i] -= a[r * n + i] * x[r];
  }
  double mean = 0;
  for (int32_t r = 0; r < s_; ++r) mean += prices[r] / s_;
  for (int32_t r = 0; r < s_; ++r) {
    const double most = kMostChange * prices[r] + 0.05 * mean + 1e-9;
    prices[r] = std::max(1e-9, prices[r] + std::clamp(step * x[r], -most, most));
  }
}

// What item `k` costs with these agents, and from that its weights. False: none of them can take
// it.
bool SoftPrices::Weigh(size_t i, std::span<const int32_t> agents) {
  const int32_t k = items_[i];
  const double* cost = &cost_[static_cast<size_t>(k) * m_];
  double* weight = &weight_[i * m_];
  double least = kNever;
  for (int32_t j : agents) {
    weight[j] = kNever;
    if (cost[j] < 0 || gone_[j] != 0) continue;
    double value = cost[j];
    const double* size = Size(k, j);
    for (int32_t r = 0; r < s_; ++r) value += prices_[j * s_ + r] * size[r];
    weight[j] = value, least = std::min(least, value);
  }
  double sum = 0;
  const double inverse = 1 / temperature_;
  for (int32_t j : agents) sum += weight[j] = QuickExp((least - weight[j]) * inverse);
  least_[i] = least, weights_[i] = sum;
  cells_ += static_cast<int64_t>(agents.size()) * (1 + s_);
  return least < kNever;
}

int64_t SoftPrices::Iterate() {
  for (int32_t j : agents_) {
    demand_[j] = Demand{};
    for (int32_t r = 0; r < s_; ++r) demand_[j].over[r] = -capacity_[j * s_ + r];
  }
  const bool all = steps_++ % kStepsPerLook == 0;
  cells_ = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    const int32_t k = items_[i];
    int32_t* near = &near_[static_cast<size_t>(k) * m_];
    double* weight = &weight_[i * m_];
    if (!all) std::fill_n(weight, m_, 0);
    if (all || !Weigh(i, {near, static_cast<size_t>(near_count_[k])})) {
      Weigh(i, agents_);
      near_count_[k] = 0;
      for (int32_t j : agents_) {
        if (weight[j] > kLeastNear) near[near_count_[k]++] = j;
      }
    }
    const double part = 1 / weights_[i];
    for (int32_t at = 0; at < near_count_[k]; ++at) {
      const double mine = weight[near[at]];
      if (mine > kLeastWeight) AddTo(&demand_[near[at]], mine * part, Size(k, near[at]));
    }
  }
  for (int32_t j : agents_) Move(&demand_[j], kStep * temperature_, &prices_[j * s_]);
  return 1 + cells_ / kCellsPerUnit;
}

double SoftPrices::Otherwise(size_t i, int32_t j) const {
  const double rest = weights_[i] - weight_[i * m_ + j];
  if (agents_.size() < 2) return kNever;
  return least_[i] - temperature_ * Ln(std::max(rest, 1e-15));
}

std::vector<double> SoftPrices::PricesAlone(int32_t j, const std::vector<double>& worth,
                                            double cold, int64_t* work) const {
  std::vector<double> prices(prices_.begin() + static_cast<std::ptrdiff_t>(j) * s_,
                             prices_.begin() + static_cast<std::ptrdiff_t>(j + 1) * s_);
  for (int step = 0; step < kStepsAlone; ++step) {
    const double temperature = cold * (1 + 0.1 * std::max(kCoolingAlone - step, 0));
    Demand demand;
    for (int32_t r = 0; r < s_; ++r) demand.over[r] = -capacity_[j * s_ + r];
    for (size_t i = 0; i < items_.size(); ++i) {
      const int32_t k = items_[i];
      if (!g_.Allowed(k, j)) continue;
      const double* size = Size(k, j);
      double gain = worth[i] - cost_[static_cast<size_t>(k) * m_ + j];
      for (int32_t r = 0; r < s_; ++r) gain -= prices[r] * size[r];
      const double odds = QuickExp((gain > 0 ? -gain : gain) / temperature);
      AddTo(&demand, (gain > 0 ? 1 : odds) / (1 + odds), size);
    }
    Move(&demand, kStepAlone * temperature, prices.data());
  }
  *work += 1 + kStepsAlone * static_cast<int64_t>(items_.size()) * (1 + s_) / kCellsPerUnit;
  return prices;
}

void SoftPrices::Leave(int32_t j, const std::vector<int32_t>& items) {
  gone_[j] = 1;
  agents_.erase(std::find(agents_.begin(), agents_.end(), j));
  std::vector<int32_t> left;
  std::set_difference(items_.begin(), items_.end(), items.begin(), items.end(),
                      std::back_inserter(left));
  items_.swap(left);
}

}  // namespace stowage::scheduler::gap
