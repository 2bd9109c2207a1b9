#include "scheduler/solvers/packing/columns.h"

#include <algorithm>
#include <numeric>

#include "scheduler/solvers/packing/aggregate.h"

namespace stowage::scheduler::packing {
namespace {

constexpr double kAny = 1e301;
constexpr int kPivots = 500;  // of one slice
constexpr int64_t kNodesMost = 300'000;
constexpr int64_t kValueMost = int64_t{1} << 52;
constexpr int64_t kRelaxedMost = int64_t{1} << 61;
constexpr int kPullFirst = 8;  // sixteenths

int64_t Rounded(double value, int64_t most) {
  return static_cast<int64_t>(std::clamp(value + 0.5, 0.0, static_cast<double>(most)));
}

}  // namespace

Columns::Columns(const Core& core) : core_(core), scale_(ValueScale(core)), knapsack_(core) {
  for (const Core::Item& item : core.items) demand_.push_back(item.demand);
  all_items_.resize(core.items.size());
  std::iota(all_items_.begin(), all_items_.end(), 0);
  FindCaps();
  Aggregate();
  MakeMaster();
  Seed();
}

// An item that an unlimited type holds is worth no more than such a bin. The others: more than the
// solution could cost, within the range of numbers.
void Columns::FindCaps() {
  __int128 everything = 1;
  int64_t costliest = 1;
  for (const Core::Type& type : core_.types) {
    costliest = std::max(costliest, type.cost);
    everything += static_cast<__int128>(type.cost) * type.quantity;
  }
  bool all_limited = true;
  for (const Core::Type& type : core_.types) all_limited = all_limited && type.limited;
  if (all_limited && everything < INT64_MAX) cannot_cost_more_ = static_cast<int64_t>(everything);
  missing_cost_ =
      static_cast<int64_t>(std::min<__int128>(everything, static_cast<__int128>(costliest) * 64));
  missing_cost_ = std::min(missing_cost_, kValueMost / scale_);
  cap_.assign(core_.items.size(), missing_cost_ * scale_);
  for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
    if (core_.types[t].limited) continue;
    for (int32_t k = 0; k < core_.choices(); ++k) {
      if (core_.fit(t, k) == 0) continue;
      int64_t& cap = cap_[core_.item_of[k]];
      cap = std::min(cap, core_.types[t].cost * scale_);
    }
  }
}

void Columns::Aggregate() {
  const std::vector<double> worth = AggregateValues(core_);
  for (size_t i = 0; i < worth.size(); ++i) {
    value_.push_back(Rounded(worth[i] * static_cast<double>(scale_), cap_[i]));
  }
  dual_ = value_;
  limit_.assign(core_.types.size(), 0);
  for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
    prices_.push_back(knapsack_.Prices(t, value_, demand_));
    limit_[t] = knapsack_.Relaxed(t, value_, demand_, prices_[t]);
  }
  proof_ = Prove(core_, value_, limit_);
}

void Columns::MakeMaster() {
  std::vector<Master::Row> rows;
  for (const int64_t d : demand_) rows.push_back({static_cast<double>(d), kAny});
  for (const Core::Type& type : core_.types) {
    row_of_type_.push_back(type.limited ? static_cast<int32_t>(rows.size()) : -1);
    if (type.limited) rows.push_back({-kAny, static_cast<double>(type.quantity)});
  }
  master_ = std::make_unique<Master>(rows);
  for (size_t i = 0; i < core_.items.size(); ++i) {
    if (cap_[i] < missing_cost_ * scale_) continue;
    const Master::Entry missing[] = {{static_cast<int32_t>(i), 1.0}};
    master_->Add(static_cast<double>(missing_cost_), missing);
    ++missing_;
  }
}

// One kind of item alone, in the type that is cheapest for it.
void Columns::Seed() {
  for (int32_t k = 0; k < core_.choices(); ++k) {
    int32_t best = -1;
    for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
      if (core_.fit(t, k) == 0 || core_.types[t].limited) continue;
      if (best < 0 || static_cast<__int128>(core_.types[t].cost) * core_.fit(best, k) <
                          static_cast<__int128>(core_.types[best].cost) * core_.fit(t, k)) {
        best = t;
      }
    }
    if (best >= 0) Add(best, {{k, core_.fit(best, k)}});
  }
}

void Columns::Add(int32_t type, const Loads& loads) {
  std::vector<Master::Entry> column;
  for (const Load& load : loads) {
    const int32_t i = core_.item_of[load.choice];
    if (!column.empty() && column.back().row == i) {
      column.back().value += static_cast<double>(load.count);
    } else {
      column.push_back({i, static_cast<double>(load.count)});
    }
  }
  if (row_of_type_[type] >= 0) column.push_back({row_of_type_[type], 1.0});
  master_->Add(static_cast<double>(core_.types[type].cost), column);
  patterns_.push_back({type, loads});
  solved_ = false;
}

int64_t Columns::Worth(const Loads& loads, const std::vector<int64_t>& value) const {
  int64_t worth = 0;
  for (const Load& load : loads) worth += value[core_.item_of[load.choice]] * load.count;
  return worth;
}

bool Columns::Step() {
  if (converged_ || infeasible_) return false;
  if (!solved_) {
    SolveMaster();
  } else if (!PriceNext()) {
    EndRound();
  }
  return !converged_ && !infeasible_;
}

void Columns::SolveMaster() {
  if (!master_->Solve(kPivots)) {
    if (++stalls_ > kStallsMost) converged_ = true;
    return;
  }
  stalls_ = 0;
  solved_ = true;
  for (size_t i = 0; i < core_.items.size(); ++i) {
    dual_[i] =
        Rounded(master_->dual(static_cast<int32_t>(i)) * static_cast<double>(scale_), cap_[i]);
  }
  levels_.resize(patterns_.size());
  for (size_t p = 0; p < patterns_.size(); ++p) {
    levels_[p] = master_->level(missing_ + static_cast<int32_t>(p));
  }
  cost_ = master_->cost();
  pull_ = kPullFirst;
  Mix();
}

void Columns::Mix() {
  for (size_t i = 0; i < value_.size(); ++i) {
    value_[i] = (proof_.value[i] * pull_ + dual_[i] * (16 - pull_)) / 16;
  }
  next_type_ = 0;
  added_ = 0;
  complete_ = true;
}

bool Columns::PriceNext() {
  if (next_type_ == static_cast<int32_t>(core_.types.size())) return false;
  const int32_t t = next_type_++;
  const int64_t enough = core_.types[t].cost * scale_;
  limit_[t] = knapsack_.Relaxed(t, value_, demand_, prices_[t]);
  if (limit_[t] <= enough) return true;
  std::vector<int64_t> prices = knapsack_.Prices(t, value_, demand_);
  const int64_t relaxed = knapsack_.Relaxed(t, value_, demand_, prices);
  if (relaxed < limit_[t]) {
    limit_[t] = relaxed;
    prices_[t] = std::move(prices);
  }
  if (limit_[t] <= enough || limit_[t] >= kRelaxedMost) return true;
  const Knapsack::Fill fill = knapsack_.Solve({.type = t,
                                               .value = value_,
                                               .left = demand_,
                                               .items = all_items_,
                                               .prices = prices_[t],
                                               .enough = enough,
                                               .nodes = nodes_});
  limit_[t] = std::min(limit_[t], std::max(enough, fill.limit));
  if (limit_[t] > std::max(enough, fill.value)) complete_ = false;
  if (!fill.loads.empty() && Worth(fill.loads, dual_) > enough + (enough >> 24)) {
    Add(t, fill.loads);
    solved_ = true;  // the round goes on with the values it began with
    ++added_;
  }
  return true;
}

void Columns::EndRound() {
  Proof proof = Prove(core_, value_, limit_);
  const bool better = proof.cost > proof_.cost;
  if (better) proof_ = std::move(proof);
  if (cannot_cost_more_ < proof_.cost) infeasible_ = true;
  if (added_ > 0) {
    solved_ = false;
    return;
  }
  if (pull_ > 0) {
    pull_ = better ? pull_ : pull_ / 2;
  } else if (complete_ || nodes_ >= kNodesMost) {
    converged_ = true;
  } else {
    nodes_ *= 4;
  }
  Mix();
}

}  // namespace stowage::scheduler::packing
