#include "scheduler/solvers/packing/rows.h"

#include <algorithm>

namespace stowage::scheduler::packing {

Rows::Rows(const Core& core, size_t most) : core_(core), group_of_(core.items.size(), -1) {
  std::vector<int32_t> items;
  for (int32_t i = 0; i < static_cast<int32_t>(core.items.size()); ++i) {
    if (core.items[i].demand > 0) items.push_back(i);
  }
  by_size_ = items.size() > most;
  scale_.assign(core.dimensions, 0.0);
  double number = 0;
  for (const int32_t i : items) {
    const auto demand = static_cast<double>(core.items[i].demand);
    number += demand;
    for (int r = 0; r < core.dimensions; ++r) {
      scale_[r] += demand * static_cast<double>(core.size(core.items[i].first)[r]);
    }
  }
  for (double& s : scale_) s = s > 0 ? number / s : 0;
  Split(std::move(items), most);
  for (size_t g = 0; g < groups_.size(); ++g) {
    double least = 0;
    for (const int32_t i : groups_[g]) {
      group_of_[i] = static_cast<int32_t>(g);
      least += static_cast<double>(core.items[i].demand);
    }
    least_.push_back(least);
  }
  if (!by_size_) return;
  for (const double s : scale_) least_.push_back(s > 0 ? number : 0);
}

// The one in which they differ most, for the mean size of all items.
int Rows::SplitDimension(const std::vector<int32_t>& items) const {
  int best = 0;
  double widest = -1;
  for (int r = 0; r < core_.dimensions; ++r) {
    int64_t low = INT64_MAX, high = 0;
    for (const int32_t i : items) {
      const int64_t size = core_.size(core_.items[i].first)[r];
      low = std::min(low, size);
      high = std::max(high, size);
    }
    const double width = static_cast<double>(high - low) * scale_[r];
    if (width <= widest) continue;
    widest = width;
    best = r;
  }
  return best;
}

void Rows::Split(std::vector<int32_t> items, size_t parts) {
  if (items.empty()) return;
  if (!by_size_) {
    for (const int32_t i : items) groups_.push_back({i});
    return;
  }
  if (parts <= 1 || items.size() == 1) {
    groups_.push_back(std::move(items));
    return;
  }
  const int r = SplitDimension(items);
  std::sort(items.begin(), items.end(), [&](int32_t a, int32_t b) {
    const int64_t size_a = core_.size(core_.items[a].first)[r];
    const int64_t size_b = core_.size(core_.items[b].first)[r];
    return size_a != size_b ? size_a < size_b : a < b;
  });
  const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
  Split({items.begin(), middle}, parts / 2);
  Split({middle, items.end()}, parts - parts / 2);
}

void Rows::Add(int32_t item, double count, std::vector<double>& column) const {
  const int32_t group = group_of_[item];
  if (group < 0) return;
  column[group] += count;
  if (!by_size_) return;
  const auto size = core_.size(core_.items[item].first);
  for (int r = 0; r < core_.dimensions; ++r) {
    column[groups_.size() + r] += count * scale_[r] * static_cast<double>(size[r]);
  }
}

double Rows::Worth(int32_t item, std::span<const double> duals) const {
  const int32_t group = group_of_[item];
  if (group < 0) return 0;
  double worth = duals[group];
  if (!by_size_) return worth;
  const auto size = core_.size(core_.items[item].first);
  for (int r = 0; r < core_.dimensions; ++r) {
    worth += duals[groups_.size() + r] * scale_[r] * static_cast<double>(size[r]);
  }
  return worth;
}

}  // namespace stowage::scheduler::packing
