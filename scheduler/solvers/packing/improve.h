// Improve: a search among solutions by ruin and rebuilding. A few bins are emptied, those that
// waste most among them, and their items packed anew by disturbed values; what costs no more is
// kept.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/packing/builder.h"
#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

// What guides.
struct Guide {
  std::vector<int64_t> value;                // [item], times the scale
  std::vector<int64_t> floor;                // [item], by the best bound: no solution is cheaper
  std::vector<std::vector<int64_t>> prices;  // [type] of room
  std::vector<int64_t> price;                // [type] of a bin, times the scale
  std::vector<int32_t> best_types;           // by what their room is worth for the cost
};

class Improve {
 public:
  Improve(const Core& core, Rng rng);

  // Works best_types out itself.
  void SetGuide(Guide guide);
  const Guide& guide() const { return guide_; }
  // Goes on from these bins. Items they leave out are taken up when there is room.
  void Start(const std::vector<Bins>& bins);
  // One try.
  void Step();

  std::vector<Bins> Everything() const;
  // All but some bins, those that waste most likelier to be among those left out.
  std::vector<Bins> Keep(Rng& rng) const;
  int64_t cost() const { return cost_; }
  int64_t missing() const { return missing_; }  // items left out
  int64_t work() const { return builder_.work() + work_; }

 private:
  int32_t Wasteful();
  void Choose(int32_t count);
  void Disturb(const std::vector<int32_t>& items);
  std::vector<int32_t> Types();
  void Undo(const std::vector<Bins>& built);
  void Replace(std::vector<Bins> built);
  int64_t Loss(const Bins& bins) const;

  const Core& core_;
  const int64_t scale_;
  Rng rng_;
  Builder builder_;
  Guide guide_;
  std::vector<Bins> bins_;     // one each
  std::vector<Bins> frozen_;   // many alike, left as they are
  std::vector<int64_t> loss_;  // [bin]
  std::vector<int64_t> left_, quota_, value_;
  std::vector<int32_t> chosen_;
  int64_t cost_ = 0, missing_ = 0, work_ = 0;
};

}  // namespace stowage::scheduler::packing
