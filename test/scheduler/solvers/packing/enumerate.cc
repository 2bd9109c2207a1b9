#include "test/scheduler/solvers/packing/enumerate.h"

namespace stowage::scheduler {
namespace {

class Enumeration {
 public:
  explicit Enumeration(const PackingProblem& p) : p_(p), opened_(p.bins.size(), 0) {
    for (size_t i = 0; i < p.items.size(); ++i) {
      items_.insert(items_.end(), static_cast<size_t>(p.items[i].demand), i);
    }
  }
  std::optional<int64_t> Run() {
    Place(0, 0);
    return best_;
  }

 private:
  void Place(size_t next, int64_t cost) {
    if (best_ && cost >= *best_) return;
    if (next == items_.size()) {
      best_ = cost;
      return;
    }
    const PackingItem& item = p_.items[items_[next]];
    for (size_t k = 0; k < item.incarnations.size(); ++k) {
      for (size_t b = 0; b < rooms_.size(); ++b) Into(b, k, next, cost);
      for (size_t t = 0; t < p_.bins.size(); ++t) {
        if (p_.bins[t].quantity >= 0 && opened_[t] >= p_.bins[t].quantity) continue;
        ++opened_[t];
        rooms_.push_back(p_.bins[t].capacity);
        type_.push_back(t);
        Into(rooms_.size() - 1, k, next, cost + p_.bins[t].cost);
        type_.pop_back();
        rooms_.pop_back();
        --opened_[t];
      }
    }
  }
  void Into(size_t bin, size_t incarnation, size_t next, int64_t cost) {
    const PackingItem& item = p_.items[items_[next]];
    if (!item.terms.empty()) {
      const PackingItem::Terms& terms = item.terms[type_[bin]];
      if (terms.incarnation != static_cast<int32_t>(incarnation)) return;
      cost += terms.cost;
    }
    const std::vector<int64_t>& sizes = item.incarnations[incarnation];
    for (size_t r = 0; r < sizes.size(); ++r) {
      if (rooms_[bin][r] < sizes[r]) return;
    }
    for (size_t r = 0; r < sizes.size(); ++r) rooms_[bin][r] -= sizes[r];
    Place(next + 1, cost);
    for (size_t r = 0; r < sizes.size(); ++r) rooms_[bin][r] += sizes[r];
  }

  const PackingProblem& p_;
  std::vector<size_t> items_;
  std::vector<int64_t> opened_;
  std::vector<std::vector<int64_t>> rooms_;
  std::vector<size_t> type_;  // [bin]
  std::optional<int64_t> best_;
};

}  // namespace

std::optional<int64_t> CheapestPacking(const PackingProblem& problem) {
  return Enumeration(problem).Run();
}

}  // namespace stowage::scheduler
