// Port-forward: pairs of SPDY streams (error and data), each a connection to a port of the pod.
#pragma once

#include "base/time/executor.h"
#include "sim/cluster/streaming.h"
#include "sim/cluster/streaming_link.h"

namespace stowage::sim {

// Runs by itself until the client has left. `pod`: for messages.
void RunPortForward(Executor& executor, LinkPtr link, std::string pod, PortConnector connect);

}  // namespace stowage::sim
