// What sums of sizes a bin can be filled to in one dimension.
#pragma once

#include <cstdint>
#include <vector>

namespace stowage::scheduler::packing {

struct Sized {
  int64_t size;
  int64_t count;  // at most so many of it
};

// Lowers every room to the largest sum <= it that some choice of the items reaches; no packing is
// lost. Where working that out costs too much, only down to the sum of all.
void LowerToReachable(std::vector<Sized> items, std::vector<int64_t>& rooms);

}  // namespace stowage::scheduler::packing
