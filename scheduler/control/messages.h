// What people read of a decision: the annotation on a placed pod, the event on one that is not.
#pragma once

#include <string>

#include "kube/api/json.h"
#include "scheduler/control/fleet.h"
#include "scheduler/placement/engine.h"

namespace stowage::scheduler {

struct RoundFacts {
  std::string id;
  const Incumbent& incumbent;
  std::string
      solver;  // of pods that were placed after the round, by what it found; "" in the round
};

// {"stowage.dev/placement": "{...}"}: for a pod of the class on `node`. The value is JSON, below
// 1 KiB: cluster, costPerHour and its terms, runnerUp and difference, refused (reasons by cluster;
// refusedOthers counts the rest), round, gapPercent; of pods that were
// placed after the round: solver.
kube::Json PlacementAnnotations(const ClassExplanation& why, const std::string& node,
                                const RoundFacts& round);

// As kube-scheduler words it, then each cluster's own numbers: "0/3 nodes are available: 1
// Insufficient cpu, 2 node(s) were unschedulable. onprem: needs cpu 4, ...". At most 1 KiB.
// With what would help in between, if something is said: "Would fit with quota team: cpu from 6 to
// 7."
std::string UnschedulableMessage(const ClassExplanation& why, const std::string& remedy = "");

}  // namespace stowage::scheduler
