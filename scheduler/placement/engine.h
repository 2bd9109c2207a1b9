// PlacementEngine: a Problem in, a placement with its certificate out, step by step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/model/placement.h"
#include "scheduler/model/problem.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/fast_lane.h"
#include "scheduler/placement/hint.h"
#include "scheduler/placement/instance.h"
#include "scheduler/placement/preemption.h"
#include "scheduler/placement/remedy.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

// See Work: about the look at one group of nodes.
struct Iterations {
  int64_t count;
};

// Pure in its inputs and the sequence of calls: no clock, no randomness, no threads.
class SolveSession {
 public:
  virtual ~SolveSession() = default;
  // What changed since; the search starts again, with all that did not change kept prepared.
  // kInvalid (see Validate): nothing was taken over.
  virtual Result<void> Apply(const ProblemDelta& delta) = 0;
  // Goes on for about so many iterations. The reference is valid until the next call.
  virtual const Incumbent& Step(Iterations iterations) = 0;
  // What the clusters say of the class, in the light of the incumbent; nullopt: no such class, or
  // no incumbent yet.
  virtual std::optional<ClassExplanation> Explain(const std::string& class_key) const = 0;
  // The same for pods that do not exist, as if one more were to be placed beside the incumbent: in
  // the order of `pods`, whose counts mean nothing. As much work as preparing the whole problem.
  // kInvalid: see Validate; or no incumbent yet.
  virtual Result<std::vector<ClassExplanation>> ExplainNew(std::vector<PodClass> pods) const = 0;
  // The class with the key of `changed` as if it and its pods that are placed had other rules;
  // demand, count and priority must be as they are. Work and errors as above; kInvalid: no such
  // class.
  virtual Result<ClassExplanation> ExplainChanged(PodClass changed) const = 0;
  // What would have to be larger for `pods` pods more of the class, or for its gang, to find places
  // beside the incumbent: see RemediesFor. Empty: nothing helps, no such class, or no incumbent
  // yet.
  virtual std::vector<Remedy> Remedies(const std::string& class_key, int64_t pods, size_t most,
                                       Work& work) const = 0;
  // The same for one pod of each of `pods`, as ExplainNew; nothing for those of gangs.
  virtual Result<std::vector<std::vector<Remedy>>> RemediesNew(std::vector<PodClass> pods,
                                                               size_t most) const = 0;
  // Which bound pods to evict so that one more pod of the class fits beside the incumbent; nullopt:
  // none would help, no such class, or no incumbent yet. A proposal: nothing changes.
  virtual std::optional<Preemption> Preempt(const std::string& class_key) const = 0;
  // Goes on from the incumbent with single pods, by the search's shadow prices if it has some.
  // nullptr: no incumbent yet. The search has come to its end with that; the lane ends with the
  // next Apply(), or with the session.
  virtual std::unique_ptr<FastLane> OpenLane() = 0;
};

class PlacementEngine {
 public:
  virtual ~PlacementEngine() = default;
  // `problem` must be valid (see Validate). The answer is as good as `hint` from the first step on;
  // it counts until the first Apply().
  virtual std::unique_ptr<SolveSession> Start(Problem problem, SolveOptions options,
                                              std::optional<Hint> hint = std::nullopt) const = 0;
};

// The engine around one solver, which must outlive it and its sessions.
std::unique_ptr<PlacementEngine> MakeEngine(const Solver& solver);

}  // namespace stowage::scheduler
