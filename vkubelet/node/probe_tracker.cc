#include "vkubelet/node/probe_tracker.h"

#include <utility>

namespace stowage::vkubelet {

void ProbeTracker::OnSuccess(const providers::Health& health, MonotonicTime now) {
  failures_ = 0;
  last_success_ = now;
  last_error_.reset();
  state_ = Reachability::kReachable;
  if (!health.version.empty()) version_ = health.version;
}

void ProbeTracker::OnFailure(Error error, MonotonicTime now) {
  ++failures_;
  last_error_ = std::move(error);
  if (failures_ >= limit_ && now - last_success_ >= grace_) state_ = Reachability::kUnreachable;
}

}  // namespace stowage::vkubelet
