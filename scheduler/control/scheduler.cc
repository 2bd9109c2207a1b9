#include "scheduler/control/scheduler.h"

#include <utility>

#include "base/log/log.h"
#include "kube/api/well_known.h"
#include "scheduler/control/constraints.h"
#include "scheduler/control/scheduler_impl.h"

namespace stowage::scheduler {
namespace {

constexpr int kConditionsMax = 8;  // status patches under way

kube::ReflectorOptions PodsToWatch() {
  return {.resource = kube::kPods,
          .field_selector = "status.phase!=Succeeded,status.phase!=Failed"};
}

kube::ReflectorOptions NodesToWatch() {
  return {.resource = kube::kNodes, .label_selector = std::string(kube::kLabelCluster)};
}

}  // namespace

Scheduler::Impl::Impl(Deps deps, Rng rng, SchedulerOptions opts)
    : executor(deps.executor),
      client(deps.client),
      capacity(deps.capacity),
      options(std::move(opts)),
      fleet(deps.capacity, book),
      rounds(deps.solver != nullptr ? *deps.solver : chosen, fleet, rng.Stream("rounds").Name(5)) {
  pods = std::make_unique<kube::Informer<SchedulerPod>>(
      executor, client, rng.Stream("pods"), PodsToWatch(),
      [this](const kube::Object& o) { return ProjectPod(o, options.scheduler_name, book); });
  nodes = std::make_unique<kube::Informer<SchedulerNode>>(executor, client, rng.Stream("nodes"),
                                                          NodesToWatch(), ProjectNode);
  const kube::BackoffOptions backoff{.min = options.backoff_min, .max = options.backoff_max};
  namespaces = std::make_unique<kube::Informer<Labels>>(
      executor, client, rng.Stream("namespaces"),
      kube::ReflectorOptions{.resource = kube::kNamespaces},
      [](const kube::Object& o) { return ParseLabels(o.metadata()["labels"]); });
  volumes = std::make_unique<Volumes>(
      executor, client, rng.Stream("volumes"),
      [this](const std::string& node) { return fleet.HasNode(node); },
      [this] {
        if (!running) return;
        queue->MoveAll();
        Wake();
      });
  queue = std::make_unique<PendingQueue>(executor, rng.Stream("queue"), backoff,
                                         options.unschedulable_max, [this] { Wake(); });
  binder = std::make_unique<Binder>(
      executor, client, options.bindings_max,
      [this](const Binding& b, Binder::Outcome outcome, const std::string& node,
             const Error* error) { OnBinding(b, outcome, node, error); });
  conditions = std::make_unique<ConditionWriter>(executor, client, kConditionsMax);
  recorder = std::make_unique<kube::EventRecorder>(executor, client, rng.Stream("events"),
                                                   "stowage-scheduler", "");
}

void Scheduler::Impl::Start() {
  if (running) return;
  running = true;
  pods->AddHandler([this](const kube::NamespacedName& key, const SchedulerPod* before,
                          const SchedulerPod* after) { OnPod(key, before, after); });
  nodes->AddHandler([this](const kube::NamespacedName& key, const SchedulerNode*,
                           const SchedulerNode* after) { OnNode(key, after); });
  namespaces->AddHandler(
      [this](const kube::NamespacedName& key, const Labels* before, const Labels* after) {
        if (!running || (before != nullptr && after != nullptr && *before == *after)) return;
        fleet.SetNamespace(key.name, after);
        queue->MoveAll();
      });
  namespaces->OnSynced([this] { Wake(); });
  pods->OnSynced([this] { Wake(); });
  nodes->OnSynced([this] { Wake(); });
  capacity.SetListener([weak = weak_from_this()](const std::string& cluster) {
    auto self = weak.lock();
    if (self == nullptr || !self->running) return;
    self->fleet.CapacityChanged(cluster);
    self->queue->MoveAll();
  });
  pods->Start();
  nodes->Start();
}

void Scheduler::Impl::Stop() {
  if (!std::exchange(running, false)) return;
  capacity.SetListener(nullptr);
  executor.Cancel(confirm_timer);
  pods->Stop();
  nodes->Stop();
  if (namespaces_since) namespaces->Stop();
  volumes->Stop();
  queue.reset();
  binder.reset();
  conditions.reset();
  recorder.reset();
}

void Scheduler::Impl::OnPod(const kube::NamespacedName& key, const SchedulerPod* before,
                            const SchedulerPod* after) {
  if (!running) return;
  const bool replaced = before != nullptr && (after == nullptr || after->uid != before->uid);
  if (replaced) OnPodGone(key, *before);
  if (after == nullptr) return;
  if (after->node.empty()) return OnPending(key, replaced ? nullptr : before, *after);
  OnBoundPod(key, *after);
}

void Scheduler::Impl::OnPending(const kube::NamespacedName& key, const SchedulerPod* before,
                                const SchedulerPod& after) {
  if (assumed.contains(after.uid)) return;  // its binding is under way
  if (before != nullptr && before->spec != after.spec) TrackGang(key, *before, false);
  TrackGang(key, after, after.waits());
  if (!after.waits()) return queue->Remove(key);
  any_claims = any_claims || !after.claims.empty();
  queue->Add(key, after.uid);
  if (before != nullptr && before->spec != after.spec) queue->Touch(key);
}

// The pods of a gang are tried together: with a new one all of them.
void Scheduler::Impl::TrackGang(const kube::NamespacedName& key, const SchedulerPod& pod,
                                bool waits) {
  const std::string& name = pod.spec->gang;
  if (name.empty()) return;
  if (!waits) {
    const auto it = gangs.find(name);
    if (it == gangs.end()) return;
    it->second.erase(key);
    if (it->second.empty()) gangs.erase(it);
    return;
  }
  std::set<kube::NamespacedName>& waiting = gangs[name];
  if (!waiting.insert(key).second) return;
  for (const kube::NamespacedName& other : waiting) queue->Bring(other);
}

void Scheduler::Impl::OnBoundPod(const kube::NamespacedName& key, const SchedulerPod& pod) {
  const auto it = assumed.find(pod.uid);
  const bool elsewhere = it != assumed.end() && it->second.binding.node != pod.node;
  if (it != assumed.end()) assumed.erase(it);
  reported_at.erase(pod.uid);
  TrackGang(key, pod, false);
  fleet.Occupy(pod.uid, pod.node, pod.spec, pod.deleting);
  queue->Remove(key);
  conditions->Forget(key);
  if (elsewhere) queue->MoveAll();
}

void Scheduler::Impl::OnPodGone(const kube::NamespacedName& key, const SchedulerPod& pod) {
  assumed.erase(pod.uid);
  reported_at.erase(pod.uid);
  TrackGang(key, pod, false);
  queue->Remove(key);
  conditions->Forget(key);
  if (fleet.Vacate(pod.uid)) queue->MoveAll();
}

void Scheduler::Impl::OnNode(const kube::NamespacedName& key, const SchedulerNode* after) {
  if (!running) return;
  if (after == nullptr) return fleet.RemoveNode(key.name);
  if (fleet.SetNode(key.name, *after)) queue->MoveAll();
}

// Room is taken from now on; the watch, or the end of the binding, says what became of it.
void Scheduler::Impl::Assume(RoundVerdict& verdict, const SchedulerPod& pod) {
  fleet.Occupy(verdict.pod.uid, verdict.node, OwnOf(verdict.spec));
  Binding binding{verdict.pod.key, verdict.pod.uid, verdict.node, verdict.annotations, {}};
  if (!pod.claims.empty()) {
    binding.claims = volumes->ToMark(verdict.pod.key.ns, pod.claims);
  }
  assumed.insert_or_assign(verdict.pod.uid, Assumed{binding, false, executor.Now()});
  binder->Add(std::move(binding));
}

void Scheduler::Impl::OnBinding(const Binding& binding, Binder::Outcome outcome,
                                const std::string& node, const Error* error) {
  if (!running) return;
  const auto it = assumed.find(binding.uid);
  switch (outcome) {
    case Binder::Outcome::kBound:
      if (it != assumed.end() && it->second.posted) {  // looked up: still so
        it->second.since = executor.Now();
        return;
      }
      ++counters.bound;
      Record(binding.pod, binding.uid, false, "Scheduled",
             "Successfully assigned " + binding.pod.ToString() + " to " + node);
      if (it == assumed.end()) return;  // the watch was faster
      it->second.posted = true;
      it->second.since = executor.Now();
      return ArmConfirm();
    case Binder::Outcome::kBoundByOther: {
      ++counters.bind_errors;
      if (it == assumed.end()) return;
      const SchedulerPod* pod = pods->Get(binding.pod);
      assumed.erase(it);
      if (pod != nullptr && pod->uid == binding.uid) fleet.Occupy(pod->uid, node, pod->spec);
      return queue->MoveAll();
    }
    case Binder::Outcome::kGone:
      ++counters.bind_errors;
      return Forget(binding);  // the watch will take it out of the queue
    case Binder::Outcome::kRefused:
      ++counters.bind_errors;
      return OnRefused(binding, *error);
  }
}

void Scheduler::Impl::Forget(const Binding& binding) {
  if (assumed.erase(binding.uid) == 0) return;  // confirmed, or gone already
  if (fleet.Vacate(binding.uid)) queue->MoveAll();
}

void Scheduler::Impl::OnRefused(const Binding& binding, const Error& error) {
  if (!assumed.contains(binding.uid)) return;
  Forget(binding);
  const SchedulerPod* pod = pods->Get(binding.pod);
  if (pod == nullptr || pod->uid != binding.uid) return;
  LogWarning("binding failed",
             {{"pod", binding.pod.ToString()}, {"node", binding.node}, {"error", error}});
  if (!IsRetryable(error)) {
    Record(binding.pod, binding.uid, true, "FailedScheduling",
           "binding to " + binding.node + " was refused: " + error.ToString());
  }
  if (!pod->waits()) return queue->Remove(binding.pod);
  queue->Failed(binding.pod, error.retry_after.value_or(Duration(0)));
}

void Scheduler::Impl::ArmConfirm() {
  if (confirm_timer != TimerId::kNone) return;
  confirm_timer = executor.RunAfter(options.confirm_after, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (self == nullptr || !self->running) return;
    self->confirm_timer = TimerId::kNone;
    self->LookUpUnconfirmed();
  });
}

void Scheduler::Impl::LookUpUnconfirmed() {
  bool any = false;
  for (auto& [uid, a] : assumed) {
    any = any || a.posted;
    if (!a.posted || executor.Now() - a.since < options.confirm_after) continue;
    a.since = executor.Now();
    binder->Look(a.binding);
  }
  if (any) ArmConfirm();
}

void Scheduler::Impl::Record(const kube::NamespacedName& key, const std::string& uid, bool warning,
                             std::string_view reason, const std::string& message) {
  recorder->Record(
      {"v1", "Pod", key.ns, key.name, uid, ""},
      warning ? kube::EventRecorder::Type::kWarning : kube::EventRecorder::Type::kNormal, reason,
      message);
}

Scheduler::Scheduler(Deps deps, Rng rng, SchedulerOptions options)
    : impl_(std::make_shared<Impl>(deps, std::move(rng), std::move(options))) {}

Scheduler::~Scheduler() { Stop(); }

void Scheduler::SetFleet(FleetConfig config) {
  impl_->fleet.SetConfig(std::move(config));
  if (impl_->running) impl_->queue->MoveAll();
}

void Scheduler::Start() { impl_->Start(); }
void Scheduler::Stop() { impl_->Stop(); }

Scheduler::Stats Scheduler::stats() const {
  Stats s = impl_->counters;
  s.pending = impl_->queue != nullptr ? impl_->queue->size() : 0;
  s.assumed = impl_->assumed.size();
  s.occupants = impl_->fleet.occupants();
  s.synced = impl_->synced();
  return s;
}

}  // namespace stowage::scheduler
