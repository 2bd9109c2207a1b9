#include "kube/controller/leader_election.h"

#include <algorithm>

#include "base/log/log.h"
#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"

namespace stowage::kube {

struct LeaderElector::Impl : std::enable_shared_from_this<LeaderElector::Impl> {
  Impl(Executor& e, Client& c, Rng r, LeaderElectionOptions o, Callbacks cb)
      : executor(e),
        client(c),
        rng(std::move(r)),
        options(std::move(o)),
        callbacks(std::move(cb)) {}

  // --- one try, and the next ---

  void Start() {
    if (running) return;
    running = true;
    executor.Post(Guarded([this] { Try(); }));
  }

  // A try that was given up, or an earlier life, is told from this one by its turn.
  template <class F>
  Task Guarded(F f) {
    return [weak = weak_from_this(), turn = turn, f = std::move(f)] {
      if (const auto self = weak.lock(); self && self->turn == turn) f();
    };
  }
  template <class F>
  Client::ObjectCallback Answer(F f) {
    return [weak = weak_from_this(), turn = turn, f = std::move(f)](Result<Object> answer) {
      if (const auto self = weak.lock(); self && self->turn == turn) f(std::move(answer));
    };
  }

  void Try() {
    ++turn;
    try_began = executor.Now();
    // A call that hangs must not use up the time in which another could renew.
    timer = executor.RunAfter(options.renew_deadline / 2, Guarded([this] { TryLater(); }));
    if (leads && lease.exists()) {
      client.Update(kLeases, options.ns, options.name, Record(lease.json()),
                    Answer([this](Result<Object> answer) {
                      if (!answer) return Look();  // somebody changed it, or it is gone: look first
                      Held(std::move(*answer));
                    }));
      return;
    }
    Look();
  }

  void Look() {
    client.Get(kLeases, options.ns, options.name, Answer([this](Result<Object> answer) {
                 if (answer) return Judge(std::move(*answer));
                 if (answer.error().code != ErrorCode::kNotFound) return Failed(answer.error());
                 client.Create(kLeases, options.ns, Record({}),
                               Answer([this](Result<Object> created) {
                                 if (!created) return Failed(created.error());
                                 Held(std::move(*created));
                               }));
               }));
  }

  void Judge(Object found) {
    Observe(std::move(found));
    const std::string_view holder = lease.spec()["holderIdentity"].str();
    const bool ours = holder == options.identity;
    if (leads && !ours) Lost();
    if (!running) return;  // released by what we told
    if (!ours && !holder.empty() && executor.Now() < ValidUntil()) return TryLater();
    client.Update(kLeases, options.ns, options.name, Record(lease.json()),
                  Answer([this](Result<Object> answer) {
                    if (!answer) return Failed(answer.error());
                    Held(std::move(*answer));
                  }));
  }

  void Failed(const Error& error) {
    LogVerbose(1, "lease was not acquired or renewed",
               {{"lease", options.ns + "/" + options.name}, {"error", error}});
    TryLater();
  }

  void TryLater() {
    ++turn;
    executor.Cancel(timer);
    Duration delay = options.retry_period;
    // Those who wait spread out; the leader does not, its deadline is near.
    if (!leads) delay += Jitter(delay);
    timer = executor.RunAfter(delay, Guarded([this] { Try(); }));
  }

  Duration Jitter(Duration of) {
    return Duration(static_cast<int64_t>(static_cast<double>(of.count()) * 1.2 * rng.Uniform()));
  }

  // --- what we know of the lease ---

  // The Lease as we want it: held by us as of now. `base`: what is there, or missing.
  Json Record(JsonRef base) {
    MutableJson doc(base);
    const JsonRef spec = base["spec"];
    const std::string_view holder = spec["holderIdentity"].str();
    const bool ours = holder == options.identity;
    const std::string now = FormatMicroTime(executor.WallNow());
    doc["apiVersion"] = "coordination.k8s.io/v1";
    doc["kind"] = "Lease";
    doc.Set({"metadata", "name"}, options.name);
    doc.Set({"metadata", "namespace"}, options.ns);
    doc.Set({"spec", "holderIdentity"}, options.identity);
    doc.Set({"spec", "leaseDurationSeconds"}, options.lease_duration.count() / 1'000'000);
    doc.Set({"spec", "renewTime"}, now);
    if (!ours || !spec["acquireTime"].is_string()) doc.Set({"spec", "acquireTime"}, now);
    const int64_t transitions = spec["leaseTransitions"].i64(0);
    doc.Set({"spec", "leaseTransitions"}, base.exists() && !ours ? transitions + 1 : transitions);
    return std::move(doc).Freeze();
  }

  void Observe(Object found) {
    const uint64_t hash = found.spec().Hash();
    if (!lease.exists() || hash != observed_hash) {
      observed_hash = hash;
      observed_at = executor.Now();
    }
    lease = std::move(found);
    const std::string holder = lease.spec()["holderIdentity"].string();
    if (holder.empty() || holder == known_leader) return;
    known_leader = holder;
    if (callbacks.on_new_leader) callbacks.on_new_leader(holder);
  }

  // By how long we have seen it unchanged, and what its holder promised; never by its wall times.
  MonotonicTime ValidUntil() const {
    const int64_t own = options.lease_duration.count() / 1'000'000;
    const int64_t promised = lease.spec()["leaseDurationSeconds"].i64(own);
    return observed_at + Seconds(std::clamp<int64_t>(promised, 1, 3600));
  }

  void Held(Object written) {
    // As of when the try began: others may count from then on.
    renewed = try_began;
    const bool fresh = !std::exchange(leads, true);
    executor.Cancel(deadline);
    deadline = executor.RunAt(renewed + options.renew_deadline, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || !self->leads) return;
      self->Lost();
      self->TryLater();
    });
    TryLater();
    Observe(std::move(written));
    if (fresh && leads && callbacks.on_started) callbacks.on_started();
  }

  void Lost() {
    leads = false;
    executor.Cancel(deadline);
    LogWarning("leadership was lost", {{"lease", options.ns + "/" + options.name}});
    if (callbacks.on_stopped) callbacks.on_stopped();
  }

  // --- the end ---

  void Release(std::function<void()> done) {
    ++turn;
    running = false;
    executor.Cancel(timer);
    executor.Cancel(deadline);
    if (!std::exchange(leads, false)) {
      executor.Post(std::move(done));
      return;
    }
    if (callbacks.on_stopped) callbacks.on_stopped();  // writes end before the lease does
    // Read anew: a renewal of ours may be under way.
    client.Get(kLeases, options.ns, options.name,
               [self = shared_from_this(), done = std::move(done)](Result<Object> found) {
                 if (!found || found->spec()["holderIdentity"].str() != self->options.identity) {
                   return done();
                 }
                 self->GiveUp(*found, done);
               });
  }

  void GiveUp(const Object& found, std::function<void()> done) {
    MutableJson doc(found.json());
    doc.Set({"spec", "holderIdentity"}, "");
    doc.Set({"spec", "leaseDurationSeconds"}, 1);
    doc.Set({"spec", "renewTime"}, FormatMicroTime(executor.WallNow()));
    client.Update(kLeases, options.ns, options.name, std::move(doc).Freeze(),
                  [done = std::move(done)](const Result<Object>&) { done(); });
  }

  Executor& executor;
  Client& client;
  Rng rng;
  LeaderElectionOptions options;
  Callbacks callbacks;

  bool running = false;
  bool leads = false;
  uint64_t turn = 0;
  TimerId timer = TimerId::kNone;
  TimerId deadline = TimerId::kNone;
  MonotonicTime try_began{}, renewed{}, observed_at{};
  uint64_t observed_hash = 0;
  Object lease;
  std::string known_leader;
};

LeaderElector::LeaderElector(Executor& executor, Client& client, Rng rng,
                             LeaderElectionOptions options, Callbacks callbacks)
    : impl_(std::make_shared<Impl>(executor, client, std::move(rng), std::move(options),
                                   std::move(callbacks))) {}

LeaderElector::~LeaderElector() {
  impl_->executor.Cancel(impl_->timer);
  impl_->executor.Cancel(impl_->deadline);
}

void LeaderElector::Start() { impl_->Start(); }
void LeaderElector::Release(std::function<void()> done) { impl_->Release(std::move(done)); }

// Also in the moment between the deadline and the timer that tells of it, as after a long pause.
bool LeaderElector::leading() const {
  return impl_->leads && impl_->executor.Now() < impl_->renewed + impl_->options.renew_deadline;
}

}  // namespace stowage::kube
