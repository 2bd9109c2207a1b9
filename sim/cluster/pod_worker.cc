#include "sim/cluster/pod_worker.h"

#include <algorithm>
#include <utility>

#include "kube/api/well_known.h"

namespace stowage::sim {
namespace {

std::string FormatIp(uint32_t ip) {
  return std::to_string(ip >> 24) + "." + std::to_string(ip >> 16 & 255) + "." +
         std::to_string(ip >> 8 & 255) + "." + std::to_string(ip & 255);
}

}  // namespace

PodWorker::PodWorker(KubeletContext& context, KubeletNode& node, kube::NamespacedName key,
                     const MemberPod& pod)
    : context_(context), node_(node), key_(std::move(key)) {
  facts_.identity = std::make_shared<PodIdentity>(
      PodIdentity{context.options.cluster, node.name, key_.ns, key_.name, pod.uid, ""});
  facts_.host_ip = node.host_ip;
  facts_.empty_dirs = std::make_shared<std::map<std::string, std::shared_ptr<FileMap>>>();
  created_at_ = context.executor.WallNow();
  seen_at_ = context.executor.Now();
  ReadSpec(pod);
  if (pod.terminated) {
    finished_ = true;
    phase_ = pod.phase;
  }
  for (const MemberPod::Prior& prior : pod.prior) {
    Slot* slot = Find(prior.name);
    if (!slot) continue;
    slot->restarts = prior.restarts;
    slot->attempted = prior.running || prior.terminated;
    if (prior.running || (prior.terminated && !finished_)) {
      // The kubelet was away: what ran is lost, as after a reboot of the node.
      slot->state = State::kTerminated;
      slot->ended = Ending{prior.running ? 255 : prior.exit_code,
                           prior.running ? "Unknown" : "Completed",
                           "",
                           created_at_,
                           created_at_,
                           ""};
      if (!prior.running && prior.exit_code != 0) slot->ended->reason = "Error";
    }
  }
}

PodWorker::~PodWorker() {
  for (Slot& slot : slots_) CancelTimers(slot);
  context_.executor.Cancel(stop_timer_);
  context_.executor.Cancel(deadline_timer_);
  if (ip_offset_) node_.used_ips.erase(*ip_offset_);
}

void PodWorker::ReadSpec(const MemberPod& pod) {
  facts_.meta = pod.meta;
  facts_.spec = pod.spec;
  labels_ = pod.labels;
  gates_ = pod.gates;
  origin_uid_ = std::string(pod.meta["labels"][kube::kLabelOriginUid].str());
  auto add = [&](const char* list, Kind kind) {
    for (const kube::JsonRef c : pod.spec[list].elements()) {
      const Kind actual =
          kind == Kind::kInit && c["restartPolicy"].str() == "Always" ? Kind::kSidecar : kind;
      if (Slot* known = Find(c["name"].str())) {
        known->spec = pod.spec.Share(c);
        continue;
      }
      Slot slot;
      slot.name = c["name"].string();
      slot.kind = actual;
      slot.spec = pod.spec.Share(c);
      if (actual == Kind::kMain && !pod.spec["initContainers"].empty())
        slot.reason = "PodInitializing";
      slots_.push_back(std::move(slot));
    }
  };
  add("initContainers", Kind::kInit);
  add("containers", Kind::kMain);
  add("ephemeralContainers", Kind::kEphemeral);
}

void PodWorker::Update(const MemberPod& pod) {
  if (pod.spec.exists()) ReadSpec(pod);
  deletion_grace_ = pod.deletion_grace;
  ScheduleSync();
}

void PodWorker::Vanish() {
  if (std::exchange(vanished_, true)) return;
  for (Slot& slot : slots_) {
    CancelTimers(slot);
    slot.instance = nullptr;
  }
}

void PodWorker::Crash(bool power_loss) {
  for (Slot& slot : slots_) {
    if (!slot.instance) continue;
    if (power_loss) {
      CancelTimers(slot);
      slot.log->End(context_.executor.WallNow());
      slot.instance = nullptr;
      slot.state = State::kTerminated;
      slot.ended = Ending{
          255, "Unknown", "", slot.started_at, context_.executor.WallNow(), slot.container_id};
      slot.ready = slot.started = false;
    } else {
      slot.kill_reason = "Error";
      slot.instance->Signal(kSigKill);
    }
  }
  if (power_loss) sandbox_ready_ = false;
}

PodWorker::Slot* PodWorker::Find(std::string_view name) {
  for (Slot& slot : slots_) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

const PodWorker::Slot* PodWorker::Find(std::string_view name) const {
  return const_cast<PodWorker*>(this)->Find(name);
}

void PodWorker::ScheduleSync() {
  if (vanished_ || std::exchange(sync_posted_, true)) return;
  context_.executor.Post([weak = weak_from_this()] {
    auto self = std::static_pointer_cast<PodWorker>(weak.lock());
    if (!self) return;
    self->sync_posted_ = false;
    self->Sync();
  });
}

void PodWorker::After(Duration delay, std::function<void(PodWorker&)> f, TimerId* timer) {
  const TimerId id = context_.executor.RunAfter(delay, [weak = weak_from_this(), f = std::move(f)] {
    auto self = weak.lock();
    if (self && !self->vanished_) f(*self);
  });
  if (timer) *timer = id;
}

Duration PodWorker::Draw(Rng& rng, const Span& span) const {
  return Duration(rng.Between(span.min.count(), std::max(span.min, span.max).count()));
}

void PodWorker::Event(const Slot* slot, bool warning, std::string_view reason,
                      std::string_view message) {
  kube::ObjectReference about{"v1", "Pod", key_.ns, key_.name, uid(), ""};
  if (slot) {
    const char* list = slot->kind == Kind::kMain        ? "containers"
                       : slot->kind == Kind::kEphemeral ? "ephemeralContainers"
                                                        : "initContainers";
    about.field_path = "spec." + std::string(list) + "{" + slot->name + "}";
  }
  node_.events->Record(
      about, warning ? kube::EventRecorder::Type::kWarning : kube::EventRecorder::Type::kNormal,
      reason, message);
}

void PodWorker::Sync() {
  if (vanished_ || node_.hung) return;
  if (deletion_grace_) {
    SyncTermination();
    return Publish();
  }
  if (finished_) {
    StopAll(facts_.spec["terminationGracePeriodSeconds"].i64(30));
    return Publish();
  }
  const int64_t deadline = facts_.spec["activeDeadlineSeconds"].i64(0);
  if (deadline > 0) {
    const Duration left = seen_at_ + Seconds(deadline) - context_.executor.Now();
    if (left <= Duration(0)) {
      Event(nullptr, false, "DeadlineExceeded",
            "Pod was active on the node longer than the specified deadline");
      Finish("Failed", "DeadlineExceeded",
             "Pod was active on the node longer than the specified deadline");
      return Sync();
    }
    context_.executor.Cancel(deadline_timer_);
    After(
        left, [](PodWorker& self) { self.Sync(); }, &deadline_timer_);
  }
  waits_for_config_ = false;
  if (EnsureVolumes() && EnsureSandbox() && SyncInit()) {
    for (Slot& slot : slots_) {
      if (slot.kind == Kind::kMain || slot.kind == Kind::kEphemeral) SyncSlot(slot);
    }
  }
  DecidePhase();
  Publish();
}

bool PodWorker::EnsureVolumes() {
  if (sandbox_ready_ || sandbox_starting_) return true;
  Result<void> volumes = CheckVolumes(facts_, context_.lookup);
  const std::vector<std::string> claims = ClaimNames(facts_.spec);
  if (volumes && !claims_ok_ && !claims.empty()) {
    if (!std::exchange(volume_call_, true)) {
      context_.client.Get(kube::kPersistentVolumeClaims, key_.ns, claims[0],
                          [weak = weak_from_this(), name = claims[0]](Result<kube::Object> claim) {
                            auto self = weak.lock();
                            if (!self) return;
                            self->volume_call_ = false;
                            self->claims_ok_ = claim.has_value();
                            if (claim) return self->ScheduleSync();
                            self->Event(nullptr, true, "FailedMount",
                                        "persistentvolumeclaim \"" + name + "\" not found");
                            self->After(Seconds(2), [](PodWorker& w) { w.Sync(); });
                          });
    }
    return false;
  }
  if (volumes && !token_ok_ && NeedsToken(facts_.spec)) {
    if (!std::exchange(volume_call_, true)) {
      kube::MutableJson request;
      request["apiVersion"] = "authentication.k8s.io/v1";
      request["kind"] = "TokenRequest";
      request.Set({"spec", "expirationSeconds"}, 3607);
      const std::string account = facts_.spec["serviceAccountName"].string("default");
      context_.client.Create(
          kube::kServiceAccounts, key_.ns, std::move(request).Freeze(),
          [weak = weak_from_this()](Result<kube::Object> token) {
            auto self = weak.lock();
            if (!self) return;
            self->volume_call_ = false;
            self->token_ok_ = token.has_value();
            if (token) {
              self->facts_.token = token->status()["token"].string();
              return self->ScheduleSync();
            }
            self->Event(nullptr, true, "FailedMount",
                        "failed to fetch token: " + token.error().message);
            self->After(Seconds(2), [](PodWorker& w) { w.Sync(); });
          },
          account, "token");
    }
    return false;
  }
  if (volumes) {
    volume_error_.clear();
    return true;
  }
  waits_for_config_ = true;
  if (std::exchange(volume_error_, volumes.error().message) != volumes.error().message) {
    Event(nullptr, true, "FailedMount", volumes.error().message);
  }
  return false;
}

bool PodWorker::EnsureSandbox() {
  if (sandbox_ready_) return true;
  if (std::exchange(sandbox_starting_, true)) return false;
  After(Draw(context_.start, context_.options.sandbox_start), [](PodWorker& self) {
    self.sandbox_starting_ = false;
    if (self.finished_ || self.deletion_grace_ || self.node_.hung) return;
    KubeletNode& node = self.node_;
    std::string ip = node.host_ip;
    if (!self.facts_.spec["hostNetwork"].boolean() && !self.ip_offset_) {
      for (uint32_t tried = 0; tried < node.ip_count && !self.ip_offset_; ++tried) {
        const uint32_t offset = 2 + node.next_ip++ % (node.ip_count - 2);
        if (node.used_ips.insert(offset).second) self.ip_offset_ = offset;
      }
      if (!self.ip_offset_) {
        self.Event(nullptr, true, "FailedCreatePodSandBox",
                   "no IP addresses available in range " + node.pod_cidr);
        return self.After(Seconds(10), [](PodWorker& w) { w.Sync(); });
      }
    }
    if (self.ip_offset_) ip = FormatIp(node.first_ip + *self.ip_offset_);
    PodIdentity identity = *self.facts_.identity;
    identity.ip = ip;
    self.facts_.identity = std::make_shared<PodIdentity>(std::move(identity));
    self.sandbox_ready_ = true;
    self.context_.log.Add({.at = self.context_.executor.Now(),
                           .node = node.name,
                           .ns = self.key_.ns,
                           .pod = self.key_.name,
                           .uid = self.uid(),
                           .origin_uid = self.origin_uid_,
                           .restart = self.sandboxes_++});
    self.Sync();
  });
  return false;
}

bool PodWorker::SyncInit() {
  for (Slot& slot : slots_) {
    if (slot.kind == Kind::kSidecar) {
      SyncSlot(slot);
      if (!slot.started && !init_done_) return false;
    }
    if (slot.kind != Kind::kInit || init_done_) continue;
    if (slot.state == State::kTerminated && slot.ended->exit_code == 0) continue;
    if (slot.state == State::kTerminated && RestartPolicy() == "Never") {
      Finish("Failed", "", "");
      ScheduleSync();
      return false;
    }
    SyncSlot(slot);
    return false;
  }
  init_done_ = true;
  return true;
}

bool PodWorker::ShouldRestart(const Slot& slot) const {
  if (slot.kind == Kind::kEphemeral) return false;
  if (slot.kind == Kind::kSidecar) return true;
  const std::string_view policy = RestartPolicy();
  if (slot.kind == Kind::kInit) return policy != "Never" && slot.ended->exit_code != 0;
  return policy == "Always" || (policy == "OnFailure" && slot.ended->exit_code != 0);
}

void PodWorker::SyncSlot(Slot& slot) {
  if (slot.state == State::kRunning) {
    if (slot.kind != Kind::kMain || slot.stopping || slot.spec["image"].str() == slot.image) return;
    return Stop(slot, facts_.spec["terminationGracePeriodSeconds"].i64(30),
                "Container " + slot.name + " definition changed, will be restarted");
  }
  if (slot.step != Slot::Step::kIdle) return;
  if (slot.state == State::kTerminated && !ShouldRestart(slot)) return;
  const MonotonicTime now = context_.executor.Now();
  if (now < slot.backoff_until) {
    if (slot.state == State::kTerminated) {
      slot.last = std::exchange(slot.ended, std::nullopt);
      slot.state = State::kWaiting;
      slot.reason = "CrashLoopBackOff";
      slot.message = "back-off " + std::to_string(slot.backoff.count() / 1000000 / 60) + "m" +
                     std::to_string(slot.backoff.count() / 1000000 % 60) +
                     "s restarting failed container=" + slot.name + " pod=" + key_.name + "_" +
                     key_.ns + "(" + uid() + ")";
      if (slot.backoff < Minutes(1)) {
        slot.message = "back-off " + std::to_string(slot.backoff.count() / 1000000) +
                       "s restarting failed container=" + slot.name + " pod=" + key_.name + "_" +
                       key_.ns + "(" + uid() + ")";
      }
      Event(&slot, true, "BackOff",
            "Back-off restarting failed container " + slot.name + " in pod " + key_.name + "_" +
                key_.ns + "(" + uid() + ")");
    }
    context_.executor.Cancel(slot.timer);
    After(
        slot.backoff_until - now, [](PodWorker& self) { self.Sync(); }, &slot.timer);
    return;
  }
  if (EnsureImage(slot)) BeginStart(slot);
}

void PodWorker::DecidePhase() {
  if (finished_) return;
  bool any_started = false, all_ended = true, any_failed = false;
  for (const Slot& slot : slots_) {
    if (slot.kind != Kind::kMain) continue;
    any_started |= slot.attempted;
    if (slot.state == State::kTerminated && !ShouldRestart(slot)) {
      any_failed |= slot.ended->exit_code != 0;
    } else {
      all_ended = false;
    }
  }
  if (all_ended && any_started) {
    Finish(any_failed ? "Failed" : "Succeeded", "", "");
    return ScheduleSync();  // sidecars end now
  }
  phase_ = any_started ? "Running" : "Pending";
}

void PodWorker::Finish(std::string phase, std::string reason, std::string message) {
  if (std::exchange(finished_, true)) return;
  phase_ = std::move(phase);
  phase_reason_ = std::move(reason);
  phase_message_ = std::move(message);
}

void PodWorker::StopAll(int64_t grace_seconds) {
  bool mains_running = false;
  for (Slot& slot : slots_) {
    if (slot.kind == Kind::kSidecar || !slot.instance) continue;
    mains_running = true;
    if (!slot.stopping) Stop(slot, grace_seconds, "Stopping container " + slot.name);
  }
  if (mains_running) return;
  for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) {  // sidecars, the last first
    if (!slot->instance) continue;
    if (!slot->stopping) Stop(*slot, grace_seconds, "Stopping container " + slot->name);
    return;
  }
}

void PodWorker::SyncTermination() {
  const MonotonicTime now = context_.executor.Now();
  if (!stop_began_) stop_began_ = now;
  const MonotonicTime end = *stop_began_ + Seconds(std::max<int64_t>(*deletion_grace_, 0));
  StopAll(std::max<int64_t>((end - now).count() / 1000000, 0));
  context_.executor.Cancel(stop_timer_);
  const bool running = std::any_of(slots_.begin(), slots_.end(),
                                   [](const Slot& s) { return s.instance != nullptr; });
  if (!running) return;
  After(
      std::max(Duration(0), end - now),
      [](PodWorker& self) {
        for (Slot& slot : self.slots_) {
          if (slot.instance) slot.instance->Signal(kSigKill);
        }
      },
      &stop_timer_);
}

}  // namespace stowage::sim
