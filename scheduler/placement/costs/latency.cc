#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {
namespace {

// The price of a millisecond times the distance to each source, by its share of the traffic.
class Latency : public CostTerm {
 public:
  std::string_view name() const override { return "latency"; }
  Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const override {
    constexpr int64_t kPpmTimesUsPerMs = 1'000'000'000;
    Money sum;
    for (const LatencySource& source : in.pod.latency_sources) {
      const int64_t us =
          in.latency.Between(source.region, in.cluster.region).value_or(in.latency.unknown_us());
      const Money one =
          Product(in.pod.cost_per_ms.nano, us, source.weight_ppm, kPpmTimesUsPerMs, rounding);
      sum += Product(one.nano, pods, 1, 1, rounding);
    }
    return sum;
  }
};

}  // namespace

const CostTerm& LatencyTerm() {
  static const Latency term;
  return term;
}

}  // namespace stowage::scheduler
