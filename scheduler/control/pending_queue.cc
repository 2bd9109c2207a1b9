#include "scheduler/control/pending_queue.h"

#include <algorithm>

namespace stowage::scheduler {

using kube::NamespacedName;

PendingQueue::PendingQueue(Executor& executor, Rng rng, kube::BackoffOptions backoff,
                           Duration unschedulable_max, std::function<void()> wake)
    : executor_(executor),
      rng_(std::move(rng)),
      backoff_(backoff),
      unschedulable_max_(unschedulable_max),
      wake_(std::move(wake)) {}

PendingQueue::~PendingQueue() { executor_.Cancel(timer_); }

void PendingQueue::Leave(Items::iterator it) {
  Item& item = it->second;
  switch (item.state) {
    case State::kActive:
      active_.erase(item.order);
      break;
    case State::kTaken:
      --taken_;
      break;
    case State::kUnschedulable:
      unschedulable_.erase(it->first);
      [[fallthrough]];
    case State::kBackoff:
      due_.erase({item.due, it->first});
      break;
  }
}

void PendingQueue::Activate(Items::iterator it) {
  Item& item = it->second;
  item.state = State::kActive;
  item.order = next_order_++;
  active_.emplace(item.order, it->first);
  wake_();
}

void PendingQueue::Wait(Items::iterator it, State state, MonotonicTime due) {
  it->second.state = state;
  it->second.due = due;
  due_.emplace(due, it->first);
  if (state == State::kUnschedulable) unschedulable_.insert(it->first);
  Arm();
}

void PendingQueue::Arm() {
  if (due_.empty()) return;
  const MonotonicTime first = due_.begin()->first;
  if (timer_ != TimerId::kNone && armed_for_ <= first) return;
  executor_.Cancel(timer_);
  armed_for_ = first;
  timer_ = executor_.RunAt(first, [this] {
    timer_ = TimerId::kNone;
    while (!due_.empty() && due_.begin()->first <= executor_.Now()) {
      const auto it = items_.find(due_.begin()->second);
      Leave(it);
      Activate(it);
    }
    Arm();
  });
}

void PendingQueue::Add(const NamespacedName& key, const std::string& uid) {
  const auto [it, added] = items_.try_emplace(key);
  if (!added) {
    if (it->second.uid == uid) return;
    Leave(it);
    it->second = {};
  }
  it->second.uid = uid;
  Activate(it);
}

void PendingQueue::Touch(const NamespacedName& key) {
  const auto it = items_.find(key);
  if (it == items_.end() || it->second.state == State::kActive) return;
  if (it->second.state == State::kTaken) {
    it->second.moves_seen = 0;  // as if something had changed
    return;
  }
  Leave(it);
  Activate(it);
}

void PendingQueue::Bring(const NamespacedName& key) {
  const auto it = items_.find(key);
  if (it == items_.end()) return;
  if (it->second.state != State::kBackoff && it->second.state != State::kUnschedulable) return;
  Leave(it);
  Activate(it);
}

void PendingQueue::Remove(const NamespacedName& key) {
  const auto it = items_.find(key);
  if (it == items_.end()) return;
  Leave(it);
  items_.erase(it);
}

std::vector<NamespacedName> PendingQueue::Take(size_t max) {
  std::vector<NamespacedName> out;
  while (!active_.empty() && out.size() < max) {
    const auto first = active_.begin();
    Item& item = items_.at(first->second);
    item.state = State::kTaken;
    item.moves_seen = moves_;
    ++taken_;
    out.push_back(std::move(first->second));
    active_.erase(first);
  }
  return out;
}

void PendingQueue::PutBack(const NamespacedName& key) {
  const auto it = items_.find(key);
  if (it == items_.end() || it->second.state != State::kTaken) return;
  Leave(it);
  Activate(it);
}

void PendingQueue::Unschedulable(const NamespacedName& key) {
  const auto it = items_.find(key);
  if (it == items_.end() || it->second.state != State::kTaken) return;
  Item& item = it->second;
  const bool moved = item.moves_seen != moves_;  // changed since the verdict's facts were read
  item.backoff_end = executor_.Now() + kube::BackoffDelay(backoff_, ++item.failures, rng_);
  Leave(it);
  if (moved) return Wait(it, State::kBackoff, item.backoff_end);
  Wait(it, State::kUnschedulable, executor_.Now() + std::max(unschedulable_max_, backoff_.max));
}

void PendingQueue::Failed(const NamespacedName& key, Duration at_least) {
  const auto it = items_.find(key);
  if (it == items_.end() || it->second.state != State::kTaken) return;
  Item& item = it->second;
  const Duration delay = kube::BackoffDelay(backoff_, ++item.failures, rng_);
  item.backoff_end = executor_.Now() + std::max(delay, at_least);
  Leave(it);
  Wait(it, State::kBackoff, item.backoff_end);
}

void PendingQueue::MoveAll() {
  ++moves_;
  for (const NamespacedName& key : std::exchange(unschedulable_, {})) {
    const auto it = items_.find(key);
    due_.erase({it->second.due, key});
    if (it->second.backoff_end <= executor_.Now()) {
      Activate(it);
    } else {
      Wait(it, State::kBackoff, it->second.backoff_end);
    }
  }
}

}  // namespace stowage::scheduler
