// SubsetFit: which of many small changes, taken together, fit best. Each change has a loss and
// takes some of each resource (or gives some back); wanted is the subset with the least sum of
// losses and unused room at its prices, that overdraws no resource. By meeting in the middle: the
// subsets of least loss of either half of the changes, and for each of one half those of the other
// that leave little room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stowage::scheduler::gap {

class SubsetFit {
 public:
  // Looks at `subsets` of either half.
  SubsetFit(int32_t resources, size_t subsets);

  void Clear() { losses_.clear(), takes_.clear(); }
  // Of one change: loss >= 0; `takes` has one number a resource, below 2^22 in absolute value.
  void Add(double loss, const int64_t* takes);
  // `room` (may be negative; below 2^29) and the prices of its parts, >= 0. `scale`: the value to
  // expect; it steers the work, and hardly the answer. False: none was found.
  bool Solve(const std::vector<int64_t>& room, const std::vector<double>& prices, double scale);

  // Of the best subset.
  double value() const { return best_; }
  const std::vector<int32_t>& chosen() const { return chosen_; }  // in the order of Add
  // Since the last call, in units of 100 ns.
  int64_t TakeWork();

 private:
  static constexpr size_t kMostChanges = 64;  // of a half
  struct Half {
    std::vector<int32_t> changes;  // by loss
    double budget = 0;             // subsets lose this at most
    std::vector<double> loss;      // [subset]
    std::vector<uint64_t> members;
    std::vector<int32_t> takes;  // [subset][resource]
  };
  struct Grid {
    int32_t first, second;  // resources
    int32_t rows, columns;
    double row_width, column_width, row_least, column_least;
    std::vector<int32_t> start;  // [cell], and the end
    std::vector<double> loss;    // [subset], by cell
    std::vector<int32_t> takes, subset;
  };

  void Split();
  void Enumerate(Half* half, double scale);
  bool Extend(Half* half, size_t next, double loss, uint64_t members);
  void Arrange(const std::vector<double>& prices, double radius);
  int32_t CellOf(const int32_t* takes) const;
  void Join(const std::vector<int64_t>& room, const std::vector<double>& prices, double radius);
  void Scan(size_t left, size_t begin, size_t end, const std::vector<double>& prices);

  const int32_t s_;
  const size_t subsets_;
  std::vector<double> losses_;
  std::vector<int32_t> takes_;
  Half halves_[2];
  Grid grid_;
  std::vector<int32_t> path_;  // what the subset at hand takes, [depth][resource]
  std::vector<int32_t> left_room_;
  double best_ = 0;
  int32_t best_left_ = -1, best_right_ = -1;
  std::vector<int32_t> chosen_;
  int64_t looks_ = 0;
};

}  // namespace stowage::scheduler::gap
