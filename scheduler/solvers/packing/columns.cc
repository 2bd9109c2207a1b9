#include "scheduler/solvers/packing/columns.h"

#include <algorithm>
#include <numeric>

#include "scheduler/solvers/packing/aggregate.h"

namespace stowage::scheduler::packing {
namespace {

constexpr double kAny = 1e301;
constexpr size_t kGroupsMost = 160;
// A stage ends when so many rounds have not made the master cheaper by so much.
constexpr int64_t kTail = 20, kStuck = 100;
constexpr double kTailGain = 5e-4;
constexpr int kFractionsStage = 2;
constexpr int kPivots = 500;                                                    // of one slice
constexpr int64_t kNodes = 2'000;                                               // of one knapsack
constexpr int64_t kFrontierMost = 600'000;                                      // width times items
constexpr int64_t kWidths[Columns::kStages] = {0, 300, 3'000, 15'000, 60'000};  // of a frontier
constexpr int64_t kValueMost = int64_t{1} << 52;
constexpr int64_t kRelaxedMost = int64_t{1} << 61;
constexpr int kPullFirst = 8;  // sixteenths

int64_t Rounded(double value, int64_t most) {
  return static_cast<int64_t>(std::clamp(value + 0.5, 0.0, static_cast<double>(most)));
}

}  // namespace

Columns::Columns(const Core& core)
    : core_(core),
      scale_(core.scale),
      rows_(core, core.has_tolls() ? core.items.size() : kGroupsMost),
      knapsack_(core),
      frontier_(core) {
  FindCaps();
  const std::vector<double> worth = AggregateValues(core_);
  for (size_t i = 0; i < worth.size(); ++i) {
    value_.push_back(Rounded(worth[i] * static_cast<double>(scale_), cap_[i]));
  }
  Begin();
  Seed();
}

Columns::Columns(const Core& core, const Columns& before, std::vector<Branch> branches)
    : core_(core),
      scale_(core.scale),
      rows_(core, core.has_tolls() ? core.items.size() : kGroupsMost),
      knapsack_(core),
      frontier_(core),
      branches_(std::move(branches)),
      value_(before.proof_.value) {
  FindCaps();
  Begin();
}

// Whether the number of its bins is.
bool Columns::Bounded(int32_t type) const {
  return core_.types[type].limited ||
         std::any_of(branches_.begin(), branches_.end(),
                     [&](const Branch& b) { return b.counts[type] && b.most != Branch::kAny; });
}

// An item that an unlimited type holds is worth no more than such a bin. The others: more than the
// solution could cost, within the range of numbers.
void Columns::FindCaps() {
  for (const Core::Item& item : core_.items) demand_.push_back(item.demand);
  all_items_.resize(core_.items.size());
  std::iota(all_items_.begin(), all_items_.end(), 0);
  __int128 everything = 1;
  int64_t costliest = 1;
  for (const Core::Type& type : core_.types) {
    costliest = std::max(costliest, type.cost);
    everything += static_cast<__int128>(type.cost) * type.quantity;
  }
  for (int32_t i = 0; core_.has_tolls() && i < static_cast<int32_t>(core_.items.size()); ++i) {
    const int64_t toll = core_.highest_toll(i) / scale_;
    costliest = std::max(costliest, toll);
    everything += static_cast<__int128>(toll) * core_.items[i].demand;
  }
  bool all_limited = true;
  for (const Core::Type& type : core_.types) all_limited = all_limited && type.limited;
  if (all_limited && everything < INT64_MAX) cannot_cost_more_ = static_cast<int64_t>(everything);
  missing_cost_ =
      static_cast<int64_t>(std::min<__int128>(everything, static_cast<__int128>(costliest) * 64));
  missing_cost_ = std::min(missing_cost_, kValueMost / scale_);
  cap_.assign(core_.items.size(), missing_cost_ * scale_);
  for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
    if (Bounded(t)) continue;
    for (int32_t k = 0; k < core_.choices(); ++k) {
      if (core_.fit(t, k) == 0) continue;
      int64_t& cap = cap_[core_.item_of[k]];
      cap = std::min(cap, core_.types[t].cost * scale_ + core_.toll(t, core_.item_of[k]));
    }
  }
}

void Columns::Begin() {
  dual_ = value_;
  limit_.assign(core_.types.size(), 0);
  coarse_.assign(core_.types.size(), false);
  surcharge_.assign(core_.types.size(), 0);
  worth_of_branch_.assign(branches_.size(), 0);
  for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
    prices_.push_back(knapsack_.Prices(t, value_, demand_));
    limit_[t] = knapsack_.Relaxed(t, value_, demand_, prices_[t]);
  }
  proof_ = Prove(core_, value_, limit_);
  MakeMaster();
}

void Columns::MakeMaster() {
  std::vector<Master::Row> rows;
  for (int32_t r = 0; r < rows_.count(); ++r) rows.push_back({rows_.least(r), kAny});
  for (const Core::Type& type : core_.types) {
    row_of_type_.push_back(type.limited ? static_cast<int32_t>(rows.size()) : -1);
    if (type.limited) rows.push_back({-kAny, static_cast<double>(type.quantity)});
  }
  first_branch_row_ = static_cast<int32_t>(rows.size());
  for (const Branch& b : branches_) {
    rows.push_back({static_cast<double>(b.least),
                    b.most == Branch::kAny ? kAny : static_cast<double>(b.most)});
  }
  master_ = std::make_unique<Master>(rows);
  for (size_t i = 0; i < core_.items.size(); ++i) {
    if (cap_[i] < missing_cost_ * scale_) continue;
    AddColumn(static_cast<double>(missing_cost_), -1, [&](std::vector<double>& column) {
      rows_.Add(static_cast<int32_t>(i), 1.0, column);
    });
  }
  AddBranchColumns();
}

// A condition can be bought off, at a price that no good solution pays; and bins may stay empty. So
// the master always has a solution, and what is impossible shows in the bound.
void Columns::AddBranchColumns() {
  for (size_t b = 0; b < branches_.size(); ++b) {
    const double side = branches_[b].most == Branch::kAny ? 1.0 : -1.0;
    const Master::Entry broken[] = {{BranchRow(b), side}};
    master_->Add(static_cast<double>(missing_cost_), broken);
    column_type_.push_back(-1);
    if (branches_[b].least == 0) continue;
    for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
      if (!branches_[b].counts[t]) continue;
      AddColumn(static_cast<double>(core_.types[t].cost), t, [](std::vector<double>&) {});
    }
  }
}

// `fill` adds what the column covers.
void Columns::AddColumn(double cost, int32_t type,
                        const std::function<void(std::vector<double>&)>& fill) {
  std::vector<double> covered(rows_.count(), 0.0);
  fill(covered);
  std::vector<Master::Entry> column;
  for (int32_t r = 0; r < rows_.count(); ++r) {
    if (covered[r] != 0) column.push_back({r, covered[r]});
  }
  if (type >= 0 && row_of_type_[type] >= 0) column.push_back({row_of_type_[type], 1.0});
  for (size_t b = 0; b < branches_.size() && type >= 0; ++b) {
    if (branches_[b].counts[type]) column.push_back({BranchRow(b), 1.0});
  }
  master_->Add(cost, column);
  column_type_.push_back(type);
}

void Columns::Seed() {
  for (const std::vector<int32_t>& group : rows_.groups()) {
    const Core::Item& item = core_.items[group[group.size() / 2]];
    for (int32_t k = item.first; k < item.last; ++k) {
      int32_t best = -1;
      for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
        if (core_.fit(t, k) == 0 || Bounded(t)) continue;
        const Loads full{{k, core_.fit(t, k)}};
        if (best < 0 || static_cast<__int128>(core_.CostOf(t, full)) * core_.fit(best, k) <
                            static_cast<__int128>(core_.CostOf(best, {{k, core_.fit(best, k)}})) *
                                core_.fit(t, k)) {
          best = t;
        }
      }
      if (best >= 0) Add(best, {{k, core_.fit(best, k)}});
    }
  }
}

void Columns::Add(int32_t type, const Loads& loads) {
  const auto cost = static_cast<double>(core_.CostOf(type, loads));
  AddColumn(cost, type, [&](std::vector<double>& column) {
    for (const Load& load : loads) {
      rows_.Add(core_.item_of[load.choice], static_cast<double>(load.count), column);
    }
  });
  patterns_.push_back({type, loads});
  column_.push_back(master_->columns() - 1);
}

void Columns::Offer(int32_t type, const Loads& loads) {
  const int64_t cost = core_.types[type].cost * scale_;
  if (Worth(type, loads, dual_) <= cost + (cost >> 24)) return;
  if (offered_.insert({type, loads}).second) Add(type, loads);
}

int64_t Columns::Worth(int32_t type, const Loads& loads, const std::vector<int64_t>& value) const {
  int64_t worth = 0;
  for (const Load& load : loads) {
    const int32_t i = core_.item_of[load.choice];
    worth += (value[i] - core_.toll(type, i)) * load.count;
  }
  return worth;
}

bool Columns::Nearly(const Pattern& pattern) const {
  const int64_t price = proof_.price[pattern.type];
  const int64_t tolls = core_.TollsOf(pattern.type, pattern.loads) * scale_;
  return Worth(pattern.type, pattern.loads, proof_.value) >= price - (price + tolls) / 50;
}

double Columns::PriceOfAll() const {
  double sum = cost_;
  for (size_t t = 0; t < core_.types.size(); ++t) {
    const int64_t more = proof_.price[t] - core_.types[t].cost * scale_;
    sum += static_cast<double>(more) / static_cast<double>(scale_) *
           static_cast<double>(core_.types[t].quantity);
  }
  return sum;
}

bool Columns::Step() {
  if (converged_ || infeasible_) return false;
  if (searching_) {
    SearchOn();
  } else if (!solved_) {
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
  ReadDuals();
  levels_.resize(patterns_.size());
  for (size_t p = 0; p < patterns_.size(); ++p) {
    levels_[p] = master_->level(column_[p]);
  }
  cost_ = master_->cost();
  ++rounds_;
  if (cost_ < tail_cost_ * (1 - kTailGain) || rounds_ == 1) {
    tail_cost_ = cost_;
    tail_begin_ = rounds_;
  }
  pull_ = kPullFirst;
  Mix();
}

void Columns::ReadDuals() {
  std::vector<double> duals;
  for (int32_t r = 0; r < rows_.count(); ++r) duals.push_back(master_->dual(r));
  for (int32_t i = 0; i < static_cast<int32_t>(core_.items.size()); ++i) {
    dual_[i] = Rounded(rows_.Worth(i, duals) * static_cast<double>(scale_), cap_[i]);
  }
  surcharge_.assign(core_.types.size(), 0);
  for (size_t b = 0; b < branches_.size(); ++b) {
    const double worth = master_->dual(BranchRow(b)) * static_cast<double>(scale_);
    // A number that may grow freely has no price for growing.
    const bool bounded = branches_[b].most != Branch::kAny;
    const int64_t most = kRelaxedMost / (2 * static_cast<int64_t>(branches_.size()));
    worth_of_branch_[b] =
        worth >= 0 ? Rounded(worth, most) : (bounded ? -Rounded(-worth, most) : 0);
    for (size_t t = 0; t < surcharge_.size(); ++t) {
      if (branches_[b].counts[t]) surcharge_[t] += worth_of_branch_[b];
    }
  }
}

// Bounded by what a slice of work may take.
int64_t Columns::Width() const {
  return std::min(kWidths[stage_], kFrontierMost / static_cast<int64_t>(core_.items.size()) + 1);
}

// What a fill must be worth more than to make the master cheaper.
int64_t Columns::Enough(int32_t type) const {
  return std::max<int64_t>(core_.types[type].cost * scale_ - surcharge_[type], 0);
}

std::vector<double> Columns::opened() const {
  std::vector<double> opened(core_.types.size(), 0.0);
  for (int32_t c = 0; c < static_cast<int32_t>(column_type_.size()); ++c) {
    if (column_type_[c] >= 0) opened[column_type_[c]] += master_->level(c);
  }
  return opened;
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
  const int64_t enough = Enough(t);
  limit_[t] = knapsack_.Relaxed(t, value_, demand_, prices_[t]);
  if (limit_[t] <= enough) return true;
  std::vector<int64_t> prices = knapsack_.Prices(t, value_, demand_);
  const int64_t relaxed = knapsack_.Relaxed(t, value_, demand_, prices);
  if (relaxed < limit_[t]) {
    limit_[t] = relaxed;
    prices_[t] = std::move(prices);
  }
  if (limit_[t] <= enough || limit_[t] >= kRelaxedMost) return true;
  if (coarse_[t]) {
    AddParts(t);
  } else {
    Search(t);
  }
  return true;
}

// Looks for a fill that is worth more than the bin costs, or for the proof that there is none.
void Columns::Search(int32_t t) {
  const int64_t enough = Enough(t);
  const FillTask task{.type = t,
                      .value = value_,
                      .left = demand_,
                      .items = all_items_,
                      .prices = prices_[t],
                      .enough = enough};
  Fill fill = knapsack_.Solve(task, kNodes);
  if (stage_ == 0 || fill.limit <= std::max(enough, fill.value)) return Settle(t, fill);
  frontier_.Begin(task, Width());
  searching_.emplace(t, std::move(fill));
  SearchOn();
}

void Columns::SearchOn() {
  if (frontier_.Step()) return;
  auto [t, fill] = *std::exchange(searching_, std::nullopt);
  const int64_t enough = Enough(t);
  const Fill wide = frontier_.Found();
  fill.limit = std::min(fill.limit, std::max(enough, wide.limit));
  if (wide.value > fill.value) {
    fill.value = wide.value;
    fill.loads = wide.loads;
  }
  if (fractions_ && fill.loads.empty() && fill.limit > enough) coarse_[t] = true;
  Settle(t, fill);
}

void Columns::Settle(int32_t t, const Fill& fill) {
  const int64_t enough = Enough(t);
  limit_[t] = std::min(limit_[t], std::max(enough, fill.limit));
  if (limit_[t] > std::max(enough, fill.value)) complete_ = false;
  if (fill.loads.empty() || Worth(t, fill.loads, dual_) <= enough + (enough >> 24)) return;
  Add(t, fill.loads);
  ++added_;
}

// The proof may count with fills in fractions where whole ones are too hard to search: it is weaker
// by what the fractions are worth more, which is little where bins are large.
void Columns::AddParts(int32_t t) {
  double worth = 0;
  auto cost = static_cast<double>(core_.types[t].cost);
  for (const RoomPrices::Part& part : knapsack_.parts()) {
    const int32_t i = core_.item_of[part.choice];
    const auto toll = static_cast<double>(core_.toll(t, i));
    worth += part.count * (static_cast<double>(dual_[i]) - toll);
    cost += part.count * toll / static_cast<double>(scale_);
  }
  if (worth <= static_cast<double>(Enough(t)) * (1 + 1e-7)) return;
  AddColumn(cost, t, [&](std::vector<double>& column) {
    for (const RoomPrices::Part& part : knapsack_.parts()) {
      rows_.Add(core_.item_of[part.choice], part.count, column);
    }
  });
  ++added_;
}

void Columns::EndRound() {
  std::vector<int64_t> limit = limit_;
  for (size_t t = 0; t < limit.size(); ++t)
    limit[t] = std::max<int64_t>(limit[t] + surcharge_[t], 0);
  __int128 extra = 0;
  for (size_t b = 0; b < branches_.size(); ++b) {
    const int64_t worth = worth_of_branch_[b];
    extra += static_cast<__int128>(worth) * (worth > 0 ? branches_[b].least : branches_[b].most);
  }
  Proof proof = Prove(core_, value_, limit, extra);
  const bool better = proof.cost > proof_.cost;
  if (better) proof_ = std::move(proof);
  if (cannot_cost_more_ < proof_.cost) infeasible_ = true;
  if (added_ > 0) solved_ = false;
  const bool tail = rounds_ - tail_begin_ >= (fractions_ || stage_ + 1 == kStages ? kStuck : kTail);
  if (added_ > 0 && !tail) return;
  if (pull_ > 0 && !tail) {
    pull_ = better ? pull_ : pull_ / 2;
  } else if ((complete_ && !tail) || (fractions_ && tail) || stage_ + 1 == kStages ||
             (fractions_ && stage_ == kFractionsStage)) {
    converged_ = true;
  } else {
    stage_ = fractions_ ? kFractionsStage : stage_ + 1;
    tail_begin_ = rounds_;
    pull_ = kPullFirst;
  }
  Mix();
}

}  // namespace stowage::scheduler::packing
