#include "scheduler/solvers/gap/sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stowage::scheduler::gap {
namespace {

constexpr double kMostItems = 1e15;  // of a sample: sums of sizes stay in range

// What the items of a class ask for, at the agent they prefer.
double Demand(const GapInstance& g, int32_t k, int32_t j, int32_t r) {
  return static_cast<double>(g.counts[k]) * static_cast<double>(g.Sizes(k, j)[r]);
}

class Sampler {
 public:
  Sampler(const GapInstance& whole, const PriceSearch& prices) : g_(whole), prices_(prices) {
    capacity_.assign(g_.resources, 0);
    for (size_t at = 0; at < g_.capacities.size(); ++at) {
      capacity_[at % g_.resources] += static_cast<double>(g_.capacities[at]);
    }
  }

  GapInstance Make(int32_t classes) {
    const std::vector<int32_t> order = Order();
    double total = 0;
    for (int32_t k : order) total += Weight(k);
    const double each = total / classes;
    std::vector<int32_t> chosen, agents(g_.agents);
    std::vector<double> stands_for;
    double passed = each / 2;
    for (int32_t k : order) {
      const double weight = Weight(k);
      passed += weight;
      if (passed < each) continue;
      passed -= std::floor(passed / each) * each;
      chosen.push_back(k), stands_for.push_back(std::max(1.0, each / weight));
    }
    std::iota(agents.begin(), agents.end(), 0);
    GapInstance part(g_, chosen, agents);
    SetCounts(stands_for, &part);
    SetCapacities(chosen, &part);
    return part;
  }

 private:
  int32_t Preferred(int32_t k) const {
    const auto candidates = prices_.Candidates(k);
    return candidates.empty() ? 0 : candidates[0];
  }

  // The largest part of all capacity of a resource that the class takes.
  double Weight(int32_t k) const {
    double weight = 1e-9;
    for (int32_t r = 0; r < g_.resources; ++r) {
      weight = std::max(weight, Demand(g_, k, Preferred(k), r) / std::max(capacity_[r], 1.0));
    }
    return weight;
  }

  std::vector<int32_t> Order() const {
    std::vector<int32_t> order(g_.classes);
    std::iota(order.begin(), order.end(), 0);
    const int32_t second = g_.resources > 1 ? 1 : 0;
    const auto size = [&](int32_t k, int32_t r) {
      return static_cast<double>(g_.Sizes(k, Preferred(k))[r]);
    };
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      if (Preferred(a) != Preferred(b)) return Preferred(a) < Preferred(b);
      return size(a, second) * size(b, 0) < size(b, second) * size(a, 0);
    });
    return order;
  }

  // Several times as many as they stand for, so that fractions are not lost.
  static void SetCounts(const std::vector<double>& stands_for, GapInstance* part) {
    double items = 1;
    for (size_t k = 0; k < stands_for.size(); ++k) {
      items += static_cast<double>(part->counts[k]) * stands_for[k];
    }
    const double times = std::clamp(kMostItems / items, 1.0, 16.0);
    part->items = 0;
    for (size_t k = 0; k < stands_for.size(); ++k) {
      const double count = static_cast<double>(part->counts[k]) * stands_for[k] * times;
      part->counts[k] = std::max<int64_t>(1, static_cast<int64_t>(std::min(count, kMostItems)));
      part->items += part->counts[k];
    }
  }

  void SetCapacities(const std::vector<int32_t>& chosen, GapInstance* part) const {
    for (int32_t r = 0; r < g_.resources; ++r) {
      double whole = 0, sampled = 0;
      for (int32_t k = 0; k < g_.classes; ++k) whole += Demand(g_, k, Preferred(k), r);
      for (int32_t k = 0; k < part->classes; ++k) {
        sampled += Demand(*part, k, Preferred(chosen[k]), r);
      }
      const double times = whole > 0 ? sampled / whole : 1;
      for (int32_t j = 0; j < g_.agents; ++j) {
        int64_t& capacity = part->capacities[static_cast<size_t>(j) * g_.resources + r];
        capacity =
            static_cast<int64_t>(std::min(static_cast<double>(capacity) * times, 0x1.0p61)) + 1;
      }
    }
  }

  const GapInstance& g_;
  const PriceSearch& prices_;
  std::vector<double> capacity_;  // [resource]: of all agents
};

}  // namespace

GapInstance SampleOf(const GapInstance& whole, const PriceSearch& prices, int32_t classes) {
  return Sampler(whole, prices).Make(std::min(classes, whole.classes));
}

}  // namespace stowage::scheduler::gap
