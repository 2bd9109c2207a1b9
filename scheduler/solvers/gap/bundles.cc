#include "scheduler/solvers/gap/bundles.h"

#include <algorithm>
#include <utility>

namespace stowage::scheduler::gap {
namespace {

constexpr int64_t kCellsPerUnit = 100, kBundlesPerUnit = 2;

}  // namespace

BundleLister::BundleLister(const GapInstance& instance, std::vector<int32_t> rewards, int shift)
    : g_(instance), rewards_(std::move(rewards)), shift_(shift) {
  for (int32_t reward : rewards_) value_ += reward;
  int64_t work = 0;
  for (int32_t j = 0; j < g_.agents; ++j) {
    Tabulate(j, 0, &work);
    value_ -= Row(items_.size())[stride_ - 1];
  }
}

// The best that agent `j` can earn with each room; without items that would cost it more than
// `budget`.
void BundleLister::Tabulate(int32_t j, int64_t budget, int64_t* work) {
  items_.clear();
  const auto room = static_cast<int32_t>(g_.Capacities(j)[0]);
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (!g_.Allowed(k, j) || g_.Sizes(k, j)[0] > room) continue;
    const int64_t profit = rewards_[k] - (g_.Cost(k, j) << shift_);
    if (profit < -budget) continue;
    items_.push_back({k, static_cast<int32_t>(profit), static_cast<int32_t>(g_.Sizes(k, j)[0])});
  }
  stride_ = static_cast<size_t>(room) + 1;
  rows_.assign((items_.size() + 1) * stride_, 0);
  for (size_t i = 0; i < items_.size(); ++i) {
    const auto [k, profit, size] = items_[i];
    const int32_t* from = Row(i);
    int32_t* to = rows_.data() + (i + 1) * stride_;
    std::copy_n(from, size, to);
    for (int32_t c = size; c <= room; ++c) to[c] = std::max(from[c], from[c - size] + profit);
  }
  *work += 1 + static_cast<int64_t>(rows_.size()) / kCellsPerUnit;
}

// All ways to decide the first `undecided` items that lose at most `budget`. False: too many.
bool BundleLister::Extend(size_t undecided, int32_t room, int64_t budget) {
  for (; undecided > 0; --undecided) {
    const Item& item = items_[undecided - 1];
    const int32_t best = Row(undecided)[room], without = Row(undecided - 1)[room];
    if (item.size <= room) {
      const int64_t loss = best - (item.profit + Row(undecided - 1)[room - item.size]);
      if (loss <= budget) {
        const auto cost = static_cast<int32_t>(g_.Cost(item.k, agent_));
        path_.push_back(static_cast<int16_t>(item.k)), cost_ += cost;
        if (!Extend(undecided - 1, room - item.size, budget - loss)) return false;
        path_.pop_back(), cost_ -= cost;
      }
    }
    budget -= best - without;
    if (budget < 0) return true;
  }
  if (out_->size() >= most_) return false;
  out_->agent.push_back(agent_);
  out_->cost.push_back(cost_);
  out_->items.insert(out_->items.end(), path_.begin(), path_.end());
  out_->starts.push_back(static_cast<uint32_t>(out_->items.size()));
  return true;
}

bool BundleLister::List(int32_t j, int64_t cost, size_t most, Bundles* bundles, int64_t* work) {
  const int64_t budget = (cost << shift_) - value_;
  if (budget < 0) return true;
  Tabulate(j, budget, work);
  out_ = bundles, agent_ = j, cost_ = 0, most_ = most;
  path_.clear();
  const size_t before = bundles->size();
  const bool all = Extend(items_.size(), static_cast<int32_t>(stride_ - 1), budget);
  *work += static_cast<int64_t>(bundles->size() - before) / kBundlesPerUnit;
  return all;
}

}  // namespace stowage::scheduler::gap
