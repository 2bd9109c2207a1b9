// SimExecutor: an Executor whose time is virtual. It jumps to the next timer when there is no task.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/time/executor.h"

namespace stowage::sim {

class SimExecutor : public Executor {
 public:
  // The wall clock starts at `start` and moves with the virtual clock, plus what JumpWall() adds.
  explicit SimExecutor(
      WallTime start =
          WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1).time_since_epoch()));

  // Drops what was not run; what that destroys may still post, set timers and cancel them.
  ~SimExecutor() override;

  MonotonicTime Now() const override { return now_; }
  WallTime WallNow() const override { return wall_start_ + now_.time_since_epoch() + wall_jump_; }
  void Post(Task task) override;
  TimerId RunAt(MonotonicTime when, Task task) override;
  bool Cancel(TimerId id) override;

  // Runs the next task, or the next timer after moving time to it. False: there is neither.
  bool Step();
  // Runs all that falls into the next `span` and leaves the clock at its end.
  void RunFor(Duration span);
  // Runs until `done()` holds (asked between tasks) or `limit` has passed; returns done().
  bool RunUntil(const std::function<bool()>& done, Duration limit);
  // Runs the posted tasks until there is none; time does not move.
  void RunPosted();

  // What a wall clock does that an operator sets; the monotonic clock does not notice.
  void JumpWall(Duration by) { wall_jump_ += by; }

  uint64_t tasks_run() const { return tasks_run_; }

 private:
  bool RunOnePosted();

  std::mutex mutex_;  // guards posted_: adapters under test may post from threads
  std::deque<Task> posted_;
  std::map<std::pair<MonotonicTime, uint64_t>, Task> timers_;
  std::map<uint64_t, MonotonicTime> timer_when_;
  uint64_t next_timer_ = 1;
  MonotonicTime now_{};
  WallTime wall_start_;
  Duration wall_jump_{0};
  uint64_t tasks_run_ = 0;
};

}  // namespace stowage::sim
