#include <algorithm>
#include <map>
#include <numeric>

#include "scheduler/model/check_order.h"
#include "scheduler/model/distances.h"
#include "scheduler/model/placement.h"

namespace stowage::scheduler {
namespace {

Result<void> Wrong(const std::string& where, std::string_view what) {
  return MakeError(ErrorCode::kInternal, where + ": " + std::string(what));
}

// One cluster's witness against its view.
class ClusterChecker {
 public:
  ClusterChecker(const std::map<std::string, const PodClass*>& classes, const Distances& distances,
                 const ClusterView& view)
      : classes_(classes),
        distances_(distances),
        view_(view),
        bound_packed_(view.bound.size(), 0),
        shape_nodes_(view.shapes.size(), 0),
        pool_nodes_(view.pools.size(), 0) {}

  Result<void> Check(const ClusterWitness& witness) {
    for (const PackedNodes& nodes : witness.nodes) RETURN_IF_ERROR(CheckNodes(nodes));
    int64_t missing = 0;
    for (size_t i = 0; i < bound_packed_.size(); ++i) {
      if (bound_packed_[i] > view_.bound[i].count) return Wrong(view_.name, "too many bound pods");
      missing += view_.bound[i].count - bound_packed_[i];
    }
    if (missing != witness.bound_unpacked)
      return Wrong(view_.name, "bound pods are not accounted for");
    for (size_t i = 0; i < shape_nodes_.size(); ++i) {
      if (shape_nodes_[i] > view_.shapes[i].count)
        return Wrong(view_.name, "more nodes than there are");
    }
    for (size_t i = 0; i < pool_nodes_.size(); ++i) {
      if (pool_nodes_[i] > view_.pools[i].nodes_max)
        return Wrong(view_.name, "pool over its maximum");
    }
    return {};
  }

  const std::map<std::string, int64_t>& packed() const { return packed_; }

 private:
  struct Node {
    const Labels* labels;
    const std::vector<Taint>* taints;
    const Amounts* room;
    const Devices* devices;
  };

  Result<Node> NodeOf(const PackedNodes& nodes) {
    const bool shape = nodes.shape >= 0 && nodes.shape < static_cast<int32_t>(view_.shapes.size());
    const bool pool = nodes.pool >= 0 && nodes.pool < static_cast<int32_t>(view_.pools.size());
    if (shape == pool || nodes.count <= 0) {
      return MakeError(ErrorCode::kInternal, view_.name + ": nodes of no shape");
    }
    if (shape) {
      shape_nodes_[nodes.shape] += nodes.count;
      const NodeShape& s = view_.shapes[nodes.shape];
      return Node{&s.labels, &s.taints, &s.free, &s.devices};
    }
    pool_nodes_[nodes.pool] += nodes.count;
    const ElasticPool& p = view_.pools[nodes.pool];
    return Node{&p.labels, &p.taints, &p.allocatable, &p.devices};
  }

  Result<void> CheckAdmits(const Node& node, const PodConstraints& c, bool fresh) {
    const LabelView labels{&view_.labels, node.labels};
    for (const auto& [key, value] : c.node_selector) {
      const std::string* have = labels.Find(key);
      if (have == nullptr || *have != value) return Wrong(view_.name, "nodeSelector not satisfied");
    }
    if (c.required && std::none_of(c.required->begin(), c.required->end(), [&](const auto& term) {
          return term.Matches(labels, view_.name);
        })) {
      return Wrong(view_.name, "required node affinity not satisfied");
    }
    for (const auto& volume : c.volumes) {
      if (std::none_of(volume.begin(), volume.end(), [&](const NodeSelectorTerm& term) {
            return term.Matches(labels, view_.name);
          })) {
        return Wrong(view_.name, "a volume cannot be attached");
      }
    }
    if (fresh) RETURN_IF_ERROR(CheckResidency(c));
    if (fresh) RETURN_IF_ERROR(CheckLatency(c));
    if (FindUntolerated(c.tolerations, *node.taints) != nullptr) {
      return Wrong(view_.name, "a taint is not tolerated");
    }
    if (fresh && FindUntolerated(c.tolerations, view_.taints) != nullptr) {
      return Wrong(view_.name, "a taint of the cluster is not tolerated");
    }
    return {};
  }

  // Bound pods stay though no node of the cluster would let them in any more.
  bool AdmittedAnywhere(const PodConstraints& c) {
    const auto admits = [&](const auto& nodes, const Amounts& room) {
      const Node node{&nodes.labels, &nodes.taints, &room, &nodes.devices};
      return CheckAdmits(node, c, false).has_value();
    };
    return std::any_of(view_.shapes.begin(), view_.shapes.end(),
                       [&](const NodeShape& s) { return admits(s, s.free); }) ||
           std::any_of(view_.pools.begin(), view_.pools.end(),
                       [&](const ElasticPool& p) { return admits(p, p.allocatable); });
  }

  Result<void> CheckResidency(const PodConstraints& c) {
    const auto has = [&](const std::vector<std::string>& regions) {
      return std::find(regions.begin(), regions.end(), view_.region) != regions.end();
    };
    if (!c.allowed_regions.empty() && !has(c.allowed_regions)) {
      return Wrong(view_.name, "outside the allowed regions");
    }
    if (c.denied_regions.empty()) return {};
    if (view_.region.empty() || has(c.denied_regions)) return Wrong(view_.name, "a denied region");
    return {};
  }

  // Each pod of the load is on as many devices as it asks for. That they can be told apart into
  // pods follows: no device has more of them than there are, and all together the right number.
  Result<void> UseDevices(Devices& devices, const Amounts& demand, const PackedNodes::Load& load) {
    if (!devices.Concern(demand)) {
      return load.on.empty() ? Result<void>() : Wrong(view_.name, "devices for whom needs none");
    }
    if (load.on.size() != devices.free.size()) {
      return Wrong(view_.name, "pods on no devices, or on some that are not there");
    }
    int64_t sum = 0;
    for (size_t d = 0; d < load.on.size(); ++d) {
      const int64_t pods = load.on[d];
      if (pods < 0 || pods > load.per_node) return Wrong(view_.name, "a device is given twice");
      sum += pods;
      for (size_t i = 0; i < devices.resources.size(); ++i) {
        int64_t& left = devices.free[d][i];
        left -= Devices::PartOf(demand, devices.resources[i]) * pods;
        if (left < 0) return Wrong(view_.name, "a device holds too much");
      }
    }
    if (sum != load.per_node * demand.devices) {
      return Wrong(view_.name, "pods without their number of devices");
    }
    return {};
  }

  Result<void> CheckLatency(const PodConstraints& c) {
    for (const LatencySource& source : c.latency_sources) {
      if (!c.latency_us_max) break;
      const auto us = distances_.Between(source.region, view_.region);
      if (!us || *us > *c.latency_us_max) {
        return Wrong(view_.name, "further than the maximum of latency from " + source.region);
      }
    }
    return {};
  }

  Result<void> CheckNodes(const PackedNodes& nodes) {
    ASSIGN_OR_RETURN(const Node node, NodeOf(nodes));
    Amounts used;
    Devices devices = *node.devices;
    for (const PackedNodes::Load& load : nodes.loads) {
      const Amounts* demand = nullptr;
      if (load.per_node <= 0) return Wrong(view_.name, "an empty load");
      if (load.bound >= 0 && load.bound < static_cast<int32_t>(view_.bound.size())) {
        const BoundPods& bound = view_.bound[load.bound];
        bound_packed_[load.bound] += load.per_node * nodes.count;
        if (Result<void> admits = CheckAdmits(node, *bound.constraints, false);
            !admits && AdmittedAnywhere(*bound.constraints)) {
          return admits;
        }
        demand = &bound.demand;
      } else {
        const auto it = classes_.find(load.key);
        if (it == classes_.end()) return Wrong(view_.name, "an unknown class " + load.key);
        packed_[load.key] += load.per_node * nodes.count;
        RETURN_IF_ERROR(CheckAdmits(node, *it->second->constraints, true));
        demand = &it->second->DemandIn(view_.name);
      }
      RETURN_IF_ERROR(UseDevices(devices, *demand, load));
      if (used.size() < demand->size()) used.resize(demand->size(), 0);
      for (size_t r = 0; r < demand->size(); ++r) used[r] += (*demand)[r] * load.per_node;
    }
    for (size_t r = 0; r < used.size(); ++r) {
      if (used[r] > AmountOf(*node.room, r)) return Wrong(view_.name, "a node holds too much");
    }
    return {};
  }

  const std::map<std::string, const PodClass*>& classes_;
  const Distances& distances_;
  const ClusterView& view_;
  std::vector<int64_t> bound_packed_, shape_nodes_, pool_nodes_;
  std::map<std::string, int64_t> packed_;
};

}  // namespace

int64_t Incumbent::GapPpm() const {
  if (!bound_known) return -1;
  if (cost.nano <= lower_bound.nano) return 0;
  return static_cast<int64_t>(static_cast<__int128>(cost.nano - lower_bound.nano) * 1'000'000 /
                              cost.nano);
}

Result<void> CheckPlacement(const Problem& problem, const Placement& placement) {
  std::map<std::string, const PodClass*> classes;
  for (const PodClass& k : problem.classes) classes.emplace(k.key, &k);
  std::map<std::string, std::map<std::string, int64_t>> assigned;  // cluster -> class -> pods
  if (placement.classes.size() != problem.classes.size()) {
    return Wrong("placement", "not every class has an outcome");
  }
  for (const ClassPlacement& k : placement.classes) {
    const auto it = classes.find(k.key);
    if (it == classes.end()) return Wrong(k.key, "an unknown class");
    int64_t sum = k.unplaced;
    for (const Assignment& a : k.assignments) {
      if (a.count <= 0) return Wrong(k.key, "an empty assignment");
      assigned[a.cluster][k.key] += a.count;
      sum += a.count;
    }
    if (k.unplaced < 0 || sum != it->second->count) return Wrong(k.key, "the counts do not add up");
  }
  const Distances distances(problem.links);
  for (const ClusterWitness& witness : placement.witness) {
    const auto view = std::find_if(problem.clusters.begin(), problem.clusters.end(),
                                   [&](const ClusterView& c) { return c.name == witness.cluster; });
    if (view == problem.clusters.end()) return Wrong(witness.cluster, "an unknown cluster");
    ClusterChecker checker(classes, distances, *view);
    RETURN_IF_ERROR(checker.Check(witness));
    if (checker.packed() != assigned[witness.cluster]) {
      return Wrong(witness.cluster, "the witness does not match the assignments");
    }
    if (view->unschedulable && !checker.packed().empty()) {
      for (const auto& [key, count] : checker.packed()) {
        const Taint cordon{"node.kubernetes.io/unschedulable", "", Taint::Effect::kNoSchedule};
        if (!Tolerated(classes.at(key)->constraints->tolerations, cordon)) {
          return Wrong(witness.cluster, "is unschedulable");
        }
      }
    }
    assigned.erase(witness.cluster);
  }
  if (!assigned.empty()) return Wrong(assigned.begin()->first, "pods without a witness");
  RETURN_IF_ERROR(CheckGroups(problem, placement));
  return CheckBindOrder(problem, placement);
}

}  // namespace stowage::scheduler
