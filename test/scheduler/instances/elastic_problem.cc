#include "test/scheduler/instances/elastic_problem.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/random/rng.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kGib = int64_t{1} << 30, kMib = int64_t{1} << 20;
constexpr std::array<const char*, 3> kRegions = {"eu", "us", "ap"};

Money Micro(int64_t micro) { return {micro * 1000}; }

// Dollars an hour of a core with its memory, in millionths.
struct Family {
  const char* name;
  int64_t gib_per_core, core_hour;
};
constexpr std::array<Family, 3> kFamilies = {
    {{"c", 2, 42'500}, {"m", 4, 48'000}, {"r", 8, 63'000}}};

ClusterView Cloud(const std::string& name, const std::string& region, int64_t percent) {
  ClusterView view{.name = name, .region = region};
  view.egress_per_gib = Micro(90'000);
  for (const Family& family : kFamilies) {
    for (const int64_t cores : {2, 4, 8, 16, 32}) {
      ElasticPool pool;
      pool.name = family.name + std::to_string(cores);
      // A part is the kubelet's and the system's.
      pool.allocatable = {cores * 950, cores * family.gib_per_core * 952 * kMib, 110};
      pool.nodes_max = 60;
      pool.node_hour = Micro(family.core_hour * cores * percent / 100);
      view.pools.push_back(std::move(pool));
    }
  }
  return view;
}

ClusterView Standing(Rng& rng, const std::string& name, const std::string& region, int64_t nodes) {
  ClusterView view{.name = name, .region = region};
  view.shapes = {{.free = {32'000, 128 * kGib, 110}, .count = nodes},
                 {.free = {rng.Between(6, 20) * 1000, 50 * kGib, 110}, .count = 2}};
  view.charge_back = {{ResourceTable::kCpu, Micro(10'000), 1000},
                      {ResourceTable::kMemory, Micro(1'000), kGib}};
  return view;
}

PodClass Class(Rng& rng, const std::string& key, int64_t left) {
  static constexpr std::array<int64_t, 7> kCounts = {1, 2, 3, 5, 8, 12, 20};
  static constexpr std::array<int64_t, 8> kCores = {500, 1000, 1500, 2000, 3000, 4000, 6000, 8000};
  static constexpr std::array<int64_t, 6> kGibPerCore = {1, 2, 3, 4, 6, 8};
  PodClass out;
  out.key = key;
  out.count = std::min(left, kCounts[rng.Below(kCounts.size())]);
  const int64_t cores = kCores[rng.Below(kCores.size())];
  const int64_t gib = kGibPerCore[rng.Below(kGibPerCore.size())];
  out.demand = {cores, cores * gib * kGib / 1000, 1};
  PodConstraints constraints;
  if (rng.Chance(0.5)) {
    constraints.latency_sources = {{kRegions[rng.Below(kRegions.size())], 1'000'000}};
    constraints.cost_per_ms = Micro(rng.Chance(0.5) ? 50 : 200);
  }
  if (rng.Chance(0.3)) {
    constraints.data_region = kRegions[rng.Below(kRegions.size())];
    constraints.data_mib_per_hour = rng.Chance(0.5) ? 1024 : 5120;
  }
  out.constraints = std::make_shared<const PodConstraints>(std::move(constraints));
  return out;
}

}  // namespace

Problem MakeElasticProblem(const ElasticSize& size) {
  Rng rng(size.seed);
  Problem p;
  p.links = {{"eu", "us", 80'000}, {"us", "ap", 110'000}, {"ap", "eu", 150'000}};
  for (int64_t j = 0; j < size.clusters; ++j) {
    const std::string region = kRegions[static_cast<size_t>(j) % kRegions.size()];
    if (j < std::max<int64_t>(1, size.clusters / 3)) {
      p.clusters.push_back(Standing(rng, "onprem" + std::to_string(j), region, size.nodes - 2));
    } else {
      static constexpr std::array<int64_t, 3> kPercent = {95, 100, 110};
      const int64_t percent = kPercent[rng.Below(kPercent.size())];
      p.clusters.push_back(Cloud("cloud" + std::to_string(j), region, percent));
    }
  }
  for (int64_t left = size.pods; left > 0;) {
    p.classes.push_back(Class(rng, "class" + std::to_string(p.classes.size()), left));
    left -= p.classes.back().count;
  }
  return p;
}

}  // namespace stowage::scheduler
