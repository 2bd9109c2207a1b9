// Sites: where in a cluster pods can go whose rules move with every pod that is placed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scheduler/placement/filters/peer_filter.h"
#include "scheduler/placement/instance.h"

namespace stowage::scheduler {

// `pods` pods fit onto nodes of one group, at most `per_node` on each, and pass in any order.
struct Opening {
  size_t group;  // place in ClusterBins::groups()
  int64_t pods;
  int64_t per_node;
  int64_t points;  // of peer preference
};

// The best group for up to `n` pods of class `k` in cluster `j`, on open nodes or by opening nodes
// of `pool`: most points, then the most pods allowed at once, then as ClusterBins::Place chooses.
// `kinds`: as Packing's. nullopt: none; `refusal`, if not nullptr, says what kept pods off nodes
// that have room for them.
std::optional<Opening> BestOpening(const Instance& instance, const PodState& state,
                                   const ClusterBins& bins, size_t k, size_t j, int32_t pool,
                                   int64_t n, std::optional<Refusal>* refusal = nullptr,
                                   const std::vector<char>* kinds = nullptr);

// What the rules of a class allow on a node, for classes of Care::kPerNode.
class PeerLimit : public NodeLimit {
 public:
  PeerLimit(const PodRules& rules, const PodState& state, size_t j)
      : rules_(rules), state_(state), j_(j) {}
  int64_t Of(const NodeGroup& nodes) const override {
    return AllowanceAt(rules_, state_, {j_, nodes}).per_node;
  }

 private:
  const PodRules& rules_;
  const PodState& state_;
  const size_t j_;
};

}  // namespace stowage::scheduler
