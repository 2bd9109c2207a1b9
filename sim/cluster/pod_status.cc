// What a PodWorker tells the API server: status.phase, conditions, container statuses.
#include <algorithm>
#include <utility>

#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"
#include "sim/cluster/pod_worker.h"

namespace stowage::sim {
namespace {

void SetEnding(kube::JsonNode node, const PodWorker::Ending& ending) {
  node["exitCode"] = ending.exit_code;
  node["reason"] = ending.reason;
  if (!ending.message.empty()) node["message"] = ending.message;
  node["startedAt"] = FormatTime(ending.started_at);
  node["finishedAt"] = FormatTime(ending.finished_at);
  if (!ending.container_id.empty()) node["containerID"] = ending.container_id;
}

}  // namespace

kube::Json PodWorker::ContainerStatus(const Slot& slot) const {
  kube::MutableJson out;
  const std::string image = slot.spec["image"].string();
  out["name"] = slot.name;
  out["image"] = slot.image.empty() ? image : CanonicalImage(slot.image);
  out["imageID"] =
      slot.attempted && !slot.image.empty()
          ? CanonicalImage(slot.image).substr(0, CanonicalImage(slot.image).rfind(':')) + "@" +
                ImageDigest(slot.image)
          : std::string();
  if (slot.attempted && !slot.container_id.empty()) out["containerID"] = slot.container_id;
  out["restartCount"] = slot.restarts;
  const bool init_succeeded =
      slot.kind == Kind::kInit && slot.state == State::kTerminated && slot.ended->exit_code == 0;
  out["ready"] =
      slot.kind == Kind::kInit ? init_succeeded : slot.ready && slot.kind != Kind::kEphemeral;
  out["started"] = slot.started;
  const kube::JsonNode state = out["state"];
  if (slot.state == State::kRunning) {
    state["running"]["startedAt"] = FormatTime(slot.started_at);
  } else if (slot.state == State::kTerminated) {
    SetEnding(state["terminated"], *slot.ended);
  } else {
    state["waiting"]["reason"] = slot.reason;
    if (!slot.message.empty()) state["waiting"]["message"] = slot.message;
  }
  out["lastState"] = kube::JsonObject{};
  if (slot.last) SetEnding(out["lastState"]["terminated"], *slot.last);
  return std::move(out).Freeze();
}

bool PodWorker::PodReady() const {
  for (const auto& [type, status] : gates_) {
    if (status != "True") return false;
  }
  return true;
}

kube::Json PodWorker::BuildStatus() {
  kube::MutableJson status;
  status["phase"] = phase_;
  if (!phase_reason_.empty()) status["reason"] = phase_reason_;
  if (!phase_message_.empty()) status["message"] = phase_message_;
  status["startTime"] = FormatTime(created_at_);
  status["hostIP"] = node_.host_ip;
  if (!facts_.identity->ip.empty()) {
    status["podIP"] = facts_.identity->ip;
    status["podIPs"].Append(kube::JsonObject{});
    status["podIPs"].At(0)["ip"] = facts_.identity->ip;
  }
  bool containers_ready = !finished_;
  std::string unready;
  for (const Slot& slot : slots_) {
    const char* list = slot.kind == Kind::kMain        ? "containerStatuses"
                       : slot.kind == Kind::kEphemeral ? "ephemeralContainerStatuses"
                                                       : "initContainerStatuses";
    status[list].Append(ContainerStatus(slot));
    if ((slot.kind == Kind::kMain || slot.kind == Kind::kSidecar) && !slot.ready) {
      containers_ready = false;
      unready += (unready.empty() ? "" : " ") + slot.name;
    }
  }
  const bool initialized = init_done_ || phase_ == "Succeeded";
  const std::string why = phase_ == "Succeeded" ? "PodCompleted"
                          : phase_ == "Failed"  ? "PodFailed"
                                                : "ContainersNotReady";
  auto condition = [&](const char* type, bool holds, const std::string& reason,
                       const std::string& message) {
    auto& [last, since] = transitions_[type];
    const std::string value = holds ? "True" : "False";
    if (last != value) {
      last = value;
      since = context_.executor.WallNow();
    }
    kube::MutableJson c;
    c["type"] = type;
    c["status"] = value;
    if (!holds && !reason.empty()) c["reason"] = reason;
    if (!holds && !message.empty()) c["message"] = message;
    c["lastProbeTime"] = nullptr;
    c["lastTransitionTime"] = FormatTime(since);
    status["conditions"].Append(c.ref());
  };
  const std::string message = "containers with unready status: [" + unready + "]";
  condition("PodReadyToStartContainers", sandbox_ready_ && !finished_, "", "");
  condition("Initialized", initialized, "ContainersNotInitialized",
            "containers with incomplete status");
  condition("Ready", containers_ready && PodReady(),
            containers_ready ? "ReadinessGatesNotReady" : why,
            containers_ready ? "corresponding condition of a readiness gate is not True" : message);
  condition("ContainersReady", containers_ready, why, message);
  condition("PodScheduled", true, "", "");
  return std::move(status).Freeze();
}

void PodWorker::Publish() {
  if (vanished_ || writing_ || delete_sent_ || node_.hung) return;
  kube::MutableJson patch;
  patch.Set({"metadata", "uid"}, uid());
  const kube::Json status = BuildStatus();
  const uint64_t hash = status.Hash();
  if (hash == written_hash_) return MaybeDeleteObject();
  patch["status"] = status;
  writing_ = true;
  sent_hash_ = hash;
  context_.client.Patch(kube::kPods, key_.ns, key_.name, kube::PatchType::kStrategicMerge,
                        std::move(patch).Freeze(),
                        [weak = weak_from_this()](Result<kube::Object> answer) {
                          if (auto self = weak.lock()) self->OnPublished(std::move(answer));
                        },
                        "status", {.field_manager = "kubelet"});
}

void PodWorker::OnPublished(Result<kube::Object> answer) {
  writing_ = false;
  if (answer) {
    written_hash_ = sent_hash_;
    write_failures_ = 0;
    return Publish();  // what changed meanwhile
  }
  const ErrorCode code = answer.error().code;
  if (code == ErrorCode::kNotFound) return;  // the informer tells of the pod's end
  write_failures_ = std::min(write_failures_ + 1, 6);
  After(Milliseconds(int64_t{100} << write_failures_), [](PodWorker& self) { self.Publish(); });
}

void PodWorker::MaybeDeleteObject() {
  if (!deletion_grace_ || delete_sent_) return;
  const bool running = std::any_of(slots_.begin(), slots_.end(),
                                   [](const Slot& s) { return s.instance != nullptr; });
  if (running) return;
  delete_sent_ = true;
  context_.client.Delete(kube::kPods, key_.ns, key_.name, {.grace_seconds = 0, .uid = uid()},
                         [weak = weak_from_this()](Result<kube::Object> answer) {
                           auto self = weak.lock();
                           if (!self || answer || answer.error().code == ErrorCode::kNotFound ||
                               answer.error().code == ErrorCode::kConflict) {
                             return;
                           }
                           self->delete_sent_ = false;
                           self->After(Seconds(1), [](PodWorker& w) { w.Publish(); });
                         });
}

// --- what clients and tests ask of a pod ---

Result<std::string> PodWorker::ResolveContainer(std::string_view name) const {
  std::vector<std::string> mains;
  for (const Slot& slot : slots_) {
    if (slot.kind == Kind::kMain) mains.push_back(slot.name);
  }
  if (name.empty()) {
    const std::string_view preferred =
        facts_.meta["annotations"]["kubectl.kubernetes.io/default-container"].str();
    if (!preferred.empty() && Find(preferred)) return std::string(preferred);
    if (mains.size() == 1) return mains[0];
    std::string all;
    for (const std::string& m : mains) all += (all.empty() ? "" : " ") + m;
    return MakeError(ErrorCode::kInvalid, "a container name must be specified for pod " +
                                              key_.name + ", choose one of: [" + all + "]");
  }
  if (Find(name)) return std::string(name);
  return MakeError(ErrorCode::kNotFound,
                   "container " + std::string(name) + " is not valid for pod " + key_.name);
}

Result<std::shared_ptr<ContainerLog>> PodWorker::Log(const std::string& container,
                                                     bool previous) const {
  const Slot* slot = Find(container);
  if (!slot) {
    return MakeError(ErrorCode::kNotFound,
                     "container " + container + " is not valid for pod " + key_.name);
  }
  if (previous) {
    // While the next instance waits for its back-off, the one before it is the last that ended.
    const std::shared_ptr<ContainerLog> log =
        slot->state == State::kWaiting ? slot->log : slot->previous_log;
    if (log) return log;
    return MakeError(ErrorCode::kInvalid, "previous terminated container \"" + container +
                                              "\" in pod \"" + key_.name + "\" not found");
  }
  if (slot->log) return slot->log;
  std::string why = slot->reason;  // the commonest are told as a kubelet tells them
  if (why == "ErrImagePull") why = "image can't be pulled";
  if (why == "ImagePullBackOff") why = "trying and failing to pull image";
  return MakeError(ErrorCode::kInvalid, "container \"" + container + "\" in pod \"" + key_.name +
                                            "\" is waiting to start: " + why);
}

Result<void> PodWorker::KillContainer(const std::string& container, int exit_code,
                                      std::string reason) {
  Slot* slot = Find(container);
  if (!slot || !slot->instance) {
    return MakeError(ErrorCode::kInvalid,
                     "container " + container + " of pod " + key_.name + " is not running");
  }
  slot->kill_reason = std::move(reason);
  slot->kill_exit = exit_code;
  slot->instance->Signal(kSigKill);
  return {};
}

Result<void> PodWorker::CheckContainer(std::string_view container) const {
  ASSIGN_OR_RETURN(const std::string name, ResolveContainer(container));
  const Slot* slot = Find(name);
  if (slot->instance && slot->instance->running()) return {};
  return MakeError(ErrorCode::kUnavailable, "container not found (\"" + name + "\")");
}

Result<std::unique_ptr<IoSession>> PodWorker::Exec(std::string_view container, IoOptions options,
                                                   IoSink sink) {
  ASSIGN_OR_RETURN(const std::string name, ResolveContainer(container));
  const Slot* slot = Find(name);
  if (!slot->instance)
    return MakeError(ErrorCode::kUnavailable, "container not found (\"" + name + "\")");
  return slot->instance->Exec(std::move(options), std::move(sink));
}

Result<std::unique_ptr<IoSession>> PodWorker::Attach(std::string_view container, IoOptions options,
                                                     IoSink sink) {
  ASSIGN_OR_RETURN(const std::string name, ResolveContainer(container));
  const Slot* slot = Find(name);
  if (!slot->instance)
    return MakeError(ErrorCode::kUnavailable, "container not found (\"" + name + "\")");
  return slot->instance->Attach(std::move(options), std::move(sink));
}

Result<std::unique_ptr<PortSession>> PodWorker::Connect(int port, PortSink sink) {
  for (Slot& slot : slots_) {
    if (slot.instance && slot.instance->Listens(port))
      return slot.instance->Connect(port, std::move(sink));
  }
  return MakeError(ErrorCode::kUnavailable,
                   "failed to connect to localhost:" + std::to_string(port) +
                       " inside namespace \"" + key_.ns + "\", pod \"" + key_.name +
                       "\": connection refused");
}

Result<std::string> PodWorker::HttpGet(int port, std::string_view path) {
  const std::string request =
      "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + ip() + "\r\n\r\n";
  for (Slot& slot : slots_) {
    if (!slot.instance || !slot.instance->Listens(port)) continue;
    HttpAnswer answer = slot.instance->Http(request, port);
    if (answer.status < 400) return std::move(answer.body);
    return MakeError(ErrorCode::kInvalid, "server returned error: HTTP/1.1 " +
                                              answer.body.substr(0, answer.body.find('\n')));
  }
  return MakeError(ErrorCode::kUnavailable,
                   "can't connect to remote host (" + ip() + "): Connection refused");
}

}  // namespace stowage::sim
