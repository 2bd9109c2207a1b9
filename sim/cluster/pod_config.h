// What a pod's containers get from its spec: environment and mounted volumes, resolved against the
// member's ConfigMaps and Secrets. Pure but for the lookups.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "kube/api/object.h"
#include "sim/cluster/http_page.h"
#include "sim/cluster/member_pod.h"
#include "sim/cluster/shell.h"

namespace stowage::sim {

// The data of a ConfigMap or Secret, decoded.
using ConfigData = std::map<std::string, std::string, std::less<>>;
ConfigData ReadConfigMap(const kube::Object& object);
ConfigData ReadSecret(const kube::Object& object);

struct ConfigLookup {
  // nullptr: there is no such object.
  std::function<const ConfigData*(std::string_view ns, std::string_view name)> config_map;
  std::function<const ConfigData*(std::string_view ns, std::string_view name)> secret;
};

// A pod as its containers see it.
struct PodFacts {
  kube::Json meta;
  kube::Json spec;
  std::shared_ptr<const PodIdentity> identity;
  std::string host_ip;
  std::string token;  // of its service account
  std::shared_ptr<std::map<std::string, std::shared_ptr<FileMap>>> empty_dirs;
};

// kNotFound names what is missing, as a kubelet does: 'configmap "x" not found', "couldn't find key
// k in ConfigMap default/x".
Result<std::shared_ptr<const Environment>> ResolveEnvironment(const PodFacts& pod,
                                                              kube::JsonRef container,
                                                              const ConfigLookup& lookup);
// ok: all that the pod's volumes need is there. kNotFound: what is missing, and of which volume.
Result<void> CheckVolumes(const PodFacts& pod, const ConfigLookup& lookup);
std::vector<Mount> ResolveMounts(const PodFacts& pod, kube::JsonRef container,
                                 const ConfigLookup& lookup);
bool NeedsToken(kube::JsonRef spec);
std::vector<std::string> ClaimNames(kube::JsonRef spec);

// "$(VAR)" in commands and arguments; "$$(VAR)" stays.
std::string ExpandReferences(std::string_view text, const Environment& environment);

}  // namespace stowage::sim
