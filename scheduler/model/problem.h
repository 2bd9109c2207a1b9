// Problem: which pods, which clusters, which prices. Plain data without Kubernetes or JSON.
//
// The order of its lists means nothing: whoever solves it sorts by key and name first. Amounts
// refer to `resources`. Bound pods are part of their cluster and stay there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "scheduler/model/devices.h"
#include "scheduler/model/labels.h"
#include "scheduler/model/limits.h"
#include "scheduler/model/money.h"
#include "scheduler/model/relations.h"
#include "scheduler/model/resources.h"

namespace stowage::scheduler {

// Where the clients of a pod are.
struct LatencySource {
  std::string region;
  int64_t weight_ppm = 1'000'000;  // share of the traffic
  auto operator<=>(const LatencySource&) const = default;
};

// What a pod costs once, spread over the time that it will still run.
struct OneTimeCosts {
  Money restart;     // each time the node under it is taken away (ElasticPool::interruptions_ppm)
  Money waiting;     // an hour of waiting for a node to be opened
  std::string home;  // the cluster (by name) where it runs now; "" none
  Money moving;      // to any other
  int64_t run_seconds = 86'400;  // expected still to come, at least 1
  auto operator<=>(const OneTimeCosts&) const = default;
};

// What nodes a pod may run on, and what else steers it. Classes often share one.
struct PodConstraints {
  Labels node_selector;
  std::optional<std::vector<NodeSelectorTerm>> required;  // any term; present and empty: no node
  std::vector<PreferredTerm> preferred;
  std::vector<Toleration> tolerations;
  std::vector<LatencySource> latency_sources;
  std::optional<int64_t> latency_us_max;  // of every source
  Money cost_per_ms;                      // an hour, for all traffic
  std::string data_region;                // where the data it exchanges is; "" none
  int64_t data_mib_per_hour = 0;
  OneTimeCosts once;
  // Residency: regions that may run it (empty: any), and regions that must not.
  std::vector<std::string> allowed_regions, denied_regions;
  // For each of its volumes that exists: where it can be attached, any of the terms.
  std::vector<std::vector<NodeSelectorTerm>> volumes;
  auto operator<=>(const PodConstraints&) const = default;
};

// Pods that are alike.
struct PodClass {
  std::string key;  // unique
  int64_t count = 0;
  int32_t priority = 0;                               // higher tiers are placed first
  Amounts demand;                                     // of one pod, pods = 1 included
  std::map<std::string, Amounts> demand_in;           // by cluster, where it differs
  std::shared_ptr<const PodConstraints> constraints;  // never null
  std::shared_ptr<const PodRelations> relations;      // null: NoRelations()
  std::string gang;                                   // of Problem::gangs; "" none
  bool may_preempt = true;                            // preemptionPolicy is not Never
  const PodRelations& Relations() const { return relations ? *relations : NoRelations(); }
  const Amounts& DemandIn(const std::string& cluster) const;
};

// Nodes that are alike.
struct NodeShape {
  Labels labels;
  std::vector<Taint> taints;
  Amounts free;  // of one node: allocatable minus the pods that are not ours
  int64_t count = 0;
  Devices devices;  // of one node; their sums are in `free`
  auto operator<=>(const NodeShape&) const = default;
};

// Nodes that can be bought.
struct ElasticPool {
  std::string name;  // unique in its cluster
  Labels labels;
  std::vector<Taint> taints;
  Amounts allocatable;    // of one new node, with its DaemonSets' share gone
  int64_t nodes_max = 0;  // that can still be added
  Money node_hour;        // for each node that is open
  int64_t provision_seconds = 0;
  int64_t minimum_billing_seconds = 0;  // what a node is paid for at least
  int64_t interruptions_ppm = 0;        // expected an hour for each node, in millionths (spot)
  Devices devices;                      // of one node; their sums are in `allocatable`
  auto operator<=>(const ElasticPool&) const = default;
};

// price an hour for `unit` of a resource: core-hour (1000 milli), GiB-hour (2^30), GPU-hour (1).
struct ResourcePrice {
  size_t resource = 0;
  Money price;
  int64_t unit = 1;
  auto operator<=>(const ResourcePrice&) const = default;
};

// What `unit` of a resource in use emits an hour, in milligrams of CO2.
struct Emission {
  size_t resource = 0;
  int64_t milligrams = 0;
  int64_t unit = 1;
  auto operator<=>(const Emission&) const = default;
};

// Pods of ours that are bound to the cluster, or assumed to be.
struct BoundPods {
  std::shared_ptr<const PodConstraints> constraints;
  Amounts demand;
  int64_t count = 0;
  std::shared_ptr<const PodRelations> relations;  // null: NoRelations()
  bool terminating = false;                       // on their way out: topology spread ignores them
  std::string gang;                               // they count for it
  int32_t priority = 0;
  std::vector<std::string> budgets;  // of Problem::budgets, those that select them
  const PodRelations& Relations() const { return relations ? *relations : NoRelations(); }
};

struct ClusterView {
  std::string name;  // unique: of the virtual node
  std::string region;
  Labels labels;
  std::vector<Taint> taints;   // of the virtual node
  bool unschedulable = false;  // cordoned
  std::vector<NodeShape> shapes;
  std::vector<ElasticPool> pools;
  std::vector<ResourcePrice> charge_back;  // empty: sunk, its nodes cost nothing more
  Money egress_per_gib;
  std::vector<BoundPods> bound;
  std::vector<Emission> emissions;  // of all its nodes
};

// A known link; works both ways.
struct RegionLink {
  std::string a, b;
  int64_t latency_us = 0;
  auto operator<=>(const RegionLink&) const = default;
};

// What the pods of some namespaces may take in some clusters, bound ones included.
struct Quota {
  struct Cap {
    size_t resource = 0;
    int64_t most = 0;
    auto operator<=>(const Cap&) const = default;
  };
  std::string name;                     // unique
  std::vector<std::string> namespaces;  // empty: all
  std::vector<std::string> clusters;    // by name; empty: all
  std::vector<Cap> caps;
  auto operator<=>(const Quota&) const = default;
};

// Whether a list of names like a quota's speaks of this one: an empty list speaks of all.
bool Covers(const std::vector<std::string>& names, const std::string& name);

// Pods that are of use together only: new ones are placed if at least `min_count` then run, else
// none of them. More than that are placed as they fit.
struct Gang {
  std::string name;  // unique
  int64_t min_count = 1;
  bool one_cluster = false;  // all in the same cluster
  auto operator<=>(const Gang&) const = default;
};

// v1.PodDisruptionBudget: how many of its pods may be evicted now.
struct DisruptionBudget {
  std::string name;  // unique
  int64_t allowed = 0;
  auto operator<=>(const DisruptionBudget&) const = default;
};

struct Problem {
  ResourceTable resources;
  std::vector<PodClass> classes;
  std::vector<ClusterView> clusters;
  std::vector<RegionLink> links;
  Namespaces namespaces;
  std::vector<Quota> quotas;
  std::vector<Gang> gangs;
  std::vector<DisruptionBudget> budgets;
  Money carbon_per_tonne;            // of CO2; 0: emissions cost nothing
  int64_t horizon_seconds = 86'400;  // for which a node is expected to be kept, at least 1
};

// What changed: whole classes and clusters by key and name. `resources` is the old table, grown.
struct ProblemDelta {
  std::optional<ResourceTable> resources;
  std::vector<PodClass> set_classes;
  std::vector<std::string> remove_classes;
  std::vector<ClusterView> set_clusters;
  std::vector<std::string> remove_clusters;
  std::optional<std::vector<RegionLink>> links;
  std::optional<Namespaces> namespaces;
  std::optional<std::vector<Quota>> quotas;
  std::optional<std::vector<Gang>> gangs;
  std::optional<std::vector<DisruptionBudget>> budgets;
  std::optional<Money> carbon_per_tonne;
  std::optional<int64_t> horizon_seconds;
};

// All of a problem, for whoever has nothing of it yet; and back, where nothing was removed.
ProblemDelta Whole(Problem problem);
Problem ProblemOf(ProblemDelta delta);

// What an hour of a node costs that is kept for so long, its minimum billing spread over that.
Money BilledNodeHour(const ElasticPool& pool, int64_t horizon_seconds);
// What the emission costs, an hour for its unit; rounded half up.
Money CarbonPrice(const Emission& emission, Money carbon_per_tonne);

// The domain of the cluster's nodes with `labels`; nullptr: none. Not for kTopologyHostname.
const std::string* DomainOf(const ClusterView& cluster, const Labels& labels,
                            const std::string& topology_key);

// kInvalid names what is out of range or twice there, and where.
Result<void> Validate(const Problem& problem);
// The same for one more pod class of a problem with these clusters, which are valid.
Result<void> ValidateClass(const PodClass& k, const ResourceTable& resources,
                           const std::vector<const ClusterView*>& clusters, Money carbon_per_tonne);

}  // namespace stowage::scheduler
