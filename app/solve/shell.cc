#include "app/solve/shell.h"

#include <algorithm>

namespace stowage::app {
namespace {

constexpr int64_t kFirstStep = 10'000;  // about a millisecond
constexpr int64_t kFixedStep = 50'000;  // about five
constexpr int64_t kMostInAStep = 10'000'000;
constexpr int64_t kGrowth = 4;  // from one step to the next, at most
constexpr Duration kStep = Milliseconds(4);

}  // namespace

Shell::Shell(Executor& executor, SolveRun& run, ShellOptions options, MonotonicTime started,
             std::function<void()> done)
    : executor_(executor),
      run_(run),
      options_(std::move(options)),
      started_(started),
      done_(std::move(done)),
      step_began_(executor.Now()) {
  executor_.Post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) Next();
  });
}

Shell::~Shell() = default;

void Shell::Next() {
  const MonotonicTime now = executor_.Now();
  if (step_iterations_ > 0) {
    const int64_t took = std::max<int64_t>((now - step_began_).count(), 1);
    rate_ = static_cast<double>(step_iterations_) / static_cast<double>(took);
  }
  LogIfBetter();
  if (Over()) return done_();
  step_began_ = now;
  const int64_t before = run_.iterations();
  const int64_t asked = StepSize();
  complete_ = !run_.Step(asked);
  // What was asked for, should the run not count what it spends.
  step_iterations_ = std::max(run_.iterations() - before, asked / kGrowth);
  executor_.Post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) Next();
  });
}

bool Shell::Over() const {
  if (complete_ || stopped_) return true;
  if (options_.iterations && run_.iterations() >= *options_.iterations) return true;
  return options_.time_limit && executor_.Now() - started_ >= *options_.time_limit;
}

int64_t Shell::StepSize() const {
  if (options_.iterations) return std::min(kFixedStep, *options_.iterations - run_.iterations());
  if (rate_ == 0) return kFirstStep;
  Duration length = kStep;
  if (options_.time_limit) {
    length = std::min(length, *options_.time_limit - (executor_.Now() - started_));
  }
  const double fit = std::min(rate_ * static_cast<double>(length.count()), 1e9);
  return std::clamp<int64_t>(static_cast<int64_t>(fit), 1,
                             std::clamp<int64_t>(step_iterations_ * kGrowth, 1, kMostInAStep));
}

void Shell::LogIfBetter() {
  const auto cost = run_.cost();
  if (!options_.log || !cost || cost == logged_cost_) return;
  logged_cost_ = cost;
  options_.log(ProgressLine(executor_.Now() - started_, run_));
}

std::string ProgressLine(Duration since, const SolveRun& run) {
  const auto text = [&](std::optional<int64_t> n) {
    return n ? run.unit().Format(*n) : std::string("unknown");
  };
  std::string gap = "unknown";
  const auto cost = run.cost(), bound = run.bound();
  if (cost && bound) {
    // In hundredths of a per cent, rounded up: it never promises too much.
    const __int128 difference = std::max<__int128>(*cost - *bound, 0);
    const int64_t n =
        *cost <= 0 ? 0 : static_cast<int64_t>((difference * 10'000 + *cost - 1) / *cost);
    const std::string hundredths = std::to_string(100 + n % 100).substr(1);
    gap = std::to_string(n / 100) + "." + hundredths + " %";
  }
  return Seconds3(since) + " s, " + std::to_string(run.iterations()) + " iterations: cost " +
         text(cost) + ", bound " + text(bound) + ", gap " + gap;
}

}  // namespace stowage::app
