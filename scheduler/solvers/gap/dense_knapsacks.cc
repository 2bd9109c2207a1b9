#include "scheduler/solvers/gap/dense_knapsacks.h"

#include <algorithm>

namespace stowage::scheduler::gap {
namespace {

constexpr int kLeastShift = 5, kMostShift = 16;
constexpr int64_t kMostCells = 64'000'000;  // of all tables, were every item worth its place

// The loops over tables go in blocks of a fixed length, which compilers do in parallel.
constexpr int32_t kBlock = 16;

// to[c] = the better of from[c] and from[c - size] + profit.
void AddItem(const int32_t* __restrict from, int32_t* __restrict to, int32_t room, int32_t size,
             int32_t profit) {
  std::copy_n(from, size, to);
  int32_t c = size;
  for (; c + kBlock <= room + 1; c += kBlock) {
    for (int32_t i = 0; i < kBlock; ++i) {
      const int32_t with = from[c + i - size] + profit, without = from[c + i];
      to[c + i] = without > with ? without : with;
    }
  }
  for (; c <= room; ++c) to[c] = std::max(from[c], from[c - size] + profit);
}

// The same in place where the capacity is counted down: rest[c] against rest[c + size] + profit.
void AddItemInPlace(int32_t* rest, int32_t room, int32_t size, int32_t profit) {
  int32_t c = 0;
  int32_t with[kBlock];
  for (; c + kBlock <= room - size + 1; c += kBlock) {
    std::copy_n(rest + c + size, kBlock, with);
    for (int32_t i = 0; i < kBlock; ++i) {
      const int32_t sum = with[i] + profit, without = rest[c + i];
      rest[c + i] = without > sum ? without : sum;
    }
  }
  for (; c <= room - size; ++c) rest[c] = std::max(rest[c], rest[c + size] + profit);
}

// The largest a[c] + b[c].
int32_t BestSum(const int32_t* a, const int32_t* b, int32_t count) {
  int32_t best[kBlock];
  std::fill_n(best, kBlock, INT32_MIN);
  int32_t c = 0;
  for (; c + kBlock <= count; c += kBlock) {
    for (int32_t i = 0; i < kBlock; ++i) {
      const int32_t sum = a[c + i] + b[c + i];
      best[i] = best[i] > sum ? best[i] : sum;
    }
  }
  for (; c < count; ++c) best[0] = std::max(best[0], a[c] + b[c]);
  return *std::max_element(best, best + kBlock);
}

int32_t Dearest(const GapInstance& g) {
  int64_t dearest = 1;
  for (int64_t cost : g.costs) dearest = std::max(dearest, cost);
  return static_cast<int32_t>(std::min<int64_t>(dearest, INT32_MAX));
}

// A reward may be twice the dearest cost; the sum of all must stay below 2^30.
int ShiftOf(const GapInstance& g) {
  const int64_t most = (int64_t{1} << 30) / std::max<int64_t>(g.classes, 1);
  int shift = -1;
  while (shift < kMostShift && int64_t{2} * Dearest(g) << (shift + 1) <= most) ++shift;
  return shift;
}

}  // namespace

bool DenseKnapsacks::Suits(const GapInstance& g) {
  if (g.resources != 1 || g.classes == 0 || ShiftOf(g) < kLeastShift) return false;
  __int128 capacity = 0;
  for (int64_t c : g.capacities) capacity += c;
  return capacity * g.classes <= kMostCells &&
         std::all_of(g.counts.begin(), g.counts.end(), [](int64_t n) { return n == 1; });
}

DenseKnapsacks::DenseKnapsacks(const GapInstance& instance)
    : g_(instance), shift_(ShiftOf(g_)), most_reward_((2 * Dearest(g_)) << shift_) {
  open_.resize(g_.agents);
  taken_.assign(g_.classes, 0), taker_ = taken_;
  deviation_.assign(static_cast<size_t>(g_.agents) * g_.classes, 0);
  takes_.assign(deviation_.size(), 0);
}

void DenseKnapsacks::Load(const Residual& residual) {
  residual_ = &residual;
  for (int32_t j = 0; j < g_.agents; ++j) {
    open_[j].clear();
    for (int32_t k = 0; k < g_.classes; ++k) {
      if (residual.Open(k, j)) open_[j].push_back(k);
    }
  }
}

// The items that pay on agent `j` at these rewards.
void DenseKnapsacks::List(int32_t j, const std::vector<int32_t>& rewards) {
  items_.clear();
  room_ = static_cast<int32_t>(residual_->room(j));
  int64_t sizes = 0;
  for (int32_t k : open_[j]) {
    const auto cost = static_cast<int32_t>(g_.Cost(k, j) << shift_);
    if (rewards[k] <= cost) continue;
    items_.push_back({k, rewards[k] - cost, static_cast<int32_t>(g_.Sizes(k, j)[0])});
    sizes += items_.back().size;
  }
  all_fit_ = sizes <= room_;
  in_.assign(items_.size(), all_fit_ ? 1 : 0);
}

// What agent `j` earns at most.
int32_t DenseKnapsacks::Fill(int32_t j) {
  if (all_fit_) {
    int32_t sum = 0;
    for (const Item& item : items_) sum += item.profit;
    cells_ += static_cast<int64_t>(open_[j].size());
    return sum;
  }
  stride_ = static_cast<size_t>(room_) + 1;
  if (rows_.size() < (items_.size() + 1) * stride_) rows_.resize((items_.size() + 1) * stride_);
  std::fill_n(Row(0), stride_, 0);
  for (size_t i = 0; i < items_.size(); ++i) {
    AddItem(Row(i), Row(i + 1), room_, items_[i].size, items_[i].profit);
  }
  cells_ += static_cast<int64_t>(items_.size() * stride_ + open_[j].size());
  return Row(items_.size())[room_];
}

// From the tables: which items the best packing takes.
void DenseKnapsacks::FindTaken() {
  int32_t c = room_;
  for (size_t i = items_.size(); i-- > 0 && !all_fit_;) {
    in_[i] = Row(i + 1)[c] != Row(i)[c];
    if (in_[i] != 0) c -= items_[i].size;
  }
}

int64_t DenseKnapsacks::Pack(const std::vector<int32_t>& rewards) {
  std::fill(taken_.begin(), taken_.end(), 0);
  int64_t total = residual_->cost() << shift_;
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (residual_->placed(k) < 0) total += rewards[k];
  }
  for (int32_t j = 0; j < g_.agents; ++j) {
    List(j, rewards);
    total -= Fill(j);
    FindTaken();
    for (size_t i = 0; i < items_.size(); ++i) {
      if (in_[i] != 0) ++taken_[items_[i].k], taker_[items_[i].k] = j;
    }
  }
  return total;
}

// With the tables of agent `j` filled.
void DenseKnapsacks::Deviate(int32_t j, const std::vector<int32_t>& rewards) {
  int32_t* out = &deviation_[static_cast<size_t>(j) * g_.classes];
  const int32_t* all = Row(items_.size());
  const int32_t most = all[room_];
  for (int32_t k : open_[j]) {
    const auto cost = static_cast<int32_t>(g_.Cost(k, j) << shift_);
    const auto size = static_cast<int32_t>(g_.Sizes(k, j)[0]);
    if (rewards[k] <= cost) out[k] = most - (rewards[k] - cost + all[room_ - size]);
  }
  rest_.assign(stride_, 0);
  for (size_t i = items_.size(); i-- > 0;) {
    const Item& item = items_[i];
    const int32_t other = in_[i] != 0 ? BestSum(Row(i), rest_.data(), room_ + 1)
                                      : item.profit + BestSum(Row(i), rest_.data() + item.size,
                                                              room_ + 1 - item.size);
    out[item.k] = most - other;
    AddItemInPlace(rest_.data(), room_, item.size, item.profit);
  }
  cells_ += 2 * static_cast<int64_t>(items_.size() * stride_);
}

void DenseKnapsacks::FindDeviations(const std::vector<int32_t>& rewards) {
  for (int32_t j = 0; j < g_.agents; ++j) {
    List(j, rewards);
    all_fit_ = false;
    Fill(j);
    FindTaken();
    for (int32_t k : open_[j]) takes_[Cell(k, j)] = 0;
    for (size_t i = 0; i < items_.size(); ++i) takes_[Cell(items_[i].k, j)] = in_[i];
    Deviate(j, rewards);
  }
}

}  // namespace stowage::scheduler::gap
