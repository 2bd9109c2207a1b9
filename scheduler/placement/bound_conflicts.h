// Which bound pods cannot share a node: host ports, and anti-affinity over kubernetes.io/hostname.
#pragma once

#include <vector>

#include "scheduler/model/problem.h"
#include "scheduler/placement/bins.h"

namespace stowage::scheduler {

class BoundConflicts {
 public:
  BoundConflicts(const ClusterView& view, const Namespaces& namespaces);
  bool any() const { return any_; }
  // Pods of ClusterView::bound by place; i may be j.
  bool Apart(size_t i, size_t j) const;

 private:
  bool Excludes(size_t owner, size_t other) const;
  const ClusterView& view_;
  const Namespaces& namespaces_;
  std::vector<std::vector<PodMatcher>> anti_;  // by place
  bool any_ = false;
};

// The limit for bound pods `i`, while bound pods alone are packed.
class BoundLimit : public NodeLimit {
 public:
  BoundLimit(const BoundConflicts& conflicts, size_t i) : conflicts_(conflicts), i_(i) {}
  int64_t Of(const NodeGroup& nodes) const override;

 private:
  const BoundConflicts& conflicts_;
  const size_t i_;
};

}  // namespace stowage::scheduler
