// Scheduler: binds the host's pending pods to virtual nodes.
//
// Level-triggered: watches pods and nodes, keeps the keys of pods that wait for us, and in rounds
// solves one placement problem for all of them, binds what was placed and says of the rest why not.
// All durable state is in API objects; any instance can be stopped at any moment and another one
// goes on. Only one should run at a time (leader election is the caller's), though two that race
// cannot bind a pod twice: the API server takes one binding a pod.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "scheduler/control/capacity_source.h"
#include "scheduler/control/config.h"

namespace stowage::scheduler {

class Solver;  // placement/solver.h

struct SchedulerOptions {
  std::string scheduler_name = "stowage";
  int bindings_max = 64;                    // under way at once
  Duration batch_window = Milliseconds(2);  // between the ends and starts of rounds; 0 when idle
  Duration round_max = Seconds(1);          // then the best answer so far is taken
  int64_t step_iterations = 20000;          // of the solver a task; about 2 ms
  // A few pods that come after a round of so many iterations (about 0.5 ms) are placed without
  // another: without a certificate, too.
  int64_t fast_lane_from = 5000;
  Duration backoff_min = Seconds(1);  // of pods that could not be placed or bound
  Duration backoff_max = Seconds(10);
  Duration unschedulable_max = Seconds(60);  // then tried again although nothing changed
  Duration confirm_after = Seconds(30);      // a binding that no watch confirmed is looked up
};

class Scheduler {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& client;
    CapacitySource& capacity;
    const Solver* solver = nullptr;  // nullptr: ChosenSolver for rounds
  };
  Scheduler(Deps deps, Rng rng, SchedulerOptions options = {});
  ~Scheduler();  // as Stop()

  // Replaces all prices, regions and links; pods that could not be placed are tried again.
  void SetFleet(FleetConfig fleet);

  void Start();
  // Nothing is written afterwards; calls under way are left to end on their own. Final.
  void Stop();

  struct Stats {
    uint64_t rounds = 0;
    uint64_t at_once = 0;  // pods that were placed between rounds
    uint64_t bound = 0;    // bindings that the API server took
    uint64_t bind_errors = 0;
    uint64_t unschedulable = 0;   // verdicts, not pods
    size_t pending = 0;           // pods that wait for a round, a back-off or a change
    size_t assumed = 0;           // placed, not yet confirmed by the watch
    size_t occupants = 0;         // pods that take room in clusters, assumed ones included
    Money last_cost, last_bound;  // of the last round
    bool synced = false;
  };
  Stats stats() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::scheduler
