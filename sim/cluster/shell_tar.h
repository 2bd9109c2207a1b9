// tar of the simulated shell, as far as `kubectl cp` needs it: plain files and directories.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/cluster/shell.h"

namespace stowage::sim {

bool IsTar(std::string_view name);

// tar cf - PATH...: writes at once and answers no frame. tar x[mv...]f - [-C DIR], tar tf -: a
// frame that takes the archive as it comes.
ShellFramePtr StartTar(Shell& shell, const std::vector<std::string>& argv, const ShellIo& io);

}  // namespace stowage::sim
