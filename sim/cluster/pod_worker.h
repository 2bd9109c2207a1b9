// PodWorker: one pod on a simulated node, from being seen to being gone: sandbox, volumes, images,
// init containers, sidecars, restarts with back-off, probes, termination, and the status that tells
// of it.
//
// Level-triggered: Sync() looks at what is and starts what is due; everything that takes time ends
// in another Sync(). Nothing is polled: an idle pod holds no timer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "kube/controller/event_recorder.h"
#include "sim/cluster/container.h"
#include "sim/cluster/kubelet_log.h"
#include "sim/cluster/member_options.h"
#include "sim/cluster/member_pod.h"
#include "sim/cluster/pod_config.h"

namespace stowage::sim {

// One node as its kubelet keeps it.
struct KubeletNode {
  std::string name;
  std::string host_ip;
  std::string pod_cidr;
  uint32_t first_ip = 0;  // of the pods, host byte order
  uint32_t ip_count = 0;
  std::set<uint32_t> used_ips;  // offsets from first_ip
  uint32_t next_ip = 0;
  std::set<std::string> images;  // pulled before
  bool hung = false;
  std::unique_ptr<kube::EventRecorder> events;
};

// What all workers of a member share. Everything outlives them.
struct KubeletContext {
  Executor& executor;
  kube::Client& client;
  const MemberOptions& options;
  KubeletLog& log;
  ConfigLookup lookup;
  Rng pull, start, faults;  // random streams
  std::function<Result<std::string>(std::string_view url)> fetch;
};

class PodWorker : public PodIo, public std::enable_shared_from_this<PodWorker> {
 public:
  PodWorker(KubeletContext& context, KubeletNode& node, kube::NamespacedName key,
            const MemberPod& pod);
  ~PodWorker() override;

  const std::string& uid() const { return facts_.identity->uid; }
  void Update(const MemberPod& pod);  // the object changed
  void Vanish();                      // the object is gone: what runs is killed at once
  void ConfigChanged() {
    if (waits_for_config_) ScheduleSync();
  }
  void NodeBack() { ScheduleSync(); }
  void Crash(bool power_loss);  // every container dies (137); power loss: nothing is reported

  // kNotFound: no such container; kInvalid: it must be named (the message is the API's).
  Result<std::string> ResolveContainer(std::string_view name) const;
  // The log of the running or last instance, or of the one before. Errors as a kubelet words them.
  Result<std::shared_ptr<ContainerLog>> Log(const std::string& container, bool previous) const;
  // kInvalid: no such container is running.
  Result<void> KillContainer(const std::string& container, int exit_code, std::string reason);

  Result<void> CheckContainer(std::string_view container) const override;
  Result<std::unique_ptr<IoSession>> Exec(std::string_view container, IoOptions options,
                                          IoSink sink) override;
  Result<std::unique_ptr<IoSession>> Attach(std::string_view container, IoOptions options,
                                            IoSink sink) override;
  Result<std::unique_ptr<PortSession>> Connect(int port, PortSink sink) override;
  Result<std::string> HttpGet(int port, std::string_view path);
  const std::string& ip() const { return facts_.identity->ip; }

  enum class Kind { kInit, kSidecar, kMain, kEphemeral };
  enum class State { kWaiting, kRunning, kTerminated };
  struct Ending {
    int exit_code = 0;
    std::string reason, message;
    WallTime started_at{}, finished_at{};
    std::string container_id;
  };
  struct Probe {
    TimerId timer = TimerId::kNone;
    int failures = 0;
    int successes = 0;
    bool passed = false;
  };
  struct Slot {
    std::string name;
    Kind kind = Kind::kMain;
    kube::Json spec;
    State state = State::kWaiting;
    std::string reason = "ContainerCreating", message;
    WallTime started_at{};
    MonotonicTime run_start{};
    std::optional<Ending> ended;  // of state kTerminated
    std::optional<Ending> last;   // of the instance before
    int restarts = 0;
    bool attempted = false;  // an instance of this slot was started once
    bool started = false, ready = false;
    std::string image, container_id;
    enum class Step { kIdle, kPulling, kStarting } step = Step::kIdle;
    bool pulled = false;
    int crashes = 0;  // in a row, each after less than 10 minutes
    Duration backoff{0};
    MonotonicTime backoff_until{};
    Duration pull_backoff{0};
    MonotonicTime pull_until{};
    TimerId timer = TimerId::kNone;
    TimerId kill_timer = TimerId::kNone;
    bool stopping = false;    // asked to end: not restarted before it has
    std::string kill_reason;  // of an end that we brought about
    int kill_exit = 0;
    Probe startup, readiness, liveness;
    std::shared_ptr<Container> instance;
    std::shared_ptr<ContainerLog> log, previous_log;
  };

 private:
  // pod_worker.cc
  void ScheduleSync();
  void Sync();
  void ReadSpec(const MemberPod& pod);
  bool EnsureVolumes();
  bool EnsureSandbox();
  bool SyncInit();
  void SyncSlot(Slot& slot);
  bool ShouldRestart(const Slot& slot) const;
  void DecidePhase();
  void Finish(std::string phase, std::string reason, std::string message);
  void SyncTermination();
  void StopAll(int64_t grace_seconds);
  void Event(const Slot* slot, bool warning, std::string_view reason, std::string_view message);
  void After(Duration delay, std::function<void(PodWorker&)> f, TimerId* timer = nullptr);
  Duration Draw(Rng& rng, const Span& span) const;
  std::string_view RestartPolicy() const { return facts_.spec["restartPolicy"].str("Always"); }
  Slot* Find(std::string_view name);
  const Slot* Find(std::string_view name) const;

  // pod_containers.cc
  bool EnsureImage(Slot& slot);
  bool WaitsForPull(Slot& slot);
  void HoldImage(Slot& slot, std::string reason, std::string message);
  void BeginStart(Slot& slot);
  void StartInstance(Slot& slot);
  void OnStarted(Slot& slot);
  void OnExit(Slot& slot, int code);
  void Stop(Slot& slot, int64_t grace_seconds, std::string_view message);
  void RunHook(Slot& slot, kube::JsonRef hook, std::function<void(PodWorker&)> then);
  void StartProbes(Slot& slot);
  void ScheduleProbe(Slot& slot, const char* kind, Duration delay);
  void RunProbe(Slot& slot, const char* kind);
  void ProbeResult(Slot& slot, const char* kind, bool ok);
  void CancelTimers(Slot& slot);

  // pod_status.cc
  kube::Json BuildStatus();
  kube::Json ContainerStatus(const Slot& slot) const;
  void Publish();
  void OnPublished(Result<kube::Object> answer);
  void MaybeDeleteObject();
  bool PodReady() const;

  KubeletContext& context_;
  KubeletNode& node_;
  kube::NamespacedName key_;
  PodFacts facts_;
  std::map<std::string, std::string> labels_, gates_;
  std::string origin_uid_;
  std::vector<Slot> slots_;
  WallTime created_at_;  // status.startTime
  MonotonicTime seen_at_;
  std::string phase_ = "Pending", phase_reason_, phase_message_;
  std::map<std::string, std::pair<std::string, WallTime>> transitions_;  // of conditions
  bool sync_posted_ = false;
  bool waits_for_config_ = false;
  std::string volume_error_;
  bool claims_ok_ = false, token_ok_ = false, volume_call_ = false;
  bool sandbox_ready_ = false, sandbox_starting_ = false;
  int sandboxes_ = 0;  // how many there were: a node that lost power makes another
  std::optional<uint32_t> ip_offset_;
  bool init_done_ = false;
  bool finished_ = false;  // a terminal phase was reached
  bool vanished_ = false;
  std::optional<int64_t> deletion_grace_;
  std::optional<MonotonicTime> stop_began_;
  TimerId stop_timer_ = TimerId::kNone;
  TimerId deadline_timer_ = TimerId::kNone;
  // Publishing: at most one write under way.
  bool writing_ = false, delete_sent_ = false;
  uint64_t written_hash_ = 0, sent_hash_ = 0;
  int write_failures_ = 0;
};

}  // namespace stowage::sim
