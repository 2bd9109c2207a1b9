#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {
namespace {

// What the pod's requests emit in the cluster, at the price of a tonne.
class Carbon : public CostTerm {
 public:
  std::string_view name() const override { return "carbon"; }
  Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const override {
    Money sum;
    for (const Emission& e : in.cluster.emissions) {
      const Money price = CarbonPrice(e, in.carbon_per_tonne);
      sum += Product(price.nano, AmountOf(in.demand, e.resource), pods, e.unit, rounding);
    }
    return sum;
  }
};

}  // namespace

const CostTerm& CarbonTerm() {
  static const Carbon term;
  return term;
}

}  // namespace stowage::scheduler
