// EventWatch: the member's Events about pods, each told once for every count it reaches.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/random/rng.h"
#include "kube/cache/reflector.h"

namespace stowage::providers {

class EventWatch : private kube::ReflectorSink {
 public:
  // `tell` says whether `pod_uid` is a pod of ours that is known by now.
  using Tell = std::function<bool(const std::string& pod_uid, const kube::Object& event)>;

  EventWatch(Executor& executor, kube::Client& member, Rng rng, Tell tell);

  void Start() { reflector_.Start(); }
  // A pod came into view: events about it may have come before it.
  void OnPodSeen(const std::string& pod_uid);

 private:
  void OnListStart() override { listed_.clear(); }
  void OnListed(const kube::Object& object) override;
  bool Sweep() override;
  void OnUpsert(const kube::Object& object) override;
  void OnDelete(const kube::Object& object) override;

  struct Early {
    std::string pod_uid;
    kube::Object event;
  };
  Tell tell_;
  std::map<std::string, int64_t> told_;  // event's UID -> the count that was told
  std::set<std::string> listed_;         // events of the list being read
  std::deque<Early> early_;              // of pods not seen yet; bounded
  kube::Reflector reflector_;            // last: it calls the rest
};

}  // namespace stowage::providers
