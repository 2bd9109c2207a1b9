#include "sim/engine/sim_executor.h"

#include <algorithm>

namespace stowage::sim {

SimExecutor::SimExecutor(WallTime start) : wall_start_(start) {}

SimExecutor::~SimExecutor() {
  while (!posted_.empty() || !timers_.empty()) {
    timer_when_.clear();
    const auto posted = std::exchange(posted_, {});
    const auto timers = std::exchange(timers_, {});
  }
}

void SimExecutor::Post(Task task) {
  std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
}

TimerId SimExecutor::RunAt(MonotonicTime when, Task task) {
  const uint64_t id = next_timer_++;
  timers_.emplace(std::pair{when, id}, std::move(task));
  timer_when_.emplace(id, when);
  return TimerId{id};
}

bool SimExecutor::Cancel(TimerId id) {
  auto it = timer_when_.find(static_cast<uint64_t>(id));
  if (it == timer_when_.end()) return false;
  timers_.erase({it->second, it->first});
  timer_when_.erase(it);
  return true;
}

bool SimExecutor::RunOnePosted() {
  Task task;
  {
    std::lock_guard lock(mutex_);
    if (posted_.empty()) return false;
    task = std::move(posted_.front());
    posted_.pop_front();
  }
  ++tasks_run_;
  task();
  return true;
}

bool SimExecutor::Step() {
  if (RunOnePosted()) return true;
  if (timers_.empty()) return false;
  auto node = timers_.extract(timers_.begin());
  timer_when_.erase(node.key().second);
  now_ = std::max(now_, node.key().first);
  ++tasks_run_;
  node.mapped()();
  return true;
}

void SimExecutor::RunPosted() {
  while (RunOnePosted()) {
  }
}

void SimExecutor::RunFor(Duration span) {
  const MonotonicTime end = now_ + span;
  RunPosted();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    Step();
    RunPosted();
  }
  now_ = end;
}

bool SimExecutor::RunUntil(const std::function<bool()>& done, Duration limit) {
  const MonotonicTime end = now_ + limit;
  while (!done()) {
    if (RunOnePosted()) continue;
    if (timers_.empty() || timers_.begin()->first.first > end) {
      now_ = end;
      return done();
    }
    Step();
  }
  return true;
}

}  // namespace stowage::sim
