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
// kInvalid: line or field, and what was expected; unknown fields are refused.
Result<void> ApplyRunConfig(std::string_view yaml, ManagerOptions& options);

}  // namespace stowage::app
