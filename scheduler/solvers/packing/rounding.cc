#include "scheduler/solvers/packing/rounding.h"

#include <algorithm>

#include "scheduler/solvers/packing/bound.h"

namespace stowage::scheduler::packing {

Rounding::Rounding(const Core& core, Rng rng) : core_(core), rng_(std::move(rng)), builder_(core) {}

// How many copies what is left allows.
int64_t Rounding::Most(const Pattern& pattern) const {
  int64_t most = quota_[pattern.type];
  for (size_t l = 0; l < pattern.loads.size();) {
    const int32_t i = core_.item_of[pattern.loads[l].choice];
    int64_t each = 0;
    for (; l < pattern.loads.size() && core_.item_of[pattern.loads[l].choice] == i; ++l) {
      each += pattern.loads[l].count;
    }
    most = std::min(most, left_[i] / each);
  }
  return most;
}

void Rounding::Take(const Pattern& pattern, int64_t count, std::vector<Bins>& out) {
  if (count <= 0) return;
  for (const Load& load : pattern.loads) left_[core_.item_of[load.choice]] -= load.count * count;
  quota_[pattern.type] -= count;
  out.push_back({pattern.type, count, pattern.loads});
}

std::vector<Bins> Rounding::Build(const Columns& columns, const Guide& guide) {
  left_.clear();
  quota_.clear();
  for (const Core::Item& item : core_.items) left_.push_back(item.demand);
  for (const Core::Type& type : core_.types) quota_.push_back(type.quantity);
  std::vector<Bins> out;
  std::vector<std::pair<double, int32_t>> parts;
  for (int32_t p = 0; p < static_cast<int32_t>(columns.patterns().size()); ++p) {
    const double level = columns.level(p);
    if (level < 1e-6) continue;
    const auto whole = static_cast<int64_t>(level + 1e-6);
    Take(columns.patterns()[p], std::min(whole, Most(columns.patterns()[p])), out);
    // Likelier first, but not always.
    parts.push_back({level - static_cast<double>(whole) - rng_.Uniform(), p});
  }
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (const auto& [surplus, p] : parts) {
    if (surplus > 0 && Most(columns.patterns()[p]) > 0) Take(columns.patterns()[p], 1, out);
  }
  work_ += 50 * static_cast<int64_t>(columns.patterns().size());
  Builder::Order order{.items = {},
                       .left = left_,
                       .quota = quota_,
                       .value = guide.value,
                       .prices = guide.prices,
                       .types = {},
                       .floor = guide.floor};
  std::vector<int64_t> value = guide.value;
  for (int64_t& v : value) v = std::max(v, std::max<int64_t>(core_.scale / 1024, 1));
  order.value = value;
  for (int32_t i = 0; i < static_cast<int32_t>(core_.items.size()); ++i) order.items.push_back(i);
  const auto best = std::min<size_t>(guide.best_types.size(), 10);
  order.types.assign(guide.best_types.begin(), guide.best_types.begin() + best);
  order.nodes = 300;
  builder_.Build(order, out);
  return out;
}

}  // namespace stowage::scheduler::packing
