#include "sim/checkers/caches_equal.h"

namespace stowage::sim {

std::string VersionOf(const kube::Object& object) {
  return std::string(object.uid()) + "@" + std::string(object.resource_version());
}

void CheckCacheEqual(const std::string& cache, const Versions& cached,
                     const std::vector<kube::Object>& server, Findings& findings) {
  Versions there;
  for (const kube::Object& object : server) there[object.key()] = VersionOf(object);
  for (const auto& [key, version] : there) {
    const auto it = cached.find(key);
    if (it == cached.end()) {
      findings.Add("caches-equal", cache + " lacks " + key.ToString());
    } else if (it->second != version) {
      findings.Add("caches-equal", cache + " has " + key.ToString() + " as " + it->second +
                                       ", the server as " + version);
    }
  }
  for (const auto& [key, version] : cached) {
    if (!there.contains(key)) {
      findings.Add("caches-equal", cache + " still has " + key.ToString() + " as " + version);
    }
  }
}

}  // namespace stowage::sim
