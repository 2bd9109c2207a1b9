#include "base/time/loop_executor.h"

#include <algorithm>
#include <iterator>

namespace stowage {
namespace {

// The two clock reads of production; the lint test allows them here alone.
MonotonicTime ReadMonotonic() {
  return MonotonicTime(std::chrono::duration_cast<Duration>(
      std::chrono::steady_clock::now().time_since_epoch()));  // lint: seam
}
WallTime ReadWall() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());  // lint: seam
}

constexpr Duration kLongTask = Milliseconds(5);
constexpr Duration kIdleWait = Seconds(60);

}  // namespace

LoopExecutor::LoopExecutor() : now_(ReadMonotonic()) {}

MonotonicTime LoopExecutor::Now() const { return in_task_ ? now_ : ReadMonotonic(); }

WallTime LoopExecutor::WallNow() const { return ReadWall(); }

void LoopExecutor::Post(Task task) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  wake_.notify_one();
}

TimerId LoopExecutor::RunAt(MonotonicTime when, Task task) {
  const uint64_t id = next_timer_++;
  timers_.emplace(TimerKey{when, id}, std::move(task));
  timer_when_.emplace(id, when);
  return TimerId{id};
}

bool LoopExecutor::Cancel(TimerId id) {
  auto it = timer_when_.find(static_cast<uint64_t>(id));
  if (it == timer_when_.end()) return false;
  timers_.erase({it->second, it->first});
  timer_when_.erase(it);
  return true;
}

void LoopExecutor::RunTask(const Task& task) {
  now_ = ReadMonotonic();
  in_task_ = true;
  task();
  in_task_ = false;
  const Duration took = ReadMonotonic() - now_;
  ++stats_.tasks;
  if (took > kLongTask) ++stats_.tasks_over_5ms;
  stats_.longest_task = std::max(stats_.longest_task, took);
}

bool LoopExecutor::RunDueTimer() {
  if (timers_.empty() || timers_.begin()->first.first > ReadMonotonic()) return false;
  auto node = timers_.extract(timers_.begin());
  timer_when_.erase(node.key().second);
  RunTask(node.mapped());
  return true;
}

bool LoopExecutor::StopNow(std::deque<Task>& left) {
  std::lock_guard lock(mutex_);
  if (!stop_) return false;
  stop_ = false;
  posted_.insert(posted_.begin(), std::make_move_iterator(left.begin()),
                 std::make_move_iterator(left.end()));
  return true;
}

void LoopExecutor::Run() {
  for (;;) {
    // One due timer, then the tasks that were waiting: neither can starve the other.
    const bool ran_timer = RunDueTimer();
    std::deque<Task> batch;
    {
      std::unique_lock lock(mutex_);
      if (!stop_ && posted_.empty() && !ran_timer) {
        const MonotonicTime now = ReadMonotonic();
        const Duration wait =
            timers_.empty() ? kIdleWait : std::min(kIdleWait, timers_.begin()->first.first - now);
        if (wait > Duration(0)) {
          wake_.wait_for(lock, wait, [this] { return stop_ || !posted_.empty(); });
        }
      }
      if (stop_) {
        stop_ = false;
        return;
      }
      batch.swap(posted_);
    }
    while (!batch.empty()) {
      Task task = std::move(batch.front());
      batch.pop_front();
      RunTask(task);
      // A timer that is due (a Lease to renew) does not wait for a long batch.
      RunDueTimer();
      if (StopNow(batch)) return;
    }
  }
}

void LoopExecutor::Stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
}

}  // namespace stowage
