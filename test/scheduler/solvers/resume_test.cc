// What has changed is taken over into the last answer, and no more than that.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/fleet_problem.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

void ExpectSound(const Problem& problem, const Incumbent& answer) {
  const auto checked = CheckPlacement(problem, answer.placement);
  ASSERT_TRUE(checked) << checked.error().message;
  ASSERT_LE(answer.lower_bound, answer.cost);
  ASSERT_TRUE(answer.bound_known);
}

TEST(Resume, AfterAnyChangesTheAnswerHoldsHoweverTheWorkIsCut) {
  Rng rng(20261122);
  const LagrangianSolver solver;
  const auto engine = MakeEngine(solver);
  for (int i = 0; i < 250 && !testing::Test::HasFailure(); ++i) {
    Problem problem = AnyProblem(rng, 30, 5);
    const auto session = engine->Start(problem, {}), other = engine->Start(problem, {});
    for (int change = 0; change < 10; ++change) {
      SCOPED_TRACE("problem " + std::to_string(i) + ", change " + std::to_string(change));
      const Incumbent answer = RunToTheEnd(*session), again = RunToTheEnd(*other, 97);
      ASSERT_NO_FATAL_FAILURE(ExpectSound(problem, answer));
      ASSERT_EQ(answer.placement, again.placement);
      ASSERT_EQ(answer.cost, again.cost);
      ASSERT_EQ(answer.lower_bound, again.lower_bound);
      const ProblemDelta delta = AnyChange(rng, problem);
      ASSERT_TRUE(session->Apply(delta));
      ASSERT_TRUE(other->Apply(delta));
    }
  }
}

// A delta that counts, adds and removes classes, made to `problem`; the keys it speaks of.
ProblemDelta Churn(Problem& problem, Rng& rng, std::map<std::string, bool>& touched) {
  ProblemDelta delta;
  for (PodClass& k : problem.classes) {
    if (!rng.Chance(0.1)) continue;
    k.count = std::max<int64_t>(1, k.count + rng.Between(-3, 3));
    delta.set_classes.push_back(k);
    touched[k.key] = true;
  }
  const size_t gone = rng.Below(problem.classes.size());
  const std::string key = problem.classes[gone].key;
  std::erase_if(delta.set_classes, [&](const PodClass& k) { return k.key == key; });
  PodClass fresh = problem.classes[gone];
  problem.classes.erase(problem.classes.begin() + static_cast<std::ptrdiff_t>(gone));
  delta.remove_classes.push_back(key);
  fresh.key += "-b";
  touched[key] = touched[fresh.key] = true;
  delta.set_classes.push_back(fresh);
  problem.classes.push_back(std::move(fresh));
  return delta;
}

std::map<std::string, ClassPlacement> ByKey(const Incumbent& answer) {
  std::map<std::string, ClassPlacement> out;
  for (const ClassPlacement& k : answer.placement.classes) out[k.key] = k;
  return out;
}

TEST(Resume, PodsOfClassesThatDidNotChangeStayWhereTheyAre) {
  Rng rng(7);
  Problem problem =
      MakeFleetProblem({.pods = 20'000, .classes = 400, .clusters = 20, .nodes = 400});
  const LagrangianSolver solver;
  const auto session = MakeEngine(solver)->Start(problem, {});
  Incumbent before = RunToTheEnd(*session);
  const int64_t from_nothing = before.iterations;
  int resumed = 0, undisturbed = 0;
  for (int change = 0; change < 15; ++change) {
    SCOPED_TRACE(change);
    std::map<std::string, bool> touched;
    const ProblemDelta delta = Churn(problem, rng, touched);
    ASSERT_TRUE(session->Apply(delta));
    const Incumbent now = RunToTheEnd(*session);
    ASSERT_NO_FATAL_FAILURE(ExpectSound(problem, now));
    EXPECT_LT(now.GapPpm(), 15'000);
    if (now.iterations < from_nothing / 2) {  // else it had drifted too far
      ++resumed;
      int moved = 0;
      for (const auto& [key, was] : ByKey(before)) {
        if (!touched[key] && ByKey(now)[key] != was) ++moved;
      }
      EXPECT_LE(moved, 3);  // few make room for pods that would find none
      undisturbed += moved == 0;
    }
    before = now;
  }
  EXPECT_GE(resumed, 10);
  EXPECT_GE(undisturbed, 8);
}

}  // namespace
}  // namespace stowage::scheduler
