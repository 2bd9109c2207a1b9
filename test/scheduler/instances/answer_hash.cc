#include "test/scheduler/instances/answer_hash.h"

#include "base/random/rng.h"

namespace stowage::scheduler {

uint64_t HashOf(const Placement& placement, uint64_t start) {
  uint64_t hash = start;
  for (const ClassPlacement& c : placement.classes) {
    hash = HashCombine(hash, StableHash(c.key));
    for (const Assignment& a : c.assignments) {
      hash = HashCombine(HashCombine(hash, StableHash(a.cluster)), static_cast<uint64_t>(a.count));
    }
  }
  return hash;
}

uint64_t HashOf(const Incumbent& incumbent) {
  return HashOf(incumbent.placement, static_cast<uint64_t>(incumbent.cost.nano));
}

}  // namespace stowage::scheduler
