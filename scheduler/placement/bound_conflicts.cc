#include "scheduler/placement/bound_conflicts.h"

#include <algorithm>

namespace stowage::scheduler {

BoundConflicts::BoundConflicts(const ClusterView& view, const Namespaces& namespaces)
    : view_(view), namespaces_(namespaces), anti_(view.bound.size()) {
  for (size_t i = 0; i < view.bound.size(); ++i) {
    const PodRelations& r = view.bound[i].Relations();
    for (const PodAffinityTerm& t : r.anti_affinity) {
      if (t.topology_key == kTopologyHostname) anti_[i].push_back(MatcherOf(t, r));
    }
    any_ = any_ || !anti_[i].empty() || !r.ports.empty();
  }
}

bool BoundConflicts::Excludes(size_t owner, size_t other) const {
  const PodRelations& r = view_.bound[other].Relations();
  return std::any_of(anti_[owner].begin(), anti_[owner].end(),
                     [&](const PodMatcher& m) { return m.Matches(r, namespaces_); });
}

bool BoundConflicts::Apart(size_t i, size_t j) const {
  const PodRelations &a = view_.bound[i].Relations(), &b = view_.bound[j].Relations();
  for (const HostPort& p : a.ports) {
    for (const HostPort& q : b.ports) {
      if (p.Conflicts(q)) return true;
    }
  }
  return Excludes(i, j) || Excludes(j, i);
}

int64_t BoundLimit::Of(const NodeGroup& nodes) const {
  for (const NodeGroup::Load& load : nodes.loads) {
    if (conflicts_.Apart(i_, static_cast<size_t>(~load.id))) return 0;
  }
  return conflicts_.Apart(i_, i_) ? 1 : kMaxPods;
}

}  // namespace stowage::scheduler
