#include "scheduler/placement/costs/cost_term.h"

namespace stowage::scheduler {
namespace {

// Spot nodes are taken away now and then, and every pod on them has to start again.
class Interruptions : public CostTerm {
 public:
  std::string_view name() const override { return "interruptions"; }
  Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const override {
    if (in.pool == nullptr) return {};
    return Product(in.pod.once.restart.nano, in.pool->interruptions_ppm, pods, kPpm, rounding);
  }
};

}  // namespace

const CostTerm& InterruptionsTerm() {
  static const Interruptions term;
  return term;
}

}  // namespace stowage::scheduler
