#include "providers/kubernetes/event_watch.h"

#include <algorithm>
#include <utility>

#include "kube/api/well_known.h"

namespace stowage::providers {
namespace {

constexpr size_t kEarlyMax = 1000;

kube::ReflectorOptions PodEvents() {
  kube::ReflectorOptions options;
  options.resource = kube::kEvents;
  options.field_selector = "involvedObject.kind=Pod";
  return options;
}

int64_t CountOf(const kube::Object& event) {
  return std::max(event["count"].i64(1), event["series"]["count"].i64(0));
}

}  // namespace

EventWatch::EventWatch(Executor& executor, kube::Client& member, Rng rng, Tell tell)
    : tell_(std::move(tell)), reflector_(executor, member, std::move(rng), PodEvents(), *this) {}

void EventWatch::OnListed(const kube::Object& event) {
  listed_.emplace(event.uid());
  OnUpsert(event);
}

bool EventWatch::Sweep() {
  std::erase_if(told_, [this](const auto& entry) { return !listed_.contains(entry.first); });
  listed_.clear();
  return true;
}

void EventWatch::OnUpsert(const kube::Object& event) {
  const std::string pod_uid = event["involvedObject"]["uid"].string();
  if (pod_uid.empty()) return;
  auto told = told_.find(std::string(event.uid()));
  if (told != told_.end() && told->second >= CountOf(event)) return;
  if (tell_(pod_uid, event)) {
    told_[std::string(event.uid())] = CountOf(event);
    return;
  }
  if (early_.size() == kEarlyMax) early_.pop_front();
  early_.push_back({pod_uid, kube::Object(kube::Json::Copy(event.json()))});
}

void EventWatch::OnDelete(const kube::Object& event) { told_.erase(std::string(event.uid())); }

void EventWatch::OnPodSeen(const std::string& pod_uid) {
  std::deque<Early> later;
  std::deque<Early> all = std::exchange(early_, {});
  for (Early& early : all) {
    if (early.pod_uid == pod_uid) {
      OnUpsert(early.event);
    } else {
      later.push_back(std::move(early));
    }
  }
  for (Early& early : later) early_.push_back(std::move(early));
}

}  // namespace stowage::providers
