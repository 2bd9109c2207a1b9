// Flip: the smallest change of a price that would move a pod elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scheduler/placement/explain.h"

namespace stowage::scheduler {

struct Flip {
  std::string from_cluster, to_cluster;  // where the pod is, and where it would be
  std::string cluster, term;             // whose cost term changes: one of the two
  Money before, after;                   // of one pod an hour
  int64_t ppm = 0;                       // the change in millionths of `before`, rounded up
};

// Speaks of the dearest of the clusters that have pods of the class: it is the first to lose one.
// Only one term changes, and only clusters that would take a pod now count. Preference is worth
// `preference_point` a point. nullopt: nothing is placed, nobody else would take it, or a price
// alone does not decide.
std::optional<Flip> SmallestFlip(const ClassExplanation& explanation, Money preference_point);

// The dearest of the clusters that have pods of the class, the last by name; nullptr: none.
const ClusterVerdict* DearestPlaced(const ClassExplanation& explanation);

}  // namespace stowage::scheduler
