// Durations and points in time. Nothing here reads a clock: see executor.h.
#pragma once

#include <chrono>
#include <cstdint>

namespace stowage {

// The one resolution of the code base: integer microseconds.
using Duration = std::chrono::microseconds;

constexpr Duration Microseconds(int64_t n) { return Duration(n); }
constexpr Duration Milliseconds(int64_t n) { return Duration(n * 1000); }
constexpr Duration Seconds(int64_t n) { return Duration(n * 1000000); }
constexpr Duration Minutes(int64_t n) { return Seconds(n * 60); }
constexpr Duration Hours(int64_t n) { return Minutes(n * 60); }

// Tag of a clock that never jumps; its epoch is arbitrary. It has no now(): ask an Executor.
struct MonotonicClock {
  using rep = int64_t;
  using period = std::micro;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock, Duration>;
};

// For intervals, time-outs and back-off.
using MonotonicTime = MonotonicClock::time_point;

// For timestamps that others read (UTC). May jump; never used to measure an interval.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

}  // namespace stowage
