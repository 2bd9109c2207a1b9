// What a new cluster holds before anybody has asked for anything.
#pragma once

#include "sim/apiserver/core.h"

namespace stowage::sim {

// Reads the storage, then makes what is missing: the system namespaces, priority classes, roles and
// the service "kubernetes".
void Bootstrap(Core& core);

}  // namespace stowage::sim
