// bench_engine: a whole fleet through the placement engine.
//
//   bench_engine [PODS CLASSES CLUSTERS NODES SEED [SOLVER [CHURN [VERIFY [CHANGES]]]]]
//
// Default: 1000000 5000 100 15000 1 lagrangian 10000 1 0. First the full solve, from the problem in
// memory to the certified answer; then CHURN pods of three classes in five come or leave, and the
// session is told (CHURN 0: not). CHANGES 1: then one cluster is drained, another one grows by a
// tenth of its nodes, a third becomes a tenth dearer, and each time the session is told, beside a
// search from nothing. Times are CPU of the calling thread. Unless VERIFY is 0, answers
// are verified, which takes minutes for a million pods; beside them: what cheapest-first costs,
// where each class in turn takes the cheapest room there is. VERIFY 2: that, and no verification.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/placement/layout.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/bench/support/flags.h"
#include "test/scheduler/instances/answer_hash.h"
#include "test/scheduler/instances/fleet_problem.h"

namespace stowage::scheduler {
namespace {

int64_t PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

double Dollars(Money m) { return static_cast<double>(m.nano) / 1e9; }

// Each class, by priority and key, takes the cheapest clusters that have room; those with rules
// come first, since hardly any of their pods would find a place later.
Solution CheapestFirst(const Instance& instance) {
  Layout layout(instance);
  std::vector<size_t> classes(instance.classes().size());
  std::iota(classes.begin(), classes.end(), 0);
  std::stable_partition(classes.begin(), classes.end(), [&](size_t k) {
    return instance.rules().Of(k).care != PodRules::Care::kNone;
  });
  for (const size_t k : classes) {
    std::vector<std::pair<int64_t, size_t>> order;
    for (size_t j = 0; j < instance.clusters().size(); ++j) {
      if (instance.VerdictOf(k, j).refusal) continue;
      order.emplace_back(instance.PodCost(k, j, ClusterBins::kStanding, 1, Rounding::kUp).nano, j);
    }
    std::sort(order.begin(), order.end());
    for (bool any = true; any && layout.left(k) > 0;) {
      any = false;
      for (const auto& [cost, j] : order) {
        while (layout.left(k) > 0 && layout.Place(k, j, ClusterBins::kStanding, layout.left(k)) > 0)
          any = true;
      }
    }
    for (const auto& [cost, j] : order) {
      for (size_t p = 0; p < instance.clusters()[j]->pools.size(); ++p) {
        const auto pool = static_cast<int32_t>(p);
        while (layout.left(k) > 0 && layout.Place(k, j, pool, layout.left(k)) > 0) continue;
      }
    }
  }
  return std::move(layout).Take();
}

void ReportCheapestFirst(const Problem& problem, const Incumbent& ours) {
  Instance instance({});
  instance.Apply(Whole(problem));
  Work work(int64_t{1} << 60);
  instance.Prepare(work);
  const Solution s = CheapestFirst(instance);
  int64_t placed = 0;
  for (const int64_t n : s.placed) placed += n;
  std::printf("cheapest-first: placed %lld cost $%.4f, %+.3f%%\n", static_cast<long long>(placed),
              Dollars(s.cost), 100 * (Dollars(s.cost) / Dollars(ours.cost) - 1));
}

const Incumbent& Solve(SolveSession& session) {
  for (;;) {
    const Incumbent& incumbent = session.Step({20'000});
    if (incumbent.complete) return incumbent;
  }
}

// Clusters with less than one core in a hundred free.
int FullClusters(const Problem& problem, const Placement& placement) {
  std::map<std::string, const PodClass*> classes;
  for (const PodClass& k : problem.classes) classes[k.key] = &k;
  int full = 0;
  for (const ClusterView& c : problem.clusters) {
    double room = 0, used = 0;
    for (const NodeShape& s : c.shapes) room += static_cast<double>(s.free[0] * s.count);
    for (const ClusterWitness& w : placement.witness) {
      if (w.cluster != c.name) continue;
      for (const PackedNodes& n : w.nodes) {
        for (const PackedNodes::Load& l : n.loads) {
          if (n.shape >= 0 && l.bound < 0)
            used += static_cast<double>(classes.at(l.key)->demand[0] * l.per_node * n.count);
        }
      }
    }
    full += used > 0.99 * room;
  }
  return full;
}

void Report(const char* what, const Problem& problem, const Incumbent& incumbent, double seconds,
            bool verify) {
  int64_t placed = 0, pods = 0;
  for (const TierResult& t : incumbent.tiers) placed += t.placed, pods += t.pods;
  const Result<void> checked =
      verify ? CheckPlacement(problem, incumbent.placement) : Result<void>();
  std::printf(
      "%s: %.3fs placed %lld of %lld cost $%.4f bound $%.4f gap %.4f%% full clusters %d "
      "peak %lld MiB %s hash %016llx it %lld by %s\n",
      what, seconds, static_cast<long long>(placed), static_cast<long long>(pods),
      Dollars(incumbent.cost), Dollars(incumbent.lower_bound),
      static_cast<double>(incumbent.GapPpm()) / 1e4, FullClusters(problem, incumbent.placement),
      static_cast<long long>(PeakMib()),
      !verify ? "unchecked" : (checked ? "checked" : checked.error().message.c_str()),
      static_cast<unsigned long long>(HashOf(incumbent)),
      static_cast<long long>(incumbent.iterations), incumbent.solver.c_str());
  std::fflush(stdout);
}

// Pods that are somewhere else though their class did not ask for it, and that left a cluster
// other than `emptied`.
int64_t Moved(const Placement& before, const Placement& after, const std::string& emptied = "") {
  int64_t moved = 0;
  std::map<std::string, const ClassPlacement*> now;
  for (const ClassPlacement& k : after.classes) now[k.key] = &k;
  for (const ClassPlacement& was : before.classes) {
    const auto it = now.find(was.key);
    if (it == now.end()) continue;
    std::map<std::string, int64_t> change;
    for (const Assignment& a : was.assignments) change[a.cluster] -= a.count;
    for (const Assignment& a : it->second->assignments) change[a.cluster] += a.count;
    int64_t came = 0, left = 0;
    for (const auto& [cluster, n] : change) (n > 0 ? came : left) += n > 0 ? n : -n;
    const auto gone = change.find(emptied);
    moved += std::min(came, left) - (gone == change.end() ? 0 : -gone->second);
  }
  return moved;
}

Problem Changed(Problem problem, const ProblemDelta& delta) {
  std::map<std::string, const PodClass*> set;
  for (const PodClass& k : delta.set_classes) set[k.key] = &k;
  for (PodClass& k : problem.classes) {
    if (const auto it = set.find(k.key); it != set.end()) k = *it->second;
  }
  std::map<std::string, const ClusterView*> clusters;
  for (const ClusterView& c : delta.set_clusters) clusters[c.name] = &c;
  for (ClusterView& c : problem.clusters) {
    if (const auto it = clusters.find(c.name); it != clusters.end()) c = *it->second;
  }
  return problem;
}

ClusterView Drained(ClusterView c) {
  c.unschedulable = true;
  return c;
}

ClusterView Grown(ClusterView c) {
  for (size_t i = 0, nodes = c.shapes.size(); i < nodes; i += 10) c.shapes.push_back(c.shapes[i]);
  return c;
}

ClusterView Dearer(ClusterView c) {
  for (ResourcePrice& p : c.charge_back) p.price.nano += p.price.nano / 10;
  for (ElasticPool& p : c.pools) p.node_hour.nano += p.node_hour.nano / 10;
  return c;
}

void ChangeClusters(const PlacementEngine& engine, SolveSession& session, Problem problem,
                    bool verify) {
  const size_t n = problem.clusters.size();
  struct Change {
    const char* what;
    size_t cluster;
    ClusterView (*make)(ClusterView);
  };
  for (const Change& c : {Change{"drained", n / 2, Drained}, Change{"grown", n / 3, Grown},
                          Change{"dearer", n / 4, Dearer}}) {
    const Placement before = Solve(session).placement;
    const ProblemDelta delta{.set_clusters = {c.make(problem.clusters[c.cluster])}};
    problem = Changed(std::move(problem), delta);
    double start = bench::ThreadSeconds();
    if (!session.Apply(delta)) return;
    const Incumbent& then = Solve(session);
    Report(c.what, problem, then, bench::ThreadSeconds() - start, verify);
    const bool emptied = problem.clusters[c.cluster].unschedulable;
    std::printf("moved without need: %lld\n",
                static_cast<long long>(Moved(before, then.placement,
                                             emptied ? problem.clusters[c.cluster].name : "")));
    Problem copy = problem;
    start = bench::ThreadSeconds();
    const auto anew = engine.Start(std::move(copy), {});
    const Incumbent& other = Solve(*anew);
    Report("from nothing", problem, other, bench::ThreadSeconds() - start, false);
  }
}

int Main(int argc, char** argv) {
  const auto number = [&](int i, int64_t otherwise) {
    return argc > i ? std::atoll(argv[i]) : otherwise;
  };
  const FleetSize size{.pods = number(1, 1'000'000),
                       .classes = number(2, 5'000),
                       .clusters = number(3, 100),
                       .nodes = number(4, 15'000),
                       .seed = static_cast<uint64_t>(number(5, 1))};
  Problem problem = MakeFleetProblem(size);
  if (const auto valid = Validate(problem); !valid) {
    std::fprintf(stderr, "%s\n", valid.error().message.c_str());
    return 3;
  }
  const GreedySolver greedy;
  const LagrangianSolver lagrangian;
  const bool by_prices = argc <= 6 || std::string(argv[6]) == "lagrangian";
  const auto engine = MakeEngine(by_prices ? static_cast<const Solver&>(lagrangian)
                                           : static_cast<const Solver&>(greedy));
  const Problem original = problem;
  Problem copy = problem;
  double start = bench::ThreadSeconds();
  const auto session = engine->Start(std::move(copy), {});
  const Incumbent first = Solve(*session);
  const double full = bench::ThreadSeconds() - start;
  const int64_t verifying = number(8, 1);
  const bool verify = verifying == 1;
  Report("full", problem, first, full, verify);
  const int64_t churn = number(7, 10'000);
  if (churn > 0) {
    const ProblemDelta delta = MakeChurn(problem, churn, size.classes * 3 / 5, size.seed);
    start = bench::ThreadSeconds();
    if (!session->Apply(delta)) return 3;
    const Incumbent& then = Solve(*session);
    const double seconds = bench::ThreadSeconds() - start;
    Report("churn", Changed(problem, delta), then, seconds, verify);
    std::printf("moved without need: %lld\n",
                static_cast<long long>(Moved(first.placement, then.placement)));
    problem = Changed(std::move(problem), delta);
  }
  if (number(9, 0) != 0) ChangeClusters(*engine, *session, problem, verify);
  if (verifying != 0) ReportCheapestFirst(original, first);
  return 0;
}

}  // namespace
}  // namespace stowage::scheduler

int main(int argc, char** argv) { return stowage::scheduler::Main(argc, argv); }
