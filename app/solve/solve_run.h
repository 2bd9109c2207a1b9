// SolveRun: one problem being solved, whatever its format. Pure, as the solvers are: no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/solve/formats.h"
#include "app/solve/report.h"
#include "base/result/result.h"
#include "scheduler/placement/parallel.h"

namespace stowage::app {

struct RunOptions {
  uint64_t seed = 1;
  int threads = 1;                          // never changes the answer
  std::string solver;                       // "": the one that fits the problem
  scheduler::Parallel* parallel = nullptr;  // the threads; must outlive the run
};

class SolveRun {
 public:
  virtual ~SolveRun() = default;
  // About so many units of work (one: 100 ns). False: nothing more to try.
  virtual bool Step(int64_t iterations) = 0;
  virtual int64_t iterations() const = 0;
  // Of the best answer so far, whole or not; nullopt: none yet.
  virtual std::optional<int64_t> cost() const = 0;
  // Proven for whatever `cost` is the cost of.
  virtual std::optional<int64_t> bound() const = 0;
  virtual CostUnit unit() const = 0;
  // All there is to say, with the answer itself if asked for.
  virtual Report MakeReport(bool with_answer) const = 0;
  // Why the pods of a class are where they are, as JSON (explain_text.h). kInvalid: no such class,
  // or no pods in this format.
  virtual Result<std::string> Explain(const std::string& class_name) const;
};

// `problem` must be valid. kInvalid: no solver of that name for such problems; it lists them.
Result<std::unique_ptr<SolveRun>> StartRun(Format format, AnyProblem problem,
                                           const RunOptions& options);

// One for each kind of problem; solve_run.cc chooses.
std::unique_ptr<SolveRun> StartGapRun(Format format, const scheduler::GapProblem& problem,
                                      const RunOptions& options);
std::unique_ptr<SolveRun> StartPackingRun(const scheduler::PackingProblem& problem,
                                          const RunOptions& options);
std::unique_ptr<SolveRun> StartPlacementRun(scheduler::Problem problem, const RunOptions& options);

}  // namespace stowage::app
