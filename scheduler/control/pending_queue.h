// PendingQueue: the pods that wait for us, as kube-scheduler keeps them: active ones are taken by
// the next round; those in back-off become active when their time comes; unschedulable ones when
// something changes that may help, or after a long while.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "kube/controller/work_queue.h"

namespace stowage::scheduler {

class PendingQueue {
 public:
  // `wake`: an active pod is there (called from a timer, or from the calls below).
  PendingQueue(Executor& executor, Rng rng, kube::BackoffOptions backoff,
               Duration unschedulable_max, std::function<void()> wake);
  ~PendingQueue();
  PendingQueue(const PendingQueue&) = delete;
  PendingQueue& operator=(const PendingQueue&) = delete;

  // Active now, unless that very pod is known here already (in any state).
  void Add(const kube::NamespacedName& key, const std::string& uid);
  // Active at once whatever its state, but not while it is taken: the pod itself was changed.
  void Touch(const kube::NamespacedName& key);
  // Active at once if it pauses: others that it must be tried with are active.
  void Bring(const kube::NamespacedName& key);
  void Remove(const kube::NamespacedName& key);

  // Up to `max` active pods, longest waiting first; they are "taken" until one of the calls below.
  std::vector<kube::NamespacedName> Take(size_t max);
  void PutBack(const kube::NamespacedName& key);                    // no verdict: active again
  void Unschedulable(const kube::NamespacedName& key);              // until something changes
  void Failed(const kube::NamespacedName& key, Duration at_least);  // after its back-off

  // Something changed that may let unschedulable pods fit: active, or in back-off until its end.
  void MoveAll();

  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  size_t active() const { return active_.size(); }
  size_t taken() const { return taken_; }

 private:
  enum class State { kActive, kTaken, kBackoff, kUnschedulable };
  struct Item {
    std::string uid;
    State state = State::kActive;
    uint64_t order = 0;  // of kActive
    int failures = 0;
    MonotonicTime due{};  // of kBackoff and kUnschedulable: active then
    MonotonicTime backoff_end{};
    uint64_t moves_seen = 0;  // of kTaken: moves_ when it was taken
  };
  using Items = std::map<kube::NamespacedName, Item>;
  void Leave(Items::iterator it);
  void Activate(Items::iterator it);
  void Wait(Items::iterator it, State state, MonotonicTime due);
  void Arm();

  Executor& executor_;
  Rng rng_;
  kube::BackoffOptions backoff_;
  Duration unschedulable_max_;
  std::function<void()> wake_;
  Items items_;
  std::map<uint64_t, kube::NamespacedName> active_;
  std::set<std::pair<MonotonicTime, kube::NamespacedName>> due_;
  std::set<kube::NamespacedName> unschedulable_;
  uint64_t next_order_ = 1;
  size_t taken_ = 0;
  uint64_t moves_ = 1;
  TimerId timer_ = TimerId::kNone;
  MonotonicTime armed_for_{};
};

}  // namespace stowage::scheduler
