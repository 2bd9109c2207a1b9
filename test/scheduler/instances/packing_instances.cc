#include "test/scheduler/instances/packing_instances.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/random/rng.h"
#include "test/scheduler/instances/packing_types.h"

namespace stowage::scheduler {
namespace {

using Sizes = std::vector<int64_t>;

constexpr int64_t kCpuSteps[] = {50,  100, 100,  200,  250,  250, 500,
                                 500, 500, 1000, 1000, 2000, 4000};
constexpr int64_t kMibPerCore[] = {512, 1024, 2048, 2048, 4096, 4096, 8192};

int64_t Pick(Rng& rng, std::span<const int64_t> from) { return from[rng.Below(from.size())]; }

int64_t Near(Rng& rng, double middle, double spread) {
  const double factor = 1 + spread * (2 * rng.Uniform() - 1);
  return std::max<int64_t>(1, static_cast<int64_t>(middle * factor));
}

Sizes Usual(Rng& rng) {
  const int64_t cpu = Pick(rng, kCpuSteps);
  const int64_t mib = std::max<int64_t>(64, cpu * Pick(rng, kMibPerCore) / 1000 / 64 * 64);
  return {cpu, mib, 1};
}

Sizes Distinct(Rng& rng) {
  const Sizes usual = Usual(rng);
  return {Near(rng, static_cast<double>(usual[0]), 0.4),
          Near(rng, static_cast<double>(usual[1]), 0.5), 1};
}

Sizes Memory(Rng& rng) {
  const bool heavy = rng.Chance(0.5);
  const int64_t cpu = Pick(rng, heavy ? std::span<const int64_t>(kCpuSteps).first(8)
                                      : std::span<const int64_t>(kCpuSteps).last(6));
  return {cpu, heavy ? Near(rng, 12'000, 0.8) / 128 * 128 + 128 : cpu / 4, 1};
}

Sizes Burst(Rng& rng) {
  if (rng.Chance(0.95)) return {Pick(rng, std::span<const int64_t>(kCpuSteps).first(4)) / 2, 64, 1};
  return {Near(rng, 20'000, 0.7), Near(rng, 50'000, 0.7), 1};
}

Sizes Gpu(Rng& rng) {
  Sizes sizes = Usual(rng);
  constexpr int64_t kGpus[] = {1, 1, 1, 2, 4};
  sizes.push_back(rng.Chance(0.04) ? Pick(rng, kGpus) : 0);
  return sizes;
}

// How many pods have the sizes drawn; then new ones.
int64_t Replicas(Rng& rng, const std::string& family, int64_t pods) {
  if (family == "distinct" || family == "burstable") return 1;
  if (family == "few") return (pods + 2) / 3;
  return family == "burst" ? rng.Between(1, 8) : rng.Between(1, 30);
}

Sizes Draw(Rng& rng, const std::string& family) {
  if (family == "distinct" || family == "burstable") return Distinct(rng);
  if (family == "memory") return Memory(rng);
  if (family == "burst") return Burst(rng);
  if (family == "gpu") return Gpu(rng);
  return Usual(rng);
}

}  // namespace

std::vector<std::string> PackingFamilies() {
  return {"mixed", "distinct", "memory", "burst", "gpu", "few", "limited", "burstable"};
}

PackingProblem PackingInstance(const std::string& family, int64_t pods, uint64_t seed) {
  Rng rng = Rng(seed).Stream(family);
  PackingProblem p;
  p.dimensions = family == "gpu" ? 4 : 3;
  for (const NodeType& t : NodeTypes()) {
    if (t.gpus > 0 && family != "gpu") continue;
    if (std::string_view(t.name).starts_with("t3.") && family != "burstable") continue;
    BinType type{{t.milli_cpu, t.mib, t.pods}, t.micro_dollars, BinType::kAny};
    if (family == "gpu") type.capacity.push_back(t.gpus);
    if (family == "limited" && rng.Chance(0.5)) {
      type.quantity = rng.Between(1, 3);
      type.cost /= 5;
    }
    p.bins.push_back(std::move(type));
  }
  for (int64_t left = pods; left > 0;) {
    const Sizes sizes = Draw(rng, family);
    const int64_t count = std::min(left, Replicas(rng, family, pods));
    p.items.push_back({count, {sizes}});
    left -= count;
  }
  return p;
}

}  // namespace stowage::scheduler
