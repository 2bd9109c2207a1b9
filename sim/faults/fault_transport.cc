#include "sim/faults/fault_transport.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace stowage::sim {
namespace {

using kube::Request;
using kube::Response;
using Done = Callback<Result<Response>>;

bool IsRead(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

Error Lost(const Request& request) {
  if (IsRead(request)) return {ErrorCode::kUnavailable, "connection reset by peer", std::nullopt};
  return {ErrorCode::kUnknownOutcome, request.method + " was sent and no answer came",
          std::nullopt};
}

Response StatusAnswer(int code, std::string_view reason, std::string_view message) {
  kube::MutableJson status;
  status["kind"] = "Status";
  status["apiVersion"] = "v1";
  status["status"] = "Failure";
  status["message"] = message;
  status["reason"] = reason;
  status["code"] = code;
  Response response;
  response.status = code;
  response.json = std::move(status).Freeze();
  return response;
}

// One watch: between the server's sink and the reader's.
struct WatchState : kube::WatchSink {
  explicit WatchState(kube::WatchSink& outer) : sink(&outer) {}

  bool silent() const { return stalled || partitioned; }
  void OnOpen() override {
    if (silent()) {
      held_open = true;
    } else if (sink) {
      sink->OnOpen();
    }
  }
  void OnEvents(std::vector<kube::WatchEvent> batch) override {
    if (!silent()) {
      if (sink) sink->OnEvents(std::move(batch));
      return;
    }
    for (auto& event : batch) held.push_back(std::move(event));
  }
  void OnEnd(kube::WatchEnd end) override {
    if (silent()) {
      held_end = std::move(end);
      ended = true;
    } else if (kube::WatchSink* reader = std::exchange(sink, nullptr)) {
      reader->OnEnd(std::move(end));
    }
  }
  // What was held back arrives. The reader may let go of the watch at any of it.
  void Release() {
    if (silent()) return;
    if (std::exchange(held_open, false) && sink) sink->OnOpen();
    auto batch = std::exchange(held, {});
    if (!batch.empty() && sink) sink->OnEvents(std::move(batch));
    if (ended) OnEnd(std::exchange(held_end, std::nullopt));
  }
  // The connection is gone, and what was on its way with it.
  void Break(kube::WatchEnd end) {
    inner.reset();
    held.clear();
    held_open = stalled = partitioned = false;
    OnEnd(std::move(end));
  }

  kube::WatchSink* sink;  // nullptr: it has heard the end, or let go
  kube::WatchHandle inner;
  bool stalled = false, partitioned = false;
  bool held_open = false;
  bool ended = false;  // by the server, behind what is held
  std::vector<kube::WatchEvent> held;
  kube::WatchEnd held_end;
};

// What the reader has.
class Handle : public kube::Watch {
 public:
  explicit Handle(std::shared_ptr<WatchState> state) : state_(std::move(state)) {}
  ~Handle() override {
    state_->sink = nullptr;
    state_->inner.reset();
  }

 private:
  std::shared_ptr<WatchState> state_;
};

}  // namespace

struct FaultTransport::Impl : std::enable_shared_from_this<Impl> {
  Impl(Executor& e, kube::Transport& i, Rng r, FaultPlan p, FaultCounts& c)
      : executor(e), inner(i), rng(std::move(r)), plan(p), counts(c) {}

  // True with the given chance, and then counted.
  bool Strike(Fault fault, double chance) {
    if (chance <= 0 || !rng.Chance(chance)) return false;
    counts.Add(fault);
    return true;
  }
  Duration Some(Duration max) {
    return Microseconds(rng.Between(1, std::max<int64_t>(1, max.count())));
  }
  // How long until something happens that happens so often a second.
  Duration Until(double per_second) {
    return Microseconds(static_cast<int64_t>(std::min(rng.Exponential(1e6 / per_second), 1e12)));
  }

  // Runs `f` after `delay`, unless the transport is gone by then.
  void Later(Duration delay, std::function<void(Impl&)> f) {
    executor.RunAfter(delay, [weak = weak_from_this(), f = std::move(f)] {
      if (auto self = weak.lock()) f(*self);
    });
  }
  void Fail(Duration after, Error error, Done done) {
    Later(after, [error = std::move(error), done = std::move(done)](Impl&) { done(Err(error)); });
  }

  // Hands the request on `before` from now, and its answer `after` that.
  void Forward(Request request, Duration before, Duration after, Done done);
  bool Refuse(const Request& request, const Done& done);
  void ArmWatchFaults(const std::shared_ptr<WatchState>& state);

  Executor& executor;
  kube::Transport& inner;
  Rng rng;
  FaultPlan plan;
  FaultCounts& counts;
  bool partitioned = false;
  std::vector<std::weak_ptr<WatchState>> watches;  // in the order they were opened
};

FaultTransport::FaultTransport(Executor& executor, kube::Transport& inner, Rng rng, FaultPlan plan,
                               FaultCounts& counts)
    : impl_(std::make_shared<Impl>(executor, inner, std::move(rng), plan, counts)) {}

FaultTransport::~FaultTransport() = default;

void FaultTransport::SetPlan(FaultPlan plan) { impl_->plan = plan; }

void FaultTransport::BreakWatches() {
  const auto watches = impl_->watches;
  for (const auto& weak : watches) {
    const auto watch = weak.lock();
    if (watch && watch->sink) {
      watch->Break(
          Error{ErrorCode::kUnavailable, "the server closed the connection", std::nullopt});
    }
  }
}

void FaultTransport::SetPartitioned(bool partitioned) {
  impl_->partitioned = partitioned;
  const auto watches = impl_->watches;  // releasing what was held may open others
  for (const auto& weak : watches) {
    const auto watch = weak.lock();
    if (!watch) continue;
    watch->partitioned = partitioned;
    watch->Release();
  }
}

void FaultTransport::Impl::Forward(Request request, Duration before, Duration after, Done done) {
  auto answer = [weak = weak_from_this(), after, timeout = request.timeout, lost = Lost(request),
                 done = std::move(done)](Result<Response> response) {
    const auto self = weak.lock();
    if (!self) return;
    if (self->partitioned) return self->Fail(timeout, lost, done);
    if (after <= Duration(0)) return done(std::move(response));
    self->Later(after, [done, response = std::move(response)](Impl&) { done(response); });
  };
  if (before <= Duration(0)) return inner.Send(std::move(request), std::move(answer));
  // Not Later(): it is on its way, whatever becomes of us.
  executor.RunAfter(before, [&to = inner, request = std::move(request),
                             answer = std::move(answer)] { to.Send(request, answer); });
}

bool FaultTransport::Impl::Refuse(const Request& request, const Done& done) {
  std::optional<Response> answer;
  const bool page = request.target.find("continue=") != std::string::npos;
  if (!IsRead(request) && Strike(Fault::kConflict, plan.conflict)) {
    answer = StatusAnswer(409, "Conflict",
                          "the object has been modified; please apply your changes to the latest "
                          "version and try again");
  } else if (page && Strike(Fault::kGone, plan.gone)) {
    answer = StatusAnswer(410, "Expired", "The provided continue parameter is too old");
  } else if (Strike(Fault::kTooMany, plan.too_many)) {
    answer = StatusAnswer(429, "TooManyRequests", "the server has received too many requests");
    answer->headers.Add("Retry-After", "1");
  } else if (Strike(Fault::kServerError, plan.server_error)) {
    answer = rng.Chance(0.5)
                 ? StatusAnswer(500, "InternalError", "Internal error: etcdserver: leader changed")
                 : StatusAnswer(503, "ServiceUnavailable", "the server cannot handle the request");
  }
  if (!answer) return false;
  Later(Milliseconds(1), [done, answer = std::move(*answer)](Impl&) { done(answer); });
  return true;
}

void FaultTransport::Send(Request request, Done done) {
  Impl& impl = *impl_;
  const FaultPlan& plan = impl.plan;
  const Duration timeout = request.timeout > Duration(0) ? request.timeout : Seconds(30);
  request.timeout = timeout;
  if (impl.partitioned) return impl.Fail(timeout, Lost(request), std::move(done));
  if (impl.Strike(Fault::kHang, plan.hang)) {
    impl.Fail(timeout, Lost(request), std::move(done));
    // Whether it arrived nobody can tell.
    if (impl.rng.Chance(0.5)) impl.inner.Send(std::move(request), [](Result<Response>) {});
    return;
  }
  if (impl.Strike(Fault::kDrop, plan.drop)) {
    return impl.Fail(impl.Some(plan.delay_max), Lost(request), std::move(done));
  }
  if (impl.Strike(Fault::kUnanswered, plan.unanswered)) {
    const Duration noticed = impl.Some(std::min(plan.unanswered_max, timeout));
    impl.Fail(noticed, Lost(request), std::move(done));
    return impl.inner.Send(std::move(request), [](Result<Response>) {});
  }
  if (impl.Refuse(request, done)) return;
  Duration before{0}, after{0};
  if (impl.Strike(Fault::kDelay, plan.delay)) {
    (impl.rng.Chance(0.5) ? before : after) = impl.Some(plan.delay_max);
  }
  impl.Forward(std::move(request), before, after, std::move(done));
}

kube::WatchHandle FaultTransport::Watch(kube::WatchRequest request, kube::WatchSink& sink) {
  Impl& impl = *impl_;
  auto state = std::make_shared<WatchState>(sink);
  auto handle = std::make_unique<Handle>(state);
  std::optional<Error> refused;
  if (impl.Strike(Fault::kWatchRefused, impl.plan.watch_refused)) {
    refused = {ErrorCode::kUnavailable, "connection refused", std::nullopt};
  } else if (impl.Strike(Fault::kGone, impl.plan.watch_gone)) {
    refused = {ErrorCode::kGone, "too old resource version", std::nullopt};
  }
  if (refused) {
    impl.Later(impl.Some(Milliseconds(20)), [weak = std::weak_ptr(state), error = *refused](Impl&) {
      if (auto s = weak.lock()) s->Break(error);
    });
    return handle;
  }
  state->partitioned = impl.partitioned;
  std::erase_if(impl.watches, [](const auto& w) { return w.expired(); });
  impl.watches.push_back(state);
  state->inner = impl.inner.Watch(std::move(request), *state);
  impl.ArmWatchFaults(state);
  return handle;
}

void FaultTransport::Impl::ArmWatchFaults(const std::shared_ptr<WatchState>& state) {
  const std::weak_ptr<WatchState> weak = state;
  if (plan.watch_close_per_second > 0) {
    Later(Until(plan.watch_close_per_second), [weak](Impl& self) {
      const auto s = weak.lock();
      if (!s || !s->sink || self.plan.watch_close_per_second <= 0) return;
      self.counts.Add(Fault::kWatchClose);
      s->Break(std::nullopt);
    });
  }
  if (plan.watch_stall_per_second > 0) {
    // Often soon after it was opened, when a reader has just taken its view for whole.
    const bool soon = rng.Chance(0.2);
    Later(soon ? Some(Seconds(3)) : Until(plan.watch_stall_per_second), [weak](Impl& self) {
      const auto s = weak.lock();
      if (!s || !s->sink || self.plan.watch_stall_per_second <= 0) return;
      self.counts.Add(Fault::kWatchStall);
      s->stalled = true;
      self.Later(self.Some(self.plan.stall_max), [weak](Impl&) {
        const auto again = weak.lock();
        if (!again) return;
        again->stalled = false;
        again->Release();
      });
    });
  }
}

void FaultTransport::Upgrade(Request request, Callback<Result<kube::UpgradeReply>> done) {
  if (impl_->partitioned || impl_->Strike(Fault::kDrop, impl_->plan.drop)) {
    return impl_->Later(Milliseconds(100), [done](Impl&) {
      done(MakeError(ErrorCode::kUnavailable, "connection reset by peer"));
    });
  }
  impl_->inner.Upgrade(std::move(request), std::move(done));
}

}  // namespace stowage::sim
