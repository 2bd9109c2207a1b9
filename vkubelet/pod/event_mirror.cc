#include "vkubelet/pod/event_mirror.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/random/rng.h"
#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"

namespace stowage::vkubelet {
namespace {

constexpr size_t kWaitingMax = 1000;
constexpr size_t kToldMax = 4096;
constexpr int kCallsAtOnce = 8;
constexpr size_t kMessageBytesMax = 1024;

// Events of one pod sort together, as those of Kubernetes do: "web-1.17a3c0ffee".
// The same for the same event, whoever mirrors it. Recorders end an event's name in the time, in
// hex; ours keeps it in front, since lists are in the order of names and kubectl describe knows
// whole seconds only.
std::string EventName(const providers::PodRef& pod, const kube::Object& event) {
  std::string_view time = event.name();
  time.remove_prefix(std::min(time.rfind('.') + 1, time.size()));
  time = time.substr(0, 16);
  if (time.find_first_not_of("0123456789abcdef") != std::string_view::npos) time = {};
  char hash[9];
  std::snprintf(hash, sizeof hash, "%08x",
                static_cast<unsigned>(StableHash(pod.uid + "/" + std::string(event.uid()))));
  return pod.name.substr(0, 225) + "." + std::string(time) + hash;
}

std::string Timestamp(const kube::Object& event, const char* field, WallTime now) {
  if (event[field].is_string()) return event[field].string();
  if (event["eventTime"].is_string()) {  // of a finer kind: metav1.MicroTime
    const auto at = ParseTime(event["eventTime"].str());
    if (at) return FormatTime(*at);
  }
  return FormatTime(now);
}

kube::Json ForHost(const providers::PodRef& pod, const std::string& node, const std::string& name,
                   const kube::Object& event, WallTime now) {
  kube::MutableJson e;
  e["apiVersion"] = "v1";
  e["kind"] = "Event";
  e.Set({"metadata", "name"}, name);
  e.Set({"metadata", "namespace"}, pod.ns);
  e.Set({"involvedObject", "apiVersion"}, "v1");
  e.Set({"involvedObject", "kind"}, "Pod");
  e.Set({"involvedObject", "namespace"}, pod.ns);
  e.Set({"involvedObject", "name"}, pod.name);
  e.Set({"involvedObject", "uid"}, pod.uid);
  const std::string_view field_path = event["involvedObject"]["fieldPath"].str();
  if (!field_path.empty()) e.Set({"involvedObject", "fieldPath"}, field_path);
  e["type"] = event["type"].str("Normal");
  e["reason"] = event["reason"].str();
  e["message"] = event["message"].str().substr(0, kMessageBytesMax);
  std::string_view component = event["source"]["component"].str();
  if (component.empty()) component = event["reportingComponent"].str("kubelet");
  e.Set({"source", "component"}, component);
  e.Set({"source", "host"}, node);
  e["reportingComponent"] = component;
  e["reportingInstance"] = node;
  e["firstTimestamp"] = Timestamp(event, "firstTimestamp", now);
  e["lastTimestamp"] = Timestamp(event, "lastTimestamp", now);
  int64_t count = event["count"].i64(0);
  if (count < 1) count = std::max<int64_t>(1, event["series"]["count"].i64(1));
  e["count"] = count;
  return std::move(e).Freeze();
}

}  // namespace

void EventMirror::Mirror(const providers::PodRef& pod, const std::string& node,
                         const kube::Object& event) {
  const std::string name = EventName(pod, event);
  kube::Json mirrored = ForHost(pod, node, name, event, executor_.WallNow());
  const uint64_t hash = mirrored.Hash();
  if (told_.size() >= kToldMax && !told_.contains(name)) told_.erase(told_.begin());
  uint64_t& told = told_[name];
  if (told == hash) return;
  told = hash;
  waiting_.push_back({pod.ns, name, std::move(mirrored)});
  if (waiting_.size() > kWaitingMax) {
    waiting_.pop_front();
    ++dropped_;
  }
  Pump();
}

void EventMirror::Pump() {
  while (open_ < kCallsAtOnce && !waiting_.empty()) {
    Item item = std::move(waiting_.front());
    waiting_.pop_front();
    ++open_;
    Create(std::move(item));
  }
}

void EventMirror::Create(Item item) {
  host_.Create(kube::kEvents, item.ns, item.event,
               [this, item, alive = alive_](Result<kube::Object> created) {
                 if (!*alive) return;
                 if (!created && created.error().code == ErrorCode::kAlreadyExists) {
                   return Update(item);
                 }
                 if (!created) ++dropped_;
                 Done();
               });
}

void EventMirror::Update(const Item& item) {
  kube::MutableJson patch;
  for (const char* field : {"count", "lastTimestamp", "message"}) patch[field] = item.event[field];
  host_.Patch(kube::kEvents, item.ns, item.name, kube::PatchType::kMerge, std::move(patch).Freeze(),
              [this, alive = alive_](Result<kube::Object> patched) {
                if (!*alive) return;
                if (!patched) ++dropped_;
                Done();
              });
}

void EventMirror::Done() {
  --open_;
  Pump();
}

}  // namespace stowage::vkubelet
