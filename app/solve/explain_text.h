// Explanations as JSON: why the pods of a class are where they are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/placement/advice.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/flip.h"
#include "scheduler/placement/preemption.h"

namespace stowage::app {

// What comes with an explanation where it applies.
struct Advised {
  std::optional<scheduler::Flip> flip;              // what would move a pod that is placed
  std::optional<scheduler::Preemption> preemption;  // whom to evict for one more pod
  std::vector<scheduler::Advice> relaxations;       // with what one more pod would fit
  std::vector<scheduler::Advice> for_all;           // and with what all that have no place would
};

// One object: by cluster what refused, or each cost term of one pod an hour and their total; where
// its pods are; the cheapest other cluster, and how much its price would have to fall for the next
// pod to go there ("difference"; negative: it is cheaper already, and preference or pods of other
// classes decided). `indent` is put before every line but the first.
std::string ExplanationJson(const scheduler::ClassExplanation& explanation, const Advised& advised,
                            const std::string& indent);

}  // namespace stowage::app
