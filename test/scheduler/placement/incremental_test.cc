// Deltas: what changed is solved as if all of it were new.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

TEST(Incremental, AfterAnyChangesTheAnswerIsThatOfANewProblem) {
  Rng rng(20261121);
  const GreedySolver solver;
  const auto engine = MakeEngine(solver);
  for (int i = 0; i < 400 && !testing::Test::HasFailure(); ++i) {
    Problem problem = AnyProblem(rng, 8, 4);
    auto session = engine->Start(problem, {});
    for (int change = 0; change < 10; ++change) {
      SCOPED_TRACE("problem " + std::to_string(i) + ", change " + std::to_string(change));
      if (rng.Chance(0.8)) RunToTheEnd(*session);  // else several changes at once
      const auto applied = session->Apply(AnyChange(rng, problem));
      ASSERT_TRUE(applied) << applied.error().message;
      const Incumbent changed = RunToTheEnd(*session);
      const Incumbent anew = RunToTheEnd(*engine->Start(problem, {}));
      ASSERT_EQ(changed.placement, anew.placement);
      ASSERT_EQ(changed.cost, anew.cost);
      ASSERT_EQ(changed.lower_bound, anew.lower_bound);
      ASSERT_EQ(changed.tiers, anew.tiers);
      ASSERT_EQ(changed.relaxed, anew.relaxed);
    }
  }
}

// Why a pod is refused does not depend on how the session came to know of the others either.
TEST(Incremental, ReasonsAreThoseOfANewProblem) {
  Rng rng(20261122);
  const GreedySolver solver;
  const auto engine = MakeEngine(solver);
  int refusals = 0;
  for (int i = 0; i < 200 && !testing::Test::HasFailure(); ++i) {
    Problem problem = AnyProblem(rng, 8, 4);
    auto session = engine->Start(problem, {});
    for (int change = 0; change < 5; ++change) {
      ASSERT_TRUE(session->Apply(AnyChange(rng, problem)));
      RunToTheEnd(*session);
      const auto fresh = engine->Start(problem, {});
      RunToTheEnd(*fresh);
      for (const PodClass& k : problem.classes) {
        const auto ours = session->Explain(k.key), theirs = fresh->Explain(k.key);
        ASSERT_TRUE(ours && theirs);
        for (size_t j = 0; j < ours->clusters.size(); ++j) {
          const ClusterVerdict &a = ours->clusters[j], &b = theirs->clusters[j];
          ASSERT_EQ(a.refusal.has_value(), b.refusal.has_value());
          ASSERT_EQ(a.total, b.total);
          if (!a.refusal) continue;
          ++refusals;
          ASSERT_EQ(a.refusal->filter, b.refusal->filter);
          ASSERT_EQ(a.refusal->reason, b.refusal->reason);
        }
      }
    }
  }
  EXPECT_GT(refusals, 1000);
}

// Many classes come and go over the life of a session: what they leave behind is swept up.
TEST(Incremental, ClassesThatWentLeaveNothingThatCounts) {
  Rng rng(5);
  const GreedySolver solver;
  const auto engine = MakeEngine(solver);
  Problem problem = AnyProblem(rng, 4, 3);
  auto session = engine->Start(problem, {});
  std::vector<std::string> gone;
  for (int round = 0; round < 30; ++round) {
    ProblemDelta delta;
    delta.remove_classes = gone;
    gone.clear();
    for (int n = 0; n < 500; ++n) {
      delta.set_classes.push_back(
          AnyClass(rng, "n" + std::to_string(round * 500 + n), n < 3 ? 1 : 0));
      gone.push_back(delta.set_classes.back().key);
    }
    std::vector<PodClass> now = problem.classes;
    now.insert(now.end(), delta.set_classes.begin(), delta.set_classes.end());
    ASSERT_TRUE(session->Apply(delta));
    const Incumbent changed = RunToTheEnd(*session);
    if (round % 10 != 9) continue;
    Problem all = problem;
    all.classes = now;
    EXPECT_EQ(changed.placement, RunToTheEnd(*engine->Start(all, {})).placement);
  }
}

}  // namespace
}  // namespace stowage::scheduler
