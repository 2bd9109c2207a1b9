// autoscaling/v1 Scale: the sub-resource that `kubectl scale` speaks to.
#pragma once

#include "sim/apiserver/core.h"

namespace stowage::sim {

void ServeScale(Core& core, Call& call);

}  // namespace stowage::sim
