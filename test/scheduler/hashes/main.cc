// solver_hashes: one line a solve, with the hash of its answer. What it prints must not depend on
// the compiler, its optimisation or the instruction set: tools/portable.sh builds it in several
// ways and compares. The number of threads, the order of the input and how the work is cut into
// steps must not matter either: that it compares itself. Exit code 1: they did.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/placement/parallel.h"
#include "scheduler/solvers/columns.h"
#include "scheduler/solvers/flow.h"
#include "scheduler/solvers/gap/solver.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "scheduler/solvers/packing/solver.h"
#include "test/scheduler/instances/answer_hash.h"
#include "test/scheduler/instances/elastic_problem.h"
#include "test/scheduler/instances/fleet_problem.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/instances/packing_instances.h"
#include "test/scheduler/instances/random_problem.h"

namespace stowage::scheduler {
namespace {

bool agree = true;

struct Answer {
  int64_t cost = -1, bound = 0;
  uint64_t hash = 0;
  bool operator==(const Answer&) const = default;
};

// The same problem, solved in several ways.
void Compare(const std::string& what, const std::vector<Answer>& answers) {
  for (const Answer& a : answers) {
    if (a == answers.front()) continue;
    agree = false;
    std::printf("%s: answers differ\n", what.c_str());
  }
  const Answer& a = answers.front();
  std::printf("%-32s cost %lld bound %lld hash %016llx\n", what.c_str(),
              static_cast<long long>(a.cost), static_cast<long long>(a.bound),
              static_cast<unsigned long long>(a.hash));
}

uint64_t HashOf(const GapSolution& solution) {
  uint64_t hash = 0;
  for (const GapShare& s : solution.shares) {
    for (const int64_t n : {int64_t{s.k}, int64_t{s.j}, s.count}) {
      hash = HashCombine(hash, static_cast<uint64_t>(n));
    }
  }
  return hash;
}

uint64_t HashOf(const PackingSolution& solution) {
  uint64_t hash = 0;
  for (const PackedBins& bins : solution.bins) {
    hash = HashCombine(
        hash, HashCombine(static_cast<uint64_t>(bins.type), static_cast<uint64_t>(bins.count)));
    for (const PackedBins::Load& load : bins.loads) {
      hash = HashCombine(
          hash, HashCombine(static_cast<uint64_t>(load.item), static_cast<uint64_t>(load.per_bin)));
    }
  }
  return hash;
}

// The best after so many iterations.
template <typename Search>
Answer Run(Search& search, int64_t iterations) {
  while (search.iterations() < iterations && search.Step(10'000)) {
  }
  const auto* best = search.best();
  return {best ? best->cost : -1, search.bound(), best ? HashOf(*best) : 0};
}

void Gap(const std::string& what, const GapProblem& problem, int64_t iterations) {
  std::vector<Answer> answers;
  for (const int threads : {1, 2, 7}) {
    answers.push_back(Run(*StartGapSearch(problem, {.threads = threads}), iterations));
  }
  Compare(what, answers);
}

void Packing(const std::string& family, int64_t pods, int64_t iterations) {
  const PackingProblem problem = PackingInstance(family, pods, 1);
  std::vector<Answer> answers;
  for (const int threads : {1, 2, 7}) {
    answers.push_back(Run(*StartPackingSearch(problem, {.threads = threads}), iterations));
  }
  Compare("nodes for " + family, answers);
}

template <typename T>
void Shuffle(std::vector<T>& list, Rng& rng) {
  for (size_t i = list.size(); i > 1; --i) {
    std::swap(list[i - 1], list[static_cast<size_t>(rng.Between(0, static_cast<int64_t>(i) - 1))]);
  }
}

// As many threads as it is told, new ones for every run.
class Threads : public Parallel {
 public:
  explicit Threads(int threads) : threads_(threads) {}
  void Run(size_t jobs, const std::function<void(size_t)>& job) override {
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < threads_; ++i) {
      threads.emplace_back([&] {
        for (size_t at = next++; at < jobs; at = next++) job(at);
      });
    }
    for (std::thread& t : threads) t.join();
  }

 private:
  const int threads_;
};

Answer Solve(const Solver& solver, const Problem& problem, int64_t step,
             const SolveOptions& options = {}) {
  const auto session = MakeEngine(solver)->Start(problem, options);
  const Incumbent* incumbent = &session->Step({step});
  while (!incumbent->complete) incumbent = &session->Step({step});
  return {incumbent->cost.nano, incumbent->lower_bound.nano, HashOf(incumbent->placement)};
}

// Several problems, by their seeds, as one answer.
template <typename Make>
void Several(const std::string& what, const Solver& solver, uint64_t seeds, const Make& make) {
  std::vector<Answer> answers;
  for (const int64_t step : {20'000, 777, 1'000'000}) {
    Rng order(static_cast<uint64_t>(step));
    Answer all;
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      Problem problem = make(seed);
      Shuffle(problem.classes, order);
      Shuffle(problem.clusters, order);
      const Answer one = Solve(solver, problem, step);
      all.cost += one.cost;
      all.bound += one.bound;
      all.hash = HashCombine(all.hash, one.hash);
    }
    answers.push_back(all);
  }
  Compare(what + " by " + std::string(solver.name()), answers);
}

// Small problems with all constraints.
void Placements(const Solver& solver) {
  Several("100 placements", solver, 100, [](uint64_t seed) {
    Rng rng(seed);
    return AnyProblem(rng, 40, 6);
  });
}

// Nodes to buy, and clusters that stand.
void Elastic(const Solver& solver) {
  Several("nodes to buy", solver, 4, [](uint64_t seed) {
    return MakeElasticProblem({.pods = 30, .clusters = 3, .seed = seed});
  });
}

void Fleet(const Solver& solver) {
  Problem problem =
      MakeFleetProblem({.pods = 20'000, .classes = 300, .clusters = 30, .nodes = 600});
  Rng order(1);
  std::vector<Answer> answers;
  for (const int64_t step : {20'000, 7'777, 1'000'000}) {
    answers.push_back(Solve(solver, problem, step));
    Shuffle(problem.classes, order);
    Shuffle(problem.clusters, order);
  }
  Compare("a fleet by " + std::string(solver.name()), answers);
}

// Large enough to be cut into parts.
void FleetByThreads() {
  const LagrangianSolver solver;
  const Problem problem =
      MakeFleetProblem({.pods = 30'000, .classes = 1'500, .clusters = 40, .nodes = 800});
  std::vector<Answer> answers = {Solve(solver, problem, 20'000)};
  for (const int threads : {1, 2, 7}) {
    Threads parallel(threads);
    answers.push_back(Solve(solver, problem, 20'000, {.parallel = &parallel}));
  }
  Compare("a fleet by 1, 2 and 7 threads", answers);
}

int Main() {
  Gap("gap C 20x200", MakeGap('C', 20, 200, 1, 1), 1'000'000);
  Gap("gap D 20x200", MakeGap('D', 20, 200, 1, 1), 1'000'000);
  Gap("gap E 40x400", MakeGap('E', 40, 400, 1, 1), 1'000'000);
  Gap("gap D 5x50, to the end", MakeGap('D', 5, 50, 1, 1), 5'000'000);
  Gap("gap D 20x200, 4 resources", MakeGap('D', 20, 200, 4, 1), 1'000'000);
  Gap("fleet of 1,000", MakeFleet(1'000, 1.05, 1), 4'000'000);
  Gap("fleet of 3,000", MakeFleet(3'000, 1.05, 1), 6'000'000);
  for (const std::string& family : PackingFamilies()) Packing(family, 100, 2'000'000);
  const GreedySolver greedy;
  const LagrangianSolver lagrangian;
  const FlowSolver flow;
  for (const Solver* solver : std::initializer_list<const Solver*>{&greedy, &lagrangian, &flow}) {
    Placements(*solver);
    Fleet(*solver);
  }
  FleetByThreads();
  Elastic(ColumnsSolver());
  if (agree) std::printf("all answers agree\n");
  return agree ? 0 : 1;
}

}  // namespace
}  // namespace stowage::scheduler

int main() { return stowage::scheduler::Main(); }
