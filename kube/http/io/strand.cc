#include "kube/http/io/strand.h"

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "kube/http/io/strand_impl.h"
#include "kube/http/io/tls.h"

namespace stowage::kube {
namespace {

// A peer that left shows as EPIPE where we write, not as the end of the process.
void IgnoreBrokenPipes() {
  struct sigaction action {};
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
    signal(SIGPIPE, SIG_IGN);
  }
}

constexpr auto kGraceToClose = std::chrono::seconds(2);

}  // namespace

IoContext::IoContext(int threads) : impl_(std::make_shared<Impl>(threads < 1 ? 1 : threads)) {
  IgnoreBrokenPipes();
  io::HideSystemTrust();
  impl_->running = threads < 1 ? 1 : threads;
  for (int i = 0; i < impl_->running; ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] {
      impl->context.run();
      std::lock_guard lock(impl->mutex);
      --impl->running;
    });
  }
}

IoContext::~IoContext() {
  {
    std::lock_guard lock(impl_->mutex);
    for (io::Closeable* c : impl_->open) c->CloseSoon();
  }
  // The threads end by themselves once nothing is left to do; a look-up of a name that hangs, or a
  // timer that somebody still holds, must not keep the process.
  impl_->work.reset();
  for (int waited_ms = 0; waited_ms < std::chrono::milliseconds(kGraceToClose).count();
       ++waited_ms) {
    {
      std::lock_guard lock(impl_->mutex);
      if (impl_->running == 0) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  impl_->context.stop();
  for (std::thread& t : impl_->threads) t.join();
}

namespace io {

Strand::Strand(IoContext& io)
    : impl_(new Impl{io.impl(), AsioStrand(io.impl()->context.get_executor())}) {}
Strand::~Strand() = default;

void Strand::Post(std::function<void()> f) { boost::asio::post(impl_->strand, std::move(f)); }

struct Timer::State {
  State(StrandPtr s) : strand(std::move(s)), timer(strand->impl().strand) {}
  StrandPtr strand;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, AsioStrand>
      timer;
  std::function<void()> f;
  // The owner may go on another thread than the strand's, while a wait that was cancelled
  // completes.
  std::atomic<uint64_t> generation{0};
  std::atomic<bool> armed{false};

  void Disarm() {
    ++generation;
    armed = false;
    f = nullptr;
    if (timer.expiry() != std::chrono::steady_clock::time_point()) timer.cancel();
  }
};

Timer::Timer(StrandPtr strand) : state_(std::make_shared<State>(std::move(strand))) {}

Timer::~Timer() {
  ++state_->generation;
  if (state_->armed) state_->strand->Post([state = state_] { state->Disarm(); });
}

void Timer::Start(Duration delay, std::function<void()> f) {
  State& s = *state_;
  s.f = std::move(f);
  s.armed = true;
  s.timer.expires_after(delay);  // ends the wait that was pending, if any
  s.timer.async_wait([state = state_, generation = ++s.generation](boost::system::error_code) {
    if (state->generation != generation || !state->f) return;
    state->armed = false;
    std::exchange(state->f, nullptr)();
  });
}

void Timer::Cancel() { state_->Disarm(); }

}  // namespace io
}  // namespace stowage::kube
