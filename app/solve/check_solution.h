// What `stowage check` does: verifies a solution file against a problem without any solver code.
#pragma once

#include <string>

#include "app/solve/formats.h"
#include "app/solve/source.h"

namespace stowage::app {

struct CheckOutcome {
  enum class Kind { kRight, kWrong, kBadInput };
  Kind kind = Kind::kRight;
  std::string message;  // one sentence; with the place in the solution file where there is one
};

// Everything has a place, no rule and no capacity is broken, and what the file says of cost, bound,
// status and hash is so. kBadInput: it cannot be read as a solution of this problem.
CheckOutcome CheckSolution(Format format, const AnyProblem& problem, Source solution);

}  // namespace stowage::app
