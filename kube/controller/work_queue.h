// WorkQueue<Key>: fair (first come, first served), stingy (a key that waits twice is handed out
// once; one that is added while it is worked on is handed out again afterwards), several workers,
// shutdown. Keys that fail come back later: exponential per key, with jitter, so that many that
// failed together do not come back together.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/random/rng.h"
#include "base/time/executor.h"

namespace stowage::kube {

struct BackoffOptions {
  Duration min = Milliseconds(50);
  Duration max = Minutes(5);
  double factor = 2.0;
  double jitter = 0.2;  // of the delay, added at random
};

// Delays of one key after the 1st, 2nd ... failure in a row; pure but for the Rng.
Duration BackoffDelay(const BackoffOptions& options, int failures, Rng& rng);

template <class Key>
class WorkQueue {
 public:
  // `wake` is called (from the caller of Add, or a timer) when a key becomes ready.
  WorkQueue(Executor& executor, Rng rng, BackoffOptions options, std::function<void()> wake)
      : executor_(executor), rng_(std::move(rng)), options_(options), wake_(std::move(wake)) {}
  ~WorkQueue() { Shutdown(); }
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void Add(const Key& key);                                // ready now
  void AddAfter(const Key& key, Duration delay);           // the earlier of several delays counts
  void AddRateLimited(const Key& key);                     // after this key's next back-off
  void AddRateLimited(const Key& key, Duration at_least);  // not before `at_least` (Retry-After)
  void Forget(const Key& key) {
    failures_.erase(key);
  }  // it went well: the next back-off is the first
  int failures(const Key& key) const;

  // The next key, marked as being worked on; false if none is ready.
  bool Take(Key& key);
  // Every Take is followed by one Done.
  void Done(const Key& key);

  size_t ready() const { return queue_.size(); }
  size_t waiting() const { return delayed_.size(); }
  size_t working() const { return working_.size(); }
  bool idle() const { return queue_.empty() && delayed_.empty() && working_.empty(); }
  void Shutdown();  // nothing is taken in or handed out any more

 private:
  struct Delayed {
    MonotonicTime when;
    TimerId timer;
  };
  Executor& executor_;
  Rng rng_;
  BackoffOptions options_;
  std::function<void()> wake_;
  std::deque<Key> queue_;
  std::set<Key> dirty_;  // in queue_, or added while being worked on
  std::set<Key> working_;
  std::map<Key, Delayed> delayed_;
  std::map<Key, int> failures_;
  bool shutdown_ = false;
};

template <class Key>
void WorkQueue<Key>::Add(const Key& key) {
  if (shutdown_ || !dirty_.insert(key).second) return;
  if (auto it = delayed_.find(key); it != delayed_.end()) {
    executor_.Cancel(it->second.timer);
    delayed_.erase(it);
  }
  if (working_.contains(key)) return;  // Done() puts it back
  queue_.push_back(key);
  wake_();
}

template <class Key>
void WorkQueue<Key>::AddAfter(const Key& key, Duration delay) {
  if (shutdown_) return;
  if (delay <= Duration(0)) return Add(key);
  const MonotonicTime when = executor_.Now() + delay;
  if (auto it = delayed_.find(key); it != delayed_.end()) {
    if (it->second.when <= when) return;
    executor_.Cancel(it->second.timer);
    delayed_.erase(it);
  }
  const TimerId timer = executor_.RunAt(when, [this, key] {
    delayed_.erase(key);
    Add(key);
  });
  delayed_.emplace(key, Delayed{when, timer});
}

template <class Key>
void WorkQueue<Key>::AddRateLimited(const Key& key) {
  AddRateLimited(key, Duration(0));
}

template <class Key>
void WorkQueue<Key>::AddRateLimited(const Key& key, Duration at_least) {
  if (shutdown_) return;
  AddAfter(key, std::max(at_least, BackoffDelay(options_, ++failures_[key], rng_)));
}

template <class Key>
int WorkQueue<Key>::failures(const Key& key) const {
  auto it = failures_.find(key);
  return it == failures_.end() ? 0 : it->second;
}

template <class Key>
bool WorkQueue<Key>::Take(Key& key) {
  if (shutdown_ || queue_.empty()) return false;
  key = std::move(queue_.front());
  queue_.pop_front();
  dirty_.erase(key);
  working_.insert(key);
  return true;
}

template <class Key>
void WorkQueue<Key>::Done(const Key& key) {
  working_.erase(key);
  if (shutdown_ || !dirty_.contains(key)) return;
  queue_.push_back(key);
  wake_();
}

template <class Key>
void WorkQueue<Key>::Shutdown() {
  shutdown_ = true;
  for (const auto& [key, delayed] : delayed_) executor_.Cancel(delayed.timer);
  delayed_.clear();
  queue_.clear();
  dirty_.clear();
}

}  // namespace stowage::kube
