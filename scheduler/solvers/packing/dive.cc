#include "scheduler/solvers/packing/dive.h"

#include <algorithm>

namespace stowage::scheduler::packing {
namespace {

constexpr int kStage = 1;        // of the patterns for what is left
constexpr int kStepsMost = 400;  // of column generation between two fixings
constexpr int kStepsHasty = 150;
constexpr double kScarceFirst = 0.5;
constexpr int64_t kPatternsMost = 400;  // that are handed on

}  // namespace

Dive::Dive(const Core& core, Rng rng, bool hasty)
    : core_(core), rng_(std::move(rng)), cheapest_(core), hasty_(hasty) {
  for (const Core::Item& item : core.items) left_.push_back(item.demand);
  for (const Core::Type& type : core.types) quota_.push_back(type.quantity);
}

Dive::Dive(const Core& core, const Columns& columns, bool hasty, Rng rng)
    : Dive(core, std::move(rng), hasty) {
  Fix(columns);
  Next(columns);
}

Dive::Dive(const Core& core, const Columns& columns, std::vector<Bins> kept, Rng rng)
    : Dive(core, std::move(rng), false) {
  bins_ = std::move(kept);
  for (const Bins& group : bins_) {
    quota_[group.type] -= group.count;
    for (const Load& load : group.loads) {
      left_[core_.item_of[load.choice]] -= load.count * group.count;
    }
  }
  SortItems(columns);
  Next(columns);
}

int64_t Dive::work() const { return work_ + (columns_ ? columns_->work() : 0); }

// The pattern again from what is left: items that ran out are replaced by similar ones, what does
// not fit any more is dropped, and free room is filled up.
Loads Dive::Refill(const Columns& columns, const Pattern& pattern) {
  Loads loads;
  std::vector<std::pair<int32_t, int64_t>> barred;  // not on bins of this type
  spare_ = left_;
  for (const Load& load : pattern.loads) {
    const int32_t i = core_.item_of[load.choice];
    const int32_t nth = load.choice - core_.items[i].first;
    int64_t missing = load.count;
    const int32_t group = columns.rows().group_of(i);
    for (int32_t other = i; missing > 0 && other >= 0;) {
      const Core::Item& item = core_.items[other];
      const int32_t choice = std::min(item.first + nth, item.last - 1);
      const int64_t count = std::min(missing, spare_[other]);
      spare_[other] -= count;
      if (core_.fit(pattern.type, choice) == 0) {
        barred.push_back({other, count});
      } else if (count > 0) {
        loads.push_back({choice, count});
        missing -= count;
      }
      other = group < 0 ? -1 : Similar(columns, columns.rows().groups()[group], i);
    }
  }
  for (const auto& [item, count] : barred) spare_[item] += count;
  Merge(loads);
  Fit(columns, pattern.type, loads);
  return loads;
}

// Of a group the item with something to spare whose value is nearest; -1: none.
int32_t Dive::Similar(const Columns& columns, const std::vector<int32_t>& group,
                      int32_t item) const {
  int32_t best = -1;
  int64_t least = INT64_MAX;
  for (const int32_t i : group) {
    if (spare_[i] == 0) continue;
    const int64_t apart = columns.value()[i] - columns.value()[item];
    const int64_t distance = apart < 0 ? -apart : apart;
    if (distance >= least) continue;
    least = distance;
    best = i;
  }
  return best;
}

void Dive::Fit(const Columns& columns, int32_t type, Loads& loads) {
  std::vector<int64_t> room(core_.room(type).begin(), core_.room(type).end());
  for (const Load& load : loads) {
    for (size_t r = 0; r < room.size(); ++r) room[r] -= load.count * core_.size(load.choice)[r];
  }
  for (size_t r = 0; r < room.size(); ++r) {
    while (room[r] < 0) {
      // The one that is worth least for what it takes there.
      size_t worst = loads.size();
      for (size_t l = 0; l < loads.size(); ++l) {
        if (core_.size(loads[l].choice)[r] == 0) continue;
        if (worst == loads.size() || Dearer(columns, loads[worst].choice, loads[l].choice, r)) {
          worst = l;
        }
      }
      const int32_t choice = loads[worst].choice;
      for (size_t q = 0; q < room.size(); ++q) room[q] += core_.size(choice)[q];
      ++spare_[core_.item_of[choice]];
      if (--loads[worst].count == 0) {
        loads.erase(loads.begin() + static_cast<std::ptrdiff_t>(worst));
      }
    }
  }
  TopUp(type, columns.value(), room, loads);
}

// Whether a unit of the dimension is worth more in `a` than in `b`.
bool Dive::Dearer(const Columns& columns, int32_t a, int32_t b, size_t r) const {
  return static_cast<__int128>(columns.value()[core_.item_of[a]]) * core_.size(b)[r] >
         static_cast<__int128>(columns.value()[core_.item_of[b]]) * core_.size(a)[r];
}

void Dive::TopUp(int32_t type, const std::vector<int64_t>& values, std::vector<int64_t>& room,
                 Loads& loads) {
  for (const int32_t i : by_value_) {
    if (core_.toll(type, i) >= values[i] && core_.has_tolls()) continue;
    for (int32_t k = core_.items[i].first; k < core_.items[i].last; ++k) {
      int64_t most = std::min<int64_t>(spare_[i], core_.fit(type, k));
      const auto size = core_.size(k);
      for (size_t r = 0; r < room.size() && most > 0; ++r) {
        if (size[r] > 0 && most * size[r] > room[r]) most = room[r] / size[r];
      }
      if (most <= 0) continue;
      for (size_t r = 0; r < room.size(); ++r) room[r] -= most * size[r];
      spare_[i] -= most;
      loads.push_back({k, most});
    }
  }
  Merge(loads);
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

// Says what the bins are worth.
int64_t Dive::Take(const Columns& columns, int32_t type, Loads loads, int64_t most) {
  type = cheapest_.Cheapest(type, loads, quota_);
  const int64_t count = std::min({most, Copies(loads), quota_[type]});
  if (count <= 0 || loads.empty()) return 0;
  for (const Load& load : loads) left_[core_.item_of[load.choice]] -= load.count * count;
  quota_[type] -= count;
  const int64_t each = columns.price()[type] / core_.scale + core_.TollsOf(type, loads);
  const int64_t worth = each * count;
  bins_.push_back({type, count, std::move(loads)});
  return std::max<int64_t>(worth, 1);
}

void Dive::SortItems(const Columns& columns) {
  by_value_.clear();
  for (int32_t i = 0; i < static_cast<int32_t>(left_.size()); ++i) {
    if (left_[i] > 0) by_value_.push_back(i);
  }
  std::sort(by_value_.begin(), by_value_.end(), [&](int32_t a, int32_t b) {
    const int64_t value_a = columns.value()[a], value_b = columns.value()[b];
    return value_a != value_b ? value_a > value_b : a < b;
  });
}

// Whole copies first; then, until a part of the cost is settled, the patterns that lack least.
void Dive::Fix(const Columns& columns) {
  SortItems(columns);
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
    for (int64_t n = 0; n < whole;) {
      const int64_t copies = std::min(whole - n, Copies(pattern.loads));
      const int64_t worth = copies > 0 ? Take(columns, pattern.type, pattern.loads, copies)
                                       : Take(columns, pattern.type, Refill(columns, pattern), 1);
      if (worth == 0) break;
      fixed += worth;
      n += std::max<int64_t>(copies, 1);
    }
    // Of what there is too little of the best is taken first.
    const int64_t more =
        columns.price()[pattern.type] - core_.types[pattern.type].cost * core_.scale;
    const double scarce = more > columns.price()[pattern.type] / 8 ? kScarceFirst : 0.0;
    wanted.push_back({level - static_cast<double>(whole) + 0.3 * rng_.Uniform() + scarce, p});
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
    return a.part != b.part ? a.part > b.part : a.pattern < b.pattern;
  });
  const double enough = (hasty_ ? 0.35 : 0.15) * columns.PriceOfAll();
  for (const Wanted& w : wanted) {
    if (fixed > 0 && static_cast<double>(fixed) >= enough) break;
    const Pattern& pattern = columns.patterns()[w.pattern];
    // What has become much worse only where nothing else gets it on.
    const Pattern again{pattern.type, Refill(columns, pattern)};
    if (fixed == 0 || columns.Nearly(again)) fixed += Take(columns, again.type, again.loads, 1);
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
    const Loads loads = Refill(columns, pattern);
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
  // A round takes a step for each type.
  const int64_t rounds = (hasty_ ? 5 : 12) * static_cast<int64_t>(core_.types.size());
  const int64_t most = std::max<int64_t>(hasty_ ? kStepsHasty : kStepsMost, rounds);
  if (columns_->stage() < kStage && ++steps_ < most && columns_->Step()) return true;
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
