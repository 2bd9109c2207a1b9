// The parts of a Scheduler and how they are wired. Private to scheduler.cc and rounds_loop.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kube/cache/informer.h"
#include "kube/controller/event_recorder.h"
#include "scheduler/control/binder.h"
#include "scheduler/control/condition_writer.h"
#include "scheduler/control/fleet.h"
#include "scheduler/control/pending_queue.h"
#include "scheduler/control/round.h"
#include "scheduler/control/scheduler.h"
#include "scheduler/control/volumes.h"
#include "scheduler/solvers/choice.h"

namespace stowage::scheduler {

struct Scheduler::Impl : std::enable_shared_from_this<Scheduler::Impl> {
  Impl(Deps deps, Rng rng, SchedulerOptions options);

  // scheduler.cc: what the watches say.
  void Start();
  void Stop();
  void OnPod(const kube::NamespacedName& key, const SchedulerPod* before,
             const SchedulerPod* after);
  void OnPending(const kube::NamespacedName& key, const SchedulerPod* before,
                 const SchedulerPod& after);
  void OnBoundPod(const kube::NamespacedName& key, const SchedulerPod& pod);
  void OnPodGone(const kube::NamespacedName& key, const SchedulerPod& pod);
  void OnNode(const kube::NamespacedName& key, const SchedulerNode* after);

  // scheduler.cc: what became of bindings.
  void Assume(RoundVerdict& verdict, const SchedulerPod& pod);
  void OnBinding(const Binding& binding, Binder::Outcome outcome, const std::string& node,
                 const Error* error);
  void Forget(const Binding& binding);
  void OnRefused(const Binding& binding, const Error& error);
  void ArmConfirm();
  void LookUpUnconfirmed();

  // round_loop.cc: rounds, in tasks of a few milliseconds.
  void Wake();
  bool NamespacesKnown();
  bool VolumesKnown() { return !any_claims || volumes->Known(); }
  ClassPtr ClassOf(const kube::NamespacedName& key, const SchedulerPod& pod);
  void BeginRound();
  void TakePods(std::vector<std::pair<RoundPod, ClassPtr>>& out);
  void TrackGang(const kube::NamespacedName& key, const SchedulerPod& pod, bool waits);
  void StepRound();
  void Settle();
  void SettleOne(RoundVerdict& verdict);
  void Report(const RoundVerdict& verdict, const SchedulerPod& pod);

  void Record(const kube::NamespacedName& key, const std::string& uid, bool warning,
              std::string_view reason, const std::string& message);
  bool synced() const { return pods->has_synced() && nodes->has_synced(); }
  void PostAlive(void (Impl::*step)());

  struct Assumed {
    Binding binding;
    bool posted = false;  // the API server took it; the watch has not said so yet
    MonotonicTime since{};
  };

  Executor& executor;
  kube::Client& client;
  CapacitySource& capacity;
  const SchedulerOptions options;
  const ChosenSolver chosen{ChosenSolver::Aim::kRounds};
  bool running = false;

  ClassBook book;
  Fleet fleet;
  Rounds rounds;
  std::unique_ptr<kube::Informer<SchedulerPod>> pods;
  std::unique_ptr<kube::Informer<SchedulerNode>> nodes;
  std::unique_ptr<kube::Informer<Labels>> namespaces;  // started when somebody asks for them
  std::optional<MonotonicTime> namespaces_since;
  std::unique_ptr<Volumes> volumes;
  bool any_claims = false;  // of pods that waited for us: volumes are watched from then on
  std::unique_ptr<PendingQueue> queue;
  std::unique_ptr<Binder> binder;
  std::unique_ptr<ConditionWriter> conditions;
  std::unique_ptr<kube::EventRecorder> recorder;

  std::map<std::string, Assumed> assumed;            // by UID
  std::map<std::string, MonotonicTime> reported_at;  // by UID: the last FailedScheduling event
  TimerId confirm_timer = TimerId::kNone;

  std::map<std::string, std::set<kube::NamespacedName>> gangs;  // pods of each that wait for us

  bool round_posted = false;
  bool round_active = false;
  MonotonicTime round_begun{}, round_ended{};
  std::vector<RoundVerdict> verdicts;  // of the round that is being settled
  size_t next_verdict = 0;
  bool placed_any = false;       // in the round that is being settled
  bool waits_for_pods = false;   // of it, a class that other pods may help is left over
  bool waited_for_pods = false;  // of rounds before
  Stats counters;
};

}  // namespace stowage::scheduler
