#include "providers/memory/memory_member.h"

#include <algorithm>
#include <memory>

#include "base/time/rfc3339.h"

namespace stowage::providers {
namespace {

using kube::JsonRef;
using kube::MutableJson;
using kube::NamespacedName;

void AddCondition(MutableJson& status, std::string_view type, bool holds) {
  MutableJson condition;
  condition["type"] = type;
  condition["status"] = holds ? "True" : "False";
  status["conditions"].Append(condition.ref());
}

// The status of a pod all of whose containers are in `state` ("waiting", "running", "terminated").
kube::Json StatusOf(const kube::Object& pod, std::string_view phase, std::string_view state,
                    const std::string& time, const std::string& ip) {
  MutableJson status;
  status["phase"] = phase;
  status["hostIP"] = "192.0.2.1";
  status["startTime"] = time;
  const bool running = state == "running";
  if (state != "waiting") status["podIP"] = ip;
  AddCondition(status, "Initialized", true);
  AddCondition(status, "ContainersReady", running);
  AddCondition(status, "Ready", running);
  status["containerStatuses"] = kube::JsonArray{};
  for (JsonRef container : pod.spec()["containers"].elements()) {
    MutableJson one;
    one["name"] = container["name"];
    one["image"] = container["image"];
    one["imageID"] = "";
    one["ready"] = running;
    one["restartCount"] = 0;
    one["state"][state] = kube::JsonObject{};
    if (state == "waiting") one["state"][state]["reason"] = "ContainerCreating";
    if (running) one["state"][state]["startedAt"] = time;
    if (state == "terminated") {
      one["state"][state]["exitCode"] = 0;
      one["state"][state]["reason"] = "Completed";
      one["state"][state]["finishedAt"] = time;
    }
    status["containerStatuses"].Append(one.ref());
  }
  return std::move(status).Freeze();
}

std::string AddressOf(uint64_t version) {
  return "198.51." + std::to_string(version / 250 % 250) + "." + std::to_string(1 + version % 250);
}

}  // namespace

MemoryMember::~MemoryMember() {
  *alive_ = false;
  for (auto& [key, copy] : copies_) executor_.Cancel(copy.timer);
}

void MemoryMember::FaultNext(const std::string& verb, Fault fault, Error error) {
  faults_[verb].push_back({fault, std::move(error)});
}

void MemoryMember::SetReachable(bool reachable) {
  if (std::exchange(reachable_, reachable) == reachable) return;
  Changed({});
  for (const auto& [key, copy] : copies_) Changed(key);
}

MemoryMember::Fate MemoryMember::Decide(const std::string& verb, bool write) {
  const Error lost{write ? ErrorCode::kUnknownOutcome : ErrorCode::kUnavailable,
                   "member: " + verb + " was not answered", std::nullopt};
  Fate fate{dials.latency, true, std::nullopt};
  if (!reachable_)
    return {dials.latency, false,
            Error{ErrorCode::kUnavailable, "member: connection refused", std::nullopt}};
  if (auto it = faults_.find(verb); it != faults_.end() && !it->second.empty()) {
    Scripted scripted = std::move(it->second.front());
    it->second.pop_front();
    if (scripted.fault == Fault::kError) return {dials.latency, false, scripted.error};
    if (scripted.fault == Fault::kHang) return {dials.call_timeout, false, lost};
    fate.error = lost;
    return fate;
  }
  if (rng_.Chance(dials.error_rate)) {
    return {dials.latency, false,
            Error{ErrorCode::kUnavailable, "member: injected fault", std::nullopt}};
  }
  if (write && rng_.Chance(dials.lost_answer_rate)) fate.error = lost;
  return fate;
}

uint64_t MemoryMember::AddObserver(Observer observer) {
  observers_.emplace(next_observer_, std::move(observer));
  return next_observer_++;
}

void MemoryMember::RemoveObserver(uint64_t id) { observers_.erase(id); }

void MemoryMember::Changed(const NamespacedName& key, const kube::Object* event) {
  for (const auto& [id, observer] : observers_) {
    std::optional<kube::Object> copy;
    if (event) copy = *event;
    executor_.Post([this, alive = alive_, id = id, key, copy] {
      if (!*alive || !observers_.contains(id)) return;
      observers_.at(id)(key, copy ? &*copy : nullptr);
    });
  }
}

const MemoryMember::Copy* MemoryMember::Find(const NamespacedName& key) const {
  auto it = copies_.find(key);
  return it == copies_.end() ? nullptr : &it->second;
}

Result<RemotePod> MemoryMember::Read(const PodRef& ref) const {
  const Copy* copy = Find({ref.ns, ref.name});
  if (!copy || !copy->spec.exists() || copy->pod.ref != ref) {
    return MakeError(ErrorCode::kNotFound, "pod " + ref.ns + "/" + ref.name + ": no copy of it");
  }
  return copy->pod;
}

MemoryMember::Copy* MemoryMember::FindOurs(const PodRef& ref) {
  auto it = copies_.find({ref.ns, ref.name});
  const bool ours = it != copies_.end() && it->second.spec.exists() && it->second.pod.ref == ref;
  return ours ? &it->second : nullptr;
}

void MemoryMember::SetTimer(Copy& copy, Duration after, std::function<void()> f) {
  executor_.Cancel(copy.timer);
  copy.timer = executor_.RunAfter(after, std::move(f));
}

Result<void> MemoryMember::Create(const std::string& node, const kube::Object& pod) {
  const NamespacedName key = pod.key();
  const std::string what = "pod " + key.ToString();
  if (pod.uid().empty() || pod.name().empty() || pod.spec()["containers"].empty()) {
    return MakeError(ErrorCode::kInvalid, what + ": it has no name, UID or containers");
  }
  if (key.ns.starts_with("kube-")) {
    return MakeError(ErrorCode::kInvalid, what + ": namespaces kube-* are never mirrored");
  }
  if (const Copy* there = Find(key)) {
    if (!there->spec.exists()) {
      return MakeError(ErrorCode::kAlreadyExists, what + ": a pod of others has that name");
    }
    if (there->pod.ref.uid == pod.uid()) return {};
    return MakeError(ErrorCode::kConflict, what + ": the copy of an older pod is still there");
  }
  Copy& copy = copies_[key];
  copy.spec = pod;
  copy.pod.ref = {key.ns, key.name, std::string(pod.uid())};
  copy.pod.node = node;
  copy.pod.version = ++version_;
  copy.pod.status =
      StatusOf(pod, "Pending", "waiting", FormatTime(executor_.WallNow()), AddressOf(version_));
  SetTimer(copy, dials.start_after, [this, key, uid = copy.pod.ref.uid] { Start(key, uid); });
  Changed(key);
  return {};
}

void MemoryMember::Start(const NamespacedName& key, const std::string& uid) {
  Copy* copy = FindOurs({key.ns, key.name, uid});
  if (!copy || copy->pod.deleting) return;
  copy->timer = TimerId::kNone;
  ++starts_[uid];
  copy->pod.version = ++version_;
  copy->pod.status = StatusOf(copy->spec, "Running", "running", FormatTime(executor_.WallNow()),
                              AddressOf(version_));
  if (dials.run_for && copy->spec.spec()["restartPolicy"].str("Always") != "Always") {
    SetTimer(*copy, *dials.run_for, [this, key, uid] { Finish(key, uid); });
  }
  Changed(key);
}

void MemoryMember::Finish(const NamespacedName& key, const std::string& uid) {
  Copy* copy = FindOurs({key.ns, key.name, uid});
  if (!copy || copy->pod.deleting) return;
  copy->timer = TimerId::kNone;
  copy->pod.version = ++version_;
  copy->pod.status = StatusOf(copy->spec, "Succeeded", "terminated",
                              FormatTime(executor_.WallNow()), AddressOf(version_));
  Changed(key);
}

Result<void> MemoryMember::Update(const kube::Object& pod) {
  Copy* copy = FindOurs({std::string(pod.ns()), std::string(pod.name()), std::string(pod.uid())});
  if (!copy) {
    return MakeError(ErrorCode::kNotFound, "pod " + pod.key().ToString() + ": no copy of it");
  }
  if (copy->spec.json() == pod.json()) return {};
  copy->spec = pod;
  copy->pod.version = ++version_;
  Changed(pod.key());
  return {};
}

Result<void> MemoryMember::Delete(const PodRef& ref, Grace grace) {
  Copy* copy = FindOurs(ref);
  const NamespacedName key{ref.ns, ref.name};
  if (!copy) return MakeError(ErrorCode::kNotFound, "pod " + key.ToString() + ": no copy of it");
  const int64_t own = copy->spec.spec()["terminationGracePeriodSeconds"].i64(30);
  const int64_t seconds = std::max<int64_t>(0, grace.seconds.value_or(own));
  copy->pod.deleting = true;
  copy->pod.version = ++version_;
  SetTimer(*copy, std::min(dials.stop_after, Seconds(seconds)), [this, key, uid = ref.uid] {
    if (FindOurs({key.ns, key.name, uid})) Remove(key);
  });
  Changed(key);
  return {};
}

void MemoryMember::Remove(const NamespacedName& key) {
  auto node = copies_.extract(key);
  if (node.empty()) return;
  executor_.Cancel(node.mapped().timer);
  Changed(key);
}

void MemoryMember::PutForeignPod(const std::string& ns, const std::string& name) {
  Copy& copy = copies_[{ns, name}];
  copy.pod.ref = {ns, name, ""};
  copy.pod.version = ++version_;
}

bool MemoryMember::HasForeignPod(const std::string& ns, const std::string& name) const {
  const Copy* copy = Find({ns, name});
  return copy && !copy->spec.exists();
}

void MemoryMember::LosePod(const std::string& ns, const std::string& name) { Remove({ns, name}); }

void MemoryMember::LoseAllPods() {
  std::vector<NamespacedName> keys;
  for (const auto& [key, copy] : copies_) keys.push_back(key);
  for (const NamespacedName& key : keys) Remove(key);
}

void MemoryMember::SetStatus(const std::string& ns, const std::string& name, kube::Json status) {
  auto it = copies_.find({ns, name});
  if (it == copies_.end()) return;
  it->second.pod.status = std::move(status);
  it->second.pod.version = ++version_;
  Changed(it->first);
}

void MemoryMember::EmitEvent(const std::string& ns, const std::string& name,
                             const kube::Object& event) {
  Changed({ns, name}, &event);
}

void MemoryMember::SetCapacity(Capacity capacity) {
  capacity_ = std::move(capacity);
  Changed({});
}

int MemoryMember::starts(const std::string& uid) const {
  auto it = starts_.find(uid);
  return it == starts_.end() ? 0 : it->second;
}

}  // namespace stowage::providers
