// Minimum-cost flow in a network, in integers: the network simplex of a library behind plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace stowage::scheduler {

struct FlowNetwork {
  struct Arc {
    int32_t from = 0, to = 0;
    int64_t capacity = 0, cost = 0;  // both >= 0
  };
  std::vector<int64_t> supply;  // by node; negative: demand. 0 in all
  std::vector<Arc> arcs;
};

struct NetworkFlow {
  std::vector<int64_t> on;  // by arc
  // By node, the dual of its balance: an arc with cost + potential(from) - potential(to) > 0 has no
  // flow, one with < 0 is full.
  std::vector<int64_t> potential;
};

// nullopt: no flow meets all supplies, or some number is so large that a sum could overflow. The
// same answer on every machine. About O(nodes x arcs) in practice, all in one call.
std::optional<NetworkFlow> MinCostFlow(const FlowNetwork& network);

}  // namespace stowage::scheduler
