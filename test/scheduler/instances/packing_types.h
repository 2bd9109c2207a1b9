// Node types as a cloud sells them, for the benchmarks of buying nodes.
#pragma once

#include <cstdint>
#include <span>

namespace stowage::scheduler {

struct NodeType {
  const char* name;
  int64_t milli_cpu, mib, pods, gpus;  // what pods may use
  int64_t micro_dollars;               // an hour, on demand
};

std::span<const NodeType> NodeTypes();

}  // namespace stowage::scheduler
