// Shell: the only part of solving that knows the time. It steps a SolveRun on an Executor and looks
// at the clock between steps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/solve/solve_run.h"
#include "base/time/executor.h"

namespace stowage::app {

struct ShellOptions {
  std::optional<Duration> time_limit;  // from `started` on
  // With a number of iterations the steps are of a fixed size, so that the answer is the same
  // everywhere; without, they are as long as a few milliseconds.
  std::optional<int64_t> iterations;
  std::function<void(const std::string&)> log;  // a line for each better answer; may be empty
};

class Shell {
 public:
  // `run` must outlive it. `done` is called once, as a task.
  Shell(Executor& executor, SolveRun& run, ShellOptions options, MonotonicTime started,
        std::function<void()> done);
  ~Shell();

  // End with the best so far, after the step that is under way. May be called more than once.
  void Stop() { stopped_ = true; }

 private:
  void Next();
  bool Over() const;
  int64_t StepSize() const;
  void LogIfBetter();

  Executor& executor_;
  SolveRun& run_;
  ShellOptions options_;
  MonotonicTime started_;
  std::function<void()> done_;
  bool stopped_ = false, complete_ = false;
  // How fast it goes, from the last step: iterations and how long they took.
  MonotonicTime step_began_;
  int64_t step_iterations_ = 0;
  double rate_ = 0;  // iterations in a microsecond; 0: not known yet
  std::optional<int64_t> logged_cost_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// "0.412 s, 120000 iterations: cost 1301, bound 1298, gap 0.23 %"
std::string ProgressLine(Duration since, const SolveRun& run);

}  // namespace stowage::app
