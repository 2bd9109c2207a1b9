// Rounds: begun when pods wait, stepped and settled in short tasks so that nothing else has to
// wait.
#include <algorithm>
#include <set>
#include <utility>

#include "base/log/log.h"
#include "scheduler/control/scheduler_impl.h"

namespace stowage::scheduler {
namespace {

constexpr size_t kPodsPerRound = 5000;
constexpr size_t kSettledPerTask = 400;
constexpr Duration kNamespacesWait = Seconds(5);
constexpr Duration kReportAgain = Minutes(5);  // events expire after an hour

}  // namespace

void Scheduler::Impl::PostAlive(void (Impl::*step)()) {
  executor.Post([weak = weak_from_this(), step] {
    if (auto self = weak.lock(); self != nullptr && self->running) ((*self).*step)();
  });
}

// Their labels are watched only once a pod selects namespaces; who must not read them goes on
// without after a while.
bool Scheduler::Impl::NamespacesKnown() {
  if (!book.selects_namespaces() || namespaces->has_synced()) return true;
  if (!namespaces_since) {
    namespaces_since = executor.Now();
    namespaces->Start();
    executor.RunAfter(kNamespacesWait, [weak = weak_from_this()] {
      if (auto self = weak.lock(); self != nullptr) self->Wake();
    });
  }
  return executor.Now() - *namespaces_since >= kNamespacesWait;
}

void Scheduler::Impl::Wake() {
  if (!running || !synced() || round_active || round_posted || queue->active() == 0) return;
  if (!NamespacesKnown() || !VolumesKnown()) return;
  round_posted = true;
  const MonotonicTime earliest = round_ended + options.batch_window;
  if (counters.rounds == 0 || executor.Now() >= earliest) return PostAlive(&Impl::BeginRound);
  executor.RunAt(earliest, [weak = weak_from_this()] {
    if (auto self = weak.lock(); self != nullptr && self->running) self->BeginRound();
  });
}

// With what its volumes say.
ClassPtr Scheduler::Impl::ClassOf(const kube::NamespacedName& key, const SchedulerPod& pod) {
  if (pod.claims.empty()) return pod.spec;
  return book.WithVolumes(pod.spec, volumes->TermsOf(key.ns, pod.claims));
}

// Pods of a gang come with all that wait of it, however long each would have paused.
void Scheduler::Impl::TakePods(std::vector<std::pair<RoundPod, ClassPtr>>& out) {
  std::set<std::string> whole;
  for (bool again = true; again;) {
    again = false;
    for (const kube::NamespacedName& key : queue->Take(kPodsPerRound)) {
      const SchedulerPod* pod = pods->Get(key);
      if (pod == nullptr || !pod->waits()) {
        queue->Remove(key);
        continue;
      }
      out.emplace_back(RoundPod{key, pod->uid, pod->created}, ClassOf(key, *pod));
      const auto gang = gangs.find(pod->spec->gang);
      if (gang == gangs.end() || !whole.insert(gang->first).second) continue;
      for (const kube::NamespacedName& other : gang->second) queue->Bring(other);
      again = true;
    }
  }
}

void Scheduler::Impl::BeginRound() {
  round_posted = false;
  std::vector<std::pair<RoundPod, ClassPtr>> taking_part;
  round_active = true;  // whoever is woken meanwhile takes part already
  TakePods(taking_part);
  if (taking_part.empty()) {
    round_active = false;
    return Wake();
  }
  if (auto placed = rounds.PlaceAtOnce(taking_part, options.fast_lane_from)) {
    counters.at_once += placed->size();
    verdicts = std::move(*placed);
    next_verdict = 0;
    return Settle();
  }
  ++counters.rounds;
  round_begun = executor.Now();
  const bool few = taking_part.size() <= kSettledPerTask;
  rounds.Begin(std::move(taking_part));
  if (!few) return PostAlive(&Impl::StepRound);
  StepRound();
}

void Scheduler::Impl::StepRound() {
  const bool complete = rounds.Step(options.step_iterations);
  const bool over = executor.Now() - round_begun >= options.round_max && rounds.has_answer();
  if (!complete && !over) return PostAlive(&Impl::StepRound);
  verdicts = rounds.Finish();
  next_verdict = 0;
  counters.last_cost = rounds.incumbent().cost;
  counters.last_bound = rounds.incumbent().lower_bound;
  LogVerbose(1, "round",
             {{"pods", static_cast<uint64_t>(verdicts.size())},
              {"cost", FormatDollars(rounds.incumbent().cost, 6)},
              {"iterations", rounds.incumbent().iterations},
              {"gap_ppm", rounds.incumbent().GapPpm()}});
  Settle();
}

void Scheduler::Impl::Settle() {
  const size_t end = std::min(verdicts.size(), next_verdict + kSettledPerTask);
  for (; next_verdict < end; ++next_verdict) SettleOne(verdicts[next_verdict]);
  if (next_verdict < verdicts.size()) return PostAlive(&Impl::Settle);
  verdicts.clear();
  round_active = false;
  // Affinity and spread may be met by what was placed, for those that earlier rounds left over.
  const bool helped = std::exchange(placed_any, false) && waited_for_pods;
  waited_for_pods = std::exchange(waits_for_pods, false) || (waited_for_pods && !helped);
  if (helped) queue->MoveAll();
  round_ended = executor.Now();
  Wake();
}

// The caches may have changed since the pod was taken: the verdict counts for that very pod only.
void Scheduler::Impl::SettleOne(RoundVerdict& verdict) {
  const SchedulerPod* pod = pods->Get(verdict.pod.key);
  if (pod == nullptr || pod->uid != verdict.pod.uid || !pod->waits()) return;
  if (pod->spec != OwnOf(verdict.spec)) return queue->PutBack(verdict.pod.key);
  if (!verdict.node.empty()) {
    if (!fleet.HasNode(verdict.node)) return queue->PutBack(verdict.pod.key);
    placed_any = true;
    return Assume(verdict, *pod);
  }
  if (verdict.next) return queue->PutBack(verdict.pod.key);
  if (verdict.message.empty()) return queue->Failed(verdict.pod.key, Duration(0));
  ++counters.unschedulable;
  waits_for_pods = waits_for_pods || verdict.spec->WaitsForPods();
  Report(verdict, *pod);
  queue->Unschedulable(verdict.pod.key);
}

void Scheduler::Impl::Report(const RoundVerdict& verdict, const SchedulerPod& pod) {
  const bool changed = StableHash(verdict.message) != pod.reported;
  if (changed) conditions->Unschedulable(verdict.pod.key, pod.uid, verdict.message);
  const auto [it, first] = reported_at.try_emplace(pod.uid, executor.Now());
  if (!first && !changed && executor.Now() - it->second < kReportAgain) return;
  it->second = executor.Now();
  Record(verdict.pod.key, pod.uid, true, "FailedScheduling", verdict.message);
}

}  // namespace stowage::scheduler
