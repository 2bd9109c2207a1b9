#include "test/scheduler/instances/fleet_problem.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "base/random/rng.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kGib = int64_t{1} << 30;
constexpr int kRegions = 10;
constexpr const char* kZoneKey = "topology.kubernetes.io/zone";
constexpr const char* kRegionKey = "topology.kubernetes.io/region";

std::string Region(int64_t r) { return "region-" + std::to_string(r); }

Money Nano(double nano) { return {static_cast<int64_t>(nano + 0.5)}; }

// Regions on a ring: the next is near, the opposite one far.
std::vector<RegionLink> MakeLinks(Rng rng) {
  std::vector<RegionLink> links;
  for (int64_t a = 0; a < kRegions; ++a) {
    links.push_back({Region(a), Region((a + 1) % kRegions), rng.Between(10, 40) * 1000});
  }
  links.push_back({Region(0), Region(kRegions / 2), rng.Between(60, 90) * 1000});
  return links;
}

struct Prices {
  double core, gib;  // nano-currency an hour
};

ElasticPool MakePool(Rng& rng, const Prices& prices, const std::string& name, int64_t region,
                     int64_t nodes) {
  const int64_t cores = int64_t{16} << rng.Below(3), gib = cores * (int64_t{2} << rng.Below(3));
  const double premium = 0.9 + 0.4 * rng.Uniform();
  return {
      .name = name,
      .labels = {{kZoneKey, Region(region) + "-a"}, {kRegionKey, Region(region)}, {"disk", "hdd"}},
      .allocatable = {cores * 1000 - 300, gib * kGib - kGib, 500},
      .nodes_max = nodes,
      .node_hour = Nano(premium * (prices.core * static_cast<double>(cores) +
                                   prices.gib * static_cast<double>(gib))),
      .provision_seconds = 90};
}

NodeShape MakeNode(Rng& rng, int64_t region, bool ssd) {
  static constexpr std::array<int64_t, 4> kCores = {16, 32, 48, 64};
  const int64_t cores = kCores[rng.Below(kCores.size())];
  const double free_cpu = 0.5 + 0.5 * rng.Uniform(), free_memory = 0.5 + 0.5 * rng.Uniform();
  NodeShape node{.labels = {{kZoneKey, Region(region) + "-" + "abc"[rng.Below(3)]},
                            {kRegionKey, Region(region)},
                            {"disk", ssd ? "ssd" : "hdd"}},
                 .count = 1};
  node.free = {
      static_cast<int64_t>(static_cast<double>(cores * 1000) * free_cpu),
      static_cast<int64_t>(static_cast<double>(cores * 6 * 1024) * free_memory) * (kGib / 1024),
      500 - rng.Between(5, 40)};
  return node;
}

std::vector<ClusterView> MakeClusters(const FleetSize& size, Rng rng) {
  std::vector<ClusterView> clusters;
  for (int64_t j = 0; j < size.clusters; ++j) {
    const int64_t region = j % kRegions;
    const Prices prices{2.2e7 * (0.5 + rng.Uniform()), 3e6 * (0.5 + rng.Uniform())};
    ClusterView c{.name = "cluster-" + std::to_string(j), .region = Region(region)};
    c.charge_back = {{ResourceTable::kCpu, Nano(prices.core), 1000},
                     {ResourceTable::kMemory, Nano(prices.gib), kGib}};
    const int64_t nodes = size.nodes * (j + 1) / size.clusters - size.nodes * j / size.clusters;
    const bool ssd = rng.Chance(0.5);
    for (int64_t n = 0; n < nodes; ++n) c.shapes.push_back(MakeNode(rng, region, ssd));
    if (rng.Chance(0.1)) c.taints = {{"dedicated", "batch", Taint::Effect::kNoSchedule}};
    if (j % 3 == 0) {
      c.pools.push_back(MakePool(rng, prices, "pool", region, std::max<int64_t>(1, nodes / 8)));
    }
    clusters.push_back(std::move(c));
  }
  return clusters;
}

// A team's pods have clients in one place and worry alike about distance.
PodConstraints MakeTeam(Rng& rng, int64_t home) {
  PodConstraints c;
  c.latency_sources = {{Region(home), 1'000'000}};
  c.cost_per_ms = Nano(4.2e5 * rng.Exponential(1));
  if (rng.Chance(0.2)) c.node_selector["disk"] = "ssd";
  if (rng.Chance(0.3)) c.tolerations = {{"dedicated", false, "batch", {}}};
  if (rng.Chance(0.1)) {
    for (int r = 0; r < 3; ++r) c.allowed_regions.push_back(Region((home + r) % kRegions));
  }
  return c;
}

Amounts MakeDemand(Rng& rng) {
  static constexpr std::array<int64_t, 8> kMilli = {100, 200, 250, 250, 500, 500, 1000, 2000};
  static constexpr std::array<int64_t, 5> kMibPerCore = {1024, 2048, 2048, 4096, 4096};
  const int64_t step = kMilli[rng.Below(kMilli.size())], milli = step + 10 * rng.Between(0, 9);
  const int64_t mib = milli * kMibPerCore[rng.Below(kMibPerCore.size())] / 1000 / 16 * 16;
  return {milli, std::max<int64_t>(64, mib) * (kGib / 1024), 1};
}

void Relate(PodClass& k, int64_t turn, int64_t home, Rng& rng) {
  const LabelSelector own{false, {{"app", LabelRequirement::Op::kIn, {k.key}}}};
  PodRelations r{.ns = "default", .labels = {{"app", k.key}}};
  if (turn % 2 == 0) {
    PodConstraints c = *k.constraints;
    c.allowed_regions.clear();
    LabelRequirement near{kRegionKey, LabelRequirement::Op::kIn, {}};
    for (int i = 0; i < 3; ++i) near.values.push_back(Region((home + i) % kRegions));
    c.required = {{{near}, {}}};
    k.constraints = std::make_shared<const PodConstraints>(std::move(c));
    r.spread = {{.topology_key = kZoneKey,
                 .max_skew = static_cast<int32_t>(rng.Chance(0.5) ? 1 : 5),
                 .selector = own}};
  } else {
    r.anti_affinity = {{std::string(kTopologyHostname), own}};
  }
  k.relations = std::make_shared<const PodRelations>(std::move(r));
}

// `weights` become counts that add up to `pods`, each at least 1.
void SetCounts(const std::vector<double>& weights, int64_t pods, std::vector<PodClass>* classes) {
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  const int64_t spare = pods - static_cast<int64_t>(weights.size());
  double sum = 0;
  int64_t given = 0;
  for (size_t k = 0; k < weights.size(); ++k) {
    sum += weights[k];
    const int64_t until = k + 1 == weights.size()
                              ? spare
                              : static_cast<int64_t>(static_cast<double>(spare) * sum / all);
    (*classes)[k].count = 1 + until - given;
    given = until;
  }
}

void SetLoad(double load, Problem* p) {
  double demand = 0, free = 0;
  for (const PodClass& k : p->classes) demand += static_cast<double>(k.count * k.demand[0]);
  for (const ClusterView& c : p->clusters) {
    for (const NodeShape& s : c.shapes) free += static_cast<double>(s.free[0] * s.count);
  }
  const double factor = demand / (load * free);
  for (ClusterView& c : p->clusters) {
    for (NodeShape& s : c.shapes) {
      s.free[0] = static_cast<int64_t>(static_cast<double>(s.free[0]) * factor);
      s.free[1] = static_cast<int64_t>(static_cast<double>(s.free[1] >> 20) * factor) << 20;
    }
  }
}

}  // namespace

Problem MakeFleetProblem(const FleetSize& size) {
  const Rng root = Rng(size.seed).Stream("fleet problem");
  Problem p;
  p.links = MakeLinks(root.Stream("links"));
  p.clusters = MakeClusters(size, root.Stream("clusters"));
  Rng rng = root.Stream("pods");
  std::vector<std::pair<int64_t, std::shared_ptr<const PodConstraints>>> teams;
  for (int64_t t = 0; t < 200; ++t) {
    teams.emplace_back(t % kRegions,
                       std::make_shared<const PodConstraints>(MakeTeam(rng, t % kRegions)));
  }
  std::vector<double> weights;
  for (int64_t k = 0; k < size.classes; ++k) {
    const auto& [home, constraints] = teams[rng.Below(teams.size())];
    PodClass pods{.key = "app-" + std::to_string(k),
                  .priority = rng.Chance(0.1) ? 10 : 0,
                  .demand = MakeDemand(rng),
                  .constraints = constraints};
    const bool related = k % 10 == 0;
    if (related) Relate(pods, k / 10, home, rng);
    p.classes.push_back(std::move(pods));
    // Few pods of a class are one in a hundred nodes each; the largest classes are unrelated.
    weights.push_back(related ? 0.2 + rng.Uniform() : rng.Exponential(1) * rng.Exponential(1));
  }
  SetCounts(weights, size.pods, &p.classes);
  SetLoad(size.load, &p);
  return p;
}

ProblemDelta MakeChurn(const Problem& problem, int64_t pods, int64_t classes, uint64_t seed) {
  Rng rng = Rng(seed).Stream("churn");
  std::vector<size_t> chosen(problem.classes.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  for (size_t i = 0; i < chosen.size(); ++i) {
    std::swap(chosen[i], chosen[i + rng.Below(chosen.size() - i)]);
  }
  chosen.resize(std::min(chosen.size(), static_cast<size_t>(classes)));
  ProblemDelta delta;
  int64_t left = pods;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const auto rest = static_cast<int64_t>(chosen.size() - i);
    const int64_t change = left / rest;
    left -= change;
    PodClass k = problem.classes[chosen[i]];
    const bool leave = i % 2 == 0 && k.count > change;
    k.count += leave ? -change : change;
    delta.set_classes.push_back(std::move(k));
  }
  return delta;
}

}  // namespace stowage::scheduler
