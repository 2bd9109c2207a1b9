// At rest: every pod that fits somewhere is bound, every bound pod has its copy, and the host says
// of it what its member says.
#pragma once

#include "sim/checkers/findings.h"
#include "sim/checkers/snapshot.h"

namespace stowage::sim {

void CheckSettled(const Snapshot& world, Findings& findings);

}  // namespace stowage::sim
