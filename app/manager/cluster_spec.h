// ClusterSpec: what a Cluster object asks for, checked and in the words of the parts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "kube/api/object.h"
#include "providers/kubernetes/options.h"
#include "scheduler/control/config.h"

namespace stowage::app {

struct SecretRef {
  std::string ns, name, key;
  bool operator==(const SecretRef&) const = default;
};

struct ClusterSpec {
  std::string name;  // of the Cluster, its virtual node and its member in messages
  std::string uid;
  SecretRef kubeconfig;
  std::string region, zone;
  std::map<std::string, std::string> labels;
  kube::Json taints;  // array of v1 Taint, may be missing
  bool unschedulable = false;
  providers::MemberOptions member;
  scheduler::ClusterConfig placement;
  std::vector<scheduler::RegionLink> links;
};

// `host_uid`: of the host's kube-system. kInvalid: every problem with its field path,
// "spec.cost.coreHour: ...; spec.podCIDRs[0] ...".
Result<ClusterSpec> ParseCluster(const kube::Object& cluster, const std::string& host_uid);

}  // namespace stowage::app
