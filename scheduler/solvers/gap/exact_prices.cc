#include "scheduler/solvers/gap/exact_prices.h"

#include <algorithm>
#include <array>

namespace stowage::scheduler::gap {
namespace {

constexpr int kPivots = 2000;          // at a time
constexpr size_t kMostRows = 1500;     // classes and capacities
constexpr int64_t kManyItems = 2;      // a class, on average
constexpr double kUnplaced = 30;       // the cost of an item without a place, in mean costs
constexpr int64_t kWorkPerUnit = 100;  // of the linear program, which counts nanoseconds

double MeanCost(const GapInstance& g) {
  double sum = 0, pairs = 0;
  for (int64_t cost : g.costs) {
    if (cost >= 0) sum += static_cast<double>(cost), ++pairs;
  }
  return sum > 0 ? sum / pairs : 1;
}

// Every class is placed; no capacity is passed. Both in parts of the whole.
std::vector<packing::Master::Row> Rows(const GapInstance& g) {
  std::vector<packing::Master::Row> rows(g.classes, {1, 1});
  rows.resize(g.classes + g.capacities.size(), {-1e301, 1});
  return rows;
}

}  // namespace

bool ExactPrices::Suits(const GapInstance& g) {
  return g.classes > 0 && g.classes + g.capacities.size() <= kMostRows &&
         g.items / g.classes >= kManyItems;
}

ExactPrices::ExactPrices(const GapInstance& instance, PriceSearch& prices)
    : g_(instance), prices_(prices), unit_(MeanCost(g_)), lp_(Rows(g_)) {
  added_.assign(g_.costs.size(), 0);
  for (int32_t k = 0; k < g_.classes; ++k) {
    const std::array<packing::Master::Entry, 1> entry = {{{k, 1}}};
    lp_.Add(kUnplaced * static_cast<double>(g_.counts[k]), entry);
  }
  AddCandidates();
}

// False: none is new.
bool ExactPrices::AddCandidates() {
  bool any = false;
  std::vector<packing::Master::Entry> column;
  for (int32_t k = 0; k < g_.classes; ++k) {
    for (int32_t j : prices_.Candidates(k)) {
      uint8_t& added = added_[static_cast<size_t>(k) * g_.agents + j];
      if (added != 0) continue;
      added = 1, any = true;
      column = {{k, 1}};
      const auto count = static_cast<double>(g_.counts[k]);
      for (int32_t r = 0; r < g_.resources; ++r) {
        const int32_t slot = j * g_.resources + r;
        const auto size = static_cast<double>(g_.Sizes(k, j)[r]);
        if (size <= 0) continue;
        column.push_back({g_.classes + slot,
                          count * size / std::max(static_cast<double>(g_.capacities[slot]), 1.0)});
      }
      lp_.Add(count * static_cast<double>(g_.Cost(k, j)) / unit_, column);
    }
  }
  return any;
}

bool ExactPrices::Step(int64_t* work) {
  const int64_t before = lp_.work();
  const bool solved = lp_.Solve(kPivots);
  *work += 1 + (lp_.work() - before) / kWorkPerUnit;
  if (!solved) return true;
  std::vector<double> prices(g_.capacities.size());
  for (size_t slot = 0; slot < prices.size(); ++slot) {
    const double dual = lp_.dual(static_cast<int32_t>(slot) + g_.classes);
    prices[slot] =
        std::max(-dual, 0.0) * unit_ / std::max(static_cast<double>(g_.capacities[slot]), 1.0);
  }
  *work += prices_.EvaluateAt(prices);
  return AddCandidates();
}

}  // namespace stowage::scheduler::gap
