#include "app/lib/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>

namespace stowage::app {
namespace {

constexpr int kWake = SIGUSR1;  // ends the thread without a stop

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGINT, SIGTERM, kWake}) sigaddset(&set, s);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Signals::Signals(Executor& executor, std::function<void()> on_stop) : on_stop_(std::move(on_stop)) {
  thread_ = std::thread([this, &executor] { Wait(executor); });
}

Signals::~Signals() {
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
}

void Signals::Wait(Executor& executor) {
  const sigset_t set = Watched();
  for (bool first = true;; first = false) {
    int got = 0;
    if (sigwait(&set, &got) != 0 || got == kWake) return;
    if (!first) {
      std::fputs("stowage: stopped at once\n", stderr);
      _exit(128 + got);
    }
    std::fputs("stowage: stopping (again to stop at once)\n", stderr);
    executor.Post([this] { on_stop_(); });
  }
}

}  // namespace stowage::app
