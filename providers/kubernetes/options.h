// What one member cluster is told about itself and its host. Filled by app/ from the Cluster
// object; nothing here changes while the provider lives.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/types.h"

namespace stowage::providers {

// Cluster.spec.podNetwork. It says what others may do with a pod's IP; the pod's own status shows
// the member's address in every mode.
enum class PodNetwork { kNone, kFlat, kMapped };

// "10.244.0.0/16" in the member is "10.101.0.0/16" as seen from the host. Equal prefix lengths.
struct CidrMapping {
  std::string member;
  std::string host;
};

// Whose ServiceAccount a pod runs as.
enum class Accounts {
  kHost,    // the host's: a token of the host in a Secret (where trusted), no account in the member
  kMember,  // the member's account of the same name; the host's token volumes go
};

// Host namespace -> member namespace. The mapping must be one to one: two host namespaces never
// share one in the member.
struct NamespaceMapping {
  std::string prefix;                                 // "" for the same name
  std::map<std::string, std::string> explicit_names;  // wins over the prefix
};

struct TranslateOptions {
  std::string host_uid;      // UID of the host's kube-system
  std::string node_name;     // the virtual node
  bool trusted = false;      // may this member hold tokens of the host
  std::string host_address;  // "10.0.0.5:6443", reachable from the member's pods; "" if unknown
  Accounts accounts = Accounts::kHost;
  PodNetwork pod_network = PodNetwork::kNone;
  std::vector<CidrMapping> cidrs;  // of kMapped
  NamespaceMapping namespaces;
  // Labels of the virtual node that are the cluster's and not its nodes' (Cluster.spec.labels and
  // the region): terms that ask for them were satisfied by placement.
  std::map<std::string, std::string> cluster_labels;
  // Classes by the member's name; "" clears the class. A RuntimeClass that is not named keeps its
  // name (to drop a sandbox silently would be worse than a refusal); a PriorityClass that is not
  // named is cleared.
  std::map<std::string, std::string> priority_classes;
  std::map<std::string, std::string> runtime_classes;
};

// Cluster.spec.limits: what the virtual node offers at most ("cpu" in milli-cores, else whole
// units). It also stands in for capacity where the account may not list nodes.
using ResourceLimits = std::map<std::string, int64_t>;

struct MemberOptions {
  std::string cluster;  // the Cluster's name, for messages
  TranslateOptions translate;
  ResourceLimits limits;
  Duration probe_timeout = Seconds(5);
  int64_t token_seconds = 3600;            // asked for where the pod names no life of its own
  Duration dependents_idle = Seconds(30);  // an object that nothing needs is kept so long
};

// kInvalid says which option is wrong and how to write it.
Result<void> ValidateOptions(const MemberOptions& options);

}  // namespace stowage::providers
