// The frame of a member: views becoming whole, the sweep, the choice of a step. The steps
// themselves are in member_delete.cc, member_create.cc and member_status.cc.
#include "vkubelet/pod/member.h"

#include <utility>

#include "base/log/log.h"

namespace stowage::vkubelet {

Member::Member(Deps deps, std::string node, const PodControllerOptions& options)
    : deps_(std::move(deps)),
      node_(std::move(node)),
      options_(options),
      sweep_({deps_.executor, deps_.host, deps_.provider, node_,
              [this](const providers::PodRef& ref) {
                const PodRecord* pod = deps_.pods.Find({ref.ns, ref.name});
                return pod != nullptr && pod->uid == ref.uid;
              },
              [this] { return Synced(); }, deps_.hooks}),
      controller_(deps_.executor, deps_.rng.Stream("pods"),
                  {.name = "pods/" + node_,
                   .workers = options.workers_per_member,
                   .backoff = {.min = Milliseconds(50), .max = Seconds(60)}},
                  [this](const Key& key, Done done) { Reconcile(key, std::move(done)); }) {
  controller_.Start();
  deps_.provider.SetListener(this);
}

Member::~Member() {
  *alive_ = false;
  deps_.provider.SetListener(nullptr);
}

void Member::OnPodChanged(const providers::PodRef& ref) {
  const PodRecord* pod = deps_.pods.Find({ref.ns, ref.name});
  if (pod == nullptr || pod->uid != ref.uid) sweep_.Suspect(ref);
  Enqueue({ref.ns, ref.name});
}

void Member::OnCapacityChanged() {
  if (deps_.hooks.on_capacity_changed) deps_.hooks.on_capacity_changed();
}

void Member::OnPodEvent(const providers::PodRef& ref, const kube::Object& event) {
  const PodRecord* pod = deps_.pods.Find({ref.ns, ref.name});
  if (pod == nullptr || pod->uid != ref.uid) return;
  deps_.mirror.Mirror(ref, node_, event);
}

void Member::SetReachable(bool reachable) {
  if (reachable_ == reachable) return;
  reachable_ = reachable;
  if (!reachable) {
    open_ = false;  // when it is back, what must go goes first
    return;
  }
  Tick();
}

void Member::Tick() {
  if (!Synced()) {
    open_ = false;
    return;
  }
  const MonotonicTime now = deps_.executor.Now();
  if (!open_) {
    if (opening_ || !reachable_) return;
    opening_ = true;
    next_sweep_ = now + options_.sweep_interval;
    next_full_sweep_ = now + options_.full_sweep_interval;
    // In a task of its own: with many pods either is work.
    sweep_.Run(true, [this, alive = alive_] {
      deps_.executor.Post([this, alive] {
        if (*alive) Opened();
      });
    });
    return;
  }
  if (now >= next_sweep_) RunSweep();
}

void Member::Opened() {
  opening_ = false;
  if (!reachable_) return;  // it went away meanwhile: SetReachable() begins anew
  open_ = true;
  const std::vector<Key> keys = deps_.pods.OnNode(node_);
  LogInfo("member synced", {{"node", node_}, {"pods", static_cast<uint64_t>(keys.size())}});
  for (const Key& key : keys) Enqueue(key);
}

void Member::RunSweep() {
  const MonotonicTime now = deps_.executor.Now();
  const bool full = now >= next_full_sweep_;
  next_sweep_ = now + options_.sweep_interval;
  if (full) next_full_sweep_ = now + options_.full_sweep_interval;
  sweep_.Run(full, nullptr);
}

Member::State& Member::StateOf(const Key& key, const PodRecord& pod) {
  State& state = states_[key];
  if (state.uid == pod.uid) return state;
  state = State{};
  state.uid = pod.uid;
  const MonotonicTime now = deps_.executor.Now();
  next_verification_ = std::max(next_verification_, now) +
                       Seconds(1) / std::max(1, options_.verifications_per_second);
  state.verify_at = next_verification_;
  return state;
}

Member::State* Member::Current(const Key& key, const std::string& uid) {
  auto it = states_.find(key);
  return it == states_.end() || it->second.uid != uid ? nullptr : &it->second;
}

void Member::Reconcile(const Key& key, Done done) {
  if (!open()) {
    // Opened() adds all keys anew. A view that was broken for a moment between two ticks would else
    // look as if nothing had been let fall.
    open_ = false;
    return done(kube::Outcome::Ok());
  }
  const PodRecord* pod = deps_.pods.Find(key);
  if (pod == nullptr || pod->node != node_) {
    states_.erase(key);
    return done(kube::Outcome::Ok());
  }
  State& state = StateOf(key, *pod);
  providers::PodRef ref{key.ns, key.name, pod->uid};
  auto remote = deps_.provider.Cached(ref);
  if (remote && StatusShowsStart(remote->status)) state.seen_started = true;
  Step step{key, *pod, state, std::move(ref), std::move(remote), std::move(done)};
  if (pod->deleting) return Deleting(std::move(step));
  if (pod->finished()) return Finished(std::move(step));
  if (step.remote) return Present(std::move(step));
  Missing(std::move(step));
}

void Member::Event(const Key& key, const std::string& uid, kube::EventRecorder::Type type,
                   std::string_view reason, std::string_view message) {
  deps_.events.Record({"v1", "Pod", key.ns, key.name, uid, ""}, type, reason, message);
}

}  // namespace stowage::vkubelet
