#include "scheduler/solvers/packing/dive.h"

#include <algorithm>

namespace stowage::scheduler::packing {
namespace {

constexpr int kStage = 1;               // of the patterns for what is left
constexpr int kStepsMost = 400;         // of column generation between two fixings
constexpr int64_t kPatternsMost = 400;  // that are handed on

}  // namespace

Dive::Dive(const Core& core, const Columns& columns, Rng rng)
    : core_(core), rng_(std::move(rng)), cheapest_(core) {
  for (const Core::Item& item : core.items) left_.push_back(item.demand);
  for (const Core::Type& type : core.types) quota_.push_back(type.quantity);
  Fix(columns);
  Next(columns);
}

int64_t Dive::work() const { return work_ + (columns_ ? columns_->work() : 0); }

Loads Dive::Trimmed(const Loads& loads) const {
  Loads trimmed;
  for (size_t l = 0; l < loads.size();) {
    const int32_t i = core_.item_of[loads[l].choice];
    int64_t left = left_[i];
    for (; l < loads.size() && core_.item_of[loads[l].choice] == i; ++l) {
      const int64_t count = std::min(loads[l].count, left);
      left -= count;
      if (count > 0) trimmed.push_back({loads[l].choice, count});
    }
  }
  return trimmed;
}

// How often the whole pattern can be filled from what is left.
int64_t Dive::Copies(const Loads& loads) const {
  int64_t copies = INT64_MAX;
  for (size_t l = 0; l < loads.size();) {
    const int32_t i = core_.item_of[loads[l].choice];
    int64_t each = 0;
    for (; l < loads.size() && core_.item_of[loads[l].choice] == i; ++l) each += loads[l].count;
    copies = std::min(copies, left_[i] / each);
  }
  return copies;
}

// Says what it cost.
int64_t Dive::Take(int32_t type, Loads loads, int64_t most) {
  type = cheapest_.Cheapest(type, loads, quota_);
  const int64_t count = std::min({most, Copies(loads), quota_[type]});
  if (count <= 0 || loads.empty()) return 0;
  for (const Load& load : loads) left_[core_.item_of[load.choice]] -= load.count * count;
  quota_[type] -= count;
  bins_.push_back({type, count, std::move(loads)});
  return core_.types[type].cost * count;
}

// Whole copies first; then, until a part of the cost is settled, the patterns that lack least.
void Dive::Fix(const Columns& columns) {
  struct Wanted {
    double part;
    int32_t pattern;
  };
  std::vector<Wanted> wanted;
  int64_t fixed = 0;
  for (int32_t p = 0; p < static_cast<int32_t>(columns.patterns().size()); ++p) {
    const double level = columns.level(p);
    if (level < 1e-6) continue;
    const Pattern& pattern = columns.patterns()[p];
    const auto whole = static_cast<int64_t>(level + 1e-6);
    if (whole > 0) fixed += Take(pattern.type, pattern.loads, whole);
    wanted.push_back({level - static_cast<double>(whole) + 0.3 * rng_.Uniform(), p});
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
    return a.part != b.part ? a.part > b.part : a.pattern < b.pattern;
  });
  const double enough = 0.1 * columns.cost();
  for (const Wanted& w : wanted) {
    if (fixed > 0 && static_cast<double>(fixed) >= enough) break;
    const Pattern& pattern = columns.patterns()[w.pattern];
    // Part of a pattern only where nothing else gets it on.
    if (fixed == 0 || Copies(pattern.loads) > 0) {
      fixed += Take(pattern.type, Trimmed(pattern.loads), 1);
    }
  }
}

void Dive::Next(const Columns& columns) {
  work_ +=
      1000 + 2 * static_cast<int64_t>(core_.choices()) * static_cast<int64_t>(core_.types.size());
  if (columns_) work_ += columns_->work();
  const bool left = std::any_of(left_.begin(), left_.end(), [](int64_t n) { return n > 0; });
  if (!left) {
    columns_.reset();
    return;
  }
  auto rest = std::make_unique<Core>(core_.With(left_, quota_));
  auto next = std::make_unique<Columns>(*rest, columns);
  // What was in use, or nearly, and can be filled again.
  int64_t handed = 0;
  for (int32_t p = static_cast<int32_t>(columns.patterns().size()) - 1; p >= 0; --p) {
    const Pattern& pattern = columns.patterns()[p];
    if (columns.level(p) < 1e-6 && (handed >= kPatternsMost || !columns.Nearly(pattern))) continue;
    Loads loads = Trimmed(pattern.loads);
    if (loads.empty()) continue;
    const int32_t type = cheapest_.Cheapest(pattern.type, loads, quota_);
    if (quota_[type] <= 0) continue;
    next->Add(type, loads);
    ++handed;
  }
  next->Seed();
  columns_ = std::move(next);
  rest_ = std::move(rest);
  steps_ = 0;
}

bool Dive::Step() {
  if (!columns_) return false;
  if (columns_->stage() < kStage && ++steps_ < kStepsMost && columns_->Step()) return true;
  const size_t before = bins_.size();
  Fix(*columns_);
  if (bins_.size() == before) {  // limited types ran out
    work_ += columns_->work();
    columns_.reset();
    return false;
  }
  Next(*columns_);
  return columns_ != nullptr;
}

}  // namespace stowage::scheduler::packing
