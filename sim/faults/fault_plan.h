// Fault plans: what goes wrong, how often, and how often it did.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/random/rng.h"
#include "base/time/types.h"

namespace stowage::sim {

enum class Fault {
  // Between a client and an API server; FaultTransport makes these.
  kDelay,         // the request or its answer is slow
  kDrop,          // the request is lost: nothing happened, no answer
  kUnanswered,    // it was carried out, the answer is lost
  kHang,          // nothing for the whole time-out, then as kDrop or kUnanswered
  kConflict,      // 409, nothing happened
  kGone,          // 410: of a list's continue token, or of a watch
  kTooMany,       // 429 with Retry-After, nothing happened
  kServerError,   // 500 or 503, nothing happened
  kWatchClose,    // a watch ends without a word
  kWatchStall,    // a watch says nothing for a while; what came meanwhile arrives late
  kWatchRefused,  // a watch cannot be opened
  // To whole parts; the world that is tested makes these.
  kPartition,   // nothing passes between the process under test and a server for a while
  kCrash,       // the process under test is killed between two tasks and started again
  kWallJump,    // the wall clock is set forwards or back
  kPowerCycle,  // all that runs on a member's node is lost
  kNodeHang,    // a member's node says nothing for a while
  kCompaction,  // a server forgets its history
  kDisconnect,  // a server ends all its watches at once
  kCount,
};

inline constexpr size_t kFaults = static_cast<size_t>(Fault::kCount);

std::string_view FaultName(Fault fault);
std::optional<Fault> FaultOfName(std::string_view name);

// Chances are per request; those that end in _per_second, per second of an open watch.
struct FaultPlan {
  double delay = 0, drop = 0, unanswered = 0, hang = 0, conflict = 0, gone = 0, too_many = 0,
         server_error = 0;
  double watch_close_per_second = 0, watch_stall_per_second = 0, watch_refused = 0, watch_gone = 0;
  Duration delay_max = Milliseconds(800);
  Duration unanswered_max = Milliseconds(800);  // until that is noticed
  Duration stall_max = Seconds(20);
};

// A mixture: each kind is there or not, and rare or frequent.
FaultPlan DrawFaultPlan(Rng rng);

// How often each fault struck.
class FaultCounts {
 public:
  void Add(Fault fault, uint64_t n = 1) { counts_[static_cast<size_t>(fault)] += n; }
  uint64_t Of(Fault fault) const { return counts_[static_cast<size_t>(fault)]; }
  void Merge(const FaultCounts& other) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<uint64_t, kFaults> counts_{};
};

}  // namespace stowage::sim
