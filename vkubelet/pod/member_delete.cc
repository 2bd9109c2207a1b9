// The end of a pod.
#include <algorithm>
#include <utility>

#include "kube/api/well_known.h"
#include "vkubelet/pod/member.h"
#include "vkubelet/pod/pod_status.h"

namespace stowage::vkubelet {

using kube::Outcome;

void Member::Deleting(Step step) {
  if (step.state.gone || (step.pod.daemon_set && !step.remote)) {
    return RemoveFromHost(std::move(step));
  }
  // As the kubelet does: the whole grace from when the pod is first told to stop, however long we
  // were away. 0 would remove the copy's object without anybody stopping its containers.
  const int64_t grace = std::max<int64_t>(1, step.pod.deletion_grace_seconds);
  const MonotonicTime now = deps_.executor.Now();
  // Once the member shows the deletion there is nothing to repeat until it is done or shortened.
  const bool deleting = step.remote && step.remote->deleting;
  const bool asked = step.state.asked_grace == grace && (deleting || now < step.state.ask_again);
  if (!asked || !step.remote) return AskToDelete(std::move(step), grace);
  const Duration wait = std::max(step.state.ask_again - now, Duration(Seconds(1)));
  kube::Json desired = DesiredStatus(step.pod, step.remote->status, deps_.executor.WallNow());
  if (!step.pod.finished() && NeedsPublish(step, desired)) {
    return Publish(std::move(step), std::move(desired));
  }
  step.done(Outcome::Again(wait));
}

void Member::AskToDelete(Step step, int64_t grace) {
  const Key key = step.key;
  const std::string uid = step.ref.uid;
  const auto done = [this, key, uid, grace, finish = std::move(step.done),
                     alive = alive_](Result<void> deleted) {
    State* state = *alive ? Current(key, uid) : nullptr;
    if (state == nullptr) return finish(Outcome::Ok());
    if (!deleted && deleted.error().code != ErrorCode::kNotFound) {
      return finish(Outcome::Fail(deleted.error()));
    }
    if (!deleted) {
      state->gone = true;
      Enqueue(key);
      return finish(Outcome::Ok());
    }
    state->asked_grace = grace;
    state->ask_again = deps_.executor.Now() + options_.delete_repeat;
    // Until the cache shows the copy as gone (which re-adds the key) there is nothing to do; if the
    // cache never showed it, ask again soon.
    const bool known = deps_.provider.Cached({key.ns, key.name, uid}).has_value();
    finish(Outcome::Again(known ? options_.delete_repeat : Seconds(1)));
  };
  deps_.provider.DeletePod(step.ref, {grace}, done);
}

void Member::RemoveFromHost(Step step) {
  // With grace 0 already, only a finalizer of somebody else holds the object.
  if (step.pod.deletion_grace_seconds == 0) return step.done(Outcome::Ok());
  kube::DeleteOptions options;
  options.grace_seconds = 0;
  options.uid = step.ref.uid;
  deps_.host.Delete(kube::kPods, step.key.ns, step.key.name, options,
                    [done = std::move(step.done)](Result<kube::Object> deleted) {
                      // A conflict may be another pod under the name, which the watch will show, or
                      // a write that got in between: not a reason to stop.
                      const bool fine = deleted || deleted.error().code == ErrorCode::kNotFound;
                      done(fine ? Outcome::Ok() : Outcome::Fail(deleted.error()));
                    });
}

// Whoever ended the pod on the host (an eviction, RemotePodLost) has it replaced: a copy that runs
// on must stop. One that has finished stays for its logs until the host pod goes.
void Member::Finished(Step step) {
  if (!step.remote || step.remote->deleting ||
      IsTerminal(ParsePhase(step.remote->status["phase"].str()))) {
    return step.done(Outcome::Ok());
  }
  deps_.provider.DeletePod(
      step.ref, {},
      [repeat = options_.delete_repeat, done = std::move(step.done)](Result<void> deleted) {
        const bool fine = deleted || deleted.error().code == ErrorCode::kNotFound;
        done(fine ? Outcome::Again(repeat) : Outcome::Fail(deleted.error()));
      });
}

}  // namespace stowage::vkubelet
