// Our own model as YAML or JSON (README.md documents every field): everything that
// scheduler/model/problem.h holds can be written in it. Quantities as Kubernetes writes them, money
// as decimal strings, pods' rules in the fields of a pod's spec.
#pragma once

#include <string>

#include "app/solve/source.h"
#include "base/result/result.h"
#include "scheduler/model/problem.h"

namespace stowage::app {

// kInvalid with file, line and column. Strict: unknown fields and duplicate keys are errors, and so
// are amounts past the model's limits. What comes back has passed Validate().
Result<scheduler::Problem> ParseProblem(Source source);

// The same problem as YAML, such that ParseProblem() gives it back.
std::string WriteProblem(const scheduler::Problem& problem);

}  // namespace stowage::app
