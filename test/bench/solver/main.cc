// bench_solver: quality over time of the arithmetic cores on instances of published families.
//
//   bench_solver FAMILY AGENTS ITEMS RESOURCES SEED SECONDS...
//
// FAMILY: C, D, E, or fleet105 and fleet115 (capacity 1.05 and 1.15 x demand; AGENTS and RESOURCES
// are then 101 and 3 whatever is said). One line for each of SECONDS: CPU time of the calling
// thread since the instance was handed over, cost, bound, gap in per cent, and a hash of the
// assignment.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/solver.h"
#include "test/bench/support/flags.h"
#include "test/scheduler/instances/gap_instances.h"

namespace stowage::scheduler {
namespace {

uint64_t HashOf(const GapSolution& solution) {
  uint64_t h = static_cast<uint64_t>(solution.cost);
  for (const GapShare& s : solution.shares) {
    h = HashCombine(h, HashCombine((static_cast<uint64_t>(s.k) << 32) | static_cast<uint32_t>(s.j),
                                   static_cast<uint64_t>(s.count)));
  }
  return h;
}

GapProblem Make(const std::string& family, int agents, int items, int resources, uint64_t seed) {
  if (family == "fleet105") return MakeFleet(items, 1.05, seed);
  if (family == "fleet115") return MakeFleet(items, 1.15, seed);
  return MakeGap(family[0], agents, items, resources, seed);
}

int Main(const std::vector<std::string>& args) {
  if (args.size() < 6) {
    std::fprintf(stderr, "usage: bench_solver FAMILY AGENTS ITEMS RESOURCES SEED SECONDS...\n");
    return 3;
  }
  const int agents = std::atoi(args[1].c_str()), items = std::atoi(args[2].c_str());
  const int resources = std::atoi(args[3].c_str());
  const uint64_t seed = std::strtoull(args[4].c_str(), nullptr, 10);
  const GapProblem problem = Make(args[0], agents, items, resources, seed);
  if (const Result<void> valid = Validate(problem); !valid) {
    std::fprintf(stderr, "%s\n", valid.error().ToString().c_str());
    return 3;
  }
  const double start = bench::ThreadSeconds();
  auto search = StartGapSearch(problem, {.seed = 1});
  bool more = true;
  for (size_t i = 5; i < args.size(); ++i) {
    const double end = std::atof(args[i].c_str());
    while (more && bench::ThreadSeconds() - start < end) more = search->Step(20'000);
    const GapSolution* best = search->best();
    const double gap =
        best ? 100.0 * static_cast<double>(best->cost - search->bound()) / best->cost : -1;
    const bool checked = best && Check(problem, *best).has_value();
    std::printf("%s %dx%d r%d #%llu %6.2fs cost %lld bound %lld gap %.4f%% %s %016llx it %lld %s\n",
                args[0].c_str(), problem.agents, items, problem.resources,
                static_cast<unsigned long long>(seed), bench::ThreadSeconds() - start,
                best ? static_cast<long long>(best->cost) : -1,
                static_cast<long long>(search->bound()), gap,
                !best ? "none" : (checked ? "checked" : "WRONG"),
                best ? static_cast<unsigned long long>(HashOf(*best)) : 0ull,
                static_cast<long long>(search->iterations()), search->violation().c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace stowage::scheduler

int main(int argc, char** argv) {
  return stowage::scheduler::Main(std::vector<std::string>(argv + 1, argv + argc));
}
