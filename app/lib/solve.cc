// `stowage solve` and `stowage check`: files, signals and the clock around app/solve.
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string_view>

#include "app/lib/commands.h"
#include "app/lib/output.h"
#include "app/lib/signals.h"
#include "app/lib/thread_pool.h"
#include "app/solve/check_solution.h"
#include "app/solve/export_model.h"
#include "app/solve/formats.h"
#include "app/solve/shell.h"
#include "app/solve/solve_run.h"
#include "base/time/loop_executor.h"

namespace stowage::app {
namespace {

constexpr int kInfeasible = 2, kBadInput = 3, kUnknown = 4;
constexpr double kDefaultSeconds = 10, kMostSeconds = 1e9;

int BadInput(const std::string& message) {
  Fail(message);
  return kBadInput;
}

// The whole file, or standard input for "-".
Result<std::string> ReadText(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
  std::string text;
  if (size >= 0) {
    in.seekg(0);
    text.resize(static_cast<size_t>(size));
    in.read(text.data(), size);
  }
  if (!in || size < 0) {
    return MakeError(ErrorCode::kInvalid, path + ": cannot be read; does the file exist?");
  }
  return text;
}

struct Loaded {
  Format format;
  AnyProblem problem;
};

Result<Loaded> Load(const std::string& path, std::string_view format_name) {
  ASSIGN_OR_RETURN(const Format format, FormatOf(format_name, path));
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  ASSIGN_OR_RETURN(AnyProblem problem, Parse(format, {path, text}));
  return Loaded{format, std::move(problem)};
}

int Export(const SolveFlags& flags, const Loaded& loaded) {
  const auto text =
      ExportModel(loaded.problem, flags.export_to == "lp" ? ModelFormat::kLp : ModelFormat::kMps);
  if (!text) return BadInput(text.error().message);
  if (flags.output.empty()) {
    std::cout << *text;
    return 0;
  }
  std::ofstream out(flags.output, std::ios::binary);
  out << *text;
  out.close();
  return out ? 0 : BadInput(flags.output + ": cannot be written");
}

ShellOptions LimitsOf(const SolveFlags& flags) {
  ShellOptions out;
  if (flags.iterations > 0) out.iterations = flags.iterations;
  const bool timed = flags.time_limit > 0;
  if (timed || flags.iterations <= 0) {
    const double seconds = timed ? std::min(flags.time_limit, kMostSeconds) : kDefaultSeconds;
    out.time_limit = Microseconds(static_cast<int64_t>(seconds * 1e6));
  }
  if (flags.log) out.log = [](const std::string& line) { std::cerr << line + "\n"; };
  return out;
}

int ExitCodeOf(scheduler::SearchStatus status) {
  switch (status) {
    case scheduler::SearchStatus::kFeasible:
    case scheduler::SearchStatus::kOptimal:
      return 0;
    case scheduler::SearchStatus::kInfeasible:
      return kInfeasible;
    case scheduler::SearchStatus::kUnknown:
      break;
  }
  return kUnknown;
}

// Solves until a limit is reached, there is nothing more to try, or a signal asks for an end.
void RunToTheEnd(SolveRun& run, const SolveFlags& flags, LoopExecutor& executor,
                 MonotonicTime started) {
  Shell shell(executor, run, LimitsOf(flags), started, [&] { executor.Stop(); });
  Signals signals(executor, [&] { shell.Stop(); });
  executor.Run();
}

Result<std::unique_ptr<SolveRun>> Start(const SolveFlags& flags, Format format, AnyProblem problem,
                                        ThreadPool& pool) {
  return StartRun(format, std::move(problem),
                  {.seed = flags.seed,
                   .threads = flags.threads,
                   .solver = flags.solver,
                   .parallel = flags.threads > 1 ? &pool : nullptr});
}

// The problem with the changes that were asked for, and a report on it as it was.
Result<Report> SolveBefore(const SolveFlags& flags, Loaded& loaded, LoopExecutor& executor,
                           ThreadPool& pool) {
  auto* problem = std::get_if<scheduler::Problem>(&loaded.problem);
  if (problem == nullptr) {
    return MakeError(
        ErrorCode::kInvalid,
        "--without, --price, --add and --load change problems of the stowage format only");
  }
  WhatIf what_if = flags.what_if;
  for (const std::string& path : what_if.add) {
    ASSIGN_OR_RETURN(Loaded more, Load(path, NameOf(Format::kStowage)));
    what_if.added.push_back(std::get<scheduler::Problem>(std::move(more.problem)));
  }
  ASSIGN_OR_RETURN(scheduler::Problem changed, Changed(*problem, what_if));
  ASSIGN_OR_RETURN(const auto run, Start(flags, loaded.format, std::move(loaded.problem), pool));
  RunToTheEnd(*run, flags, executor, executor.Now());
  loaded.problem = std::move(changed);
  return run->MakeReport(false);
}

Result<void> AddExplanations(const SolveFlags& flags, const SolveRun& run, Report& report) {
  if (flags.explain.empty()) return {};
  std::string list = "  \"explanation\": [";
  for (size_t i = 0; i < flags.explain.size(); ++i) {
    ASSIGN_OR_RETURN(const std::string one, run.Explain(flags.explain[i]));
    list += (i > 0 ? ",\n    " : "\n    ") + one;
  }
  report.AddMember(list + "\n  ]");
  return {};
}

}  // namespace

int RunSolve(const SolveFlags& flags) {
  BlockSignals();
  LoopExecutor executor;
  ThreadPool pool(flags.threads);
  const MonotonicTime started = executor.Now();
  auto loaded = Load(flags.file, flags.format);
  if (!loaded) return BadInput(loaded.error().message);
  std::optional<Report> before;
  if (flags.what_if.any()) {
    auto report = SolveBefore(flags, *loaded, executor, pool);
    if (!report) return BadInput(report.error().message);
    before = std::move(*report);
  }
  if (!flags.export_to.empty()) return Export(flags, *loaded);
  const auto run = Start(flags, loaded->format, std::move(loaded->problem), pool);
  if (!run) return BadInput(run.error().message);
  RunToTheEnd(**run, flags, executor, before ? executor.Now() : started);
  const Duration took = executor.Now() - started;
  Report report = (*run)->MakeReport(flags.assignment);
  if (before) report.AddMember(WhatIfMember(flags.what_if, *before, report));
  if (auto ok = AddExplanations(flags, **run, report); !ok) return BadInput(ok.error().message);
  std::cout << ToJson(report, took) << std::flush;
  return ExitCodeOf(report.status);
}

int RunCheck(const CheckFlags& flags) {
  const auto loaded = Load(flags.problem, flags.format);
  if (!loaded) return BadInput(loaded.error().message);
  const auto solution = ReadText(flags.solution);
  if (!solution) return BadInput(solution.error().message);
  const CheckOutcome outcome =
      CheckSolution(loaded->format, loaded->problem, {flags.solution, *solution});
  switch (outcome.kind) {
    case CheckOutcome::Kind::kRight:
      std::cout << outcome.message << "\n";
      return 0;
    case CheckOutcome::Kind::kWrong:
      return Fail(outcome.message);
    case CheckOutcome::Kind::kBadInput:
      break;
  }
  return BadInput(outcome.message);
}

}  // namespace stowage::app
