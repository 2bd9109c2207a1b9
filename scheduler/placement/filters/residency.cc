#include <algorithm>

#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {
namespace {

bool Has(const std::vector<std::string>& regions, const std::string& region) {
  return std::find(regions.begin(), regions.end(), region) != regions.end();
}

// Where the law, or the owner, lets a pod run. A cluster whose region nobody knows is in none.
class Residency : public ClusterFilter {
 public:
  std::optional<Refusal> Check(const PodConstraints& pod, const ClusterView& cluster,
                               const LatencyTable&) const override {
    const bool outside = !pod.allowed_regions.empty() && !Has(pod.allowed_regions, cluster.region);
    const bool unknown = cluster.region.empty() && !pod.denied_regions.empty();
    if (!outside && !unknown && !Has(pod.denied_regions, cluster.region)) return std::nullopt;
    return Refusal{"Residency", "node(s) were in a region where the pod must not run",
                   cluster.region.empty() ? "its region is not known"
                                          : "region " + cluster.region + " is not allowed"};
  }
};

}  // namespace

const ClusterFilter& ResidencyFilter() {
  static const Residency filter;
  return filter;
}

}  // namespace stowage::scheduler
