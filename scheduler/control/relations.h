// Reading from API objects what pods want of other pods.
#pragma once

#include <string_view>

#include "base/result/result.h"
#include "kube/api/object.h"
#include "scheduler/model/relations.h"

namespace stowage::scheduler {

// Namespace, labels, inter-pod affinity, topology spread and host ports of a pod. kInvalid names
// what is not understood; then there are no affinity and no spread in `out`. Labels that differ for
// every pod of one owner (IsOwnLabel) are left out unless the pod's own terms name them: they would
// make each pod a class of its own.
Result<void> ParseRelations(const kube::Object& pod, PodRelations& out);

// A label whose value numbers the pods of a StatefulSet or of an indexed Job.
bool IsOwnLabel(std::string_view key);

// A term of it depends on the labels of namespaces.
bool SelectsNamespaces(const PodRelations& relations);

// v1.LabelSelector; missing: matches nothing.
Result<LabelSelector> ParseSelector(kube::JsonRef selector);

}  // namespace stowage::scheduler
