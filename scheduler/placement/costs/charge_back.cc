#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {
namespace {

// price per core-, GiB- and GPU-hour times what the pod requests, on standing nodes.
class ChargeBack : public CostTerm {
 public:
  std::string_view name() const override { return "capacity"; }
  Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const override {
    Money sum;
    if (in.pool != nullptr) return sum;
    for (const ResourcePrice& r : in.cluster.charge_back) {
      sum += Product(r.price.nano, AmountOf(in.demand, r.resource), pods, r.unit, rounding);
    }
    return sum;
  }
};

}  // namespace

const CostTerm& ChargeBackTerm() {
  static const ChargeBack term;
  return term;
}

}  // namespace stowage::scheduler
