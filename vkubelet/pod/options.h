// What the application decides about the pods of virtual nodes.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/time/types.h"

namespace stowage::vkubelet {

struct PodControllerOptions {
  int workers_per_member = 32;  // steps at once: a member that hangs holds only its own
  Duration sweep_interval = Seconds(5);
  Duration full_sweep_interval = Minutes(1);  // besides, every copy is compared so often
  Duration delete_repeat = Seconds(15);       // of a deletion that has not come to an end
  Duration refused_retry_min = Seconds(15);   // of a pod that the member does not take; doubles ...
  Duration refused_retry_max = Minutes(5);    // ... up to this
  int tolerations_per_second = 20;            // pods made to outlast an outage of their node's
  Duration toleration_delay = Seconds(3);     // from when a copy is first seen
  int verifications_per_second = 50;  // after a start, copies are brought up to date at this pace
};

// How one virtual node and its pods speak to each other: the two halves (vkubelet/node and
// vkubelet/pod) meet only here, and the application joins them. Any may be empty.
struct MemberHooks {
  // So many copies without a host pod may be deleted at once although the brake would hold (what an
  // operator wrote on the Node).
  std::function<int64_t()> sweep_allowance;
  // Why the sweep is held; nullopt: it is not. Called when that changes, and at the first sweep.
  std::function<void(std::optional<std::string>)> on_sweep_held;
  std::function<void()> on_capacity_changed;
};

}  // namespace stowage::vkubelet
