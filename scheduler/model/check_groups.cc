#include <algorithm>
#include <map>

#include "scheduler/model/check_order.h"

namespace stowage::scheduler {
namespace {

using Placed = std::map<std::string, std::vector<Assignment>>;  // by key of the class

Result<void> Wrong(const std::string& where, const std::string& what) {
  return MakeError(ErrorCode::kInternal, where + ": " + what);
}

Result<void> CheckQuota(const Problem& problem, const Quota& quota, const Placed& placed) {
  for (const Quota::Cap& cap : quota.caps) {
    __int128 used = 0, fresh = 0;
    for (const ClusterView& c : problem.clusters) {
      if (!Covers(quota.clusters, c.name)) continue;
      for (const BoundPods& b : c.bound) {
        if (!Covers(quota.namespaces, b.Relations().ns)) continue;
        used += static_cast<__int128>(AmountOf(b.demand, cap.resource)) * b.count;
      }
    }
    for (const PodClass& k : problem.classes) {
      if (!Covers(quota.namespaces, k.Relations().ns)) continue;
      for (const Assignment& a : placed.at(k.key)) {
        if (!Covers(quota.clusters, a.cluster)) continue;
        fresh += static_cast<__int128>(AmountOf(k.DemandIn(a.cluster), cap.resource)) * a.count;
      }
    }
    if (fresh > 0 && used + fresh > cap.most) {
      return Wrong("quota " + quota.name, "exceeded in " + problem.resources.name(cap.resource));
    }
  }
  return {};
}

Result<void> CheckGang(const Problem& problem, const Gang& gang, const Placed& placed) {
  std::map<std::string, int64_t> by_cluster;
  int64_t fresh = 0, all = 0;
  for (const PodClass& k : problem.classes) {
    if (k.gang != gang.name) continue;
    for (const Assignment& a : placed.at(k.key)) {
      by_cluster[a.cluster] += a.count;
      fresh += a.count;
    }
  }
  for (const ClusterView& c : problem.clusters) {
    for (const BoundPods& b : c.bound) {
      if (b.gang == gang.name && !b.terminating && b.count > 0) by_cluster[c.name] += b.count;
    }
  }
  if (fresh == 0) return {};
  for (const auto& [cluster, count] : by_cluster) all += count;
  if (all < gang.min_count) return Wrong("gang " + gang.name, "too few of its pods");
  if (gang.one_cluster && by_cluster.size() > 1) {
    return Wrong("gang " + gang.name, "in more than one cluster");
  }
  return {};
}

}  // namespace

Result<void> CheckGroups(const Problem& problem, const Placement& placement) {
  Placed placed;
  for (const ClassPlacement& k : placement.classes) placed[k.key] = k.assignments;
  for (const Quota& q : problem.quotas) RETURN_IF_ERROR(CheckQuota(problem, q, placed));
  for (const Gang& g : problem.gangs) RETURN_IF_ERROR(CheckGang(problem, g, placed));
  return {};
}

}  // namespace stowage::scheduler
