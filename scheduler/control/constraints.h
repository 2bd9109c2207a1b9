// Reading node selection, tolerations and taints from API objects.
#pragma once

#include <vector>

#include "base/result/result.h"
#include "kube/api/json.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// nodeSelector, nodeAffinity and tolerations of a pod's spec. kInvalid names what is not
// understood. The taint that keeps ordinary pods off virtual nodes is tolerated: whoever names our
// scheduler wants them.
Result<void> ParseConstraints(kube::JsonRef spec, PodConstraints& out);

// An array of v1 NodeSelectorTerm. kInvalid: an operator that is not known.
Result<std::vector<NodeSelectorTerm>> ParseTerms(kube::JsonRef terms);

// An array of v1 Taint, in its order: the first that is not tolerated is the reason. Effects that
// are not known keep nothing away.
std::vector<Taint> ParseTaints(kube::JsonRef taints);

// An object of strings.
Labels ParseLabels(kube::JsonRef labels);

}  // namespace stowage::scheduler
