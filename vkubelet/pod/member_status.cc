// The life of a pod that is there: status to the host, changes to the copy.
#include <algorithm>
#include <string>
#include <utility>

#include "kube/api/well_known.h"
#include "vkubelet/pod/member.h"
#include "vkubelet/pod/pod_status.h"

namespace stowage::vkubelet {

using kube::Outcome;

void Member::Present(Step step) {
  State& state = step.state;
  state.refusal.reset();
  state.look.reset();
  kube::Json desired = DesiredStatus(step.pod, step.remote->status, deps_.executor.WallNow());
  if (NeedsPublish(step, desired)) return Publish(std::move(step), std::move(desired));
  if (state.pushed_hash == step.pod.spec_hash || step.remote->deleting) {
    return Settled(std::move(step));
  }
  // Nothing is known of what the copy has (a start of ours): at a bounded pace, since there may be
  // fifty thousand.
  const MonotonicTime now = deps_.executor.Now();
  if (state.pushed_hash == 0 && now < state.verify_at) {
    return step.done(Outcome::Again(state.verify_at - now));
  }
  Update(std::move(step));
}

// What can wait until all else is done, at a bounded pace.
void Member::Settled(Step step) {
  if (!step.pod.timed() || step.remote->deleting) return step.done(Outcome::Ok());
  const MonotonicTime now = deps_.executor.Now();
  if (!step.state.tolerate_at) {
    next_toleration_ = std::max(next_toleration_, now + options_.toleration_delay) +
                       Seconds(1) / std::max(1, options_.tolerations_per_second);
    step.state.tolerate_at = next_toleration_;
  }
  if (now < *step.state.tolerate_at)
    return step.done(Outcome::Again(*step.state.tolerate_at - now));
  Tolerate(std::move(step));
}

// Admission lets every pod stay for 300 s on a node that is not ready or unreachable; then the host
// evicts it. An outage of ours, or of the way to a member, says nothing of the pods there: with the
// limit gone they stay. The copy keeps what it has, for the nodes of the member.
void Member::Tolerate(Step step) {
  kube::MutableJson patch;
  kube::JsonNode list = patch["list"];
  list.Set(kube::JsonArray{});
  const auto add = [&list](const char* op, const std::string& path) {
    kube::JsonNode entry = list.Append(kube::JsonObject{});
    entry["op"] = op;
    entry["path"] = path;
    return entry;
  };
  add("test", "/metadata/uid")["value"] = step.ref.uid;
  for (int i = 0; i < 2; ++i) {
    if (step.pod.timed_tolerations[i] < 0) continue;
    const std::string path = "/spec/tolerations/" + std::to_string(step.pod.timed_tolerations[i]);
    add("test", path)["value"] = TimedToleration(kTimedTaints[i]);
    add("remove", path + "/tolerationSeconds");
  }
  step.state.tolerate_at.reset();
  const bool pushed = step.state.pushed_hash == step.pod.spec_hash;
  const Key key = step.key;
  const std::string uid = step.ref.uid;
  deps_.host.Patch(kube::kPods, key.ns, key.name, kube::PatchType::kJson,
                   kube::Json::Copy(patch.ref()["list"]),
                   [this, key, uid, pushed, done = std::move(step.done),
                    alive = alive_](Result<kube::Object> pod) {
                     if (!*alive) return;
                     State* state = Current(key, uid);
                     // Nothing in this change is for the member.
                     if (pod && pushed && state != nullptr) state->pushed_hash = SpecHash(*pod);
                     // A test that failed: the pod is another one by now, and the watch tells.
                     const bool stale = !pod && (pod.error().code == ErrorCode::kInvalid ||
                                                 pod.error().code == ErrorCode::kNotFound);
                     done(pod || stale ? Outcome::Ok() : Outcome::Fail(pod.error()));
                   });
}

// The whole pod is read anew and handed over; both are one command to the member.
void Member::Update(Step step) {
  const Key key = step.key;
  const std::string uid = step.ref.uid;
  deps_.host.Get(
      kube::kPods, key.ns, key.name,
      [this, key, uid, done = std::move(step.done), alive = alive_](Result<kube::Object> pod) {
        if (!*alive) return;
        if (!pod) {
          const bool absent = pod.error().code == ErrorCode::kNotFound;
          return done(absent ? Outcome::Ok() : Outcome::Fail(pod.error()));
        }
        if (pod->uid() != uid || pod->deleting()) return done(Outcome::Ok());
        const uint64_t hash = SpecHash(*pod);
        deps_.provider.UpdatePod(*pod, [this, key, uid, hash, done, alive](Result<void> updated) {
          if (!*alive) return;
          State* state = Current(key, uid);
          const bool final = !updated && (updated.error().code == ErrorCode::kInvalid ||
                                          updated.error().code == ErrorCode::kUnsupported);
          if (final) {  // until the pod changes again
            Event(key, uid, kube::EventRecorder::Type::kWarning, "ProviderUpdateRejected",
                  updated.error().message);
          } else if (!updated) {
            const bool gone = updated.error().code == ErrorCode::kNotFound;
            return done(gone ? Outcome::Again(Milliseconds(500)) : Outcome::Fail(updated.error()));
          }
          if (state != nullptr) {
            state->pushed_hash = hash;
            // What is left to do; while the view is behind what was read, its next event says so.
            // To go on at once would read the same again, and again.
            const PodRecord* seen = deps_.pods.Find(key);
            if (seen != nullptr && seen->spec_hash == hash) Enqueue(key);
          }
          done(Outcome::Ok());
        });
      });
}

bool Member::NeedsPublish(const Step& step, const kube::Json& desired) const {
  if (!reachable_) return false;
  const Published& published = step.state.published;
  const uint64_t wanted = MemberStatusHash(desired);
  const bool ahead = published.before == step.pod.resource_version;  // of the watch
  const uint64_t host = ahead ? published.host : step.pod.status_hash;
  if (host == wanted) return false;
  // A host that normalises or drops fields never equals what was sent; what it made of it is
  // enough.
  return !(published.sent == wanted && published.host == host && !published.after.empty());
}

void Member::Publish(Step step, kube::Json desired) {
  const bool ahead = step.state.published.before == step.pod.resource_version;
  const std::string version = ahead ? step.state.published.after : step.pod.resource_version;
  const std::string before = step.pod.resource_version;
  const uint64_t sent = MemberStatusHash(desired);
  const Key key = step.key;
  const std::string uid = step.ref.uid;
  deps_.host.Patch(
      kube::kPods, key.ns, key.name, kube::PatchType::kMerge,
      StatusPatch(step.pod, version, desired),
      [this, key, uid, before, sent, done = std::move(step.done),
       alive = alive_](Result<kube::Object> pod) {
        if (!*alive) return;
        if (!pod) {
          const bool absent = pod.error().code == ErrorCode::kNotFound;
          // A lost race: the watch brings what won, and the step is taken again on that.
          if (State* state = Current(key, uid)) state->published = {};
          return done(absent ? Outcome::Ok() : Outcome::Fail(pod.error()));
        }
        if (State* state = Current(key, uid)) {
          state->published = {before, std::string(pod->resource_version()), sent,
                              MemberStatusHash(pod->status())};
          Enqueue(key);  // what else there is to do: the copy may have changed meanwhile
        }
        done(Outcome::Ok());
      },
      "status");
}

}  // namespace stowage::vkubelet
