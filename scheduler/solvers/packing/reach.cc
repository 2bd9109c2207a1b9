#include "scheduler/solvers/packing/reach.h"

#include <algorithm>
#include <bit>

namespace stowage::scheduler::packing {
namespace {

constexpr int64_t kWorkMax = 20'000'000;  // words touched

class BitSet {
 public:
  explicit BitSet(int64_t bits) : words_(bits / 64 + 1, 0) { words_[0] = 1; }
  void OrShifted(int64_t by) {
    const int64_t jump = by / 64;
    const int bit = static_cast<int>(by % 64);
    for (int64_t w = static_cast<int64_t>(words_.size()) - 1; w >= jump; --w) {
      uint64_t moved = words_[w - jump] << bit;
      if (bit > 0 && w > jump) moved |= words_[w - jump - 1] >> (64 - bit);
      words_[w] |= moved;
    }
  }
  // The largest member <= at.
  int64_t Below(int64_t at) const {
    int64_t w = at / 64;
    uint64_t word = words_[w] & (~uint64_t{0} >> (63 - at % 64));
    while (word == 0) word = words_[--w];
    return w * 64 + 63 - std::countl_zero(word);
  }
  int64_t words() const { return static_cast<int64_t>(words_.size()); }

 private:
  std::vector<uint64_t> words_;
};

// Counts as parts 1, 2, 4 ... and a rest: every number of items is a sum of parts.
std::vector<int64_t> Parts(const std::vector<Sized>& items, int64_t largest) {
  std::vector<int64_t> parts;
  for (const Sized& item : items) {
    if (item.size == 0) continue;
    int64_t left = std::min(item.count, largest / item.size);
    for (int64_t n = 1; left > 0; n *= 2) {
      parts.push_back(item.size * std::min(n, left));
      left -= std::min(n, left);
    }
  }
  return parts;
}

}  // namespace

void LowerToReachable(std::vector<Sized> items, std::vector<int64_t>& rooms) {
  int64_t total = 0;  // of items with several choices the sum of all: still enough
  for (const Sized& item : items) {
    if (item.size > 0 && item.count > (INT64_MAX - total) / item.size) return;
    total += item.size * item.count;
  }
  int64_t largest = 0;
  for (int64_t& room : rooms) largest = std::max(largest, room = std::min(room, total));
  if (largest / 64 > kWorkMax) return;
  std::sort(items.begin(), items.end(), [](const Sized& a, const Sized& b) {
    return a.size != b.size ? a.size < b.size : a.count < b.count;
  });
  const std::vector<int64_t> parts = Parts(items, largest);
  if (static_cast<int64_t>(parts.size()) > kWorkMax / (largest / 64 + 1)) return;
  BitSet sums(largest);
  for (const int64_t part : parts) sums.OrShifted(part);
  for (int64_t& room : rooms) room = sums.Below(room);
}

}  // namespace stowage::scheduler::packing
