// ProbeTracker: from the outcomes of probes to "is the member there". Pure. One success is enough
// to be there again at once; to be gone takes several failures in a row and some time.
#pragma once

#include <optional>
#include <string>

#include "base/result/result.h"
#include "base/time/types.h"
#include "providers/api/provider.h"

namespace stowage::vkubelet {

enum class Reachability { kNotProbed, kReachable, kUnreachable };

class ProbeTracker {
 public:
  ProbeTracker(int failures, Duration grace, MonotonicTime start)
      : limit_(failures), grace_(grace), last_success_(start) {}

  void OnSuccess(const providers::Health& health, MonotonicTime now);
  void OnFailure(Error error, MonotonicTime now);

  Reachability state() const { return state_; }
  const std::optional<Error>& last_error() const { return last_error_; }  // nullopt after a success
  const std::string& member_version() const { return version_; }
  int failures() const { return failures_; }

 private:
  int limit_;
  Duration grace_;
  MonotonicTime last_success_;
  int failures_ = 0;
  Reachability state_ = Reachability::kNotProbed;
  std::optional<Error> last_error_;
  std::string version_;
};

}  // namespace stowage::vkubelet
