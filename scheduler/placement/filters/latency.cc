#include <string>

#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {
namespace {

std::string Milliseconds(int64_t us) {
  return std::to_string(us / 1000) +
         (us % 1000 >= 100 ? "." + std::to_string(us % 1000 / 100) : "") + " ms";
}

// No source may be further than the pod's maximum; a distance that nobody knows is too far.
class MaximumLatency : public ClusterFilter {
 public:
  std::optional<Refusal> Check(const PodConstraints& pod, const ClusterView& cluster,
                               const LatencyTable& latency) const override {
    if (!pod.latency_us_max) return std::nullopt;
    for (const LatencySource& source : pod.latency_sources) {
      const auto us = latency.Between(source.region, cluster.region);
      if (us && *us <= *pod.latency_us_max) continue;
      const std::string far = us ? Milliseconds(*us) : "an unknown distance";
      return Refusal{"MaximumLatency", "node(s) were too far from region " + source.region,
                     far + " away, at most " + Milliseconds(*pod.latency_us_max)};
    }
    return std::nullopt;
  }
};

}  // namespace

const ClusterFilter& LatencyFilter() {
  static const MaximumLatency filter;
  return filter;
}

}  // namespace stowage::scheduler
