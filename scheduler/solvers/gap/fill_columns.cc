#include "scheduler/solvers/gap/fill_columns.h"

#include <algorithm>

namespace stowage::scheduler::gap {
namespace {

constexpr int kPivots = 100'000;
constexpr int64_t kKeep = 13, kOf = 16;  // of the worths of the best bound
constexpr double kInfinite = 1e301, kWhole = 0.999, kSome = 1e-6;
constexpr int64_t kNanosecondsPerUnit = 100;

}  // namespace

FillColumns::FillColumns(const GapInstance& instance, Fill* fill, std::vector<int64_t> left,
                         std::vector<int32_t> agents, std::vector<int64_t> worth,
                         const std::vector<int64_t>& missing)
    : g_(instance),
      fill_(fill),
      agents_(std::move(agents)),
      row_of_class_(g_.classes, -1),
      row_of_agent_(g_.agents, -1),
      left_(std::move(left)),
      closed_(g_.agents, 1),
      worth_(std::move(worth)),
      gain_(g_.agents, 0),
      keep_(kKeep) {
  best_worth_ = dual_ = worth_;
  open_agents_ = static_cast<int32_t>(agents_.size());
  int64_t dearest = 1;
  for (int64_t cost : g_.costs) dearest = std::max(dearest, cost);
  unit_ = static_cast<double>(dearest);
  std::vector<packing::Master::Row> rows;
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (left_[k] == 0) continue;
    row_of_class_[k] = first_column_++;
    rows.push_back({static_cast<double>(left_[k]), kInfinite});
  }
  for (int32_t j : agents_) {
    row_of_agent_[j] = static_cast<int32_t>(rows.size()), closed_[j] = 0;
    rows.push_back({-kInfinite, 1});
  }
  master_ = std::make_unique<packing::Master>(rows);
  for (int32_t k = 0; k < g_.classes; ++k) {  // items may be left out: there is a solution
    if (row_of_class_[k] < 0) continue;
    const packing::Master::Entry entry{row_of_class_[k], 1};
    master_->Add(static_cast<double>(missing[k]) / unit_, {&entry, 1});
  }
}

bool FillColumns::Fits(const Loads& loads) const {
  return std::all_of(loads.begin(), loads.end(),
                     [&](const auto& load) { return load.second <= left_[load.first]; });
}

bool FillColumns::Add(const Pattern& pattern) {
  const auto& [j, loads] = pattern;
  if (loads.empty() || closed_[j] != 0 || !Fits(loads)) return false;
  if (!known_.emplace(j, loads).second) return false;
  std::vector<packing::Master::Entry> column;
  double cost = 0;
  for (const auto& [k, count] : loads) {
    column.push_back({row_of_class_[k], static_cast<double>(count)});
    cost += static_cast<double>(g_.Cost(k, j)) * static_cast<double>(count) / unit_;
  }
  column.push_back({row_of_agent_[j], 1});
  master_->Add(cost, column);
  patterns_.push_back(pattern);
  ++added_;
  return true;
}

int64_t FillColumns::ReducedCost(const Pattern& pattern) const {
  int64_t cost = gain_[pattern.j];
  for (const auto& [k, count] : pattern.loads) {
    cost += count * ((g_.Cost(k, pattern.j) << fill_->shift()) - dual_[k]);
  }
  return cost;
}

void FillColumns::Price(int32_t j, int64_t cases, int64_t* work) {
  if (closed_[j] != 0) return;
  fill_->Solve(j, worth_, left_, cases);
  *work += fill_->TakeWork();
  sum_ -= fill_->most();
  const Pattern pattern{j, fill_->taken()};
  if (rounds_ == 0 || ReducedCost(pattern) < 0) Add(pattern);
}

void FillColumns::SolveMaster(int64_t* work) {
  const int64_t before = master_->work();
  master_->Solve(kPivots);
  *work += 1 + (master_->work() - before) / kNanosecondsPerUnit;
  const double scale = unit_ * static_cast<double>(int64_t{1} << fill_->shift());
  const auto most = static_cast<double>(fill_->most_worth());
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (row_of_class_[k] < 0) continue;
    const double worth = master_->dual(row_of_class_[k]) * scale;
    dual_[k] = static_cast<int64_t>(std::clamp(worth, 0.0, most));
  }
  for (int32_t j : agents_) {
    gain_[j] = static_cast<int64_t>(std::max(0.0, -master_->dual(row_of_agent_[j]) * scale));
  }
}

// Worths between those of the master, which swing, and those of the best bound.
void FillColumns::Mix() {
  const int64_t keep = proving_ ? kOf : idle_ > 0 ? 0 : keep_;
  for (int32_t k = 0; k < g_.classes; ++k) {
    worth_[k] = (best_worth_[k] * keep + dual_[k] * (kOf - keep)) / kOf;
  }
}

void FillColumns::EndRound(int64_t* work) {
  for (int32_t k = 0; k < g_.classes; ++k) sum_ += static_cast<__int128>(worth_[k]) * left_[k];
  if (fixed_.empty() && sum_ > best_sum_) {
    best_sum_ = sum_, best_worth_ = worth_;
    const __int128 unit = __int128{1} << fill_->shift();
    bound_ = static_cast<int64_t>((sum_ + unit - 1) / unit);
  }
  SolveMaster(work);
  idle_ = added_ == 0 ? idle_ + 1 : 0;
  Mix();
  ++rounds_;
  next_ = 0, sum_ = 0, added_ = 0;
}

bool FillColumns::Step(int64_t cases, int64_t* work) {
  if (next_ < agents_.size()) {
    Price(agents_[next_++], cases, work);
    return true;
  }
  EndRound(work);
  return false;
}

void FillColumns::Close(const Pattern& pattern) {
  closed_[pattern.j] = 1, --open_agents_;
  master_->SetRow(row_of_agent_[pattern.j], {-kInfinite, 0});
  for (const auto& [k, count] : pattern.loads) {
    left_[k] -= count;
    master_->SetRow(row_of_class_[k], {static_cast<double>(left_[k]), kInfinite});
  }
  fixed_.push_back(pattern);
}

// Open agents' patterns that the master uses, by level.
std::vector<std::pair<double, int32_t>> FillColumns::Wanted() const {
  std::vector<std::pair<double, int32_t>> wanted;
  for (size_t p = 0; p < patterns_.size(); ++p) {
    const double level = master_->level(static_cast<int32_t>(p) + first_column_);
    if (level > kSome && closed_[patterns_[p].j] == 0) {
      wanted.emplace_back(-level, static_cast<int32_t>(p));
    }
  }
  std::sort(wanted.begin(), wanted.end());
  return wanted;
}

// What is left for it of the pattern.
FillColumns::Pattern FillColumns::Trim(Pattern pattern) const {
  for (auto& [k, count] : pattern.loads) count = std::min(count, left_[k]);
  std::erase_if(pattern.loads, [](const auto& load) { return load.second == 0; });
  return pattern;
}

bool FillColumns::Fix(int most, int64_t* work) {
  const std::vector<std::pair<double, int32_t>> wanted = Wanted();
  int others = 0;
  const size_t before = fixed_.size();
  for (const auto& [level, p] : wanted) {
    const Pattern& pattern = patterns_[p];
    if (closed_[pattern.j] != 0 || !Fits(pattern.loads)) continue;
    if (-level < kWhole && others++ >= most) break;
    Close(pattern);
  }
  for (size_t i = 0; fixed_.size() == before && i < wanted.size(); ++i) {
    const Pattern pattern = Trim(patterns_[wanted[i].second]);
    if (!pattern.loads.empty()) Close(pattern);
  }
  if (fixed_.size() == before) return false;
  SolveMaster(work);
  Mix();
  next_ = 0, sum_ = 0, added_ = 0;
  return true;
}

}  // namespace stowage::scheduler::gap
