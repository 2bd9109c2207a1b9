// Drafts: nodes and pods of small worlds, before they become API objects.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/api/json.h"

namespace stowage::differential {

using Map = std::map<std::string, std::string>;

struct Expression {
  std::string key, op;
  std::vector<std::string> values;
};

struct Selector {
  bool absent = false;  // matches nothing
  Map labels;
  std::vector<Expression> expressions;
};

struct PeerTerm {
  std::string key;
  Selector selector;
  std::vector<std::string> namespaces;
  std::optional<Selector> namespace_selector;
  std::vector<std::string> match_keys, mismatch_keys;
};

struct SpreadRule {
  std::string key;
  int max_skew = 1;
  int min_domains = 0;  // 0: not said
  Selector selector;
  std::vector<std::string> match_keys;
  std::string affinity_policy, taints_policy;  // "" not said
  bool soft = false;                           // ScheduleAnyway: refuses nothing
};

struct Port {
  int number = 0;
  std::string protocol, ip;  // "" not said
};

struct Container {
  Map requests, limits;
  std::vector<Port> ports;
  bool sidecar = false;  // of init containers: restartPolicy Always
};

struct Toleration {
  std::string key, op, value, effect;
};

struct NodeTerm {
  std::vector<Expression> labels, fields;
};

struct PodDraft {
  std::string ns, name;
  Map labels;
  std::vector<Container> containers{1}, init;
  bool host_network = false;
  std::string runtime_class;
  Map node_selector;
  std::vector<NodeTerm> node_terms;  // required; none: not said
  std::vector<Toleration> tolerations;
  std::vector<PeerTerm> affinity, anti_affinity;  // required
  std::vector<PeerTerm> avoided;                  // preferred anti-affinity
  std::vector<SpreadRule> spread;
  std::vector<std::string> claims;
  int node = -1;             // bound there, by place in World::nodes
  bool terminating = false;  // bound, and being deleted
  bool finished = false;     // bound, and Succeeded
};

struct Taint {
  std::string key, value, effect;
};

struct NodeDraft {
  std::string name;
  Map labels;
  std::vector<Taint> taints;
  bool unschedulable = false;
  Map allocatable;
};

// A volume of the claim of its name, for nodes of these terms.
struct VolumeDraft {
  std::string ns, name;
  std::vector<NodeTerm> terms;
};

// Nodes, pods that are bound to them, and pods that ask one by one where they may go (and never
// go). Worlds do not see each other: `name` is the key of a taint of all nodes, which the pods
// tolerate, and of namespaces' names.
struct World {
  std::string name;
  std::vector<NodeDraft> nodes;
  std::vector<PodDraft> bound, incoming;
  std::vector<VolumeDraft> volumes;
  std::map<std::string, Map> namespaces;  // their labels
  // Its nodes can be seen as those of a few members, by their label stowage.dev/cluster. Then bound
  // pods select their node by its label `slot`, since a host knows only their member.
  bool members = false;
  bool AskedAlone() const;  // a pod tolerates all taints, those of other worlds, too
};

// The objects that a client would create. Bound pods name their node.
kube::Json PodObject(const PodDraft& pod, const World& world);
kube::Json NodeObject(const NodeDraft& node);
kube::Json VolumeObject(const VolumeDraft& volume);
kube::Json ClaimObject(const VolumeDraft& volume);

// `scheduler` of the profile that answers, and the label by which incoming pods are watched.
inline constexpr const char* kScheduler = "differential";
inline constexpr const char* kRole = "differential/role";

}  // namespace stowage::differential
