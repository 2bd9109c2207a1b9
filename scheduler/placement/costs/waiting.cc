#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {
namespace {

// Until a node of the pool is there, over the time that the pod runs then.
class Waiting : public CostTerm {
 public:
  std::string_view name() const override { return "waiting"; }
  Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const override {
    if (in.pool == nullptr || !in.opens) return {};
    const OneTimeCosts& once = in.pod.once;
    return Product(once.waiting.nano, in.pool->provision_seconds, pods, once.run_seconds, rounding);
  }
};

}  // namespace

const CostTerm& WaitingTerm() {
  static const Waiting term;
  return term;
}

}  // namespace stowage::scheduler
