// Explanations as JSON: why the pods of a class are where they are.
#pragma once

#include <optional>
#include <string>

#include "scheduler/placement/explain.h"
#include "scheduler/placement/preemption.h"

namespace stowage::app {

// One object: by cluster what refused, or each cost term of one pod an hour and their total; where
// its pods are; the cheapest other cluster, and how much its price would have to fall for the next
// pod to go there ("difference"; negative: it is cheaper already, and preference or pods of other
// classes decided). `indent` is put before every line but the first.
// `preemption`: whom to evict for one more pod, if that would help.
std::string ExplanationJson(const scheduler::ClassExplanation& explanation,
                            const std::optional<scheduler::Preemption>& preemption,
                            const std::string& indent);

}  // namespace stowage::app
