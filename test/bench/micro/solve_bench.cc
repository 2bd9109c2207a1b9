// The solver alone: pods in classes over 100 clusters, from the problem to the whole answer.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/answer_hash.h"

namespace stowage::scheduler {
namespace {

// What a pod of a usual deployment says of its like: one of three, in turn.
std::shared_ptr<const PodRelations> RelationsOf(const std::string& app, int64_t turn) {
  const LabelSelector own{false, {{"app", LabelRequirement::Op::kIn, {app}}}};
  PodRelations r{.ns = "default", .labels = {{"app", app}}};
  if (turn % 3 == 0) r.spread = {{.topology_key = "zone", .selector = own}};
  if (turn % 3 == 1) r.spread = {{.topology_key = std::string(kTopologyCluster), .selector = own}};
  if (turn % 3 == 2) r.anti_affinity = {{std::string(kTopologyHostname), own}};
  return std::make_shared<const PodRelations>(std::move(r));
}

// `related`: one class in ten speaks of other pods.
Problem MakeProblem(int64_t pods, int64_t classes, int64_t clusters, bool related) {
  Rng rng(20261101);
  Problem p;
  for (int64_t j = 0; j < clusters; ++j) {
    ClusterView c = Cluster("c" + std::to_string(j), {},
                            0.01 + 0.001 * static_cast<double>(rng.Between(0, 30)));
    c.region = "r" + std::to_string(j % 20);
    for (int s = 0; s < 4; ++s) {
      c.shapes.push_back(
          Nodes(std::max<int64_t>(1, pods / clusters / 40),
                Room(rng.Between(4, 16) * 1000, rng.Between(16, 64)),
                {{"disk", s % 2 ? "ssd" : "hdd"}, {"zone", "z" + std::to_string(s % 3)}}));
    }
    p.clusters.push_back(std::move(c));
  }
  for (int64_t k = 0; k < classes; ++k) {
    PodConstraints constraints;
    if (rng.Chance(0.2)) constraints.node_selector["disk"] = "ssd";
    p.classes.push_back(Pods("k" + std::to_string(k), pods / classes,
                             Demand(rng.Between(1, 8) * 100, rng.Between(1, 3)), constraints,
                             rng.Chance(0.1) ? 10 : 0));
    if (related && k % 10 == 0) p.classes[k].relations = RelationsOf(p.classes[k].key, k / 10);
  }
  return p;
}

void Solve(benchmark::State& state, bool related) {
  const Problem problem = MakeProblem(state.range(0), state.range(1), 100, related);
  const GreedySolver solver;
  const auto engine = MakeEngine(solver);
  uint64_t hash = 0;
  double placed = 0, gap = 0;
  for (auto _ : state) {
    auto session = engine->Start(problem, {});
    const Incumbent* incumbent = &session->Step({20000});
    while (!incumbent->complete) incumbent = &session->Step({20000});
    hash = HashOf(*incumbent);
    placed = 0;
    for (const TierResult& t : incumbent->tiers) placed += static_cast<double>(t.placed);
    gap = static_cast<double>(incumbent->GapPpm()) / 1e4;
  }
  char text[32];
  std::snprintf(text, sizeof text, "hash %016llx", static_cast<unsigned long long>(hash));
  state.SetLabel(text);
  state.counters["placed"] = placed;
  state.counters["gap%"] = gap;
}

// Arguments: pods, classes.
void SolveGreedy(benchmark::State& state) { Solve(state, false); }
BENCHMARK(SolveGreedy)->Args({10000, 50})->Args({100000, 500})->Unit(benchmark::kMillisecond);

// The same with topology spread over zones and clusters, and anti-affinity over nodes.
void SolveGreedyRelated(benchmark::State& state) { Solve(state, true); }
BENCHMARK(SolveGreedyRelated)
    ->Args({10000, 50})
    ->Args({100000, 500})
    ->Args({1000000, 5000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace stowage::scheduler
