#include "scheduler/solvers/gap/subset_fit.h"

#include <algorithm>
#include <numeric>

namespace stowage::scheduler::gap {
namespace {

constexpr int kMostBudgets = 24;
constexpr int kMostRadii = 6;
constexpr double kWiden = 2;
constexpr int32_t kMostCells = 400;                   // in one direction
constexpr int64_t kMostOverdrawn = int64_t{1} << 29;  // more than any subset gives back
constexpr int64_t kLooksPerUnit = 10;

}  // namespace

SubsetFit::SubsetFit(int32_t resources, size_t subsets) : s_(resources), subsets_(subsets) {
  path_.assign((kMostChanges + 1) * s_, 0);
  left_room_.assign(s_, 0);
}

void SubsetFit::Add(double loss, const int64_t* takes) {
  losses_.push_back(loss);
  for (int32_t r = 0; r < s_; ++r) takes_.push_back(static_cast<int32_t>(takes[r]));
}

// By turns, from the least loss on: both halves are worth the same.
void SubsetFit::Split() {
  std::vector<int32_t> order(losses_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return losses_[a] != losses_[b] ? losses_[a] < losses_[b] : a < b;
  });
  for (Half& half : halves_) half.changes.clear();
  for (size_t i = 0; i < order.size() && i < 2 * kMostChanges; ++i) {
    halves_[(i + 1) / 2 % 2].changes.push_back(order[i]);
  }
  for (Half& half : halves_) {
    if (half.changes.size() > kMostChanges) half.changes.resize(kMostChanges);
  }
}

// The subset at hand and all that have more changes, from `next` on. False: too many.
bool SubsetFit::Extend(Half* half, size_t next, double loss, uint64_t members) {
  if (half->loss.size() == subsets_) return false;
  const auto depth = static_cast<size_t>(__builtin_popcountll(members)) * s_;
  half->loss.push_back(loss), half->members.push_back(members);
  half->takes.insert(half->takes.end(), path_.begin() + static_cast<std::ptrdiff_t>(depth),
                     path_.begin() + static_cast<std::ptrdiff_t>(depth + s_));
  for (size_t i = next; i < half->changes.size(); ++i) {
    const int32_t change = half->changes[i];
    if (loss + losses_[change] > half->budget) break;
    for (int32_t r = 0; r < s_; ++r) {
      path_[depth + s_ + r] = path_[depth + r] + takes_[static_cast<size_t>(change) * s_ + r];
    }
    if (!Extend(half, i + 1, loss + losses_[change], members | uint64_t{1} << i)) return false;
  }
  return true;
}

// All subsets within a budget that is near the largest one that yields no more than is wanted.
void SubsetFit::Enumerate(Half* half, double scale) {
  if (half->budget <= 0) half->budget = scale;
  for (int tries = 0; tries < kMostBudgets; ++tries) {
    half->loss.clear(), half->members.clear(), half->takes.clear();
    const bool whole = Extend(half, 0, 0, 0);
    looks_ += static_cast<int64_t>(half->loss.size()) * 2;
    if (!whole) {
      half->budget *= 0.85;
    } else if (half->loss.size() * 10 < subsets_ * 6 && tries < 8) {
      half->budget *= 1.1;
    } else {
      return;
    }
  }
}

int32_t SubsetFit::CellOf(const int32_t* takes) const {
  const auto row = static_cast<int32_t>((takes[grid_.first] - grid_.row_least) / grid_.row_width);
  const auto column =
      static_cast<int32_t>((takes[grid_.second] - grid_.column_least) / grid_.column_width);
  return row * grid_.columns + column;
}

// The subsets of the second half in the cells of a grid over two resources, about as wide as what
// may be left unused of them.
void SubsetFit::Arrange(const std::vector<double>& prices, double radius) {
  const Half& half = halves_[1];
  const size_t n = half.loss.size();
  grid_.first = 0, grid_.second = s_ > 1 ? 1 : 0;
  const auto span = [&](int32_t r, double parts, double* least, double* width) {
    int32_t low = half.takes[r], high = low;
    for (size_t i = 0; i < n; ++i) {
      low = std::min(low, half.takes[i * s_ + r]), high = std::max(high, half.takes[i * s_ + r]);
    }
    const double range = static_cast<double>(high) - low;
    const double wish = prices[r] > 0 ? range * parts * prices[r] / radius : 1;
    const auto cells = static_cast<int32_t>(std::clamp<double>(wish, 1, kMostCells));
    *least = low, *width = range / cells + 1e-6;
    return cells;
  };
  grid_.rows = span(grid_.first, 2, &grid_.row_least, &grid_.row_width);
  grid_.columns = span(grid_.second, 8, &grid_.column_least, &grid_.column_width);
  std::vector<int32_t>& start = grid_.start;
  start.assign(static_cast<size_t>(grid_.rows) * grid_.columns + 1, 0);
  for (size_t i = 0; i < n; ++i) ++start[CellOf(&half.takes[i * s_]) + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<int32_t> at = start;
  grid_.loss.resize(n), grid_.subset.resize(n), grid_.takes.resize(n * s_);
  for (size_t i = 0; i < n; ++i) {
    const int32_t to = at[CellOf(&half.takes[i * s_])]++;
    grid_.loss[to] = half.loss[i], grid_.subset[to] = static_cast<int32_t>(i);
    std::copy_n(&half.takes[i * s_], s_, &grid_.takes[static_cast<size_t>(to) * s_]);
  }
  looks_ += static_cast<int64_t>(n) * 4 + static_cast<int64_t>(start.size());
}

// The subsets [begin, end) of the grid beside subset `left` of the first half.
void SubsetFit::Scan(size_t left, size_t begin, size_t end, const std::vector<double>& prices) {
  const double loss = halves_[0].loss[left];
  for (size_t i = begin; i < end; ++i) {
    double value = loss + grid_.loss[i];
    bool fits = true;
    for (int32_t r = 0; r < s_; ++r) {
      const int32_t unused = left_room_[r] - grid_.takes[i * s_ + r];
      fits &= unused >= 0;
      value += unused * prices[r];
    }
    if (!fits || value >= best_) continue;
    best_ = value;
    best_left_ = static_cast<int32_t>(left), best_right_ = grid_.subset[i];
  }
  looks_ += static_cast<int64_t>(end - begin);
}

void SubsetFit::Join(const std::vector<int64_t>& room, const std::vector<double>& prices,
                     double radius) {
  const auto last_cell = [](double x, int32_t cells) {
    return static_cast<int32_t>(std::min<double>(x, cells - 1));
  };
  for (size_t left = 0; left < halves_[0].loss.size(); ++left) {
    const double most = std::min(radius, best_) - halves_[0].loss[left];
    if (most <= 0) continue;
    for (int32_t r = 0; r < s_; ++r) {
      left_room_[r] = static_cast<int32_t>(room[r] - halves_[0].takes[left * s_ + r]);
    }
    const auto range = [&](int32_t r, double least, double width, int32_t cells, int32_t* low) {
      const double high = (left_room_[r] - least) / width;
      const double from = prices[r] > 0 ? high - most / prices[r] / width : 0;
      *low = from > 0 ? last_cell(from, cells + 1) : 0;
      return high < 0 ? -1 : last_cell(high, cells);
    };
    int32_t low_row = 0, low_column = 0;
    const int32_t row = range(grid_.first, grid_.row_least, grid_.row_width, grid_.rows, &low_row);
    const int32_t column =
        range(grid_.second, grid_.column_least, grid_.column_width, grid_.columns, &low_column);
    if (column < low_column) continue;
    for (int32_t i = low_row; i <= row; ++i) {
      const size_t cells = static_cast<size_t>(i) * grid_.columns;
      Scan(left, grid_.start[cells + low_column], grid_.start[cells + column + 1], prices);
    }
  }
}

bool SubsetFit::Solve(const std::vector<int64_t>& room, const std::vector<double>& prices,
                      double scale) {
  chosen_.clear();
  for (int64_t units : room) {
    if (units < -kMostOverdrawn) return false;
  }
  Split();
  for (Half& half : halves_) Enumerate(&half, scale);
  best_ = 1e300, best_left_ = -1;
  double radius = scale;
  for (int tries = 0; tries < kMostRadii && best_left_ < 0; ++tries, radius *= kWiden) {
    Arrange(prices, radius);
    Join(room, prices, radius);
  }
  if (best_left_ < 0) return false;
  for (int side = 0; side < 2; ++side) {
    const Half& half = halves_[side];
    const uint64_t members = half.members[side == 0 ? best_left_ : best_right_];
    for (size_t i = 0; i < half.changes.size(); ++i) {
      if (members >> i & 1) chosen_.push_back(half.changes[i]);
    }
  }
  return true;
}

int64_t SubsetFit::TakeWork() {
  const int64_t work = 1 + looks_ / kLooksPerUnit;
  looks_ = 0;
  return work;
}

}  // namespace stowage::scheduler::gap
