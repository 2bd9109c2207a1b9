#include "app/solve/check_solution.h"
#include "app/solve/problem_format.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

using app::Format;

// A problem, its format in the first line, and after "---" an answer to it.
FUZZ_TARGET(placement) {
  const size_t line = std::min(bytes.find('\n'), bytes.size());
  const auto format = app::FormatOf(bytes.substr(0, line), "x.yaml");
  if (!format) {
    Require(!format.error().message.empty(), "an error says what is wrong");
    return;
  }
  const auto [text, answer] = Split(bytes.substr(std::min(line + 1, bytes.size())));
  const auto problem = app::Parse(*format, {"f", text});
  if (!problem) {
    Require(problem.error().message.starts_with("f:"), "an error says where it is");
    return;
  }
  if (const auto* own = std::get_if<scheduler::Problem>(&*problem)) {
    const std::string written = app::WriteProblem(*own);
    const auto again = app::ParseProblem({"f", written});
    Require(again.has_value(), "what is written can be read");
    Require(app::WriteProblem(*again) == written, "and is written alike");
  }
  const app::CheckOutcome outcome = app::CheckSolution(*format, *problem, {"s", answer});
  Require(!outcome.message.empty(), "a check says what it found");
}

}  // namespace stowage::fuzz
