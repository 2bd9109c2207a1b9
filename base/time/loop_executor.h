// LoopExecutor: the Executor of production. The thread that calls Run() is the logical thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/time/executor.h"

namespace stowage {

class LoopExecutor : public Executor {
 public:
  LoopExecutor();

  MonotonicTime Now() const override;  // Fixed while a task runs.
  WallTime WallNow() const override;
  void Post(Task task) override;
  TimerId RunAt(MonotonicTime when, Task task) override;
  bool Cancel(TimerId id) override;

  // Runs tasks and timers until Stop(); may be called again afterwards. A Stop() before it counts.
  void Run();

  // From any thread or signal-handling thread: Run() returns after the task that is running.
  void Stop();

  // How the loop keeps its promise of short tasks. Read from tasks only.
  struct Stats {
    uint64_t tasks = 0;
    uint64_t tasks_over_5ms = 0;
    Duration longest_task{0};
  };
  const Stats& stats() const { return stats_; }

 private:
  using TimerKey = std::pair<MonotonicTime, uint64_t>;

  bool RunDueTimer();
  bool StopNow(std::deque<Task>& left);  // puts what is left back into the queue
  void RunTask(const Task& task);

  mutable std::mutex mutex_;  // guards posted_ and stop_
  std::condition_variable wake_;
  std::deque<Task> posted_;
  bool stop_ = false;

  // Only touched by the logical thread.
  std::map<TimerKey, Task> timers_;
  std::map<uint64_t, MonotonicTime> timer_when_;
  uint64_t next_timer_ = 1;
  MonotonicTime now_;
  bool in_task_ = false;
  Stats stats_;
};

}  // namespace stowage
