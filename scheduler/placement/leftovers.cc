#include "scheduler/placement/leftovers.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace stowage::scheduler {
namespace {

const Amounts& RoomOf(const ClusterView& cluster, int32_t shape, int32_t pool) {
  return pool >= 0 ? cluster.pools[pool].allocatable : cluster.shapes[shape].free;
}

using Classes = std::map<std::string_view, const PodClass*>;

std::vector<Leftover> LeftoversIn(const ClusterView& cluster, const ClusterWitness& witness,
                                  const Classes& classes) {
  std::vector<int64_t> shapes_left, pools_left;
  for (const NodeShape& s : cluster.shapes) shapes_left.push_back(s.count);
  for (const ElasticPool& p : cluster.pools) pools_left.push_back(p.nodes_max);

  std::vector<Leftover> out;
  for (const PackedNodes& nodes : witness.nodes) {
    (nodes.pool >= 0 ? pools_left[nodes.pool] : shapes_left[nodes.shape]) -= nodes.count;
    Leftover left{nodes.shape, nodes.pool, true, nodes.count,
                  RoomOf(cluster, nodes.shape, nodes.pool)};
    for (const PackedNodes::Load& load : nodes.loads) {
      const Amounts& demand = load.bound >= 0 ? cluster.bound[load.bound].demand
                                              : classes.at(load.key)->DemandIn(cluster.name);
      for (size_t r = 0; r < demand.size() && r < left.free.size(); ++r) {
        left.free[r] -= load.per_node * demand[r];
      }
    }
    out.push_back(std::move(left));
  }
  for (size_t s = 0; s < shapes_left.size(); ++s) {
    if (shapes_left[s] > 0) {
      out.push_back({static_cast<int32_t>(s), -1, true, shapes_left[s], cluster.shapes[s].free});
    }
  }
  for (size_t p = 0; p < pools_left.size(); ++p) {
    if (pools_left[p] > 0) {
      out.push_back(
          {-1, static_cast<int32_t>(p), false, pools_left[p], cluster.pools[p].allocatable});
    }
  }
  return out;
}

}  // namespace

std::vector<std::vector<Leftover>> LeftoversOf(const Problem& problem, const Placement& placement) {
  Classes classes;
  for (const PodClass& k : problem.classes) classes.emplace(k.key, &k);
  std::map<std::string_view, const ClusterWitness*> witnesses;
  for (const ClusterWitness& w : placement.witness) witnesses.emplace(w.cluster, &w);
  const ClusterWitness unused;
  std::vector<std::vector<Leftover>> out;
  for (const ClusterView& cluster : problem.clusters) {
    const auto witness = witnesses.find(cluster.name);
    out.push_back(
        LeftoversIn(cluster, witness == witnesses.end() ? unused : *witness->second, classes));
  }
  return out;
}

}  // namespace stowage::scheduler
