// Pods that come to a large fleet: what the round of a single one costs, and what placing it
// without one; and what a burst of many classes takes, by greedy and by whom rounds choose.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "kube/api/well_known.h"
#include "scheduler/control/round.h"
#include "scheduler/solvers/choice.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/bench/support/flags.h"
#include "test/support/builders.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kGib = int64_t{1} << 30;

// Node types as public clouds have them: 2, 4 and 8 GiB a core, prices of a core in millionths.
void AddPools(ClusterConfig& config) {
  struct Family {
    const char* name;
    int64_t gib_per_core, core_hour;
  };
  for (const auto& [name, gib, price] :
       std::array<Family, 3>{{{"c", 2, 42'500}, {"m", 4, 48'000}, {"r", 8, 63'000}}}) {
    for (const int64_t cores : {2, 4, 8, 16, 32}) {
      config.pools.push_back({.name = name + std::to_string(cores),
                              .allocatable = {{"cpu", cores * 950},
                                              {"memory", cores * gib * 952 * (kGib / 1000)},
                                              {"pods", 110}},
                              .nodes_max = 1000,
                              .node_hour = {price * cores * 1000}});
    }
  }
}

// Clusters of nodes that are all different; the first `elastic` of them have no nodes but sell
// some.
class LargeFleet {
 public:
  LargeFleet(int64_t clusters, int64_t nodes, int64_t elastic = 0) : fleet_(board_, book_) {
    Rng rng(20261101);
    FleetConfig config;
    for (int64_t j = 0; j < clusters; ++j) {
      const std::string name = "c" + std::to_string(j);
      std::vector<MemberShape> shapes;
      if (j < elastic) AddPools(config.clusters[name]);
      for (int64_t n = 0; n < nodes && j >= elastic; ++n) {
        shapes.push_back({{{"zone", "z" + std::to_string(rng.Below(3))}},
                          {},
                          {{"cpu", rng.Between(8000, 64'000)},
                           {"memory", rng.Between(16, 256) * kGib},
                           {"pods", 110}},
                          1});
      }
      shapes_.push_back(shapes);
      board_.Set(name, std::move(shapes));
      fleet_.SetNode(name, {.cluster = name});
      if (j < elastic) continue;
      config.clusters[name].core_hour = {rng.Between(10'000'000, 40'000'000)};
    }
    fleet_.SetConfig(std::move(config));
  }

  std::pair<RoundPod, ClassPtr> Pod(int64_t milli_cpu = 500, int64_t mib = 1024) {
    const std::string name = "pod-" + std::to_string(next_++);
    const kube::Object pod = test::MakePod("default", name)
                                 .Requests({{"cpu", std::to_string(milli_cpu) + "m"},
                                            {"memory", std::to_string(mib) + "Mi"}})
                                 .Build();
    return {RoundPod{{"default", name}, name, {}}, book_.ClassOf(pod)};
  }
  // Pods of so many classes, of all sizes.
  std::vector<std::pair<RoundPod, ClassPtr>> Burst(int64_t pods, int64_t classes) {
    Rng rng(7);
    std::vector<std::pair<int64_t, int64_t>> sizes;
    for (int64_t k = 0; k < classes; ++k) {
      const int64_t cpu = rng.Between(1, 80) * 100;
      sizes.emplace_back(cpu, cpu * rng.Between(1, 80) / 10);
    }
    std::vector<std::pair<RoundPod, ClassPtr>> out;
    for (int64_t i = 0; i < pods; ++i) {
      const auto& [cpu, mib] = sizes[static_cast<size_t>(i % classes)];
      out.push_back(Pod(cpu, mib));
    }
    return out;
  }
  // A member loses a tenth of its nodes.
  void Change(int64_t round) {
    const size_t j = static_cast<size_t>(round * 7) % shapes_.size();
    shapes_[j].resize(shapes_[j].size() * 9 / 10);
    const std::string name = "c" + std::to_string(j);
    board_.Set(name, shapes_[j]);
    fleet_.CapacityChanged(name);
  }
  void Take(const RoundVerdict& v) { fleet_.Occupy(v.pod.uid, v.node, v.spec); }

  CapacityBoard board_;
  ClassBook book_;
  Fleet fleet_;
  int64_t next_ = 0;
  std::vector<std::vector<MemberShape>> shapes_;  // by cluster
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

// Arguments: clusters, nodes of each, pods, classes, clusters that sell nodes instead. Times are of
// all rounds that it takes, each of a second of CPU time at the most.
void Burst(benchmark::State& state, const Solver& solver) {
  double longest = 0, finish = 0;
  int64_t placed = 0;
  Incumbent incumbent;
  for (auto _ : state) {
    state.PauseTiming();
    LargeFleet world(state.range(0), state.range(1), state.range(4));
    auto pods = world.Burst(state.range(2), state.range(3));
    placed = 0;
    Rounds rounds(solver, world.fleet_, "bench");
    rounds.Begin({world.Pod()});  // the session knows the fleet
    while (!rounds.Step(20'000)) {
    }
    for (const RoundVerdict& v : rounds.Finish()) world.Take(v);
    state.ResumeTiming();
    for (int round = 0; round < 2 && !pods.empty(); ++round) {
      rounds.Begin(std::move(pods));
      pods.clear();
      const double begun = bench::ThreadSeconds();
      for (bool done = false; !done;) {
        const double start = bench::ThreadSeconds();
        done = rounds.Step(20'000) || (start - begun > 1 && rounds.has_answer());
        longest = std::max(longest, bench::ThreadSeconds() - start);
      }
      const double start = bench::ThreadSeconds();
      const std::vector<RoundVerdict> verdicts = rounds.Finish();
      finish = std::max(finish, bench::ThreadSeconds() - start);
      incumbent = rounds.incumbent();
      for (const RoundVerdict& v : verdicts) {
        if (v.next) pods.emplace_back(v.pod, v.spec);
        if (v.node.empty()) continue;
        world.Take(v);
        ++placed;
      }
    }
  }
  state.counters["placed"] = static_cast<double>(placed);
  state.counters["cost"] = static_cast<double>(incumbent.cost.nano) / 1e9;
  state.counters["gap%"] = static_cast<double>(incumbent.GapPpm()) / 1e4;
  state.counters["longest step ms"] = longest * 1e3;
  state.counters["finish ms"] = finish * 1e3;
}

// Round after round of such bursts, while one member's nodes change between each two: pods that
// were placed stay. Arguments as of Burst. Times are of whole rounds, the first left out.
void RoundsOf(benchmark::State& state, const Solver& solver) {
  LargeFleet world(state.range(0), state.range(1));
  Rounds rounds(solver, world.fleet_, "bench");
  double cost = 0, gap = 0, iterations = 0;
  int64_t round = 0;
  const auto play = [&](std::vector<std::pair<RoundPod, ClassPtr>> pods) {
    rounds.Begin(std::move(pods));
    while (!rounds.Step(20'000)) {
    }
    return rounds.Finish();
  };
  for (const RoundVerdict& v : play(world.Burst(state.range(2), state.range(3)))) world.Take(v);
  for (auto _ : state) {
    state.PauseTiming();
    world.Change(round++);
    auto pods = world.Burst(state.range(2), state.range(3));
    state.ResumeTiming();
    const std::vector<RoundVerdict> verdicts = play(std::move(pods));
    state.PauseTiming();
    for (const RoundVerdict& v : verdicts) world.Take(v);
    cost += static_cast<double>(rounds.incumbent().cost.nano) / 1e9;
    gap += static_cast<double>(rounds.incumbent().GapPpm()) / 1e4;
    iterations += static_cast<double>(rounds.incumbent().iterations);
    state.ResumeTiming();
  }
  const auto n = static_cast<double>(round);
  state.counters["cost"] = cost / n;
  state.counters["gap%"] = gap / n;
  state.counters["iterations"] = iterations / n;
}

void BurstByGreedy(benchmark::State& state) { Burst(state, GreedySolver()); }
void BurstByPrices(benchmark::State& state) { Burst(state, LagrangianSolver()); }
void BurstByChoice(benchmark::State& state) {
  Burst(state, ChosenSolver(ChosenSolver::Aim::kRounds));
}

void RoundsByGreedy(benchmark::State& state) { RoundsOf(state, GreedySolver()); }
void RoundsByChoice(benchmark::State& state) {
  RoundsOf(state, ChosenSolver(ChosenSolver::Aim::kRounds));
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

BENCHMARK(BurstByPrices)
    ->Args({2, 0, 400, 20, 2})
    ->Args({2, 0, 1600, 50, 2})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BurstByGreedy)
    ->Args({3, 20, 500, 20, 0})
    ->Args({10, 100, 2000, 100, 0})
    ->Args({100, 15, 5000, 500, 0})
    ->Args({100, 150, 5000, 500, 0})
    ->Args({100, 150, 5000, 5000, 0})
    ->Args({2, 0, 100, 10, 2})
    ->Args({2, 0, 400, 20, 2})
    ->Args({2, 0, 400, 100, 2})
    ->Args({2, 0, 1600, 50, 2})
    ->Args({2, 0, 1600, 400, 2})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BurstByChoice)
    ->Args({3, 20, 500, 20, 0})
    ->Args({10, 100, 2000, 100, 0})
    ->Args({100, 15, 5000, 500, 0})
    ->Args({100, 150, 5000, 500, 0})
    ->Args({100, 150, 5000, 5000, 0})
    ->Args({2, 0, 100, 10, 2})
    ->Args({2, 0, 400, 20, 2})
    ->Args({2, 0, 400, 100, 2})
    ->Args({2, 0, 1600, 50, 2})
    ->Args({2, 0, 1600, 400, 2})
    ->Unit(benchmark::kMillisecond);

BENCHMARK(RoundsByGreedy)
    ->Args({100, 150, 5000, 500})
    ->Args({100, 15, 200, 20})
    ->Iterations(8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(RoundsByChoice)
    ->Args({100, 150, 5000, 500})
    ->Args({100, 15, 200, 20})
    ->Iterations(8)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace stowage::scheduler
