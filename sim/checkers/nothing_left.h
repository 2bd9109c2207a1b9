// At rest: deleted is deleted everywhere. No copy without its host pod, none that runs on after its
// host pod has finished, no ConfigMap or Secret of ours that nothing needs; those that are needed
// equal the host's.
#pragma once

#include "sim/checkers/findings.h"
#include "sim/checkers/snapshot.h"

namespace stowage::sim {

void CheckNothingLeft(const Snapshot& world, Findings& findings);

}  // namespace stowage::sim
