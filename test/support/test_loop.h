// TestLoop: virtual time and a seed, for tests that run an Executor.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/random/rng.h"
#include "base/result/result.h"
#include "sim/engine/sim_executor.h"

namespace stowage::test {

class TestLoop {
 public:
  explicit TestLoop(uint64_t seed = 1) : rng_(seed) {}

  Executor& executor() { return executor_; }
  sim::SimExecutor& sim() { return executor_; }
  Rng rng(std::string_view stream = "test") const { return rng_.Stream(stream); }

  void RunFor(Duration span) { executor_.RunFor(span); }
  void RunPosted() { executor_.RunPosted(); }
  // True if `done` held within `limit` of virtual time.
  bool RunUntil(const std::function<bool()>& done, Duration limit = Minutes(1)) {
    return executor_.RunUntil(done, limit);
  }

 private:
  sim::SimExecutor executor_;
  Rng rng_;
};

// Holds what a callback was called with: `Answer<Object> a; client.Get(..., a.callback());`
template <class T>
class Answer {
 public:
  std::function<void(Result<T>)> callback() {
    return [state = state_](Result<T> value) {
      ++state->calls;
      state->value = std::move(value);
    };
  }
  bool has() const { return state_->value.has_value(); }
  int calls() const { return state_->calls; }
  const Result<T>& get() const { return *state_->value; }
  const auto& value() const { return **state_->value; }
  const Error& error() const { return state_->value->error(); }

 private:
  struct State {
    std::optional<Result<T>> value;
    int calls = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace stowage::test
