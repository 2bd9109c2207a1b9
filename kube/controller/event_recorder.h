// EventRecorder: Events of ours on host objects, aggregated as Kubernetes does: the same event
// again raises `count` and `lastTimestamp`; many similar ones of one object within 10 minutes
// become one
// "(combined from similar events)"; a token bucket per object (25, then one in 5 min) keeps floods
// out.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"

namespace stowage::kube {

// What an Event is about: involvedObject.
struct ObjectReference {
  std::string api_version, kind, ns, name, uid, field_path;
  static ObjectReference Of(const Object& object);
};

class EventRecorder {
 public:
  // `component`: "stowage-scheduler", "stowage-kubelet"; `host`: source.host, may be empty.
  EventRecorder(Executor& executor, Client& client, Rng rng, std::string component,
                std::string host);
  ~EventRecorder();

  enum class Type { kNormal, kWarning };
  // Fire and forget: never blocks, never fails the caller; at most 10,000 wait, older ones
  // are dropped and counted. `message` is cut at 1,024 bytes. No secrets.
  void Record(const ObjectReference& about, Type type, std::string_view reason,
              std::string_view message);
  uint64_t dropped() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::kube
