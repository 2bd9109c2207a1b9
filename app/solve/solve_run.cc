#include "app/solve/solve_run.h"

#include <utility>

namespace stowage::app {
namespace {

// The solvers of one kind of problem.
std::vector<std::string_view> SolversOf(const AnyProblem& problem) {
  if (std::holds_alternative<scheduler::GapProblem>(problem)) return {"lagrangian"};
  if (std::holds_alternative<scheduler::PackingProblem>(problem)) return {"columns"};
  return {"columns", "exact", "flow", "greedy", "lagrangian"};
}

}  // namespace

Result<std::string> SolveRun::Explain(const std::string&) const {
  return MakeError(
      ErrorCode::kInvalid,
      "--explain: only classes of the stowage format have more to say than the answer");
}

Result<std::unique_ptr<SolveRun>> StartRun(Format format, AnyProblem problem,
                                           const RunOptions& options) {
  std::string known;
  bool found = options.solver.empty() || options.solver == "auto";
  for (const std::string_view name : SolversOf(problem)) {
    known += ", " + std::string(name);
    found = found || options.solver == name;
  }
  if (!found) {
    return MakeError(ErrorCode::kInvalid, "--solver: for this format it is one of auto" + known +
                                              ", not " + Quoted(options.solver));
  }
  if (const auto* gap = std::get_if<scheduler::GapProblem>(&problem)) {
    return StartGapRun(format, *gap, options);
  }
  if (const auto* packing = std::get_if<scheduler::PackingProblem>(&problem)) {
    return StartPackingRun(*packing, options);
  }
  return StartPlacementRun(std::move(std::get<scheduler::Problem>(problem)), options);
}

}  // namespace stowage::app
