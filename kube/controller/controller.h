// Controller<Key>: a WorkQueue and a reconcile step.
//
// A step reads the caches, issues at most one command, and says through `done` how it went. It is
// run to completion on the Executor; the command's callback calls `done`. Per key at most one step
// is under way; up to `workers` keys at once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/log/log.h"
#include "base/random/rng.h"
#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/controller/work_queue.h"

namespace stowage::kube {

// How a step ended: done until the next event; again after a time; failed (back-off); or half way,
// with the key added anew: the failures before it still count.
struct Outcome {
  std::optional<Duration> again;
  std::optional<Error> error;
  bool half_way = false;
  static Outcome Ok() { return {}; }
  static Outcome Again(Duration after) { return {after, std::nullopt}; }
  static Outcome Fail(Error e) { return {std::nullopt, std::move(e)}; }
  static Outcome HalfWay() { return {std::nullopt, std::nullopt, true}; }
};

template <class Key>
class Controller {
 public:
  using Done = std::function<void(Outcome)>;
  using Reconcile = std::function<void(const Key&, Done)>;

  struct Options {
    std::string name;
    int workers = 64;
    BackoffOptions backoff;
  };

  Controller(Executor& executor, Rng rng, Options options, Reconcile reconcile)
      : executor_(executor),
        options_(std::move(options)),
        reconcile_(std::move(reconcile)),
        alive_(std::make_shared<bool>(true)),
        queue_(executor, std::move(rng), options_.backoff, [this] { Wake(); }) {}
  ~Controller() { *alive_ = false; }

  void Start() {
    started_ = true;
    Wake();
  }
  // Steps under way may still call done; no new ones begin.
  void Stop() { queue_.Shutdown(); }

  WorkQueue<Key>& queue() { return queue_; }
  void Enqueue(const Key& key) { queue_.Add(key); }
  uint64_t steps() const { return steps_; }
  uint64_t errors() const { return errors_; }

 private:
  void Wake() {
    if (!started_ || pump_posted_) return;
    pump_posted_ = true;
    executor_.Post([this, alive = alive_] {
      if (*alive) Pump();
    });
  }
  // One step a task, so that a long queue never holds the Executor.
  void Pump() {
    pump_posted_ = false;
    Key key;
    if (static_cast<int>(queue_.working()) >= options_.workers || !queue_.Take(key)) return;
    ++steps_;
    auto called = std::make_shared<bool>(false);
    reconcile_(key, [this, key, called, alive = alive_](Outcome outcome) {
      if (!*alive || std::exchange(*called, true)) return;
      Finish(key, std::move(outcome));
    });
    if (queue_.ready() > 0) Wake();
  }
  void Finish(const Key& key, Outcome outcome) {
    queue_.Done(key);
    if (outcome.error) {
      ++errors_;
      LogVerbose(1, "reconcile failed", {{"controller", options_.name}, {"error", *outcome.error}});
      queue_.AddRateLimited(key, outcome.error->retry_after.value_or(Duration(0)));
    } else {
      if (!outcome.half_way) queue_.Forget(key);
      if (outcome.again) queue_.AddAfter(key, *outcome.again);
    }
    if (queue_.ready() > 0) Wake();
  }

  Executor& executor_;
  Options options_;
  Reconcile reconcile_;
  std::shared_ptr<bool> alive_;
  bool started_ = false;
  bool pump_posted_ = false;
  uint64_t steps_ = 0;
  uint64_t errors_ = 0;
  WorkQueue<Key> queue_;
};

}  // namespace stowage::kube
