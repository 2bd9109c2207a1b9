// Round: one batch of pending pods, from their keys to a place or a reason for each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kube/api/object.h"
#include "scheduler/control/fleet.h"
#include "scheduler/control/pod_class.h"
#include "scheduler/placement/engine.h"

namespace stowage::scheduler {

// A pod that takes part; a copy, since the caches may change between the steps.
struct RoundPod {
  kube::NamespacedName key;
  std::string uid;
  WallTime created{};
};

// What became of it.
struct RoundVerdict {
  RoundPod pod;
  ClassPtr spec;
  std::string node;        // "" not placed
  kube::Json annotations;  // of placed ones
  std::string message;     // why not; "" with no node: no verdict, try again
  bool next = false;       // with the next round: what to buy for it is still being looked for
};

// Keeps one SolveSession over all rounds, told of changes only.
class Rounds {
 public:
  Rounds(const Solver& solver, Fleet& fleet, std::string id_prefix)
      : engine_(MakeEngine(solver)), fleet_(fleet), id_prefix_(std::move(id_prefix)) {}

  void Begin(std::vector<std::pair<RoundPod, ClassPtr>> pods);
  // True: the solver has nothing more to try, or nothing but what to buy, and some pods need not
  // wait for that.
  bool Step(int64_t iterations);
  // Pods of one class are served by age. Ends the round. What would have to be bought at once with
  // pods that have room is put off to the next round, once for each pod; but for pods of gangs.
  std::vector<RoundVerdict> Finish();

  // Places all of these between rounds, by the fast lane, or none of them: nullopt, they need a
  // round. They do where the last one looked at less than `from` groups of nodes, and so costs
  // little; where anything but the pods that it placed has changed since; and where pods of a gang,
  // or whose volumes pin them, are among them.
  std::optional<std::vector<RoundVerdict>> PlaceAtOnce(
      const std::vector<std::pair<RoundPod, ClassPtr>>& pods, int64_t from);

  // There is an answer that Finish could give; true also where there will never be one.
  bool has_answer() const { return !usable_ || has_answer_; }
  const Incumbent& incumbent() const { return incumbent_; }

 private:
  using Place = std::pair<std::string, std::string>;  // key of the class, node
  struct Batch {
    ClassPtr spec;
    std::vector<RoundPod> pods;
    std::string refused;  // by Validate: never part of the problem
  };
  PodClass ClassOf(const Batch& batch) const;
  std::vector<Gang> Gangs() const;
  bool Tell(ProblemDelta delta);
  void RefuseInvalid(ProblemDelta& delta);
  void Distribute(Batch& batch, const ClassPlacement* placement, Work& looks,
                  std::vector<RoundVerdict>& out);
  bool PutsOff();
  int64_t ToBuy(const ClassSpec& spec, const std::string& node) const;
  std::string MessageFor(const std::string& key, const ClassExplanation& why, Work& looks) const;

  std::unique_ptr<PlacementEngine> engine_;
  Fleet& fleet_;
  const std::string id_prefix_;
  uint64_t number_ = 0;
  std::unique_ptr<SolveSession> session_;
  std::map<std::string, Batch> batches_;  // by key of the class
  std::vector<std::string> told_classes_;
  std::set<std::string> put_off_;  // by UID: pods that the last round left to the next
  bool puts_off_ = false;          // this round does, being at the end of what it looks for
  bool may_put_off_ = false;
  bool buying_ = false;  // so was the last step
  std::map<Place, int64_t> to_buy_;

  // round_lane.cc
  struct LanePod {
    ClassPtr spec;
    FastLane::Decision decision;
  };
  void Expect();
  bool LaneIsCurrent();
  bool PlaceAll(const std::vector<std::pair<RoundPod, ClassPtr>>& pods, std::vector<LanePod>& out);
  std::unique_ptr<FastLane> lane_;
  bool lane_current_ = false;
  std::map<Place, int64_t> expected_;  // pods that the lane counts, and the fleet not yet
  size_t moves_seen_ = 0;
  bool usable_ = false;  // the session knows this round's problem
  bool has_answer_ = false;
  Incumbent incumbent_;
};

}  // namespace stowage::scheduler
