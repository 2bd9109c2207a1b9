// One exec or attach: a container's session joined to a client's channels.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sim/cluster/container_io.h"
#include "sim/cluster/remote_command_channels.h"

namespace stowage::sim {

struct RemoteCommand {
  bool attach = false;
  CommandStreams streams;
  // Starts the session once all channels are there.
  std::function<Result<std::unique_ptr<IoSession>>(IoSink sink)> start;
};

// Runs by itself until the process has ended or the client has left.
void RunRemoteCommand(Executor& executor, std::shared_ptr<CommandChannels> channels,
                      RemoteCommand command);

}  // namespace stowage::sim
