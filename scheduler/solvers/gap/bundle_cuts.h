// Cuts for a linear program over bundles. Of three rows, items or agents, no two of which two
// bundles may share: at most one bundle of an answer has two or more of them ("subset row cuts"
// where all are items). A bundle has the row of its agent, too.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "scheduler/solvers/gap/bundles.h"

namespace stowage::scheduler::gap {

class BundleCuts {
 public:
  BundleCuts(int32_t items, int32_t agents) : items_(items), agents_(agents), of_(items + agents) {}

  int32_t size() const { return static_cast<int32_t>(cuts_.size()); }

  // Calls visit(c) for every cut that bundle `f` counts in.
  template <typename Visit>
  void Each(const Bundles& bundles, int32_t f, Visit visit) {
    if (cuts_.empty()) return;
    const auto count = [&](int32_t row) {
      for (int32_t c : of_[row]) {
        if (++hits_[c] == 2) visit(c);
      }
    };
    for (int16_t k : bundles.Items(f)) count(k);
    count(items_ + bundles.agent[f]);
    for (int16_t k : bundles.Items(f)) Forget(k);
    Forget(items_ + bundles.agent[f]);
  }

  // Adds those that a fractional answer (bundles, and how much of each) breaks most; at most
  // `most`. Returns how many; adds the work, in units of 100 ns.
  int Separate(const Bundles& bundles, std::span<const std::pair<int32_t, double>> levels, int most,
               int64_t* work);

 private:
  using Cut = std::array<int32_t, 3>;  // rows: items, then agents
  struct Broken {
    double by;
    Cut cut;
  };

  void Forget(int32_t row) {
    for (int32_t c : of_[row]) hits_[c] = 0;
  }
  void FindPairs(const Bundles& bundles, std::span<const std::pair<int32_t, double>> levels);
  double InAll(const Cut& cut) const;
  std::vector<Broken> FindBroken(int64_t* work) const;
  double Pair(int32_t a, int32_t b) const { return pairs_[a * (items_ + agents_) + b]; }

  const int32_t items_, agents_;
  std::vector<Cut> cuts_;
  std::vector<std::vector<int32_t>> of_;  // [row]: its cuts
  std::vector<int32_t> hits_;             // [cut], of the bundle at hand
  // Of the answer to be cut off: how much of each pair of rows is in one bundle; with which rows
  // each row is; its bundles as rows.
  std::vector<double> pairs_;
  std::vector<std::vector<int32_t>> near_;
  std::vector<std::pair<std::vector<int32_t>, double>> support_;
  std::vector<std::vector<int32_t>> bundles_with_;  // [row]: places in support_
};

}  // namespace stowage::scheduler::gap
