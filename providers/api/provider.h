// Provider: THE contract with one member cluster. Whatever can run pods and say what became of them
// can be a member; optional abilities are the small interfaces at the end.
//
// A pod is its host UID (PodRef::uid). All calls and callbacks are on the Executor; every callback
// comes exactly once, never before the call has returned. Callbacks of calls under way when the
// provider is destroyed do not come.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/api/object.h"

namespace stowage::providers {

// Names a host pod. Two pods of one name, one after the other, differ in `uid`.
struct PodRef {
  std::string ns;  // on the host
  std::string name;
  std::string uid;  // of the host's pod: the identity
  auto operator<=>(const PodRef&) const = default;
};

// What the member says of the copy of one host pod.
struct RemotePod {
  PodRef ref;        // the host's names, from the copy's labels
  std::string node;  // the virtual node that made it
  // A whole pod status, translated for the host, but for what the host owns: PodScheduled,
  // conditions of readiness gates (Ready is the member's ContainersReady), qosClass,
  // observedGeneration. Counts are the member's: that they never fall on the host is for the caller
  // to see to.
  kube::Json status;
  bool deleting = false;  // its deletion was asked for and it is still there
  uint64_t version = 0;   // grows with every change that was seen; only to tell new from old
};

// Seconds the pod is given to stop; not set: the pod's own terminationGracePeriodSeconds.
struct Grace {
  std::optional<int64_t> seconds;
};

struct Health {
  Duration latency{0};  // of the probe
  std::string version;  // of the member: "v1.20.2"
};

// Level-triggered: "look at this". Called on the Executor, any number of times, also needlessly.
class ProviderListener {
 public:
  virtual ~ProviderListener() = default;
  virtual void OnPodChanged(const PodRef& ref) = 0;
  virtual void OnCapacityChanged() {}
  // An event of the member about the copy of `ref`; `event` is a v1 Event of the member.
  virtual void OnPodEvent(const PodRef& ref, const kube::Object& event) {
    (void)ref;
    (void)event;
  }
};

class Provider {
 public:
  virtual ~Provider() = default;

  // Makes the copy of `pod` (a whole host Pod) and all it needs first. ok: it is there, made now or
  // before (safe to repeat for one UID, also after any error). kInvalid: the member will never take
  // this pod (the message says why). kAlreadyExists: another object holds the name and is not ours;
  // it was not touched. kConflict: an older UID of ours holds the name; it must go first.
  // kForbidden, kTooManyRequests, kUnavailable, kUnknownOutcome: look with GetPod, then repeat.
  virtual void CreatePod(const kube::Object& pod, Callback<Result<void>> done) = 0;

  // Brings what Kubernetes lets change after creation (labels, annotations, images, tolerations,
  // activeDeadlineSeconds, ephemeral containers) to the copy. ok: equal now. kNotFound: no copy.
  // kUnsupported: the member cannot take this change (the message says which).
  virtual void UpdatePod(const kube::Object& pod, Callback<Result<void>> done) = 0;

  // ok: asked for (repeat to shorten the grace). kNotFound: the copy is gone; stop asking.
  virtual void DeletePod(const PodRef& ref, Grace grace, Callback<Result<void>> done) = 0;

  // Asks the member itself, not a cache. kNotFound is a fact; any other error says nothing about
  // the pod.
  virtual void GetPod(const PodRef& ref, Callback<Result<RemotePod>> done) = 0;

  // All copies that any of our virtual nodes made there for this host; asks the member itself.
  virtual void ListPods(Callback<Result<std::vector<RemotePod>>> done) = 0;

  // Is the member itself there, and how slow. An error is the answer "not now".
  virtual void Probe(Callback<Result<Health>> done) = 0;

  // At most one; nullptr for none. What was true before is told again after it is set.
  virtual void SetListener(ProviderListener* listener) = 0;

  // What the provider last saw of the copy, from memory; nullopt: nothing (says nothing about the
  // member unless Synced()).
  virtual std::optional<RemotePod> Cached(const PodRef& ref) const = 0;
  // All of Cached(), in no particular order. A large member has tens of thousands: they are shown,
  // not copied. `visit` must not call the provider.
  virtual void EachCached(const std::function<void(const RemotePod&)>& visit) const = 0;
  // True once all pods of the member were seen since start, and while the view is kept current.
  virtual bool Synced() const = 0;
};

// ---- Optional abilities -------------------------------------------------------------------------

// A group of nodes that are alike after rounding down. Amounts are of Kubernetes' base unit in
// integers: cpu in milli-cores, all else (bytes, devices, pods) in whole units.
struct NodeShape {
  std::map<std::string, std::string> labels;   // those that pods may select by
  kube::Json taints;                           // array of v1 Taint
  std::map<std::string, int64_t> allocatable;  // minus foreign pods (those that are not ours)
  int64_t count = 0;
  bool operator==(const NodeShape&) const = default;
};

struct Capacity {
  std::map<std::string, int64_t> capacity;  // sum over nodes
  std::map<std::string, int64_t>
      allocatable;                // sum over ready, schedulable nodes, minus foreign pods
  std::vector<NodeShape> shapes;  // sorted; each ready, schedulable node in one
  int64_t nodes = 0;
  int64_t ready_nodes = 0;
};

class CapacityProvider {
 public:
  virtual ~CapacityProvider() = default;
  // From memory; kUnavailable until the first view of the member is whole.
  virtual Result<Capacity> GetCapacity() const = 0;
};

// Streams. The kubelet endpoint hands over a request for a pod's sub-resource with the query
// already in the API server's words; the reply and its bytes are the member's own.
struct StreamRequest {
  PodRef ref;         // uid may be empty: whatever pod of ours has that name
  std::string verb;   // "log", "exec", "attach", "portforward"
  std::string query;  // "container=app&follow=true", percent-encoded, no '?'
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>>
      headers;  // Upgrade, Connection, Sec-WebSocket-* ...
};

}  // namespace stowage::providers

namespace stowage::kube {
struct UpgradeReply;
}

namespace stowage::providers {

class StreamProvider {
 public:
  virtual ~StreamProvider() = default;
  // Errors as GetPod's; a refusal by the member is a reply with its own status and body.
  virtual void OpenStream(StreamRequest request, Callback<Result<kube::UpgradeReply>> done) = 0;
};

}  // namespace stowage::providers
