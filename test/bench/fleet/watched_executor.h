// WatchedExecutor: the production executor, which also knows how much CPU each task took and where
// it came from. CPU, because on a busy machine a task's wall time is mostly others' work.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time/loop_executor.h"

namespace stowage::bench {

class WatchedExecutor : public LoopExecutor {
 public:
  void Post(Task task) override { LoopExecutor::Post(Wrap(std::move(task))); }
  TimerId RunAt(MonotonicTime when, Task task) override {
    return LoopExecutor::RunAt(when, Wrap(std::move(task)));
  }

  struct Long {
    int64_t count = 0;
    double longest_ms = 0;
  };
  // Tasks that took more than 5 ms of CPU, by the function that made them.
  const std::map<std::string, Long>& long_tasks() const { return long_; }
  int64_t over_5ms() const { return over_; }
  double longest_ms() const { return longest_ms_; }

 private:
  Task Wrap(Task task);

  std::map<std::string, Long> long_;
  int64_t over_ = 0;
  double longest_ms_ = 0;
};

}  // namespace stowage::bench
