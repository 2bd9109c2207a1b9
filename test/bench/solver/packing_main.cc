// What buying nodes costs above its proven bound: bench_packing --seconds=10 [--family=NAME]
// [--pods=400] [--seeds=3] [--seed=1] [--every=0]. Time is that of this thread's CPU.
#include <cstdio>
#include <numeric>

#include "base/random/rng.h"
#include "scheduler/solvers/packing/solver.h"
#include "test/bench/support/flags.h"
#include "test/scheduler/instances/packing_instances.h"

namespace stowage::bench {
namespace {

using scheduler::PackingProblem;
using scheduler::PackingSolution;

uint64_t Hash(const PackingSolution& solution) {
  uint64_t hash = static_cast<uint64_t>(solution.cost);
  for (const auto& group : solution.bins) {
    hash = HashCombine(hash, static_cast<uint64_t>(group.type));
    hash = HashCombine(hash, static_cast<uint64_t>(group.count));
    for (const auto& load : group.loads) {
      hash = HashCombine(hash, static_cast<uint64_t>(load.item));
      hash = HashCombine(hash, static_cast<uint64_t>(load.per_bin));
    }
  }
  return hash;
}

double Gap(const PackingSolution* best, int64_t bound) {
  if (best == nullptr) return 100;
  if (best->cost == 0) return 0;
  return 100.0 * static_cast<double>(best->cost - bound) / static_cast<double>(best->cost);
}

struct Outcome {
  double gap = 100;
  double seconds = 0;
};

Outcome Run(const std::string& family, int64_t pods, uint64_t seed, double limit, double every) {
  const PackingProblem problem = scheduler::PackingInstance(family, pods, seed);
  if (const auto valid = Validate(problem); !valid) Die(valid.error().message);
  const double start = ThreadSeconds();
  const auto search = StartPackingSearch(problem, {.seed = seed});
  double next = every, longest = 0, now = start;
  for (bool more = true; more && now - start < limit;) {
    more = search->Step(10'000);
    const double after = ThreadSeconds();
    longest = std::max(longest, after - now);
    now = after;
    if (every > 0 && now - start >= next) {
      std::printf("    %6.2f s  cost %ld  bound %ld  gap %.4f\n", now - start,
                  search->best() ? search->best()->cost : -1, search->bound(),
                  Gap(search->best(), search->bound()));
      next += every;
    }
  }
  if (search->best()) {
    if (const auto ok = Check(problem, *search->best()); !ok) Die(ok.error().message);
  }
  const Outcome outcome{Gap(search->best(), search->bound()), now - start};
  std::printf(
      "%-9s %6ld seed %lu  %6.2f s  cost %11ld  bound %11ld  gap %7.4f %%  step %4.0f ms  "
      "%4.1f M it/s  hash %016lx\n",
      family.c_str(), pods, seed, outcome.seconds, search->best() ? search->best()->cost : -1,
      search->bound(), outcome.gap, longest * 1e3,
      static_cast<double>(search->iterations()) / outcome.seconds * 1e-6,
      search->best() ? Hash(*search->best()) : 0);
  std::fflush(stdout);
  return outcome;
}

}  // namespace
}  // namespace stowage::bench

int main(int argc, char** argv) {
  using namespace stowage::bench;
  Flags flags(argc, argv);
  const std::string only = flags.Text("family", "");
  const double seconds = static_cast<double>(flags.Int("ms", 10'000)) / 1000;
  const int64_t pods = flags.Int("pods", 0), seeds = flags.Int("seeds", 2),
                first = flags.Int("seed", 1);
  const double every = static_cast<double>(flags.Int("every", 0)) / 1000;
  flags.Done();
  const std::vector<int64_t> sizes =
      pods > 0 ? std::vector<int64_t>{pods} : std::vector<int64_t>{100, 400, 1600};
  for (const std::string& family : stowage::scheduler::PackingFamilies()) {
    if (!only.empty() && family != only) continue;
    for (const int64_t size : sizes) {
      double sum = 0;
      for (int64_t s = first; s < first + seeds; ++s) {
        sum += Run(family, size, static_cast<uint64_t>(s), seconds, every).gap;
      }
      Row("packing " + family + " " + std::to_string(size) + ", mean gap",
          sum / static_cast<double>(seeds), "%");
    }
  }
  return 0;
}
