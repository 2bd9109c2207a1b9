// The formats that `stowage solve` reads, and what they hold.
#pragma once

#include <string_view>
#include <variant>

#include "app/solve/source.h"
#include "base/result/result.h"
#include "scheduler/model/problem.h"
#include "scheduler/solvers/gap/problem.h"
#include "scheduler/solvers/packing/problem.h"

namespace stowage::app {

enum class Format { kStowage, kGap, kMrgap, kFleet, kMvp };

std::string_view NameOf(Format format);  // "stowage", "gap" ...

// By `name` ("" : by the ending of `path`; .yaml, .yml and .json are stowage). kInvalid lists those
// that are known.
Result<Format> FormatOf(std::string_view name, std::string_view path);

using AnyProblem =
    std::variant<scheduler::Problem, scheduler::GapProblem, scheduler::PackingProblem>;

// kInvalid with file, line and column. A problem that comes back is valid.
Result<AnyProblem> Parse(Format format, Source source);

}  // namespace stowage::app
