// The beginning of a pod: look, create; and what a member may answer.
#include <algorithm>
#include <utility>

#include "kube/api/well_known.h"
#include "vkubelet/pod/member.h"
#include "vkubelet/pod/pod_status.h"

namespace stowage::vkubelet {
namespace {

using kube::Outcome;
constexpr Duration kCacheLag = Seconds(2);  // of a copy that was made, in the provider's cache
constexpr Duration kLookHolds = Seconds(5);

std::string_view RefusalReason(ErrorCode code) {
  switch (code) {
    case ErrorCode::kAlreadyExists:
      return "RemoteNameTaken";
    case ErrorCode::kForbidden:
    case ErrorCode::kUnauthorized:
      return "ProviderForbidden";
    default:
      return "ProviderRejected";
  }
}

// A pod that a member does not take stays Pending. Failed would be final, and its controller would
// make the next one at once, to be refused as well: a hot loop that fills the host with failed
// pods.
bool Refuses(ErrorCode code) {
  return code == ErrorCode::kInvalid || code == ErrorCode::kAlreadyExists ||
         code == ErrorCode::kForbidden || code == ErrorCode::kUnauthorized ||
         code == ErrorCode::kUnsupported;
}

}  // namespace

void Member::Missing(Step step) {
  const MonotonicTime now = deps_.executor.Now();
  State& state = step.state;
  if (step.pod.daemon_set && !state.refusal) {
    Refuse(step.key, step.ref.uid, "DaemonSetPod",
           "pods of DaemonSets do not run on virtual nodes; add a node selector or leave out the "
           "toleration of virtual-kubelet.io/provider",
           step.pod.spec_hash);
  }
  if (Refusal* refusal = state.refusal.get()) {
    kube::Json held =
        HeldStatus(step.pod, refusal->reason, refusal->message, deps_.executor.WallNow());
    if (!step.pod.started && NeedsPublish(step, held))
      return Publish(std::move(step), std::move(held));
    if (step.pod.daemon_set) return step.done(Outcome::Ok());
    // A view that is behind what was refused shows no change of it.
    const bool same =
        step.pod.spec_hash == refusal->spec_hash || step.pod.spec_hash == refusal->seen_hash;
    if (now < refusal->retry_at && same) {
      return step.done(Outcome::Again(refusal->retry_at - now));
    }
  }
  if (now < state.created_at + kCacheLag && state.created_at > MonotonicTime{Duration::min()}) {
    return step.done(Outcome::Again(state.created_at + kCacheLag - now));
  }
  if (!state.look || now > state.look->at + kLookHolds) return LookAround(std::move(step));
  DecideMissing(std::move(step));
}

void Member::LookAround(Step step) {
  auto look = std::make_shared<Look>();
  step.state.look.reset();
  const Key key = step.key;
  const std::string uid = step.ref.uid;
  const auto arrived = [this, key, uid, look, done = step.done, alive = alive_] {
    if (--look->open > 0) return;
    State* state = *alive ? Current(key, uid) : nullptr;
    if (state != nullptr) {
      look->at = deps_.executor.Now();
      state->look = look;
      Enqueue(key);
    }
    done(Outcome::HalfWay());
  };
  deps_.provider.GetPod(step.ref, [look, arrived](Result<providers::RemotePod> remote) {
    look->remote = std::move(remote);
    arrived();
  });
  deps_.host.Get(kube::kPods, key.ns, key.name, [look, arrived](Result<kube::Object> pod) {
    look->host = std::move(pod);
    arrived();
  });
}

// The provider's view is behind the member. What the member itself said counts all the same: a
// start must be on record at the host before the copy can be lost, or it would be made a second
// time.
void Member::RecordSeen(Step step, providers::RemotePod remote) {
  if (StatusShowsStart(remote.status)) step.state.seen_started = true;
  kube::Json desired = DesiredStatus(step.pod, remote.status, deps_.executor.WallNow());
  step.remote = std::move(remote);
  if (NeedsPublish(step, desired)) return Publish(std::move(step), std::move(desired));
  step.done(Outcome::Again(Milliseconds(500)));  // the view follows
}

void Member::DecideMissing(Step step) {
  const std::shared_ptr<Look> look = std::move(step.state.look);
  step.state.look.reset();
  if (*look->remote) return RecordSeen(std::move(step), **look->remote);
  const Error& remote = look->remote->error();
  if (remote.code != ErrorCode::kNotFound) return step.done(Outcome::Fail(remote));
  if (!*look->host) {
    const Error& host = look->host->error();
    const bool absent = host.code == ErrorCode::kNotFound;
    return step.done(absent ? Outcome::Again(Seconds(1)) : Outcome::Fail(host));
  }
  const kube::Object& pod = **look->host;
  const auto fresh = ProjectPod(pod);
  // The cache is behind the host; its events re-add the key.
  if (!fresh || fresh->uid != step.ref.uid || fresh->node != node_ || fresh->deleting ||
      fresh->finished()) {
    return step.done(Outcome::Again(Seconds(1)));
  }
  if (fresh->started || step.pod.started || step.state.seen_started) {
    return Lose(std::move(step), pod);
  }
  Create(std::move(step), pod);
}

void Member::Create(Step step, const kube::Object& pod) {
  const Key key = step.key;
  const std::string uid = step.ref.uid;
  const uint64_t hash = SpecHash(pod);
  deps_.provider.CreatePod(pod, [this, key, uid, hash, done = std::move(step.done),
                                 alive = alive_](Result<void> created) {
    if (!*alive) return;
    State* state = Current(key, uid);
    if (!created) return OnCreateFailed(key, uid, created.error(), hash, done);
    if (state != nullptr) {
      state->refusal.reset();
      state->pushed_hash = hash;
      state->created_at = deps_.executor.Now();
    }
    done(Outcome::Again(kCacheLag));
  });
}

void Member::OnCreateFailed(const Key& key, const std::string& uid, const Error& error,
                            uint64_t spec_hash, Done done) {
  if (error.code == ErrorCode::kConflict) return DeleteOlder(key, uid, error, std::move(done));
  if (!Refuses(error.code)) return done(Outcome::Fail(error));  // the next step looks first
  Refuse(key, uid, std::string(RefusalReason(error.code)), error.message, spec_hash);
  Enqueue(key);
  done(Outcome::Ok());
}

// A copy of an older pod of this name. The host holds another UID under the name, so the older pod
// is gone there; its copy must be gone in the member before the new one can begin.
void Member::DeleteOlder(const Key& key, const std::string& uid, const Error& error, Done done) {
  std::optional<providers::PodRef> older;
  bool going = false;
  deps_.provider.EachCached([&](const providers::RemotePod& remote) {
    if (remote.ref.ns != key.ns || remote.ref.name != key.name || remote.ref.uid == uid) return;
    going = going || remote.deleting;
    older = remote.ref;
  });
  if (going) return done(Outcome::Again(Seconds(1)));
  const PodRecord* pod = deps_.pods.Find(key);
  if (!older || pod == nullptr || pod->uid != uid) return done(Outcome::Fail(error));
  deps_.provider.DeletePod(*older, {}, [done](Result<void> deleted) {
    const bool fine = deleted || deleted.error().code == ErrorCode::kNotFound;
    done(fine ? Outcome::Again(Seconds(1)) : Outcome::Fail(deleted.error()));
  });
}

void Member::Refuse(const Key& key, const std::string& uid, std::string reason, std::string message,
                    uint64_t spec_hash) {
  State* state = Current(key, uid);
  if (state == nullptr) return;
  Duration delay = options_.refused_retry_min;
  const bool same =
      state->refusal && state->refusal->reason == reason && state->refusal->message == message;
  if (same) delay = std::min(state->refusal->delay * 2, options_.refused_retry_max);
  if (!same) Event(key, uid, kube::EventRecorder::Type::kWarning, reason, message);
  const PodRecord* seen = deps_.pods.Find(key);
  state->refusal = std::make_unique<Refusal>(
      Refusal{std::move(reason), std::move(message), spec_hash,
              seen != nullptr ? seen->spec_hash : spec_hash, delay, deps_.executor.Now() + delay});
}

void Member::Lose(Step step, const kube::Object& whole) {
  const std::string message = "the pod began in member " + node_ +
                              " and is not there any more; it is not started a second time";
  Event(step.key, step.ref.uid, kube::EventRecorder::Type::kWarning, kReasonLost, message);
  // Under the version that was looked at, not the cache's.
  step.state.published.before = step.pod.resource_version;
  step.state.published.after = std::string(whole.resource_version());
  step.state.published.host = MemberStatusHash(whole.status());
  Publish(std::move(step), LostStatus(whole.status(), message, deps_.executor.WallNow()));
}

}  // namespace stowage::vkubelet
