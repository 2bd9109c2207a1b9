// What the scheduler is told about the clusters beyond their Node objects: prices, regions,
// latencies. Made by app/ from the Cluster objects; may be replaced at run time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// A node type that the member's autoscaler can add.
struct ElasticPoolConfig {
  std::string name;
  Labels labels;  // of its nodes; shapes of the member that carry all of them count as its nodes
  std::vector<Taint> taints;
  std::map<std::string, int64_t> allocatable;  // of one node, as MemberShape has it
  int64_t nodes_max = 0;                       // in all, those that exist included
  Money node_hour;
  int64_t provision_seconds = 0;
  int64_t minimum_billing_seconds = 0;
  int64_t interruptions_ppm = 0;  // expected an hour for each node, in millionths
};

struct ClusterConfig {
  std::string region;
  // Charge-back an hour; all zero: the capacity is sunk, using it costs nothing more.
  Money core_hour;
  Money gib_hour;                          // of memory
  std::map<std::string, Money> unit_hour;  // other resources, by name: "nvidia.com/gpu"
  std::vector<ElasticPoolConfig> pools;
  Money egress_per_gib;
  int64_t core_milligrams = 0;  // of CO2 that a core in use emits an hour
  bool unschedulable = false;   // as if the node were cordoned
};

// Where the clients and data of pods are and what else they cost, for pods that no policy says more
// about.
struct PlacementDefaults {
  std::vector<LatencySource> latency_sources;
  std::optional<int64_t> latency_us_max;
  Money cost_per_ms;
  std::string data_region;
  int64_t data_mib_per_hour = 0;
  OneTimeCosts once;
  std::vector<std::string> allowed_regions, denied_regions;  // residency
  Money carbon_per_tonne;                                    // of CO2, of all pods
};

// What the pods of some namespaces may take in some clusters.
struct QuotaConfig {
  std::string name;                     // unique
  std::vector<std::string> namespaces;  // empty: all
  std::vector<std::string> clusters;    // by label stowage.dev/cluster; empty: all
  std::map<std::string, int64_t> most;  // by resource, as MemberShape has it; "pods" counts them
};

struct FleetConfig {
  std::map<std::string, ClusterConfig> clusters;  // by name (label stowage.dev/cluster)
  std::vector<RegionLink> links;
  PlacementDefaults defaults;
  std::vector<QuotaConfig> quotas;
};

}  // namespace stowage::scheduler
