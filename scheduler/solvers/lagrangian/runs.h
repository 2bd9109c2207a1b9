// Runs: puts elements in order bit by bit, where sorting them at once would take too long for one
// step: they are sorted in runs of a few thousand as they come, and merged as they are taken.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace stowage::scheduler::lagrangian {

// `T` has a total order, operator<, in which no two elements are equal.
template <typename T>
class Runs {
 public:
  void Clear() {
    all_.clear();
    heads_.clear();
    begin_ = 0;
  }
  // Not after the first Next() since Clear().
  void Add(const T& element) {
    all_.push_back(element);
    if (all_.size() - begin_ == kRun) CloseRun();
  }
  size_t size() const { return all_.size(); }  // of all that were added
  // The least that was not taken yet; nullptr: none is left. Valid until Clear().
  const T* Next() {
    if (begin_ < all_.size()) CloseRun();
    if (heads_.empty()) return nullptr;
    const auto later = [this](const Head& a, const Head& b) { return all_[b.at] < all_[a.at]; };
    if (!std::exchange(heaped_, true)) std::make_heap(heads_.begin(), heads_.end(), later);
    std::pop_heap(heads_.begin(), heads_.end(), later);
    Head& head = heads_.back();
    const T* next = &all_[head.at++];
    if (head.at == head.end) {
      heads_.pop_back();
    } else {
      std::push_heap(heads_.begin(), heads_.end(), later);
    }
    return next;
  }

 private:
  static constexpr size_t kRun = 4096;
  struct Head {
    size_t at, end;
  };
  void CloseRun() {
    std::sort(all_.begin() + static_cast<std::ptrdiff_t>(begin_), all_.end());
    heads_.push_back({begin_, all_.size()});
    begin_ = all_.size();
    heaped_ = false;
  }

  std::vector<T> all_;
  std::vector<Head> heads_;  // of runs: what is left of each
  size_t begin_ = 0;         // of the run that is still open
  bool heaped_ = false;
};

}  // namespace stowage::scheduler::lagrangian
