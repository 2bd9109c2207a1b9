#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {

const std::vector<const CostTerm*>& ClusterTerms() {
  static const std::vector<const CostTerm*> all = {&LatencyTerm(), &EgressTerm(), &MovingTerm()};
  return all;
}

const std::vector<const CostTerm*>& RoomTerms() {
  static const std::vector<const CostTerm*> all = {&ChargeBackTerm(), &CarbonTerm(),
                                                   &InterruptionsTerm(), &WaitingTerm()};
  return all;
}

Money Product(int64_t a, int64_t b, int64_t c, int64_t divisor, Rounding rounding) {
  return {rounding == Rounding::kUp ? MulDivCeil(a, b, c, divisor) : MulDivFloor(a, b, c, divisor)};
}

}  // namespace stowage::scheduler
