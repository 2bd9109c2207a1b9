#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {
namespace {

// What leaving the cluster where the pod runs costs once, over the time that it still runs.
class Moving : public CostTerm {
 public:
  std::string_view name() const override { return "moving"; }
  Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const override {
    const OneTimeCosts& once = in.pod.once;
    if (once.home.empty() || once.home == in.cluster.name) return {};
    return Product(once.moving.nano, kSecondsPerHour, pods, once.run_seconds, rounding);
  }
};

}  // namespace

const CostTerm& MovingTerm() {
  static const Moving term;
  return term;
}

}  // namespace stowage::scheduler
