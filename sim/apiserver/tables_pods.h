// The cells of pods.
#pragma once

#include <string>

#include "sim/apiserver/tables.h"

namespace stowage::sim {

// "Running", "Init:0/2", "CrashLoopBackOff", "Terminating", "Completed" ...
std::string PodStatusText(kube::JsonRef pod);
void PodCells(kube::JsonRef pod, WallTime now, kube::JsonNode row);

}  // namespace stowage::sim
