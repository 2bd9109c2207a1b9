#include "scheduler/solvers/packing/room_prices.h"

#include <algorithm>
#include <limits>

namespace stowage::scheduler::packing {
namespace {

constexpr double kTolerance = 1e-9;

double Magnitude(double x) { return x < 0 ? -x : x; }

}  // namespace

RoomPrices::RoomPrices(const Core& core, int32_t type, std::span<const int64_t> value,
                       std::span<const int64_t> left)
    : core_(core), d_(core.dimensions), type_(type) {
  for (int32_t k = 0; k < core.choices(); ++k) {
    const int32_t i = core.item_of[k];
    const int64_t most = std::min<int64_t>(core.fit(type, k), left[i]);
    const int64_t worth = value[i] - core.toll(type, i);
    if (most == 0 || worth <= 0) continue;
    choice_.push_back(k);
    value_.push_back(static_cast<double>(worth));
    most_.push_back(static_cast<double>(most));
    for (int r = 0; r < d_; ++r) {
      size_.push_back(static_cast<double>(core.size(k)[r]) /
                      static_cast<double>(std::max<int64_t>(core.room(type)[r], 1)));
    }
  }
  count_ = static_cast<int32_t>(value_.size());
  upper_.assign(count_ + d_, 1);
  basic_.assign(count_ + d_, 0);
  for (int r = 0; r < d_; ++r) {
    basis_.push_back(count_ + r);
    basic_[count_ + r] = 1;
    upper_[count_ + r] = 0;
  }
}

double RoomPrices::Dot(const std::vector<double>& row, int32_t var) const {
  if (IsSlack(var)) return row[var - count_];
  double sum = 0;
  for (int r = 0; r < d_; ++r) sum += row[r] * size_[static_cast<size_t>(var) * d_ + r];
  return sum;
}

// Gauss-Jordan with row pivoting; the basis' columns are its variables'.
bool RoomPrices::Invert() {
  std::vector<double> a(d_ * d_, 0.0);
  inverse_.assign(d_ * d_, 0.0);
  for (int k = 0; k < d_; ++k) {
    for (int r = 0; r < d_; ++r) {
      a[r * d_ + k] = IsSlack(basis_[k]) ? (basis_[k] - count_ == r ? 1.0 : 0.0)
                                         : size_[static_cast<size_t>(basis_[k]) * d_ + r];
    }
    inverse_[k * d_ + k] = 1;
  }
  for (int col = 0; col < d_; ++col) {
    int pivot = col;
    for (int r = col + 1; r < d_; ++r) {
      if (Magnitude(a[r * d_ + col]) > Magnitude(a[pivot * d_ + col])) pivot = r;
    }
    if (Magnitude(a[pivot * d_ + col]) < 1e-13) return false;
    for (int c = 0; c < d_; ++c) {
      std::swap(a[pivot * d_ + c], a[col * d_ + c]);
      std::swap(inverse_[pivot * d_ + c], inverse_[col * d_ + c]);
    }
    const double scale = 1 / a[col * d_ + col];
    for (int c = 0; c < d_; ++c) {
      a[col * d_ + c] *= scale;
      inverse_[col * d_ + c] *= scale;
    }
    for (int r = 0; r < d_; ++r) {
      const double factor = a[r * d_ + col];
      if (r == col || factor == 0) continue;
      for (int c = 0; c < d_; ++c) {
        a[r * d_ + c] -= factor * a[col * d_ + c];
        inverse_[r * d_ + c] -= factor * inverse_[col * d_ + c];
      }
    }
  }
  return true;
}

void RoomPrices::PriceOut() {
  prices_.assign(d_, 0.0);
  for (int k = 0; k < d_; ++k) {
    const double value = IsSlack(basis_[k]) ? 0.0 : value_[basis_[k]];
    for (int r = 0; r < d_; ++r) prices_[r] += value * inverse_[k * d_ + r];
  }
}

std::vector<double> RoomPrices::Levels() const {
  std::vector<double> room(d_, 1.0);
  for (int r = 0; r < d_; ++r) room[r] = core_.room(type_)[r] > 0 ? 1.0 : 0.0;
  for (int32_t v = 0; v < count_; ++v) {
    if (basic_[v] || !upper_[v]) continue;
    for (int r = 0; r < d_; ++r) room[r] -= most_[v] * size_[static_cast<size_t>(v) * d_ + r];
  }
  std::vector<double> levels(d_, 0.0);
  for (int k = 0; k < d_; ++k) {
    for (int r = 0; r < d_; ++r) levels[k] += inverse_[k * d_ + r] * room[r];
  }
  return levels;
}

int RoomPrices::WorstRow() {
  const std::vector<double> levels = Levels();
  int worst = -1;
  excess_ = 0;
  for (int k = 0; k < d_; ++k) {
    const double x = levels[k];
    const double most =
        IsSlack(basis_[k]) ? std::numeric_limits<double>::infinity() : most_[basis_[k]];
    const double over = std::max(-x, x - most);
    if (over <= kTolerance * (1 + Magnitude(x)) || over <= excess_) continue;
    worst = k;
    excess_ = over;
    above_ = x > most;
  }
  return worst;
}

std::vector<RoomPrices::Part> RoomPrices::Parts() const {
  std::vector<Part> parts;
  for (int32_t v = 0; v < count_; ++v) {
    if (!basic_[v] && upper_[v]) parts.push_back({choice_[v], most_[v]});
  }
  const std::vector<double> levels = Levels();
  for (int k = 0; k < d_; ++k) {
    if (!IsSlack(basis_[k]) && levels[k] > 0) parts.push_back({choice_[basis_[k]], levels[k]});
  }
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.choice < b.choice; });
  return parts;
}

std::vector<RoomPrices::Break> RoomPrices::Breaks(const std::vector<double>& along) const {
  std::vector<Break> breaks;
  for (int32_t v = 0; v < count_; ++v) {
    if (basic_[v]) continue;
    const double slope = Dot(along, v);
    if (upper_[v] ? slope <= 1e-12 : slope >= -1e-12) continue;
    breaks.push_back({std::max(0.0, (value_[v] - Dot(prices_, v)) / slope), v});
  }
  for (int r = 0; r < d_; ++r) {
    if (basic_[count_ + r] || along[r] >= -1e-12) continue;
    breaks.push_back({std::max(0.0, prices_[r] / -along[r]), count_ + r});
  }
  return breaks;
}

bool RoomPrices::Improve() {
  work_ += 4 * static_cast<int64_t>(count_) * (d_ + 1) + 50;
  if (!Invert()) return false;
  PriceOut();
  const int row = WorstRow();
  if (row < 0) return false;
  std::vector<double> along(d_);
  for (int r = 0; r < d_; ++r) along[r] = (above_ ? -1 : 1) * inverse_[row * d_ + r];
  double slope = -excess_;
  int32_t entering = -1;
  // Only the nearest are needed: a heap, not a sort.
  std::vector<Break> breaks = Breaks(along);
  const auto later = [](const Break& a, const Break& b) { return b < a; };
  std::make_heap(breaks.begin(), breaks.end(), later);
  while (entering < 0 && !breaks.empty()) {
    std::pop_heap(breaks.begin(), breaks.end(), later);
    const Break b = breaks.back();
    breaks.pop_back();
    if (!IsSlack(b.var)) slope += most_[b.var] * Magnitude(Dot(along, b.var));
    if (IsSlack(b.var) || slope >= 0) {
      entering = b.var;
    } else {
      upper_[b.var] = upper_[b.var] ? 0 : 1;
    }
  }
  if (entering < 0) return false;
  upper_[basis_[row]] = above_ ? 1 : 0;
  basic_[basis_[row]] = 0;
  basic_[entering] = 1;
  basis_[row] = entering;
  return true;
}

std::vector<int64_t> RoomPrices::Solve() {
  for (int round = 0; round < 40 + 10 * d_ && Improve(); ++round) {
  }
  std::vector<int64_t> prices(d_, 0);
  for (int r = 0; r < d_; ++r) {
    const auto room = static_cast<double>(std::max<int64_t>(core_.room(type_)[r], 1));
    const double price = prices_.empty() ? 0 : prices_[r] / room;
    // Room at its price stays far below 2^62, whatever went wrong.
    prices[r] = static_cast<int64_t>(std::clamp(price + 0.5, 0.0, 1e18 / room));
  }
  return prices;
}

}  // namespace stowage::scheduler::packing
