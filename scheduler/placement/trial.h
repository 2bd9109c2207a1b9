// Trial: how many pods would find room beside a solution, were there more nodes or larger quotas.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "scheduler/placement/explain.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

// `count` more nodes of a shape or of a pool of cluster `j`.
struct Extra {
  size_t j = 0;
  int32_t shape = -1, pool = -1;
  int64_t count = 0;
};

class Trial {
 public:
  struct Wanted {
    std::vector<std::pair<size_t, int64_t>> pods;  // by class; whatever is left of it to place
    std::vector<size_t> clusters;                  // that may take them
    int64_t pods_max = 0;                          // no more than that in all
  };
  enum class Quotas { kKept, kIgnored };
  struct Outcome {
    int64_t pods = 0;                        // that found room
    std::vector<QuotaState::Excess> passed;  // kIgnored: what would have to be raised for them
  };

  // All must outlive it, and `view` be of `solution`.
  Trial(const Instance& instance, const Solution& solution, const SolutionView& view, Wanted wanted)
      : instance_(instance), solution_(solution), view_(view), wanted_(std::move(wanted)) {}

  // Packs as many as it can, in the order of classes and clusters, and forgets it again. Exact for
  // one class without rules in one cluster, and cheap there; else about as much work as a
  // SolutionView.
  Outcome Run(const Extra& extra, Quotas quotas, Work& work) const;

 private:
  bool Plain() const;
  Outcome RunPlain(const Extra& extra, Quotas quotas) const;
  struct Packed;
  int64_t Fill(Packed& packed, size_t k, int64_t most, Quotas quotas) const;

  const Instance& instance_;
  const Solution& solution_;
  const SolutionView& view_;
  const Wanted wanted_;
};

}  // namespace stowage::scheduler
