#include "scheduler/control/fleet.h"

#include <algorithm>
#include <utility>

#include "kube/api/views.h"
#include "kube/api/well_known.h"
#include "scheduler/control/constraints.h"

namespace stowage::scheduler {
namespace {

constexpr size_t kMovesMost = 10'000;

// Kubernetes taints a node that is not Ready; until it has, or where nothing does, we go by the
// condition itself.
void AddReadyTaint(kube::JsonRef status, std::vector<Taint>& taints) {
  std::string_view ready = "Unknown";
  for (const kube::JsonRef c : status["conditions"].elements()) {
    if (c["type"].str() == "Ready") ready = c["status"].str();
  }
  if (ready == "True") return;
  const auto key = ready == "False" ? kube::kTaintNotReady : kube::kTaintUnreachable;
  Taint taint{std::string(key), "", Taint::Effect::kNoSchedule};
  if (std::find(taints.begin(), taints.end(), taint) == taints.end()) {
    taints.push_back(std::move(taint));
  }
}

std::map<std::string, int64_t> Clamped(std::map<std::string, int64_t> amounts) {
  for (auto& [name, amount] : amounts) amount = std::clamp<int64_t>(amount, 0, kMaxAmount);
  return amounts;
}

bool HasAll(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
    const auto it = labels.find(entry.first);
    return it != labels.end() && it->second == entry.second;
  });
}

}  // namespace

std::optional<SchedulerNode> ProjectNode(const kube::Object& node) {
  SchedulerNode out;
  out.cluster = node.label(kube::kLabelCluster);
  if (out.cluster.empty() || node.deleting()) return std::nullopt;
  out.labels = ParseLabels(node.metadata()["labels"]);
  out.taints = ParseTaints(node.spec()["taints"]);
  AddReadyTaint(node.status(), out.taints);
  out.unschedulable = node.spec()["unschedulable"].boolean();
  out.allocatable = kube::ReadResources(node.status()["allocatable"]);
  return out;
}

bool Fleet::SetNode(const std::string& name, const SchedulerNode& node) {
  const auto it = nodes_.find(name);
  if (it != nodes_.end() && it->second == node) return false;
  reshaped_ = true;
  nodes_.insert_or_assign(name, node);
  dirty_.insert(name);
  removed_.erase(name);
  return true;
}

void Fleet::RemoveNode(const std::string& name) {
  if (nodes_.erase(name) == 0) return;
  reshaped_ = true;
  dirty_.erase(name);
  removed_.insert(name);
}

void Fleet::Count(const Occupant& occupant, int64_t by) {
  Counts& counts = pods_[occupant.node];
  const std::pair key(occupant.spec->key, occupant.terminating);
  auto& [spec, count] = counts[key];
  spec = occupant.spec;
  count += by;
  if (count == 0) counts.erase(key);
  if (counts.empty()) pods_.erase(occupant.node);
  if (!nodes_.contains(occupant.node)) return;
  dirty_.insert(occupant.node);
  if (moves_.size() == kMovesMost) {
    moves_.clear();
    reshaped_ = true;
  }
  if (!reshaped_) moves_.push_back({occupant.node, occupant.spec, by, occupant.terminating});
}

void Fleet::Occupy(const std::string& uid, const std::string& node, ClassPtr spec,
                   bool terminating) {
  const auto it = occupants_.find(uid);
  if (it != occupants_.end()) {
    const Occupant& known = it->second;
    if (known.node == node && known.spec == spec && known.terminating == terminating) return;
    Count(it->second, -1);
    occupants_.erase(it);
  }
  Count(occupants_.emplace(uid, Occupant{node, std::move(spec), terminating}).first->second, 1);
}

bool Fleet::Vacate(const std::string& uid) {
  const auto it = occupants_.find(uid);
  if (it == occupants_.end()) return false;
  Count(it->second, -1);
  const bool known = nodes_.contains(it->second.node);
  occupants_.erase(it);
  return known;
}

void Fleet::SetConfig(FleetConfig config) {
  reshaped_ = true;
  if (config.links != config_.links) links_changed_ = true;
  config_ = std::move(config);
  for (const auto& [name, node] : nodes_) dirty_.insert(name);
}

void Fleet::SetNamespace(const std::string& name, const Labels* labels) {
  reshaped_ = namespaces_changed_ = true;
  if (labels == nullptr) {
    namespaces_.erase(name);
  } else {
    namespaces_.insert_or_assign(name, *labels);
  }
}

void Fleet::CapacityChanged(const std::string& cluster) {
  for (const auto& [name, node] : nodes_) {
    if (node.cluster != cluster) continue;
    dirty_.insert(name);
    reshaped_ = true;
  }
}

const std::string& Fleet::ClusterOf(const std::string& node) const {
  const auto it = nodes_.find(node);
  return it == nodes_.end() ? node : it->second.cluster;
}

void Fleet::TellAll() {
  reshaped_ = true;
  links_changed_ = true;
  namespaces_changed_ = true;
  removed_.clear();
  for (const auto& [name, node] : nodes_) dirty_.insert(name);
}

void Fleet::TakeChanges(ProblemDelta& delta) {
  delta.remove_clusters.assign(removed_.begin(), removed_.end());
  for (const std::string& name : dirty_)
    delta.set_clusters.push_back(ViewOf(name, nodes_.at(name)));
  if (links_changed_) delta.links = config_.links;
  if (namespaces_changed_) delta.namespaces = namespaces_;
  delta.quotas = Quotas();  // before the resources: it may name new ones
  delta.resources = book_.resources();
  delta.carbon_per_tonne = config_.defaults.carbon_per_tonne;
  removed_.clear();
  dirty_.clear();
  moves_.clear();
  reshaped_ = false;
  links_changed_ = false;
  namespaces_changed_ = false;
}

// Quotas name clusters; the problem knows them by their virtual nodes.
std::vector<Quota> Fleet::Quotas() {
  std::vector<Quota> out;
  for (const QuotaConfig& config : config_.quotas) {
    Quota quota{.name = config.name, .namespaces = config.namespaces};
    for (const auto& [name, node] : nodes_) {
      if (std::count(config.clusters.begin(), config.clusters.end(), node.cluster) > 0) {
        quota.clusters.push_back(name);
      }
    }
    if (!config.clusters.empty() && quota.clusters.empty()) continue;  // none of them has joined
    for (const auto& [resource, most] : Clamped(config.most)) {
      quota.caps.push_back({book_.resources().Intern(resource), most});
    }
    out.push_back(std::move(quota));
  }
  return out;
}

ClusterView Fleet::ViewOf(const std::string& name, const SchedulerNode& node) {
  ClusterView view{.name = name};
  view.labels = node.labels;
  view.taints = node.taints;
  view.unschedulable = node.unschedulable;
  AddShapes(node, view);
  if (const auto it = config_.clusters.find(node.cluster); it != config_.clusters.end()) {
    const ClusterConfig& config = it->second;
    view.region = config.region;
    view.unschedulable = view.unschedulable || config.unschedulable;
    view.egress_per_gib = config.egress_per_gib;
    AddPrices(config, view);
    AddPools(config, view);
  }
  if (view.region.empty()) {
    const auto region = node.labels.find(kube::kLabelRegion);
    if (region != node.labels.end()) view.region = region->second;
  }
  if (const auto it = pods_.find(name); it != pods_.end()) {
    for (const auto& [key, pods] : it->second) {
      const ClassSpec& spec = *pods.first;
      view.bound.push_back({.constraints = spec.constraints,
                            .demand = spec.demand,
                            .count = pods.second,
                            .relations = spec.relations,
                            .terminating = key.second,
                            .gang = spec.gang,
                            .priority = spec.priority});
    }
  }
  return view;
}

void Fleet::AddShapes(const SchedulerNode& node, ClusterView& view) {
  const auto shapes = capacity_.Shapes(node.cluster);
  if (!shapes) {
    if (shapes.error().code != ErrorCode::kNotFound || node.allocatable.empty()) return;
    view.shapes.push_back({{}, {}, book_.resources().FromMap(Clamped(node.allocatable)), 1});
    return;
  }
  for (const MemberShape& s : *shapes) {
    view.shapes.push_back({s.labels, s.taints, book_.resources().FromMap(Clamped(s.allocatable)),
                           std::clamp<int64_t>(s.count, 0, kMaxPods)});
  }
}

void Fleet::AddPrices(const ClusterConfig& config, ClusterView& view) {
  const auto add = [&](size_t resource, Money price, int64_t unit) {
    if (price.nano > 0) view.charge_back.push_back({resource, price, unit});
  };
  add(ResourceTable::kCpu, config.core_hour, 1000);
  add(ResourceTable::kMemory, config.gib_hour, int64_t{1} << 30);
  for (const auto& [name, price] : config.unit_hour) {
    add(book_.resources().Intern(name), price, 1);
  }
  if (config.core_milligrams > 0) {
    view.emissions.push_back({ResourceTable::kCpu, config.core_milligrams, 1000});
  }
}

void Fleet::AddPools(const ClusterConfig& config, ClusterView& view) {
  for (const ElasticPoolConfig& p : config.pools) {
    int64_t standing = 0;
    for (const NodeShape& s : view.shapes) {
      if (!p.labels.empty() && HasAll(s.labels, p.labels)) standing += s.count;
    }
    view.pools.push_back({p.name, p.labels, p.taints,
                          book_.resources().FromMap(Clamped(p.allocatable)),
                          std::clamp<int64_t>(p.nodes_max - standing, 0, kMaxPods), p.node_hour,
                          p.provision_seconds, p.minimum_billing_seconds, p.interruptions_ppm});
  }
}

}  // namespace stowage::scheduler
