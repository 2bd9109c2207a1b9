#include "test/scheduler/instances/gap_instances.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/random/rng.h"

namespace stowage::scheduler {
namespace {

constexpr int32_t kClusters = 101, kRegions = 12;

int64_t SizeOf(char type, Rng& rng) {
  if (type == 'C') return rng.Between(5, 25);
  if (type == 'D') return rng.Between(1, 100);
  return static_cast<int64_t>(1 - 10 * std::log(1 - rng.Uniform()));
}

int64_t CostOf(char type, double size, Rng& rng) {
  if (type == 'C') return rng.Between(10, 50);
  if (type == 'D') return std::llround(111 - size) + rng.Between(-10, 10);
  return std::max<int64_t>(0, static_cast<int64_t>(1000 / size - 10 * rng.Uniform()));
}

int64_t Replicas(Rng& rng) {
  static constexpr std::array<int64_t, 16> kCounts = {1, 1, 2,  2,  3,  3,  4,  5,
                                                      6, 8, 10, 16, 20, 32, 48, 96};
  return kCounts[rng.Below(kCounts.size())];
}

struct Cluster {
  int region;
  double core_price, memory_price;  // nano-currency per core-hour and GiB-hour
  double weight, shape;             // share of all cores; its memory per core against the mean
};

std::vector<Cluster> MakeClusters(Rng rng) {
  std::vector<Cluster> clusters(kClusters);
  for (Cluster& c : clusters) {
    const double level = std::exp(0.3 * rng.Normal(0, 1));
    c.region = static_cast<int>(rng.Below(kRegions));
    c.core_price = 3e7 * level * (0.9 + 0.2 * rng.Uniform());
    c.memory_price = 4e6 * level * (0.9 + 0.2 * rng.Uniform());
    c.weight = std::exp(0.6 * rng.Normal(0, 1));
    c.shape = 0.85 + 0.3 * rng.Uniform();
  }
  return clusters;
}

std::vector<std::vector<double>> MakeDistances(Rng rng) {
  std::vector<std::vector<double>> distance(kRegions, std::vector<double>(kRegions, 0));
  for (int a = 0; a < kRegions; ++a) {
    for (int b = 0; b < a; ++b) distance[a][b] = distance[b][a] = 10 + 190 * rng.Uniform();
  }
  return distance;
}

struct PodShape {
  int64_t cores, memory;  // milli-cores, MiB
};

PodShape MakePodShape(Rng& rng) {
  static constexpr std::array<int64_t, 10> kCores = {100,  250,  250,  500,  500,
                                                     1000, 1000, 2000, 4000, 8000};
  static constexpr std::array<int64_t, 5> kMemoryPerCore = {1024, 2048, 4096, 4096, 8192};
  const int64_t step = kCores[rng.Below(kCores.size())], cores = step + 10 * rng.Between(0, 9);
  const int64_t per_core = kMemoryPerCore[rng.Below(kMemoryPerCore.size())];
  return {cores, std::max<int64_t>(64, cores * per_core / 1000 / 16 * 16)};
}

void SetFleetCapacities(const std::vector<Cluster>& clusters, double tightness, GapProblem* p) {
  std::array<double, 3> demand = {0, 0, 0};
  for (int32_t k = 0; k < p->classes; ++k) {
    for (int r = 0; r < 3; ++r) demand[r] += static_cast<double>(p->counts[k] * p->Sizes(k, 0)[r]);
  }
  double weights = 0, memory_weights = 0;
  for (const Cluster& c : clusters) weights += c.weight, memory_weights += c.weight * c.shape;
  for (const Cluster& c : clusters) {
    const double cores = c.weight / weights, memory = c.weight * c.shape / memory_weights;
    p->capacities.push_back(static_cast<int64_t>(std::ceil(demand[0] * tightness * cores)));
    p->capacities.push_back(static_cast<int64_t>(std::ceil(demand[1] * tightness * memory)));
    p->capacities.push_back(static_cast<int64_t>(std::ceil(demand[2] * 1.3 * cores)));
  }
}

}  // namespace

GapProblem MakeGap(char type, int32_t agents, int32_t items, int32_t resources, uint64_t seed) {
  Rng rng = Rng(seed).Stream(std::string("gap ") + type + " " + std::to_string(agents) + " " +
                             std::to_string(items) + " " + std::to_string(resources));
  GapProblem p;
  p.classes = items, p.agents = agents, p.resources = resources;
  p.counts.assign(items, 1);
  std::vector<int64_t> sum(static_cast<size_t>(agents) * resources, 0);
  for (int32_t k = 0; k < items; ++k) {
    for (int32_t j = 0; j < agents; ++j) {
      double mean = 0;
      for (int32_t r = 0; r < resources; ++r) {
        const int64_t size = SizeOf(type, rng);
        p.sizes.push_back(size);
        sum[static_cast<size_t>(j) * resources + r] += size;
        mean += static_cast<double>(size) / resources;
      }
      p.costs.push_back(CostOf(type, mean, rng));
    }
  }
  for (int64_t total : sum) p.capacities.push_back(total * 8 / (10 * agents));
  return p;
}

GapProblem MakeFleet(int64_t items, double tightness, uint64_t seed) {
  const Rng root = Rng(seed).Stream("fleet " + std::to_string(items));
  const std::vector<Cluster> clusters = MakeClusters(root.Stream("clusters"));
  const std::vector<std::vector<double>> distance = MakeDistances(root.Stream("distances"));
  Rng rng = root.Stream("pods");
  GapProblem p;
  p.agents = kClusters, p.resources = 3, p.uniform = true;
  for (int64_t left = items; left > 0; ++p.classes) {
    const int64_t count = std::min(left, Replicas(rng));
    left -= count;
    p.counts.push_back(count);
    const PodShape shape = MakePodShape(rng);
    p.sizes.insert(p.sizes.end(), {shape.cores, shape.memory, 1});
    const int home = static_cast<int>(rng.Below(kRegions));
    const double per_ms = 4e4 * rng.Exponential(1);
    const bool resident = rng.Chance(0.1);  // close to its users only
    const double cores = static_cast<double>(shape.cores) / 1000;
    const double memory = static_cast<double>(shape.memory) / 1024;
    for (const Cluster& c : clusters) {
      const double latency = distance[home][c.region];
      const double hour = cores * c.core_price + memory * c.memory_price + latency * per_ms;
      const bool forbidden = rng.Chance(0.1) || (resident && latency > 100);
      p.costs.push_back(forbidden ? GapProblem::kForbidden : std::llround(hour));
    }
  }
  SetFleetCapacities(clusters, tightness, &p);
  return p;
}

}  // namespace stowage::scheduler
