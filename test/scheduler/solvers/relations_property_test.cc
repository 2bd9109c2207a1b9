// Small random problems with every constraint that pods have: answers pass the checker. Optima:
// enumeration_test.cc.
#include <gtest/gtest.h>

#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

Incumbent Solve(const Problem& problem) {
  const GreedySolver solver;
  return RunToTheEnd(*MakeEngine(solver)->Start(problem, {}));
}

TEST(Relations, ManyMoreAnswersPassTheChecker) {
  Rng rng(20260301);
  for (int i = 0; i < 10'000 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    const Problem problem = AnyProblem(rng, 8, 4);
    const auto ok = CheckPlacement(problem, Solve(problem).placement);
    EXPECT_TRUE(ok) << ok.error().message;
  }
}

}  // namespace
}  // namespace stowage::scheduler
