// SIGINT and SIGTERM as tasks. The first asks for an orderly stop, the second ends the process at
// once.
#pragma once

#include <functional>
#include <thread>

#include "base/time/executor.h"

namespace stowage::app {

// Before any thread is started, for they inherit it: else a signal may end the process in one of
// them.
void BlockSignals();

class Signals {
 public:
  // After BlockSignals(). `on_stop` runs on the executor, once.
  Signals(Executor& executor, std::function<void()> on_stop);
  ~Signals();

 private:
  void Wait(Executor& executor);

  std::function<void()> on_stop_;
  std::thread thread_;
};

}  // namespace stowage::app
