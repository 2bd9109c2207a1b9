// bench_fastlane: what changes cost, and pods placed one by one between solves, in a large fleet.
//
//   bench_fastlane [--pods=N] [--classes=N] [--clusters=N] [--nodes=N] [--churn=PERCENT] [--seed=N]
//                  [--greedy=1]
//
// A fleet is solved; then pods leave and come in turn, and the lane places those that come. Last,
// the state that this led to is solved anew and compared. Times are CPU time of the calling thread.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/placement/fast_lane.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "test/scheduler/instances/fleet_problem.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kForever = int64_t{1} << 50;
constexpr int64_t kBlock = 1000;

int64_t CpuNanos() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

template <class Do>
int64_t Timed(const Do& work) {
  const int64_t start = CpuNanos();
  work();
  return CpuNanos() - start;
}

void Row(const std::string& what, double value, const char* unit, const std::string& more = "") {
  std::printf("| %-58s | %10.2f %-8s | %-40s |\n", what.c_str(), value, unit, more.c_str());
  std::fflush(stdout);
}

struct Times {
  std::vector<int64_t> nanos;
  void Print(const std::string& what) {
    std::sort(nanos.begin(), nanos.end());
    const auto at = [&](double part) {
      return 1e-3 * static_cast<double>(
                        nanos[static_cast<size_t>(part * static_cast<double>(nanos.size() - 1))]);
    };
    Row(what + ", p50", at(0.5), "us");
    Row(what + ", p99", at(0.99), "us", "largest " + std::to_string(nanos.back() / 1000) + " us");
  }
};

struct Solved {
  Solved(const Problem& p, const Solver& solver) : instance(SolveOptions{}) {
    Work work(kForever);
    prepare = Timed([&] {
      instance.Apply(Whole(p));
      instance.Prepare(work);
    });
    solve = Timed([&] {
      search = solver.Start(instance, instance.options());
      while (!search->Step(work)) {
      }
    });
  }
  const Solution& best() const { return *search->best(); }
  ShadowPrices prices() const {
    return search->prices() != nullptr ? *search->prices() : ShadowPrices{};
  }

  Instance instance;
  std::unique_ptr<Search> search;
  int64_t prepare = 0, solve = 0;
};

int64_t PlacedOf(const Solution& s) {
  int64_t placed = 0;
  for (const Share& share : s.shares) placed += share.count;
  return placed;
}

// Who leaves and who comes: every pod that runs is as likely to leave, every class as likely to
// grow as it has pods.
class Churn {
 public:
  Churn(const Problem& p, const Instance& instance, const Solution& s, uint64_t seed)
      : rng_(Rng(seed).Stream("fast lane")) {
    for (const Share& share : s.shares) {
      for (int64_t i = 0; i < share.count; ++i) pods_.push_back({share.k, share.j});
    }
    for (const PodClass& k : p.classes) {
      counts_.push_back(k.count);
      places_.push_back(static_cast<int32_t>(*instance.PlaceOf(k.key)));
      for (int64_t i = 0; i < std::max<int64_t>(1, k.count / 10); ++i) {
        drawn_.push_back(static_cast<int32_t>(places_.size() - 1));
      }
    }
    number_.resize(places_.size());
    for (size_t i = 0; i < places_.size(); ++i) number_[places_[i]] = static_cast<int32_t>(i);
  }

  std::pair<int32_t, int32_t> Leaves() {
    const size_t i = rng_.Below(pods_.size());
    const auto pod = pods_[i];
    pods_[i] = pods_.back();
    pods_.pop_back();
    --counts_[number_[pod.first]];
    return pod;
  }
  int32_t Comes() {
    const int32_t number = drawn_[rng_.Below(drawn_.size())];
    ++counts_[number];
    return places_[number];
  }
  void Placed(const FastLane::Decision& d) { pods_.emplace_back(d.k, d.j); }
  void Refused(int32_t k) { --counts_[number_[k]]; }

  // The problem that is left behind.
  Problem After(Problem p) const {
    for (size_t i = 0; i < counts_.size(); ++i) p.classes[i].count = counts_[i];
    return p;
  }

 private:
  Rng rng_;
  std::vector<std::pair<int32_t, int32_t>> pods_;  // that run: class and cluster
  std::vector<int64_t> counts_;                    // by number of the class in the problem
  std::vector<int32_t> places_, number_, drawn_;   // number to place, and back
};

void PrepareChanges(const Problem& p, Instance& instance) {
  Work work(kForever);
  int64_t worst = 0;
  for (uint64_t round = 0; round < 5; ++round) {
    ProblemDelta delta = MakeChurn(p, 10'000, 3'000, round);
    worst = std::max(worst, Timed([&] {
                       instance.Apply(std::move(delta));
                       instance.Prepare(work);
                     }));
  }
  Row("prepare 10,000 pods of 3,000 classes that changed", 1e-6 * static_cast<double>(worst), "ms",
      "the slowest of 5");
  ProblemDelta back{.set_classes = p.classes};
  instance.Apply(std::move(back));
  instance.Prepare(work);
}

struct Run {
  int64_t decisions = 0, refused = 0, placing = 0, leaving = 0;
  uint64_t hash = 0;
};

void Play(FastLane& lane, Churn& churn, int64_t pods, Run& run, Times& times) {
  std::vector<int32_t> classes(kBlock);
  std::vector<std::optional<FastLane::Decision>> decisions(kBlock);
  for (int64_t block = 0; block * kBlock < pods; ++block) {
    std::vector<std::pair<int32_t, int32_t>> leaving;
    for (int64_t i = 0; i < kBlock; ++i) leaving.push_back(churn.Leaves());
    run.leaving += Timed([&] {
      for (const auto& [k, j] : leaving) lane.Leave(k, j);
    });
    for (int32_t& k : classes) k = churn.Comes();
    // Looking at the clock costs time itself: every second block is timed as a whole.
    if (block % 2 == 0) {
      run.placing += Timed([&] {
        for (int64_t i = 0; i < kBlock; ++i) decisions[i] = lane.Place(classes[i]);
      });
      run.decisions += kBlock;
    } else {
      for (int64_t i = 0; i < kBlock; ++i) {
        times.nanos.push_back(Timed([&] { decisions[i] = lane.Place(classes[i]); }));
      }
    }
    for (int64_t i = 0; i < kBlock; ++i) {
      if (decisions[i]) {
        churn.Placed(*decisions[i]);
      } else {
        churn.Refused(classes[i]);
        ++run.refused;
      }
      run.hash = HashCombine(run.hash, static_cast<uint64_t>(classes[i]));
      run.hash = HashCombine(run.hash, decisions[i] ? decisions[i]->j : 1'000'000);
    }
  }
}

// Classes that nobody has seen: every second with constraints of its own, every third spread over
// zones, every third with anti-affinity over nodes.
PodClass MakeUnseen(const Problem& p, int64_t n, Rng& rng) {
  PodClass k = p.classes[rng.Below(p.classes.size())];
  k.key = "unseen-" + std::to_string(n);
  k.demand[0] += 1 + n % 7;
  if (n % 2 == 0) {
    PodConstraints own = *k.constraints;
    own.cost_per_ms.nano += n + 1;
    k.constraints = std::make_shared<const PodConstraints>(std::move(own));
  }
  PodRelations r{.ns = "default", .labels = {{"app", k.key}}};
  const LabelSelector self{false, {{"app", LabelRequirement::Op::kIn, {k.key}}}};
  if (n % 3 == 0) {
    r.spread = {{.topology_key = "topology.kubernetes.io/zone", .max_skew = 5, .selector = self}};
  } else if (n % 3 == 1) {
    r.anti_affinity = {{std::string(kTopologyHostname), self}};
  }
  k.relations = std::make_shared<const PodRelations>(std::move(r));
  return k;
}

void PlaceUnseen(const Problem& p, FastLane& lane, uint64_t seed, uint64_t& hash) {
  Rng rng = Rng(seed).Stream("unseen");
  Times times;
  std::vector<FastLane::Decision> decisions;
  for (int64_t n = 0; n < 1000; ++n) {
    const PodClass k = MakeUnseen(p, n, rng);
    std::optional<FastLane::Decision> decision;
    times.nanos.push_back(Timed([&] {
      if (const auto place = lane.Learn(k)) decision = lane.Place(*place);
    }));
    hash = HashCombine(hash, decision ? decision->j : 1'000'000);
    if (decision) decisions.push_back(*decision);
  }
  times.Print("a pod of a class that nobody has seen");
  for (const FastLane::Decision& d : decisions) lane.Forget(d);
}

int Main(const FleetSize& size, double churn_percent, const Solver& solver) {
  const Problem p = MakeFleetProblem(size);
  Solved solved(p, solver);
  Row("prepare all", 1e-6 * static_cast<double>(solved.prepare), "ms");
  Row("solve all", 1e-6 * static_cast<double>(solved.solve), "ms",
      std::to_string(PlacedOf(solved.best())) + " pods placed");
  std::optional<FastLane> lane;
  const int64_t opening =
      Timed([&] { lane.emplace(solved.instance, solved.best(), solved.prices()); });
  Row("open the lane", 1e-6 * static_cast<double>(opening), "ms");

  Churn churn(p, solved.instance, solved.best(), size.seed);
  const auto pods =
      static_cast<int64_t>(churn_percent / 100 * static_cast<double>(size.pods)) / kBlock * kBlock;
  Run run;
  Times times;
  Play(*lane, churn, std::max<int64_t>(2 * kBlock, pods), run, times);
  const double seconds = 1e-9 * static_cast<double>(run.placing);
  Row("pods placed one by one", static_cast<double>(run.decisions) / seconds, "/s",
      std::to_string(run.refused) + " refused");
  times.Print("a pod of a known class");
  Row("a pod leaves", 1e-3 * static_cast<double>(run.leaving) / std::max<double>(1, pods), "us");
  PlaceUnseen(p, *lane, size.seed, run.hash);

  const Solution now = lane->Snapshot();
  const Problem after = churn.After(p);
  const Solved anew(after, solver);
  const double excess = 100.0 * static_cast<double>(now.cost.nano - anew.best().cost.nano) /
                        static_cast<double>(anew.best().cost.nano);
  char hash[32];
  std::snprintf(hash, sizeof hash, "hash %016llx", static_cast<unsigned long long>(run.hash));
  char exact[32];
  std::snprintf(exact, sizeof exact, "%.4f %%, ", excess);
  Row("cost after the churn, above a full solve's", excess, "%",
      exact + std::to_string(PlacedOf(now) - PlacedOf(anew.best())) + " more pods placed");
  {
    Instance changing{SolveOptions{}};
    Work work(kForever);
    changing.Apply(Whole(p));
    changing.Prepare(work);
    PrepareChanges(p, changing);
  }
  Row("decisions in all", static_cast<double>(pods), "", hash);
  return 0;
}

bool Read(const std::string& arg, const char* name, double& value) {
  const std::string prefix = std::string("--") + name + "=";
  if (arg.rfind(prefix, 0) != 0) return false;
  value = std::atof(arg.c_str() + prefix.size());
  return true;
}

}  // namespace
}  // namespace stowage::scheduler

int main(int argc, char** argv) {
  using namespace stowage::scheduler;
  double pods = 1e6, classes = 5000, clusters = 100, nodes = 15000, churn = 10, seed = 1,
         greedy = 0;
  for (int i = 1; i < argc; ++i) {
    if (!Read(argv[i], "pods", pods) && !Read(argv[i], "classes", classes) &&
        !Read(argv[i], "clusters", clusters) && !Read(argv[i], "nodes", nodes) &&
        !Read(argv[i], "churn", churn) && !Read(argv[i], "seed", seed) &&
        !Read(argv[i], "greedy", greedy)) {
      std::fprintf(stderr, "bench_fastlane: unknown argument %s\n", argv[i]);
      return 3;
    }
  }
  const GreedySolver by_greedy;
  const LagrangianSolver by_prices;
  return Main({.pods = static_cast<int64_t>(pods),
               .classes = static_cast<int64_t>(classes),
               .clusters = static_cast<int64_t>(clusters),
               .nodes = static_cast<int64_t>(nodes),
               .seed = static_cast<uint64_t>(seed)},
              churn, greedy != 0 ? static_cast<const Solver&>(by_greedy) : by_prices);
}
