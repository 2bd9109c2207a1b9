// What a pod wants of other pods, and how they see it: labels, inter-pod affinity, topology spread,
// host ports. The words and their meaning are Kubernetes'.
//
// A topology key has a level: kubernetes.io/hostname is the single node, stowage.dev/cluster the
// cluster, any other key the value of that label of a node (a shape's own wins over its cluster's).
// Nodes with equal values are one domain, in whichever cluster they are; a node without the label
// is in none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/model/labels.h"

namespace stowage::scheduler {

inline constexpr std::string_view kTopologyHostname = "kubernetes.io/hostname";
inline constexpr std::string_view kTopologyCluster = "stowage.dev/cluster";

// The labels of the namespaces, by name.
using Namespaces = std::map<std::string, Labels, std::less<>>;

// v1.LabelSelector: all must hold; without requirements it matches every pod. Only In, NotIn,
// Exists and DoesNotExist.
struct LabelSelector {
  bool nothing = false;  // the selector is absent: no pod matches
  std::vector<LabelRequirement> all;
  bool Matches(const Labels& labels) const;
  auto operator<=>(const LabelSelector&) const = default;
};

// v1.PodAffinityTerm, of affinity or of anti-affinity.
struct PodAffinityTerm {
  std::string topology_key;
  LabelSelector selector;
  // Pods in any namespace that is listed or selected; neither: in the pod's own.
  std::vector<std::string> namespaces;
  std::optional<LabelSelector> namespace_selector;
  // Labels whose value must be the pod's own, or must not; those that it does not carry are
  // ignored.
  std::vector<std::string> match_label_keys, mismatch_label_keys;
  auto operator<=>(const PodAffinityTerm&) const = default;
};

struct WeightedAffinityTerm {
  int32_t weight = 1;  // 1 to 100; of anti-affinity -100 to -1
  PodAffinityTerm term;
  auto operator<=>(const WeightedAffinityTerm&) const = default;
};

// v1.TopologySpreadConstraint. Counts the pods of the own namespace that the selector matches.
struct SpreadConstraint {
  std::string topology_key;
  int32_t max_skew = 1;     // >= 1
  bool hard = true;         // DoNotSchedule; else ScheduleAnyway
  int32_t min_domains = 1;  // with fewer domains the least count is taken for 0; only if hard
  LabelSelector selector;
  std::vector<std::string> match_label_keys;
  bool honor_affinity = true;  // nodeAffinityPolicy: nodes that the pod may not choose do not count
  bool honor_taints = false;   // nodeTaintsPolicy: nor those whose taints it does not tolerate
  auto operator<=>(const SpreadConstraint&) const = default;
};

// A port that a container takes on its node.
struct HostPort {
  std::string protocol = "TCP";
  std::string ip = "0.0.0.0";  // this one stands for all addresses of the node
  int32_t port = 0;            // 1 to 65535
  bool Conflicts(const HostPort& other) const;
  auto operator<=>(const HostPort&) const = default;
};

struct PodRelations {
  std::string ns;
  Labels labels;
  std::vector<PodAffinityTerm> affinity, anti_affinity;  // required; all must hold
  std::vector<WeightedAffinityTerm> preferred;           // of affinity and of anti-affinity
  std::vector<SpreadConstraint> spread;
  std::vector<HostPort> ports;
  auto operator<=>(const PodRelations&) const = default;
};

// Which pods a term speaks of, its owner's namespace and labels filled in. Equal terms of different
// pods give equal matchers wherever they mean the same.
struct PodMatcher {
  std::vector<std::string> namespaces;  // sorted
  std::optional<LabelSelector> namespace_selector;
  LabelSelector selector;
  bool Matches(const PodRelations& pod, const Namespaces& known) const;
  auto operator<=>(const PodMatcher&) const = default;
};
PodMatcher MatcherOf(const PodAffinityTerm& term, const PodRelations& owner);
PodMatcher MatcherOf(const SpreadConstraint& constraint, const PodRelations& owner);

// Those of a pod that has none: no namespace, no labels, no wishes.
const PodRelations& NoRelations();

}  // namespace stowage::scheduler
