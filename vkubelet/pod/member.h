// Member: the pods of one virtual node. Compares the host's pods with the copies in the member and
// issues at most one command a step.
//
//   host pod            copy            step
//   deleting            any             DeletePod until it says NotFound, then the host object goes
//   finished            runs            DeletePod: its replacement may run already
//   there               there           status to the host; then what changed in the pod to the
//   copy there, never began  none            look (member and host, live); NotFound: CreatePod
//   there, began        none            look; NotFound: Failed, RemotePodLost; never created again
//
// All that it remembers may be lost at any time: it only saves calls.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "kube/controller/controller.h"
#include "kube/controller/event_recorder.h"
#include "providers/api/provider.h"
#include "vkubelet/pod/event_mirror.h"
#include "vkubelet/pod/options.h"
#include "vkubelet/pod/pod_record.h"
#include "vkubelet/pod/sweep.h"

namespace stowage::vkubelet {

// The host's pods, from the cache that all members share.
class HostPods {
 public:
  virtual ~HostPods() = default;
  virtual bool Synced() const = 0;
  virtual const PodRecord* Find(const kube::NamespacedName& key) const = 0;
  // The keys of all pods bound to `node`, sorted.
  virtual std::vector<kube::NamespacedName> OnNode(const std::string& node) const = 0;
};

class Member : private providers::ProviderListener {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& host;
    kube::EventRecorder& events;
    EventMirror& mirror;
    const HostPods& pods;
    providers::Provider& provider;
    Rng rng;
    MemberHooks hooks;
  };
  Member(Deps deps, std::string node, const PodControllerOptions& options);
  ~Member() override;

  void Enqueue(const kube::NamespacedName& key) { controller_.Enqueue(key); }
  // The host pod is gone, or another one has its name.
  void OnHostPodGone(const providers::PodRef& ref) { sweep_.Suspect(ref); }
  // Regularly (at most every second): notices that a view became whole, and runs the sweep.
  void Tick();
  // Tick() has more to do than to look at the clock; with many pods that is a task of its own.
  bool due() const { return !open_ || deps_.executor.Now() >= next_sweep_; }
  // What the node's probes say. While false, nothing is told of pods: what is known is old.
  void SetReachable(bool reachable);

  const std::string& node() const { return node_; }
  const Sweep& sweep() const { return sweep_; }
  uint64_t steps() const { return controller_.steps(); }
  // Both views are whole, and what had to go first is asked to go.
  bool open() const { return open_ && Synced(); }

 private:
  using Key = kube::NamespacedName;
  using Done = kube::Controller<Key>::Done;

  // Two facts, fetched side by side just before something is created (or given up).
  struct Look {
    MonotonicTime at;
    int open = 2;
    std::optional<Result<providers::RemotePod>> remote;
    std::optional<Result<kube::Object>> host;
  };
  struct Refusal {
    std::string reason, message;
    uint64_t spec_hash = 0;  // of what was refused
    uint64_t seen_hash = 0;  // of the pod as the view had it then
    Duration delay{0};
    MonotonicTime retry_at;
  };
  // What was last published, until the watch shows it.
  struct Published {
    std::string before, after;    // resourceVersions
    uint64_t sent = 0, host = 0;  // hashes of the member's part: as sent, as the host took it
  };
  struct State {
    std::string uid;
    bool seen_started = false;
    bool gone = false;  // the provider said NotFound to a deletion
    std::optional<int64_t> asked_grace;
    MonotonicTime ask_again;
    MonotonicTime created_at{Duration::min()};
    uint64_t pushed_hash = 0;  // 0: not known
    MonotonicTime verify_at;
    std::optional<MonotonicTime> tolerate_at;  // the pod's turn for Tolerate()
    Published published;
    std::shared_ptr<Look> look;  // a step's facts for the next
    std::unique_ptr<Refusal> refusal;
  };
  // One step's view of one pod.
  struct Step {
    Key key;
    const PodRecord& pod;
    State& state;
    providers::PodRef ref;
    std::optional<providers::RemotePod> remote;
    Done done;
  };

  void OnPodChanged(const providers::PodRef& ref) override;
  void OnCapacityChanged() override;
  void OnPodEvent(const providers::PodRef& ref, const kube::Object& event) override;

  bool Synced() const { return deps_.pods.Synced() && deps_.provider.Synced(); }
  void Opened();
  void RunSweep();
  State& StateOf(const Key& key, const PodRecord& pod);
  State* Current(const Key& key, const std::string& uid);

  void Reconcile(const Key& key, Done done);
  void Deleting(Step step);
  void AskToDelete(Step step, int64_t grace);
  void RemoveFromHost(Step step);
  void Finished(Step step);
  void Present(Step step);
  void Update(Step step);
  void Settled(Step step);
  void Tolerate(Step step);
  void Missing(Step step);
  void DecideMissing(Step step);
  void RecordSeen(Step step, providers::RemotePod remote);
  void LookAround(Step step);
  void Create(Step step, const kube::Object& pod);
  void OnCreateFailed(const Key& key, const std::string& uid, const Error& error,
                      uint64_t spec_hash, Done done);
  void DeleteOlder(const Key& key, const std::string& uid, const Error& error, Done done);
  void Refuse(const Key& key, const std::string& uid, std::string reason, std::string message,
              uint64_t spec_hash);
  void Lose(Step step, const kube::Object& whole);
  bool NeedsPublish(const Step& step, const kube::Json& desired) const;
  void Publish(Step step, kube::Json desired);
  void Event(const Key& key, const std::string& uid, kube::EventRecorder::Type type,
             std::string_view reason, std::string_view message);

  Deps deps_;
  const std::string node_;
  const PodControllerOptions options_;
  std::map<Key, State> states_;
  Sweep sweep_;
  bool open_ = false;
  bool opening_ = false;
  bool reachable_ = true;
  MonotonicTime next_sweep_;
  MonotonicTime next_full_sweep_;
  MonotonicTime next_verification_;
  MonotonicTime next_toleration_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  kube::Controller<Key> controller_;  // last: it calls the rest
};

}  // namespace stowage::vkubelet
