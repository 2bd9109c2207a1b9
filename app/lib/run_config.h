// The configuration file of `stowage run`; flags win over it.
#pragma once

#include <string>
#include <string_view>

#include "app/manager/manager.h"
#include "base/result/result.h"

namespace stowage::app {

// YAML:
//   schedulerName: stowage
//   latency:
//     sources: [{region: eu-west, weight: 1}]   # where the clients are; weights are relative
//     costPerMillisecond: "0.0001"              # dollars an hour a pod for each millisecond
//     maximumMilliseconds: 80
//   data: {region: eu-west, gibPerHour: 2}      # what each pod reads, for egress
//   once: {restart: "0.02", waitingHour: "0.5", runSeconds: 7200}   # costs that come once: of a
//   pod
//                                               # whose spot node goes, or that waits for a node
//   carbonPerTonne: "80"                        # of CO2 (gramsPerCoreHour of a Cluster)
// kInvalid: line or field, and what was expected; unknown fields are refused.
Result<void> ApplyRunConfig(std::string_view yaml, ManagerOptions& options);

}  // namespace stowage::app
