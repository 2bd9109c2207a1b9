// At rest: what a cache holds is what the server holds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kube/api/object.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/snapshot.h"

namespace stowage::sim {

using Versions = std::map<kube::NamespacedName, std::string>;  // "uid@resourceVersion"

std::string VersionOf(const kube::Object& object);

void CheckCacheEqual(const std::string& cache, const Versions& cached,
                     const std::vector<kube::Object>& server, Findings& findings);

}  // namespace stowage::sim
