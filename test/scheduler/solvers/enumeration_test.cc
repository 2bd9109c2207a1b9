// Every solver against the enumerated optimum of small random problems with every constraint that
// pods have: 8 pods, 4 clusters of two shapes. STOWAGE_ENUMERATIONS sets how many.
#include "test/scheduler/solvers/enumeration.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <string>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/exact.h"
#include "scheduler/solvers/flow.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"
#include "test/scheduler/solvers/constraint_kinds.h"

namespace stowage::scheduler {
namespace {

constexpr size_t kStatesMax = 20'000;  // problems with more are left out: a few per cent

struct SolverTally {
  int optimal = 0, proven = 0, fewer = 0, dearer = 0, refuted = 0;
};

struct Tally {
  int compared = 0, infeasible = 0;
  std::map<std::string, int> changed;  // kind of constraint -> optima that it changes
  std::map<std::string, SolverTally> solvers;
};

const std::vector<std::unique_ptr<Solver>>& Solvers() {
  static const auto solvers = [] {
    std::vector<std::unique_ptr<Solver>> all;
    all.push_back(std::make_unique<GreedySolver>());
    all.push_back(std::make_unique<LagrangianSolver>());
    all.push_back(std::make_unique<FlowSolver>());
    all.push_back(std::make_unique<ExactSolver>());
    return all;
  }();
  return solvers;
}

Incumbent Solve(const Problem& problem, const Solver& solver) {
  return RunToTheEnd(*MakeEngine(solver)->Start(problem, {}));
}

bool HasPreferences(const Problem& problem) {
  for (const PodClass& k : problem.classes) {
    if (!k.Relations().preferred.empty() || !k.constraints->preferred.empty()) return true;
    for (const SpreadConstraint& s : k.Relations().spread) {
      if (!s.hard) return true;
    }
  }
  return false;
}

void Judge(const Problem& problem, const Incumbent& answer, const Optimum& optimum, bool exact,
           SolverTally& tally) {
  const auto ok = CheckPlacement(problem, answer.placement);
  EXPECT_TRUE(ok) << ok.error().message;
  EXPECT_TRUE(answer.bound_known);
  EXPECT_LE(answer.lower_bound, answer.cost);
  std::vector<int64_t> placed, pods, most;
  for (const TierResult& t : answer.tiers) {
    placed.push_back(t.placed), pods.push_back(t.pods), most.push_back(t.placed_max);
  }
  EXPECT_LE(placed, optimum.placed);
  EXPECT_LE(optimum.placed, most);
  tally.refuted += most < pods;
  if (exact) {
    EXPECT_EQ(placed, optimum.placed);
    EXPECT_EQ(most, optimum.placed);
    EXPECT_EQ(answer.lower_bound, optimum.cost);
  }
  if (placed != optimum.placed) {
    ++tally.fewer;
    return;
  }
  EXPECT_GE(answer.cost, optimum.cost);
  EXPECT_LE(answer.lower_bound, optimum.cost);
  tally.dearer += answer.cost > optimum.cost;
  tally.optimal += answer.cost == optimum.cost;
  tally.proven += answer.cost == answer.lower_bound && most == placed;
  if (exact && !HasPreferences(problem)) {
    EXPECT_EQ(answer.cost, optimum.cost);
  }
}

int64_t Sum(const std::vector<int64_t>& of) {
  return std::accumulate(of.begin(), of.end(), int64_t{0});
}

void Compare(const Problem& problem, Tally& tally) {
  const Incumbent first = Solve(problem, *Solvers()[0]);
  // Room is taken off for bound pods without a node, wherever there is any: no node can be named.
  for (const ClusterWitness& w : first.placement.witness) {
    if (w.bound_unpacked > 0) return;
  }
  const auto optimum = Enumerate(problem, first.placement, kStatesMax);
  if (!optimum) return;
  ++tally.compared;
  std::vector<int64_t> pods;
  for (const TierResult& t : first.tiers) pods.push_back(t.pods);
  tally.infeasible += optimum->placed != pods;
  for (const auto& solver : Solvers()) {
    SCOPED_TRACE(std::string(solver->name()));
    const Incumbent answer = solver == Solvers()[0] ? first : Solve(problem, *solver);
    Judge(problem, answer, *optimum, solver->name() == "exact",
          tally.solvers[std::string(solver->name())]);
  }
  for (const ConstraintKind& kind : ConstraintKinds()) {
    Problem without = problem;
    kind.strip(without);
    const auto looser = Enumerate(without, first.placement, kStatesMax);
    if (!looser) continue;
    EXPECT_TRUE(!kind.loosens || looser->placed >= optimum->placed) << kind.name;
    tally.changed[kind.name] +=
        Sum(looser->placed) != Sum(optimum->placed) || looser->cost != optimum->cost;
  }
}

void Print(const Tally& tally) {
  std::printf("%d problems compared, %d cannot be placed whole\n", tally.compared,
              tally.infeasible);
  std::printf("| %-18s | %8s | %8s | %8s | %8s | %8s |\n", "solver", "optimal", "proven", "dearer",
              "fewer", "refuted");
  for (const auto& [name, s] : tally.solvers) {
    std::printf("| %-18s | %8d | %8d | %8d | %8d | %8d |\n", name.c_str(), s.optimal, s.proven,
                s.dearer, s.fewer, s.refuted);
  }
  std::printf("| %-18s | %s |\n", "constraint", "optima that it changes");
  for (const auto& [name, count] : tally.changed) {
    std::printf("| %-18s | %22d |\n", name.c_str(), count);
  }
}

TEST(Enumeration, EverySolverAgainstTheTrueOptimum) {
  const char* wanted = std::getenv("STOWAGE_ENUMERATIONS");
  const int problems = wanted != nullptr ? std::atoi(wanted) : 150;
  Rng rng(20261121);
  Tally tally;
  for (int i = 0; tally.compared < problems && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("problem " + std::to_string(i));
    ASSERT_LT(i, problems * 2) << "too many are too large to be enumerated";
    const Problem problem = AnyConstrainedProblem(rng, 8, 4);
    const auto valid = Validate(problem);
    ASSERT_TRUE(valid) << valid.error().message;
    Compare(problem, tally);
  }
  Print(tally);
  const int least = problems / (problems < 1000 ? 40 : 20);
  for (const auto& [name, count] : tally.changed) EXPECT_GE(count, least) << name;
  EXPECT_GE(tally.infeasible, problems / 5);
  for (const auto& [name, s] : tally.solvers) {
    EXPECT_LT(s.fewer, problems / 4) << name;
    EXPECT_GT(s.optimal, problems / 2) << name;
  }
  EXPECT_EQ(tally.solvers["exact"].refuted, tally.infeasible);
}

}  // namespace
}  // namespace stowage::scheduler
