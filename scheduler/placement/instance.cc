#include "scheduler/placement/instance.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

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
  return a.region == b.region && a.egress_per_gib == b.egress_per_gib && a.labels == b.labels &&
         a.taints == b.taints && a.unschedulable == b.unschedulable &&
         std::equal(a.shapes.begin(), a.shapes.end(), b.shapes.begin(), b.shapes.end(),
                    same_shape) &&
         std::equal(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end(), same_pool);
}

bool Passes(const PodConstraints& pod, const NodeView& node) {
  const auto& filters = NodeFilters();
  return std::all_of(filters.begin(), filters.end(),
                     [&](const NodeFilter* filter) { return filter->Passes(pod, node); });
}

// Why no node admits such pods: of the reasons the first by its words.
Refusal RefuseNodes(const PodConstraints& pod, const ClusterView& view, const NodeKinds& kinds) {
  std::optional<Refusal> first;
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    for (const NodeFilter* filter : NodeFilters()) {
      auto refusal = filter->Check(pod, kinds.Example(view, kind));
      if (!refusal) continue;
      if (!first || refusal->reason < first->reason) first = std::move(refusal);
      break;
    }
  }
  return first ? std::move(*first)
               : Refusal{"NodeResourcesFit", "node(s) had no known capacity", ""};
}

Verdict MakeVerdict(const PodConstraints& pod, const ClusterView& view, const NodeKinds& kinds,
                    const LatencyTable& latency) {
  Verdict verdict;
  std::vector<char> admits(kinds.size(), 0);
  bool any = false;
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    const NodeView node = kinds.Example(view, kind);
    if (!Passes(pod, node)) continue;
    const int64_t preference = PreferenceWeight(pod, node);
    verdict.preference = any ? std::max(verdict.preference, preference) : preference;
    admits[kind] = 1;
    any = true;
  }
  verdict.admission.shapes.reserve(view.shapes.size());
  for (const int32_t kind : kinds.of_shapes()) verdict.admission.shapes.push_back(admits[kind]);
  for (const int32_t kind : kinds.of_pools()) verdict.admission.pools.push_back(admits[kind]);
  static const Amounts nothing;
  for (const CostTerm* term : ClusterTerms()) {
    verdict.cluster_cost += term->Cost({pod, nothing, view, latency}, 1, Rounding::kUp);
  }
  for (const ClusterFilter* filter : ClusterFilters()) {
    if (verdict.refusal) break;
    verdict.refusal = filter->Check(pod, view, latency);
  }
  if (!verdict.refusal && !any) verdict.refusal = RefuseNodes(pod, view, kinds);
  return verdict;
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

// Of a class that is known, only what changed is looked at again.
void Instance::SetClass(PodClass k) {
  const auto it = problem_.classes.find(k.key);
  if (it == problem_.classes.end()) {
    classes_moved_ = true;
    const size_t number = Number(k.constraints);
    std::string key = k.key;
    problem_.classes.emplace(std::move(key), ClassEntry{std::move(k), number});
    return;
  }
  ClassEntry& entry = it->second;
  const PodClass& old = entry.k;
  classes_moved_ = classes_moved_ || old.priority != k.priority;
  const bool same_constraints =
      old.constraints == k.constraints || *old.constraints == *k.constraints;
  const bool same_relations = old.relations == k.relations || old.Relations() == k.Relations();
  if (!same_constraints || !same_relations) {
    if (entry.slot >= 0) book_.Remove(entry.slot);
    entry.slot = -1;
    rules_changed_ = true;
  }
  if (!same_constraints) {
    entry.constraints = Number(k.constraints);
    constraints_moved_ = true;
  }
  entry.k = std::move(k);
}

void Instance::RemoveClass(const std::string& key) {
  const auto it = problem_.classes.find(key);
  if (it == problem_.classes.end()) return;
  if (it->second.slot >= 0) book_.Remove(it->second.slot);
  problem_.classes.erase(it);
  classes_moved_ = true;
}

void Instance::SetCluster(ClusterView view) {
  const auto [it, added] = problem_.clusters.try_emplace(view.name);
  ClusterEntry& entry = it->second;
  if (added || !SameNodes(entry.view, view)) {
    ForgetVerdicts(entry);
    entry.kinds = NodeKinds(view);
    rules_outdated_ = true;
  }
  clusters_moved_ = clusters_moved_ || added;
  entry.view = std::move(view);
  entry.stamp = ++stamps_;
  entry.bound_changed = true;
  entry.base.reset();
}

void Instance::ForgetVerdicts(ClusterEntry& entry) {
  entry.verdicts.clear();
  judged_.clear();
}

size_t Instance::AddLate(PodClass k) {
  k.count = 0;
  std::string key = k.key;
  const size_t number = Number(k.constraints);
  ClassEntry& entry = late_.emplace(std::move(key), ClassEntry{std::move(k), number}).first->second;
  entry.place = classes_.size();
  entry.slot = book_.Add(entry.k);
  book_.Append(entry.slot);
  classes_.push_back(&entry.k);
  class_constraints_.push_back(number);
  for (ClusterEntry* cluster : entries_) Judge(*cluster, number);
  return entry.place;
}

void Instance::DropLate() {
  if (late_.empty()) return;
  for (const auto& [key, entry] : late_) book_.Remove(entry.slot);
  classes_.resize(class_entries_.size());
  class_constraints_.resize(class_entries_.size());
  late_.clear();
  rules_changed_ = true;
}

std::optional<size_t> Instance::PlaceOf(const std::string& key) const {
  if (const auto it = late_.find(key); it != late_.end()) return it->second.place;
  const auto it = problem_.classes.find(key);
  if (it == problem_.classes.end()) return std::nullopt;
  return it->second.place;
}

void Instance::StampAll() {
  for (auto& [name, entry] : problem_.clusters) entry.stamp = ++stamps_;
}

// What is true of all clusters. Callers may tell again what they told before.
void Instance::SetFleet(ProblemDelta& delta) {
  if (delta.resources) problem_.resources = std::move(*delta.resources);
  if (delta.links && *delta.links != problem_.links) {
    problem_.links = std::move(*delta.links);
    latency_ = LatencyTable(problem_.links);
    for (auto& [name, entry] : problem_.clusters) ForgetVerdicts(entry);
    StampAll();
  }
  if (delta.namespaces && *delta.namespaces != problem_.namespaces) {
    problem_.namespaces = std::move(*delta.namespaces);
    for (auto& [name, entry] : problem_.clusters) entry.base.reset();
    rules_outdated_ = true;
    StampAll();
  }
  const Money carbon = delta.carbon_per_tonne.value_or(problem_.carbon_per_tonne);
  const int64_t horizon = delta.horizon_seconds.value_or(problem_.horizon_seconds);
  if (carbon != problem_.carbon_per_tonne || horizon != problem_.horizon_seconds) StampAll();
  problem_.carbon_per_tonne = carbon;
  problem_.horizon_seconds = horizon;
}

void Instance::Apply(ProblemDelta delta) {
  DropLate();
  for (const std::string& key : delta.remove_classes) RemoveClass(key);
  for (const std::string& name : delta.remove_clusters) {
    if (problem_.clusters.erase(name) > 0) clusters_moved_ = rules_outdated_ = true;
  }
  for (PodClass& k : delta.set_classes) SetClass(std::move(k));
  for (ClusterView& view : delta.set_clusters) SetCluster(std::move(view));
  SetFleet(delta);
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
  DropUnusedConstraints();
  ordered_ = false;
}

ProblemDelta Instance::Copy() const {
  ProblemDelta out;
  out.resources = problem_.resources;
  for (const auto& [key, entry] : problem_.classes) out.set_classes.push_back(entry.k);
  for (const auto& [name, entry] : problem_.clusters) out.set_clusters.push_back(entry.view);
  out.links = problem_.links;
  out.namespaces = problem_.namespaces;
  out.quotas = problem_.quotas;
  out.gangs = problem_.gangs;
  out.budgets.emplace();
  for (const auto& [name, allowed] : problem_.budgets) out.budgets->push_back({name, allowed});
  out.carbon_per_tonne = problem_.carbon_per_tonne;
  out.horizon_seconds = problem_.horizon_seconds;
  return out;
}

// Constraints that no class uses any more must not pile up over the life of a session.
void Instance::DropUnusedConstraints() {
  if (constraints_.size() <= 2 * problem_.classes.size() + 1000) return;
  constraint_numbers_.clear();
  constraints_.clear();
  for (auto& [name, entry] : problem_.clusters) ForgetVerdicts(entry);
  for (auto& [key, entry] : problem_.classes) entry.constraints = Number(entry.k.constraints);
  constraints_moved_ = true;
}

void Instance::Order() {
  prepared_clusters_ = prepared_classes_ = 0;
  if (std::exchange(clusters_moved_, false)) {
    clusters_.clear();
    entries_.clear();
    for (auto& [name, entry] : problem_.clusters) {
      clusters_.push_back(&entry.view);
      entries_.push_back(&entry);
    }
  }
  bases_.assign(entries_.size(), nullptr);
  const bool moved = std::exchange(classes_moved_, false);
  if (moved) OrderClasses();
  if (moved || std::exchange(constraints_moved_, false)) {
    class_constraints_.clear();
    for (const ClassEntry* entry : class_entries_) class_constraints_.push_back(entry->constraints);
  }
  CountTiers();
  rules_changed_ = rules_changed_ || moved;
  UpdateRules();
  ordered_ = true;
}

void Instance::OrderClasses() {
  class_entries_.clear();
  classes_.clear();
  for (auto& [key, entry] : problem_.classes) class_entries_.push_back(&entry);
  std::stable_sort(
      class_entries_.begin(), class_entries_.end(),
      [](const ClassEntry* a, const ClassEntry* b) { return a->k.priority > b->k.priority; });
  for (ClassEntry* entry : class_entries_) {
    entry->place = classes_.size();
    classes_.push_back(&entry->k);
  }
}

void Instance::CountTiers() {
  tiers_.clear();
  for (size_t k = 0; k < classes_.size(); ++k) {
    if (tiers_.empty() || tiers_.back().priority != classes_[k]->priority) {
      tiers_.push_back({classes_[k]->priority, k, k, 0});
    }
    tiers_.back().end = k + 1;
    tiers_.back().pods += classes_[k]->count;
  }
}

void Instance::UpdateRules() {
  const bool anew = std::exchange(rules_outdated_, false) || book_.stale();
  if (anew) {
    std::vector<RuleBook::Nodes> nodes;
    for (const ClusterEntry* entry : entries_) nodes.push_back({&entry->view, &entry->kinds});
    book_.Reset(std::move(nodes), problem_.namespaces, class_entries_.size());
    for (ClassEntry* entry : class_entries_) entry->slot = -1;
  }
  bool changed = std::exchange(rules_changed_, false) || anew;
  for (size_t j = 0; j < entries_.size(); ++j) {
    if (!std::exchange(entries_[j]->bound_changed, false) && !anew) continue;
    book_.SetBound(j);
    changed = true;
  }
  if (!changed) return;
  std::vector<int32_t> slots;
  slots.reserve(class_entries_.size());
  for (ClassEntry* entry : class_entries_) {
    if (entry->slot < 0) entry->slot = book_.Add(entry->k);
    slots.push_back(entry->slot);
  }
  book_.Order(std::move(slots));
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
  if (judged_.size() < constraints_.size()) judged_.resize(constraints_.size(), 0);
  for (; prepared_classes_ < classes_.size(); ++prepared_classes_) {
    const size_t constraints = class_constraints_[prepared_classes_];
    if (judged_[constraints] != 0) continue;
    if (work.over()) return false;
    for (ClusterEntry* entry : entries_) {
      Judge(*entry, constraints);
      work.Spend(1);
    }
    judged_[constraints] = 1;
  }
  return true;
}

const Verdict& Instance::Judge(ClusterEntry& entry, size_t constraints) {
  if (entry.verdicts.size() <= constraints) entry.verdicts.resize(constraints + 1);
  std::unique_ptr<Verdict>& slot = entry.verdicts[constraints];
  if (slot == nullptr) {
    slot = std::make_unique<Verdict>(
        MakeVerdict(*constraints_[constraints], entry.view, entry.kinds, latency_));
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

CostInput Instance::InputOf(size_t k, size_t j, int32_t where) const {
  const ClusterView& view = *clusters_[j];
  CostInput in{*classes_[k]->constraints, DemandOf(k, j), view, latency_,
               problem_.carbon_per_tonne};
  in.opens = where >= 0;
  if (where != ClusterBins::kStanding) {
    in.pool = &view.pools[in.opens ? where : ClusterBins::OpenOf(where)];
  }
  return in;
}

bool Instance::HasDevices() const {
  const auto has = [](const auto& nodes) { return !nodes.devices.empty(); };
  return std::any_of(clusters_.begin(), clusters_.end(), [&](const ClusterView* view) {
    return std::any_of(view->shapes.begin(), view->shapes.end(), has) ||
           std::any_of(view->pools.begin(), view->pools.end(), has);
  });
}

Money Instance::ClusterCost(size_t k, size_t j, int64_t pods, Rounding rounding) const {
  Money sum;
  const CostInput in = InputOf(k, j);
  for (const CostTerm* term : ClusterTerms()) sum += term->Cost(in, pods, rounding);
  return sum;
}

Money Instance::RoomCost(size_t k, size_t j, int32_t where, int64_t pods, Rounding rounding) const {
  Money sum;
  const CostInput in = InputOf(k, j, where);
  for (const CostTerm* term : RoomTerms()) sum += term->Cost(in, pods, rounding);
  return sum;
}

Money Instance::PodCost(size_t k, size_t j, int32_t where, int64_t pods, Rounding rounding) const {
  return ClusterCost(k, j, pods, rounding) + RoomCost(k, j, where, pods, rounding);
}

}  // namespace stowage::scheduler
