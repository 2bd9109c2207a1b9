// PodRecord: what is kept of a host pod. The whole document is not: a pod that must be created is
// fetched then, which is also the check that it still exists as it was seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kube/api/object.h"
#include "kube/api/well_known.h"

namespace stowage::vkubelet {

enum class PodPhase : uint8_t { kPending, kRunning, kSucceeded, kFailed, kUnknown };

PodPhase ParsePhase(std::string_view phase);  // "" is Pending
inline bool IsTerminal(PodPhase phase) {
  return phase == PodPhase::kSucceeded || phase == PodPhase::kFailed;
}

struct PodRecord {
  std::string uid;
  std::string resource_version;
  std::string node;
  // JSON text of the conditions that the host owns, and of those whose transition time is ours to
  // keep.
  std::string conditions;
  std::vector<std::string> gates;                         // readiness gates
  std::vector<std::pair<std::string, int64_t>> restarts;  // container -> count, those above 0
  uint64_t spec_hash = 0;    // of what Kubernetes lets change after creation, and all else
  uint64_t status_hash = 0;  // of the part of the status that the member decides
  // Where among the tolerations those are that Kubernetes' admission gives to every pod: not ready
  // and unreachable, for 300 s. -1: there is none.
  int16_t timed_tolerations[2] = {-1, -1};
  int64_t deletion_grace_seconds = 0;  // of a deletion under way
  PodPhase phase = PodPhase::kPending;
  bool deleting = false;
  bool started = false;     // the status says that the pod ran, or runs
  bool daemon_set = false;  // its controller is a DaemonSet

  bool timed() const { return timed_tolerations[0] >= 0 || timed_tolerations[1] >= 0; }
  bool finished() const { return IsTerminal(phase); }
};

// nullopt: the pod is not bound to a node.
std::optional<PodRecord> ProjectPod(const kube::Object& pod);

// The toleration that admission gives for `taint`, as JSON.
kube::Json TimedToleration(std::string_view taint);
// The taints of timed_tolerations, in that order.
inline constexpr std::string_view kTimedTaints[2] = {kube::kTaintNotReady, kube::kTaintUnreachable};

// Whether a status says that any container ever began.
bool StatusShowsStart(kube::JsonRef status);

// Labels, annotations and spec: what UpdatePod brings to the copy.
uint64_t SpecHash(const kube::Object& pod);

}  // namespace stowage::vkubelet
