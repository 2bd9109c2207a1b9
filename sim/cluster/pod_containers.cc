// The containers of a PodWorker: images, starts, ends, hooks and probes.
#include <algorithm>
#include <utility>

#include "sim/cluster/pod_worker.h"

namespace stowage::sim {
namespace {

constexpr Duration kBackoffMin = Seconds(10);
constexpr Duration kBackoffMax = Minutes(5);
constexpr Duration kBackoffReset = Minutes(10);
constexpr Duration kPullErrorShown = Seconds(2);

Duration NextBackoff(Duration now) {
  return now == Duration(0) ? kBackoffMin : std::min(now * 2, kBackoffMax);
}

std::vector<std::string> Strings(kube::JsonRef list, const Environment& environment) {
  std::vector<std::string> out;
  for (const kube::JsonRef e : list.elements())
    out.push_back(ExpandReferences(e.str(), environment));
  return out;
}

int PortNumber(kube::JsonRef container, kube::JsonRef port) {
  if (port.is_number()) return static_cast<int>(port.i64());
  for (const kube::JsonRef p : container["ports"].elements()) {
    if (p["name"].str() == port.str()) return static_cast<int>(p["containerPort"].i64());
  }
  return 0;
}

}  // namespace

void PodWorker::HoldImage(Slot& slot, std::string reason, std::string message) {
  slot.step = Slot::Step::kIdle;
  slot.state = State::kWaiting;
  slot.reason = std::move(reason);
  slot.message = std::move(message);
  slot.pull_backoff = NextBackoff(slot.pull_backoff);
  slot.pull_until = context_.executor.Now() + slot.pull_backoff;
  Publish();
  After(kPullErrorShown, [](PodWorker& self) { self.Sync(); });
}

bool PodWorker::WaitsForPull(Slot& slot) {
  const MonotonicTime now = context_.executor.Now();
  if (now >= slot.pull_until) return false;
  // ErrImagePull is seen for a while, then it is the back-off that is waited for.
  if (slot.reason == "ErrImagePull" &&
      now >= slot.pull_until - slot.pull_backoff + kPullErrorShown) {
    slot.reason = "ImagePullBackOff";
    slot.message = "Back-off pulling image \"" + slot.spec["image"].string() + "\"";
    Event(&slot, false, "BackOff", slot.message);
  }
  context_.executor.Cancel(slot.timer);
  const Duration left = slot.pull_until - now;
  After(
      left, [](PodWorker& self) { self.Sync(); }, &slot.timer);
  return true;
}

bool PodWorker::EnsureImage(Slot& slot) {
  const std::string image = slot.spec["image"].string();
  if (WaitsForPull(slot)) return false;
  if (!IsValidImageName(image)) {
    const std::string message = "Failed to apply default image tag \"" + image +
                                "\": couldn't parse image name: invalid reference format";
    Event(&slot, true, "InspectFailed", message);
    HoldImage(slot, "InvalidImageName", message);
    return false;
  }
  if (slot.pulled && slot.image == image) return true;
  const std::string canonical = CanonicalImage(image);
  const bool latest = canonical.ends_with(":latest");
  const std::string_view policy =
      slot.spec["imagePullPolicy"].str(latest ? "Always" : "IfNotPresent");
  const bool present = node_.images.contains(canonical);
  if (present && policy != "Always") {
    Event(&slot, false, "Pulled", "Container image \"" + image + "\" already present on machine");
    slot.pulled = true;
    slot.image = image;
    return true;
  }
  slot.step = Slot::Step::kPulling;
  Event(&slot, false, "Pulling", "Pulling image \"" + image + "\"");
  // Of an image that is there only the manifest is looked up.
  const Duration span =
      present ? Milliseconds(50) : Draw(context_.pull, context_.options.image_pull);
  After(span, [name = slot.name, image, canonical, span](PodWorker& self) {
    Slot* s = self.Find(name);
    if (!s) return;
    if (const std::optional<std::string> error = PullError(image)) {
      self.Event(s, true, "Failed", "Failed to pull image \"" + image + "\": " + *error);
      self.Event(s, true, "Failed", "Error: ErrImagePull");
      return self.HoldImage(*s, "ErrImagePull", *error);
    }
    self.node_.images.insert(canonical);
    self.Event(s, false, "Pulled",
               "Successfully pulled image \"" + image + "\" in " +
                   std::to_string(span.count() / 1000) + "ms");
    s->step = Slot::Step::kIdle;
    s->pulled = true;
    s->image = image;
    s->pull_backoff = Duration(0);
    self.Sync();
  });
  return false;
}

void PodWorker::BeginStart(Slot& slot) {
  const auto environment = ResolveEnvironment(facts_, slot.spec, context_.lookup);
  if (!environment) {
    waits_for_config_ = true;
    slot.state = State::kWaiting;
    if (slot.reason != "CreateContainerConfigError" ||
        slot.message != environment.error().message) {
      Event(&slot, true, "Failed", "Error: " + environment.error().message);
    }
    slot.reason = "CreateContainerConfigError";
    slot.message = environment.error().message;
    return;
  }
  slot.step = Slot::Step::kStarting;
  After(
      Draw(context_.start, context_.options.container_start),
      [name = slot.name](PodWorker& self) {
        Slot* s = self.Find(name);
        if (!s || s->step != Slot::Step::kStarting) return;
        s->step = Slot::Step::kIdle;
        if (self.finished_ || self.deletion_grace_ || self.node_.hung) return;
        self.StartInstance(*s);
      },
      &slot.timer);
}

void PodWorker::StartInstance(Slot& slot) {
  const auto environment = ResolveEnvironment(facts_, slot.spec, context_.lookup);
  if (!environment) return Sync();  // it went away meanwhile
  const kube::JsonRef spec = slot.spec;
  ContainerStart start{.name = slot.name, .image = spec["image"].string()};
  start.command = Strings(spec["command"], **environment);
  start.args = Strings(spec["args"], **environment);
  start.working_dir = spec["workingDir"].string();
  start.environment = *environment;
  start.mounts = ResolveMounts(facts_, spec, context_.lookup);
  for (const kube::JsonRef port : spec["ports"].elements())
    start.ports.push_back(static_cast<int>(port["containerPort"].i64()));
  start.stdin_open = spec["stdin"].boolean();
  start.tty = spec["tty"].boolean();
  if (slot.kind == Kind::kInit || (slot.kind == Kind::kMain && RestartPolicy() != "Always")) {
    start.run_for = context_.options.batch_run;
  }
  start.identity = facts_.identity;
  start.fetch = context_.fetch;

  if (slot.attempted) ++slot.restarts;
  slot.attempted = true;
  if (slot.ended) slot.last = std::exchange(slot.ended, std::nullopt);
  slot.previous_log = std::exchange(slot.log, nullptr);
  slot.container_id =
      "containerd://" +
      ImageDigest(uid() + "/" + slot.name + "/" + std::to_string(slot.restarts)).substr(7);
  slot.started_at = context_.executor.WallNow();
  slot.run_start = context_.executor.Now();
  slot.stopping = false;
  slot.kill_reason.clear();
  slot.message.clear();
  Event(&slot, false, "Created", "Created container " + slot.name);
  context_.log.Add({.at = context_.executor.Now(),
                    .node = node_.name,
                    .ns = key_.ns,
                    .pod = key_.name,
                    .uid = uid(),
                    .origin_uid = origin_uid_,
                    .container = slot.name,
                    .restart = slot.restarts});
  auto instance = std::make_shared<Container>(context_.executor, std::move(start));
  slot.log = instance->log();
  Result<void> started =
      instance->Start([weak = weak_from_this(), name = slot.name, raw = instance.get()](int code) {
        auto self = weak.lock();
        Slot* s = self && !self->vanished_ ? self->Find(name) : nullptr;
        if (s && s->instance.get() == raw) self->OnExit(*s, code);
      });
  const FaultDials& faults = context_.options.faults;
  if (started && faults.start_failure > 0 && context_.faults.Chance(faults.start_failure)) {
    started = MakeError(ErrorCode::kInvalid, "failed to create containerd task: injected fault");
  }
  slot.instance = std::move(instance);
  if (!started) {
    slot.kill_reason = "StartError";
    slot.message = started.error().message;
    Event(&slot, true, "Failed", "Error: " + slot.message);
    return OnExit(slot, 128);
  }
  OnStarted(slot);
}

void PodWorker::OnStarted(Slot& slot) {
  slot.state = State::kRunning;
  slot.reason.clear();
  Event(&slot, false, "Started", "Started container " + slot.name);
  const FaultDials& faults = context_.options.faults;
  if (faults.crash > 0 && context_.faults.Chance(faults.crash)) {
    const Duration delay(static_cast<int64_t>(
        context_.faults.Exponential(static_cast<double>(faults.crash_after.count()))));
    After(delay, [name = slot.name, id = slot.container_id](PodWorker& self) {
      Slot* s = self.Find(name);
      if (s && s->instance && s->container_id == id) s->instance->Signal(kSigKill);
    });
  }
  auto begin_probes = [name = slot.name, id = slot.container_id](PodWorker& self) {
    Slot* s = self.Find(name);
    if (s && s->instance && s->container_id == id && s->state == State::kRunning)
      self.StartProbes(*s);
    self.ScheduleSync();
  };
  const kube::JsonRef hook = slot.spec["lifecycle"]["postStart"];
  if (hook.exists()) {
    RunHook(slot, hook, begin_probes);
    return Publish();
  }
  StartProbes(slot);
  Sync();
}

void PodWorker::OnExit(Slot& slot, int code) {
  CancelTimers(slot);
  const WallTime now = context_.executor.WallNow();
  if (!slot.kill_reason.empty() && slot.kill_exit != 0) code = std::exchange(slot.kill_exit, 0);
  std::string reason =
      slot.kill_reason.empty() ? (code == 0 ? "Completed" : "Error") : slot.kill_reason;
  slot.ended = Ending{code, std::move(reason), std::exchange(slot.message, {}), slot.started_at,
                      now,  slot.container_id};
  slot.state = State::kTerminated;
  slot.started = slot.ready = false;
  if (slot.log) slot.log->End(now);
  slot.instance = nullptr;
  // Its image was there before: a restart does not look again unless it must be pulled always.
  slot.pulled =
      slot.spec["imagePullPolicy"].str() != "Always" && slot.spec["image"].str() == slot.image;
  const MonotonicTime at = context_.executor.Now();
  if (at - slot.run_start >= kBackoffReset) {
    slot.crashes = 0;
    slot.backoff = Duration(0);
  }
  slot.backoff_until = at;  // the first restart comes at once, and so does one that we asked for
  const bool replaced = slot.stopping && slot.kill_reason.empty();
  if (!replaced && slot.crashes++ > 0) {
    slot.backoff = NextBackoff(slot.backoff);
    slot.backoff_until = at + slot.backoff;
  }
  slot.stopping = false;
  Publish();  // the end is told before what follows from it
  ScheduleSync();
}

void PodWorker::CancelTimers(Slot& slot) {
  for (TimerId* timer : {&slot.timer, &slot.kill_timer, &slot.startup.timer, &slot.readiness.timer,
                         &slot.liveness.timer}) {
    context_.executor.Cancel(std::exchange(*timer, TimerId::kNone));
  }
  slot.startup = slot.readiness = slot.liveness = Probe{};
}

void PodWorker::Stop(Slot& slot, int64_t grace_seconds, std::string_view message) {
  slot.stopping = true;
  Event(&slot, false, "Killing", message);
  for (Probe* probe : {&slot.startup, &slot.readiness, &slot.liveness})
    context_.executor.Cancel(probe->timer);
  auto same = [name = slot.name, id = slot.container_id](PodWorker& self) -> Container* {
    Slot* s = self.Find(name);
    return s && s->instance && s->container_id == id ? s->instance.get() : nullptr;
  };
  After(
      Seconds(std::max<int64_t>(grace_seconds, 0)),
      [same](PodWorker& self) {
        if (Container* c = same(self)) c->Signal(kSigKill);
      },
      &slot.kill_timer);
  auto term = [same](PodWorker& self) {
    if (Container* c = same(self)) c->Signal(kSigTerm);
  };
  const kube::JsonRef hook = slot.spec["lifecycle"]["preStop"];
  hook.exists() ? RunHook(slot, hook, term) : term(*this);
}

void PodWorker::RunHook(Slot& slot, kube::JsonRef hook, std::function<void(PodWorker&)> then) {
  if (hook["sleep"].exists())
    return After(Seconds(hook["sleep"]["seconds"].i64()), std::move(then));
  if (hook["exec"].exists()) {
    return slot.instance->Run(Strings(hook["exec"]["command"], {}),
                              [weak = weak_from_this(), then = std::move(then)](int) {
                                auto self = weak.lock();
                                if (self && !self->vanished_) then(*self);
                              });
  }
  After(Duration(0), std::move(then));  // httpGet: answered at once
}

void PodWorker::StartProbes(Slot& slot) {
  if (slot.spec["startupProbe"].exists()) {
    return ScheduleProbe(slot, "startupProbe",
                         Seconds(slot.spec["startupProbe"]["initialDelaySeconds"].i64()));
  }
  slot.started = true;
  slot.ready = !slot.spec["readinessProbe"].exists();
  for (const char* kind : {"readinessProbe", "livenessProbe"}) {
    if (slot.spec[kind].exists())
      ScheduleProbe(slot, kind, Seconds(slot.spec[kind]["initialDelaySeconds"].i64()));
  }
}

void PodWorker::ScheduleProbe(Slot& slot, const char* kind, Duration delay) {
  Probe& probe = kind[0] == 's' ? slot.startup : kind[0] == 'r' ? slot.readiness : slot.liveness;
  context_.executor.Cancel(probe.timer);
  After(
      delay,
      [name = slot.name, id = slot.container_id, kind](PodWorker& self) {
        Slot* s = self.Find(name);
        if (s && s->instance && s->container_id == id && !s->stopping) self.RunProbe(*s, kind);
      },
      &probe.timer);
}

void PodWorker::RunProbe(Slot& slot, const char* kind) {
  const kube::JsonRef probe = slot.spec[kind];
  if (probe["exec"].exists()) {
    return slot.instance->Run(
        Strings(probe["exec"]["command"], {}),
        [weak = weak_from_this(), name = slot.name, id = slot.container_id, kind](int code) {
          auto self = weak.lock();
          Slot* s = self && !self->vanished_ ? self->Find(name) : nullptr;
          if (s && s->instance && s->container_id == id && !s->stopping)
            self->ProbeResult(*s, kind, code == 0);
        });
  }
  bool ok = true;
  for (const char* how : {"httpGet", "tcpSocket", "grpc"}) {
    if (!probe[how].exists()) continue;
    const int port = PortNumber(slot.spec, probe[how]["port"]);
    ok = slot.instance->Listens(port);
    const std::string_view path = probe[how]["path"].str("/");
    if (ok && how[0] == 'h') {
      const std::string request = "GET " + std::string(path) + " HTTP/1.1\r\nHost: probe\r\n\r\n";
      ok = AnswerHttp(request, *facts_.identity, slot.name, port).status < 400;
    }
  }
  ProbeResult(slot, kind, ok);
}

void PodWorker::ProbeResult(Slot& slot, const char* kind, bool ok) {
  Probe& probe = kind[0] == 's' ? slot.startup : kind[0] == 'r' ? slot.readiness : slot.liveness;
  const kube::JsonRef spec = slot.spec[kind];
  probe.failures = ok ? 0 : probe.failures + 1;
  probe.successes = ok ? probe.successes + 1 : 0;
  const bool passed = probe.successes >= std::max<int64_t>(spec["successThreshold"].i64(1), 1);
  const bool failed = probe.failures >= std::max<int64_t>(spec["failureThreshold"].i64(3), 1);
  if (!ok) {
    const std::string what = kind[0] == 's' ? "Startup" : kind[0] == 'r' ? "Readiness" : "Liveness";
    Event(&slot, true, "Unhealthy", what + " probe failed");
  }
  if (kind[0] == 's' && passed) {
    slot.started = true;
    slot.ready = !slot.spec["readinessProbe"].exists();
    for (const char* next : {"readinessProbe", "livenessProbe"}) {
      if (slot.spec[next].exists())
        ScheduleProbe(slot, next, Seconds(slot.spec[next]["initialDelaySeconds"].i64()));
    }
    return Sync();
  }
  if (kind[0] == 'r') {
    const bool before = slot.ready;
    if (passed) slot.ready = true;
    if (failed) slot.ready = false;
    if (before != slot.ready) ScheduleSync();
  } else if (failed) {
    slot.kill_reason = "Error";
    Stop(slot,
         spec["terminationGracePeriodSeconds"].i64(
             facts_.spec["terminationGracePeriodSeconds"].i64(30)),
         "Container " + slot.name + " failed " + (kind[0] == 's' ? "startup" : "liveness") +
             " probe, will be restarted");
    return;
  }
  // A server that answers goes on answering until it ends: only commands are asked again and again.
  if (passed && !spec["exec"].exists()) return;
  ScheduleProbe(slot, kind, Seconds(std::max<int64_t>(spec["periodSeconds"].i64(10), 1)));
}

}  // namespace stowage::sim
