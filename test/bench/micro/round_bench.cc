// One pod that comes to a large fleet: what its round costs, and what placing it without one.
#include <benchmark/benchmark.h>

#include <string>

#include "base/random/rng.h"
#include "kube/api/well_known.h"
#include "scheduler/control/round.h"
#include "scheduler/solvers/greedy.h"
#include "test/support/builders.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kGib = int64_t{1} << 30;

// Clusters of nodes that are all different.
class LargeFleet {
 public:
  LargeFleet(int64_t clusters, int64_t nodes) : fleet_(board_, book_) {
    Rng rng(20261101);
    FleetConfig config;
    for (int64_t j = 0; j < clusters; ++j) {
      const std::string name = "c" + std::to_string(j);
      std::vector<MemberShape> shapes;
      for (int64_t n = 0; n < nodes; ++n) {
        shapes.push_back({{{"zone", "z" + std::to_string(rng.Below(3))}},
                          {},
                          {{"cpu", rng.Between(8000, 64'000)},
                           {"memory", rng.Between(16, 256) * kGib},
                           {"pods", 110}},
                          1});
      }
      board_.Set(name, std::move(shapes));
      fleet_.SetNode(name, {.cluster = name});
      config.clusters[name].core_hour = {rng.Between(10'000'000, 40'000'000)};
    }
    fleet_.SetConfig(std::move(config));
  }

  std::pair<RoundPod, ClassPtr> Pod() {
    const std::string name = "pod-" + std::to_string(next_++);
    const kube::Object pod =
        test::MakePod("default", name).Requests({{"cpu", "500m"}, {"memory", "1Gi"}}).Build();
    return {RoundPod{{"default", name}, name, {}}, book_.ClassOf(pod)};
  }
  void Take(const RoundVerdict& v) { fleet_.Occupy(v.pod.uid, v.node, v.spec); }

  CapacityBoard board_;
  ClassBook book_;
  Fleet fleet_;
  int64_t next_ = 0;
};

void Play(benchmark::State& state, bool at_once) {
  LargeFleet world(state.range(0), state.range(1));
  const GreedySolver solver;
  Rounds rounds(solver, world.fleet_, "bench");
  const auto round = [&](const std::pair<RoundPod, ClassPtr>& pod) {
    rounds.Begin({pod});
    while (!rounds.Step(20'000)) {
    }
    for (const RoundVerdict& v : rounds.Finish()) world.Take(v);
  };
  round(world.Pod());
  int64_t placed = 0;
  for (auto _ : state) {
    const auto pod = world.Pod();
    const auto verdicts = at_once ? rounds.PlaceAtOnce({pod}, 0) : std::nullopt;
    if (verdicts) {
      for (const RoundVerdict& v : *verdicts) world.Take(v);
      ++placed;
    } else {
      round(pod);
    }
  }
  state.counters["at once%"] = 100.0 * static_cast<double>(placed) /
                               static_cast<double>(std::max<int64_t>(1, state.iterations()));
}

// Arguments: clusters, nodes of each.
void PodByRound(benchmark::State& state) { Play(state, false); }
void PodAtOnce(benchmark::State& state) { Play(state, true); }
BENCHMARK(PodByRound)
    ->Args({3, 10})
    ->Args({100, 15})
    ->Args({100, 150})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(PodAtOnce)
    ->Args({3, 10})
    ->Args({100, 15})
    ->Args({100, 150})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace stowage::scheduler
