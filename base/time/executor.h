// Executor: one logical thread, and the only source of time.
//
// All state of Stowage belongs to tasks of one Executor. Threads exist only inside adapters (HTTP,
// gRPC, solver); they speak to the rest through Post(). In production it is a LoopExecutor; in the
// simulator a SimExecutor whose time is virtual. A task runs to completion and takes at most 5 ms.
#pragma once

#include <cstdint>
#include <functional>

#include "base/time/types.h"

namespace stowage {

using Task = std::function<void()>;

// Called exactly once, from the Executor, never before the call that took it has returned.
template <class T>
using Callback = std::function<void(T)>;

enum class TimerId : uint64_t { kNone = 0 };

class Executor {
 public:
  virtual ~Executor() = default;

  // For intervals. Does not move inside one task.
  virtual MonotonicTime Now() const = 0;

  // For timestamps shown to others.
  virtual WallTime WallNow() const = 0;

  // Runs `task` after all tasks posted before it. The only call allowed from any thread.
  virtual void Post(Task task) = 0;

  // Runs `task` when Now() >= `when`; timers run in the order of (when, call). Never runs it inside
  // the call, even if `when` has passed.
  virtual TimerId RunAt(MonotonicTime when, Task task) = 0;

  // True if the timer had not run yet; it then never will. kNone and old ids are harmless.
  virtual bool Cancel(TimerId id) = 0;

  TimerId RunAfter(Duration delay, Task task) { return RunAt(Now() + delay, std::move(task)); }
};

}  // namespace stowage
