// Validation by kind. `old` is missing at creation.
#pragma once

#include <string>
#include <string_view>

#include "sim/apiserver/strategy.h"

namespace stowage::sim {

void ValidateLabels(kube::JsonRef labels, const std::string& path, Causes& causes);
void ValidatePod(kube::JsonRef pod, kube::JsonRef old, Causes& causes);
void ValidatePodSpec(kube::JsonRef spec, const std::string& path, Causes& causes);
// False: not theirs.
bool ValidateWorkload(std::string_view storage, kube::JsonRef object, kube::JsonRef old,
                      Causes& causes);
void ValidateOther(std::string_view storage, kube::JsonRef object, kube::JsonRef old,
                   Causes& causes);

}  // namespace stowage::sim
