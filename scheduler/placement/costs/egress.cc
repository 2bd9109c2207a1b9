#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {
namespace {

// What leaves the cluster's region for the region of the pod's data, by the cluster's price a GiB.
class Egress : public CostTerm {
 public:
  std::string_view name() const override { return "egress"; }
  Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const override {
    if (in.pod.data_region.empty() || in.pod.data_region == in.cluster.region) return {};
    return Product(in.cluster.egress_per_gib.nano, in.pod.data_mib_per_hour, pods, 1024, rounding);
  }
};

}  // namespace

const CostTerm& EgressTerm() {
  static const Egress term;
  return term;
}

}  // namespace stowage::scheduler
