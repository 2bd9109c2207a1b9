#include "scheduler/solvers/gap/bundle_cuts.h"

#include <algorithm>

namespace stowage::scheduler::gap {
namespace {

constexpr double kLeastLevel = 1e-7, kLeastBroken = 0.02;
constexpr int kMostOfRow = 5;  // new cuts at once
constexpr int64_t kLooksPerUnit = 20;

}  // namespace

void BundleCuts::FindPairs(const Bundles& bundles,
                           std::span<const std::pair<int32_t, double>> levels) {
  const auto rows = static_cast<size_t>(items_ + agents_);
  pairs_.assign(rows * rows, 0);
  near_.assign(rows, {});
  support_.clear();
  bundles_with_.assign(rows, {});
  for (const auto& [f, level] : levels) {
    if (level < kLeastLevel) continue;
    const std::span<const int16_t> items = bundles.Items(f);
    std::vector<int32_t> has(items.rbegin(), items.rend());
    has.push_back(items_ + bundles.agent[f]);
    for (int32_t a : has) {
      for (int32_t b : has) {
        if (a == b) continue;
        double& pair = pairs_[a * rows + b];
        if (pair == 0) near_[a].push_back(b);
        pair += level;
      }
      bundles_with_[a].push_back(static_cast<int32_t>(support_.size()));
    }
    support_.emplace_back(std::move(has), level);
  }
  for (auto& rows_near : near_) std::sort(rows_near.begin(), rows_near.end());
}

// How much of the bundles has all three rows.
double BundleCuts::InAll(const Cut& cut) const {
  double sum = 0;
  for (int32_t s : bundles_with_[cut[0]]) {
    const std::vector<int32_t>& has = support_[s].first;
    if (std::binary_search(has.begin(), has.end(), cut[1]) &&
        std::binary_search(has.begin(), has.end(), cut[2])) {
      sum += support_[s].second;
    }
  }
  return sum;
}

// Every broken cut has a row that is in bundles with either other one.
std::vector<BundleCuts::Broken> BundleCuts::FindBroken(int64_t* work) const {
  std::vector<Broken> out;
  for (int32_t a = 0; a < items_ + agents_; ++a) {
    for (size_t x = 0; x < near_[a].size(); ++x) {
      *work += static_cast<int64_t>(near_[a].size() - x) / kLooksPerUnit;
      for (size_t y = x + 1; y < near_[a].size(); ++y) {
        const int32_t b = near_[a][x], c = near_[a][y];
        const double rest = Pair(b, c);
        if (rest > 0 && a > b) continue;  // all three are near each other: once
        const double pairs = Pair(a, b) + Pair(a, c) + rest;
        if (pairs < 1 + kLeastBroken) continue;
        const Cut cut{a, b, c};
        const double by = pairs - 2 * (rest > 0 ? InAll(cut) : 0) - 1;
        if (by >= kLeastBroken) out.push_back({by, cut});
      }
    }
  }
  std::sort(out.begin(), out.end(), [](const Broken& a, const Broken& b) {
    return a.by != b.by ? a.by > b.by : a.cut < b.cut;
  });
  return out;
}

int BundleCuts::Separate(const Bundles& bundles, std::span<const std::pair<int32_t, double>> levels,
                         int most, int64_t* work) {
  FindPairs(bundles, levels);
  std::vector<int> used(of_.size(), 0);
  int added = 0;
  for (const Broken& broken : FindBroken(work)) {
    if (added == most) break;
    const auto full = [&](int32_t row) { return used[row] >= kMostOfRow; };
    if (std::any_of(broken.cut.begin(), broken.cut.end(), full)) continue;
    for (int32_t row : broken.cut) {
      ++used[row];
      of_[row].push_back(size());
    }
    cuts_.push_back(broken.cut);
    ++added;
  }
  hits_.assign(cuts_.size(), 0);
  return added;
}

}  // namespace stowage::scheduler::gap
