#include "scheduler/solvers/gap/fill.h"

#include <algorithm>
#include <bit>

namespace stowage::scheduler::gap {
namespace {

constexpr int kMostShift = 16, kBits = 60;
constexpr int kMostPivots = 60;
constexpr double kTolerance = 1e-7, kLeastMove = 1e-11;
constexpr int64_t kLooksPerUnit = 7;

// Of those that are not 0.
int64_t LeastSize(const GapInstance& g, int32_t r) {
  int64_t least = INT64_MAX;
  for (size_t at = r; at < g.sizes.size(); at += g.resources) {
    if (g.sizes[at] > 0) least = std::min(least, g.sizes[at]);
  }
  return least;
}

// How many bits a sum over an agent needs at most, in units of cost: room at the highest price that
// may be of use, and all items.
int BitsOfSums(const GapInstance& g) {
  __int128 dearest = 1, most = 0, items = g.items;
  for (int64_t cost : g.costs) dearest = std::max<__int128>(dearest, cost);
  for (int32_t r = 0; r < g.resources; ++r) {
    int64_t capacity = 0;
    for (size_t at = r; at < g.capacities.size(); at += g.resources) {
      capacity = std::max(capacity, g.capacities[at]);
    }
    most = std::max<__int128>(most, capacity / LeastSize(g, r) + 1);
  }
  const __int128 sum = Fill::kWorthOfDearest * dearest * (most * g.resources + items);
  int bits = 0;
  while (bits < 100 && (sum >> bits) > 0) ++bits;
  return bits;
}

}  // namespace

bool Fill::Suits(const GapInstance& g) {
  return g.uniform && g.resources > 0 && g.resources <= kMostResources && g.classes > 0 &&
         BitsOfSums(g) + 4 <= kBits;
}

Fill::Fill(const GapInstance& instance) : g_(instance), s_(g_.resources) {
  shift_ = std::min(kMostShift, kBits - BitsOfSums(g_));
  int64_t dearest = 1;
  for (int64_t cost : g_.costs) dearest = std::max(dearest, cost);
  most_worth_ = (dearest * kWorthOfDearest) << shift_;
  for (int32_t r = 0; r < s_; ++r) most_price_[r] = most_worth_ / LeastSize(g_, r) + 1;
}

// Those that may pay, in an order that the search prefers: large ones first.
void Fill::ListItems(int32_t j, std::span<const int64_t> worth, std::span<const int64_t> left) {
  items_.clear();
  room_ = g_.Capacities(j);
  for (int32_t r = 0; r < s_; ++r) {
    part_[r] = static_cast<double>(room_[r]) / static_cast<double>(room_[r] + 1);
  }
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (!g_.Allowed(k, j)) continue;
    Item item{.k = k, .worth = worth[k] - (g_.Cost(k, j) << shift_), .most = left[k]};
    if (item.worth <= 0) continue;
    for (int32_t r = 0; r < s_; ++r) {
      const int64_t size = g_.Sizes(k, j)[r];
      item.size[r] = size;
      item.take[r] = static_cast<double>(size) / static_cast<double>(room_[r] + 1);
      if (size * item.most > room_[r]) item.most = room_[r] / size;
    }
    if (item.most > 0) items_.push_back(item);
  }
  int64_t unit = 1;
  for (const Item& item : items_) unit = std::max(unit, item.worth);
  unit_ = static_cast<double>(unit);
  for (Item& item : items_) item.value = static_cast<double>(item.worth) / unit_;
}

int32_t Fill::NewCase() {
  if (free_.empty()) {
    free_.push_back(static_cast<int32_t>(cases_.size()));
    cases_.emplace_back();
    const size_t cells = cases_.size() * items_.size();
    lower_.resize(cells), upper_.resize(cells), full_.resize(cells);
  }
  const int32_t at = free_.back();
  free_.pop_back();
  return at;
}

void Fill::CopyCase(int32_t from, int32_t to) {
  const size_t n = items_.size();
  cases_[to] = cases_[from];
  std::copy_n(lower(from), n, lower(to));
  std::copy_n(upper(from), n, upper(to));
  std::copy_n(full(from), n, full(to));
}

// Upper bounds that what must be taken leaves room for. False: not even that has room.
bool Fill::Tighten(int32_t at) {
  int64_t room[kMostResources];
  std::copy_n(room_, s_, room);
  const int64_t* least = lower(at);
  int64_t* most = upper(at);
  for (size_t i = 0; i < items_.size(); ++i) {
    if (least[i] == 0) continue;
    for (int32_t r = 0; r < s_; ++r) room[r] -= least[i] * items_[i].size[r];
  }
  for (int32_t r = 0; r < s_; ++r) {
    if (room[r] < 0) return false;
  }
  for (size_t i = 0; i < items_.size(); ++i) {
    for (int32_t r = 0; r < s_; ++r) {
      const int64_t size = items_[i].size[r];
      if ((most[i] - least[i]) * size > room[r]) most[i] = least[i] + room[r] / size;
    }
  }
  return true;
}

// The inverse of the basis, by Gauss's method; false: it has none.
bool Fill::Factor(const Case& c) {
  double a[kMostResources][2 * kMostResources] = {};
  const auto n = static_cast<int32_t>(items_.size());
  for (int32_t b = 0; b < s_; ++b) {
    for (int32_t r = 0; r < s_; ++r) {
      a[r][b] = c.basis[b] < n ? items_[c.basis[b]].take[r] : c.basis[b] - n == r;
    }
    a[b][s_ + b] = 1;
  }
  for (int32_t i = 0; i < s_; ++i) {
    int32_t pivot = i;
    for (int32_t r = i + 1; r < s_; ++r) {
      const double x = a[r][i] < 0 ? -a[r][i] : a[r][i];
      const double y = a[pivot][i] < 0 ? -a[pivot][i] : a[pivot][i];
      if (x > y) pivot = r;
    }
    if (a[pivot][i] < 1e-9 && a[pivot][i] > -1e-9) return false;
    std::swap_ranges(a[i], a[i] + 2 * s_, a[pivot]);
    const double scale = 1 / a[i][i];
    for (int32_t q = i; q < 2 * s_; ++q) a[i][q] *= scale;
    for (int32_t r = 0; r < s_; ++r) {
      if (r == i || a[r][i] == 0) continue;
      const double factor = a[r][i];
      for (int32_t q = i; q < 2 * s_; ++q) a[r][q] -= factor * a[i][q];
    }
  }
  for (int32_t b = 0; b < s_; ++b) std::copy_n(&a[b][s_], s_, inverse_[b]);
  return true;
}

// Prices and levels of the basis.
void Fill::FindLevels(int32_t at) {
  const Case& c = cases_[at];
  const auto n = static_cast<int32_t>(items_.size());
  double room[kMostResources];
  for (int32_t r = 0; r < s_; ++r) room[r] = part_[r], price_[r] = 0;
  in_basis_.assign(n + s_, 0);
  for (int32_t b = 0; b < s_; ++b) {
    in_basis_[c.basis[b]] = 1;
    const double value = c.basis[b] < n ? items_[c.basis[b]].value : 0;
    for (int32_t r = 0; r < s_; ++r) price_[r] += value * inverse_[b][r];
  }
  reduced_.resize(n + s_);
  for (int32_t r = 0; r < s_; ++r) reduced_[n + r] = -price_[r];
  for (int32_t i = 0; i < n; ++i) {
    const Item& item = items_[i];
    double over = item.value;
    for (int32_t r = 0; r < s_; ++r) over -= price_[r] * item.take[r];
    reduced_[i] = over;
    if (in_basis_[i]) continue;
    const int64_t count = full(at)[i] ? upper(at)[i] : lower(at)[i];
    if (count == 0) continue;
    for (int32_t r = 0; r < s_; ++r) room[r] -= static_cast<double>(count) * item.take[r];
  }
  for (int32_t b = 0; b < s_; ++b) {
    level_[b] = 0;
    for (int32_t r = 0; r < s_; ++r) level_[b] += inverse_[b][r] * room[r];
  }
}

// The level that is furthest out of its bounds; -1: none.
int32_t Fill::RowOut(int32_t at, bool* above, double* by) const {
  const auto n = static_cast<int32_t>(items_.size());
  int32_t row = -1;
  *by = kTolerance;
  for (int32_t b = 0; b < s_; ++b) {
    const int32_t i = cases_[at].basis[b];
    const double under = (i < n ? static_cast<double>(lower(at)[i]) : 0) - level_[b];
    const double over = i < n ? level_[b] - static_cast<double>(upper(at)[i]) : 0;
    if (under > *by) *by = under, row = b, *above = false;
    if (over > *by) *by = over, row = b, *above = true;
  }
  return row;
}

// What could take the place of that level in the basis: how fast that moves it to its bound, and
// what it loses by that.
void Fill::FindEntrants(int32_t at, int32_t row, bool above) {
  const auto n = static_cast<int32_t>(items_.size());
  entrants_.clear();
  for (int32_t i = 0; i < n + s_; ++i) {
    if (in_basis_[i] || (i < n && upper(at)[i] == lower(at)[i])) continue;
    double moves = above ? 1 : -1;
    if (i < n) {
      double alpha = 0;
      for (int32_t r = 0; r < s_; ++r) alpha += inverse_[row][r] * items_[i].take[r];
      moves *= alpha;
    } else {
      moves *= inverse_[row][i - n];
    }
    const bool down = i < n && full(at)[i];
    if (down) moves = -moves;
    if (moves <= kLeastMove) continue;
    const double loss = std::max(0.0, down ? reduced_[i] : -reduced_[i]);
    entrants_.push_back({loss / moves, moves, i});
  }
}

// One step of the dual simplex method. Entrants that do not move the level far enough go over to
// their other bound. False: no level is out of its bounds.
bool Fill::Pivot(int32_t at) {
  const auto n = static_cast<int32_t>(items_.size());
  bool above = false;
  double by = 0;
  const int32_t row = RowOut(at, &above, &by);
  if (row < 0) return false;
  FindEntrants(at, row, above);
  while (!entrants_.empty()) {
    size_t first = 0;
    for (size_t e = 1; e < entrants_.size(); ++e) {
      const Entrant &a = entrants_[e], &b = entrants_[first];
      if (a.loss != b.loss ? a.loss < b.loss : a.moves > b.moves) first = e;
    }
    const Entrant entrant = entrants_[first];
    const int32_t i = entrant.i;
    if (i < n) by -= entrant.moves * static_cast<double>(upper(at)[i] - lower(at)[i]);
    if (i < n && by > 0 && entrants_.size() > 1) {
      full(at)[i] ^= 1;
      entrants_[first] = entrants_.back();
      entrants_.pop_back();
      continue;
    }
    Case& c = cases_[at];
    if (c.basis[row] < n) full(at)[c.basis[row]] = above;
    c.basis[row] = i;
    return true;
  }
  return false;
}

void Fill::Relax(int32_t at) {
  for (int pivots = 0;; ++pivots) {
    looks_ += static_cast<int64_t>(items_.size());
    if (!Factor(cases_[at])) return;
    FindLevels(at);
    if (pivots == kMostPivots || !Pivot(at)) return;
  }
}

// No fill of this case is worth more, whatever the prices are.
int64_t Fill::Proven(int32_t at) const {
  int64_t price[kMostResources], sum = 0;
  for (int32_t r = 0; r < s_; ++r) {
    const double each = price_[r] * unit_ / static_cast<double>(room_[r] + 1);
    const auto most = static_cast<double>(most_price_[r]);
    price[r] = each > 0 ? static_cast<int64_t>(std::min(each, most) + 0.5) : 0;
    sum += price[r] * room_[r];
  }
  for (size_t i = 0; i < items_.size(); ++i) {
    int64_t over = items_[i].worth;
    for (int32_t r = 0; r < s_; ++r) over -= price[r] * items_[i].size[r];
    sum += over * (over > 0 ? upper(at)[i] : lower(at)[i]);
  }
  return sum;
}

// The relaxation's answer without its fractions, and what else has room.
void Fill::Round(int32_t at) {
  const auto n = static_cast<int32_t>(items_.size());
  int64_t room[kMostResources], value = 0;
  std::copy_n(room_, s_, room);
  trial_.resize(n);
  for (int32_t i = 0; i < n; ++i) trial_[i] = full(at)[i] ? upper(at)[i] : lower(at)[i];
  for (int32_t b = 0; b < s_; ++b) {
    const int32_t i = cases_[at].basis[b];
    if (i < n) trial_[i] = std::max<int64_t>(0, static_cast<int64_t>(level_[b] + kTolerance));
  }
  for (int32_t i = 0; i < n; ++i) {
    if (trial_[i] == 0) continue;
    value += trial_[i] * items_[i].worth;
    for (int32_t r = 0; r < s_; ++r) room[r] -= trial_[i] * items_[i].size[r];
  }
  for (int32_t r = 0; r < s_; ++r) {
    if (room[r] < 0) return;
  }
  for (const int32_t i : order_) {
    int64_t more = items_[i].most - trial_[i];
    for (int32_t r = 0; r < s_; ++r) {
      const int64_t size = items_[i].size[r];
      if (more * size > room[r]) more = room[r] / size;
    }
    if (more <= 0) continue;
    trial_[i] += more, value += more * items_[i].worth;
    for (int32_t r = 0; r < s_; ++r) room[r] -= more * items_[i].size[r];
  }
  if (value > value_) value_ = value, best_ = trial_;
}

// Of the levels in fractions that of the largest items.
void Fill::ChooseBranch(int32_t at) {
  Case& c = cases_[at];
  const auto n = static_cast<int32_t>(items_.size());
  c.branch = -1;
  double largest = 0;
  for (int32_t b = 0; b < s_; ++b) {
    const int32_t i = c.basis[b];
    if (i >= n) continue;
    const auto whole = static_cast<int64_t>(level_[b] + kTolerance);
    const double part = level_[b] - static_cast<double>(whole);
    if (part < 2 * kTolerance || whole < lower(at)[i] || whole >= upper(at)[i]) continue;
    double size = 0;
    for (int32_t r = 0; r < s_; ++r) {
      size = std::max(size, items_[i].take[r]);
    }
    size *= std::min(part, 1 - part) + 0.1;
    if (size > largest) largest = size, c.branch = i, c.at = whole;
  }
}

void Fill::Enter(int32_t at) {
  Relax(at);
  Case& c = cases_[at];
  c.most = std::min(c.most, Proven(at));
  if (c.most <= value_) return free_.push_back(at);
  Round(at);
  ChooseBranch(at);
  if (c.branch < 0) most_ = std::max(most_, c.most);  // as far as the relaxation can see, whole
  if (c.branch < 0 || c.most <= value_) return free_.push_back(at);
  heap_.emplace_back(c.most, at);
  std::push_heap(heap_.begin(), heap_.end());
}

void Fill::Open(int32_t parent, bool above) {
  const int32_t at = NewCase();
  CopyCase(parent, at);
  const Case& c = cases_[at];
  if (above) {
    lower(at)[c.branch] = c.at + 1;
  } else {
    upper(at)[c.branch] = c.at;
  }
  if (!Tighten(at)) return free_.push_back(at);
  Enter(at);
}

void Fill::Begin() {
  const auto n = static_cast<int32_t>(items_.size());
  cases_.clear(), free_.clear(), heap_.clear();
  lower_.clear(), upper_.clear(), full_.clear();
  value_ = most_ = 0, best_.assign(n, 0);
  order_.resize(n);
  std::vector<double> worth(n);
  for (int32_t i = 0; i < n; ++i) {
    double size = 1e-9;
    for (int32_t r = 0; r < s_; ++r) {
      size += items_[i].take[r];
    }
    order_[i] = i, worth[i] = items_[i].value / size;
  }
  std::sort(order_.begin(), order_.end(), [&](int32_t a, int32_t b) {
    return worth[a] != worth[b] ? worth[a] > worth[b] : a < b;
  });
  const int32_t root = NewCase();
  for (int32_t i = 0; i < n; ++i) {
    lower(root)[i] = 0, upper(root)[i] = items_[i].most, full(root)[i] = 1;
  }
  cases_[root].most = INT64_MAX;
  for (int32_t r = 0; r < s_; ++r) cases_[root].basis[r] = n + r;
  Enter(root);
}

void Fill::Solve(int32_t j, std::span<const int64_t> worth, std::span<const int64_t> left,
                 int64_t cases) {
  ListItems(j, worth, left);
  taken_.clear();
  value_ = most_ = 0;
  if (items_.empty()) return;
  Begin();
  for (; cases > 0 && !heap_.empty() && heap_.front().first > value_; cases -= 2) {
    const int32_t parent = heap_.front().second;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
    Open(parent, false);
    Open(parent, true);
    free_.push_back(parent);
  }
  most_ = std::max(most_, value_);
  if (!heap_.empty()) most_ = std::max(most_, heap_.front().first);
  for (size_t i = 0; i < items_.size(); ++i) {
    if (best_[i] > 0) taken_.emplace_back(items_[i].k, best_[i]);
  }
}

int64_t Fill::TakeWork() {
  const int64_t work = 1 + looks_ / kLooksPerUnit;
  looks_ = 0;
  return work;
}

}  // namespace stowage::scheduler::gap
