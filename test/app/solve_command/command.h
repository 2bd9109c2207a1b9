// Runs the built `stowage` as a shell would.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace stowage::app {

struct Finished {
  int exit_code = -1;  // -1: it was ended by a signal
  std::string out, err;
};

// `input` goes to its standard input. `meanwhile` is called with its process id once it runs.
Finished RunStowage(const std::vector<std::string>& arguments, const std::string& input = "",
                    const std::function<void(int)>& meanwhile = {});

}  // namespace stowage::app
