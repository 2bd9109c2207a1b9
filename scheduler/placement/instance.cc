#include "scheduler/placement/instance.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "scheduler/placement/bound_conflicts.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {
namespace {

// What verdicts depend on. Free amounts and bound pods may differ.
bool SameNodes(const ClusterView& a, const ClusterView& b) {
  const auto same_shape = [](const NodeShape& x, const NodeShape& y) {
    return x.labels == y.labels && x.taints == y.taints;
  };
  const auto same_pool = [](const ElasticPool& x, const ElasticPool& y) {
    return x.labels == y.labels && x.taints == y.taints;
  };
  return a.region == b.region && a.labels == b.labels && a.taints == b.taints &&
         a.unschedulable == b.unschedulable &&
         std::equal(a.shapes.begin(), a.shapes.end(), b.shapes.begin(), b.shapes.end(),
                    same_shape) &&
         std::equal(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end(), same_pool);
}

std::optional<Refusal> RefuseNode(const PodConstraints& pod, const NodeView& node) {
  for (const NodeFilter* filter : NodeFilters()) {
    if (auto refusal = filter->Check(pod, node)) return refusal;
  }
  return std::nullopt;
}

// Where a bound pod can be: where it would be let in; where it would not any more, since labels or
// taints have changed, it is all the same.
Admission WhereBound(const Admission& admission) {
  const auto let_in = [](char admits) { return admits != 0; };
  const auto& [shapes, pools] = admission;
  if (std::any_of(shapes.begin(), shapes.end(), let_in) ||
      std::any_of(pools.begin(), pools.end(), let_in)) {
    return admission;
  }
  return {std::vector<char>(shapes.size(), 1), pools};
}

}  // namespace

size_t Instance::Number(const std::shared_ptr<const PodConstraints>& constraints) {
  const auto [it, added] = constraint_numbers_.emplace(constraints, constraints_.size());
  if (added) constraints_.push_back(constraints.get());
  return it->second;
}

void Instance::SetCluster(ClusterView view) {
  const auto it = problem_.clusters.find(view.name);
  if (it == problem_.clusters.end()) {
    std::string name = view.name;
    problem_.clusters.emplace(std::move(name), ClusterEntry{std::move(view), std::nullopt, {}});
    return;
  }
  ClusterEntry& entry = it->second;
  if (!SameNodes(entry.view, view)) entry.verdicts.clear();
  entry.view = std::move(view);
  entry.base.reset();
}

void Instance::Apply(ProblemDelta delta) {
  if (delta.resources) problem_.resources = std::move(*delta.resources);
  for (const std::string& key : delta.remove_classes) problem_.classes.erase(key);
  for (const std::string& name : delta.remove_clusters) problem_.clusters.erase(name);
  for (PodClass& k : delta.set_classes) {
    std::string key = k.key;
    problem_.classes.insert_or_assign(std::move(key), std::move(k));
  }
  for (ClusterView& view : delta.set_clusters) SetCluster(std::move(view));
  if (delta.links) {
    problem_.links = std::move(*delta.links);
    latency_ = LatencyTable(problem_.links);
    for (auto& [name, entry] : problem_.clusters) entry.verdicts.clear();
  }
  if (delta.namespaces) {
    problem_.namespaces = std::move(*delta.namespaces);
    for (auto& [name, entry] : problem_.clusters) entry.base.reset();
  }
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  if (delta.quotas) {
    problem_.quotas = std::move(*delta.quotas);
    std::sort(problem_.quotas.begin(), problem_.quotas.end(), by_name);
  }
  if (delta.gangs) {
    problem_.gangs = std::move(*delta.gangs);
    std::sort(problem_.gangs.begin(), problem_.gangs.end(), by_name);
  }
  if (delta.budgets) {
    problem_.budgets.clear();
    for (DisruptionBudget& b : *delta.budgets) {
      problem_.budgets.emplace(std::move(b.name), b.allowed);
    }
  }
  // Constraints that no class uses any more must not pile up over the life of a session.
  if (constraints_.size() > 2 * problem_.classes.size() + 1000) {
    constraint_numbers_.clear();
    constraints_.clear();
    for (auto& [name, entry] : problem_.clusters) entry.verdicts.clear();
  }
  ordered_ = false;
}

void Instance::Order() {
  classes_.clear();
  class_constraints_.clear();
  clusters_.clear();
  entries_.clear();
  bases_.clear();
  tiers_.clear();
  prepared_clusters_ = prepared_classes_ = 0;
  for (const auto& [key, k] : problem_.classes) classes_.push_back(&k);
  std::stable_sort(classes_.begin(), classes_.end(),
                   [](const PodClass* a, const PodClass* b) { return a->priority > b->priority; });
  for (size_t k = 0; k < classes_.size(); ++k) {
    class_constraints_.push_back(Number(classes_[k]->constraints));
    if (tiers_.empty() || tiers_.back().priority != classes_[k]->priority) {
      tiers_.push_back({classes_[k]->priority, k, k, 0});
    }
    tiers_.back().end = k + 1;
    tiers_.back().pods += classes_[k]->count;
  }
  for (auto& [name, entry] : problem_.clusters) {
    clusters_.push_back(&entry.view);
    entries_.push_back(&entry);
    bases_.push_back(nullptr);
  }
  rules_ = Rules(classes_, clusters_, problem_.namespaces);
  ordered_ = true;
}

bool Instance::Prepare(Work& work) {
  if (!ordered_) Order();
  for (; prepared_clusters_ < entries_.size(); ++prepared_clusters_) {
    if (work.over()) return false;
    ClusterEntry& entry = *entries_[prepared_clusters_];
    if (!entry.base) Pack(entry, work);
    bases_[prepared_clusters_] = &*entry.base;
    work.Spend(1);
  }
  for (; prepared_classes_ < classes_.size(); ++prepared_classes_) {
    if (work.over()) return false;
    for (ClusterEntry* entry : entries_) {
      Judge(*entry, class_constraints_[prepared_classes_]);
      work.Spend(1);
    }
  }
  return true;
}

const Verdict& Instance::Judge(ClusterEntry& entry, size_t constraints) {
  if (entry.verdicts.size() <= constraints) entry.verdicts.resize(constraints + 1);
  std::optional<Verdict>& slot = entry.verdicts[constraints];
  if (slot) return *slot;
  slot.emplace();
  const PodConstraints& pod = *constraints_[constraints];
  const ClusterView& view = entry.view;
  std::optional<Refusal> of_nodes;
  bool any = false;
  const auto look = [&](const Labels& labels, const std::vector<Taint>& taints) -> char {
    const NodeView node{view, labels, taints};
    if (auto refusal = RefuseNode(pod, node)) {
      if (!of_nodes || refusal->reason < of_nodes->reason) of_nodes = std::move(refusal);
      return 0;
    }
    const int64_t preference = PreferenceWeight(pod, node);
    slot->preference = any ? std::max(slot->preference, preference) : preference;
    any = true;
    return 1;
  };
  for (const NodeShape& s : view.shapes) slot->admission.shapes.push_back(look(s.labels, s.taints));
  for (const ElasticPool& p : view.pools) slot->admission.pools.push_back(look(p.labels, p.taints));
  for (const ClusterFilter* filter : ClusterFilters()) {
    if (slot->refusal) break;
    slot->refusal = filter->Check(pod, view, latency_);
  }
  if (!slot->refusal && !any) {
    slot->refusal = of_nodes ? std::move(*of_nodes)
                             : Refusal{"NodeResourcesFit", "node(s) had no known capacity", ""};
  }
  return *slot;
}

// Bound pods first, the largest first: standing nodes, then (their member's autoscaler is at work)
// the cheapest pool. Nodes opened for them cost this solve nothing.
void Instance::Pack(ClusterEntry& entry, Work& work) {
  const ClusterView& view = entry.view;
  entry.base.emplace(view);
  ClusterBins& bins = *entry.base;
  std::vector<size_t> order(view.bound.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t x, size_t y) {
    const BoundPods &a = view.bound[x], &b = view.bound[y];
    const auto size = [](const BoundPods& p) {
      return std::max(AmountOf(p.demand, ResourceTable::kCpu) * (int64_t{1} << 22),
                      AmountOf(p.demand, ResourceTable::kMemory));
    };
    if (size(a) != size(b)) return size(a) > size(b);
    if (a.demand != b.demand) return a.demand > b.demand;
    if (a.constraints != b.constraints && *a.constraints != *b.constraints) {
      return *a.constraints < *b.constraints;
    }
    if (a.count != b.count) return a.count > b.count;
    return std::tie(a.Relations(), a.terminating) < std::tie(b.Relations(), b.terminating);
  });
  std::vector<int32_t> pools(view.pools.size());
  std::iota(pools.begin(), pools.end(), 0);
  std::sort(pools.begin(), pools.end(), [&](int32_t a, int32_t b) {
    return std::tie(view.pools[a].node_hour, view.pools[a].name) <
           std::tie(view.pools[b].node_hour, view.pools[b].name);
  });
  const BoundConflicts conflicts(view, problem_.namespaces);
  for (const size_t i : order) {
    const BoundPods& pods = view.bound[i];
    const Admission admission = WhereBound(Judge(entry, Number(pods.constraints)).admission);
    const BoundLimit apart(conflicts, i);
    Packing packing{.id = static_cast<int32_t>(~i),
                    .demand = pods.demand,
                    .admission = admission,
                    .bought = false,
                    .limit = conflicts.any() ? &apart : nullptr};
    int64_t left = pods.count;
    const auto place = [&] {
      left -= bins.Place(packing, ClusterBins::kStanding, left);
      for (const int32_t pool : pools) {
        if (left > 0) left -= bins.Place(packing, pool, left);
      }
    };
    place();
    if (left > 0 && packing.limit != nullptr) {  // they run all the same
      packing.limit = nullptr;
      place();
    }
    if (left > 0) bins.TakeOff(pods.demand, left);
    bins.bound_unpacked += left;
    work.Spend(static_cast<int64_t>(bins.groups().size()) + 1);
  }
}

const Gang* Instance::GangOf(size_t k) const {
  const std::string& name = classes_[k]->gang;
  if (name.empty()) return nullptr;
  const auto it = std::lower_bound(problem_.gangs.begin(), problem_.gangs.end(), name,
                                   [](const Gang& g, const std::string& n) { return g.name < n; });
  return it == problem_.gangs.end() || it->name != name ? nullptr : &*it;
}

const Verdict& Instance::VerdictOf(size_t k, size_t j) const {
  return *entries_[j]->verdicts[class_constraints_[k]];
}

CostInput Instance::InputOf(size_t k, size_t j) const {
  return {*classes_[k]->constraints, DemandOf(k, j), *clusters_[j], latency_};
}

Money Instance::ClusterCost(size_t k, size_t j, int64_t pods, Rounding rounding) const {
  Money sum;
  const CostInput in = InputOf(k, j);
  for (const CostTerm* term : ClusterTerms()) sum += term->Cost(in, pods, rounding);
  return sum;
}

Money Instance::StandingCost(size_t k, size_t j, int64_t pods, Rounding rounding) const {
  return ClusterCost(k, j, pods, rounding) + ChargeBackTerm().Cost(InputOf(k, j), pods, rounding);
}

bool Better(const Solution& a, const Solution& b) {
  if (a.placed != b.placed) return a.placed > b.placed;
  return a.cost < b.cost;
}

// Pods on bought nodes are billed by the node, all others by what their cluster charges.
Money Bill(const Instance& instance, const std::vector<Share>& shares,
           const std::vector<ClusterBins>& bins) {
  std::map<std::pair<int32_t, int32_t>, int64_t> on_pools;  // (k, j) -> pods on nodes of pools
  Money sum;
  for (size_t j = 0; j < bins.size(); ++j) {
    for (const NodeGroup& g : bins[j].groups()) {
      if (g.pool < 0) continue;
      for (const NodeGroup::Load& load : g.loads) {
        if (load.id >= 0) on_pools[{load.id, static_cast<int32_t>(j)}] += load.per_node * g.count;
      }
    }
    const auto& pools = instance.clusters()[j]->pools;
    for (size_t p = 0; p < pools.size(); ++p) {
      sum.nano += pools[p].node_hour.nano * bins[j].bought(static_cast<int32_t>(p));
    }
  }
  for (const Share& s : shares) {
    const auto it = on_pools.find({s.k, s.j});
    const int64_t standing = s.count - (it == on_pools.end() ? 0 : it->second);
    sum += instance.ClusterCost(s.k, s.j, s.count, Rounding::kUp);
    sum += ChargeBackTerm().Cost(instance.InputOf(s.k, s.j), standing, Rounding::kUp);
  }
  return sum;
}

}  // namespace stowage::scheduler
