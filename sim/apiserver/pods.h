// The sub-resources of pods.
#pragma once

#include "sim/apiserver/core.h"

namespace stowage::sim {

void ServeBinding(Core& core, Call& call);
// Answers 429 where a PodDisruptionBudget says no, else deletes with grace.
void ServeEviction(Core& core, Call& call);
void ServeEphemeralContainers(Core& core, Call& call);
// log, exec, attach, portforward: handed to the KubeletConnector.
void ServePodStream(Core& core, Call& call);

}  // namespace stowage::sim
