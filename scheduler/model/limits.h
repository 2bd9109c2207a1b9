// Limits under which no sum or product inside can overflow. Whoever loads a Problem checks them.
#pragma once

#include <cstdint>

namespace stowage::scheduler {

inline constexpr int64_t kMaxAmount = int64_t{1} << 52;  // 4 PiB, 4.5e12 cores
inline constexpr int64_t kMaxPods = 100'000'000;         // of one class; of all nodes of one shape
inline constexpr int64_t kMaxLatencyUs = 60'000'000;
inline constexpr int64_t kMaxSeconds = 1'000'000'000;
inline constexpr int64_t kMaxMilligrams = 1'000'000'000'000;  // a thousand tonnes an hour
inline constexpr int64_t kPpm = 1'000'000;
inline constexpr int32_t kMaxDevices = 1024;  // of one node

}  // namespace stowage::scheduler
