#include "scheduler/placement/filters/capacity.h"

#include <algorithm>
#include <map>
#include <string>

namespace stowage::scheduler {
namespace {

std::string Word(const std::string& name) {
  return name == "pods" ? "Too many pods" : "Insufficient " + name;
}

// Some node has the sums.
bool OnlyDevicesMissing(const Amounts& demand, const Admission& admission,
                        const ClusterBins& bins) {
  return std::any_of(bins.groups().begin(), bins.groups().end(), [&](const NodeGroup& g) {
    return g.count > 0 && Admits(admission, g) && PodsPerNode(g.free, Devices(), demand) > 0;
  });
}

}  // namespace

std::optional<Refusal> CheckCapacity(const ResourceTable& resources, const Amounts& demand,
                                     const Admission& admission, const ClusterBins& bins) {
  Amounts most(demand.size(), 0);
  for (const NodeGroup& group : bins.groups()) {
    if (group.count == 0 || !Admits(admission, group)) continue;
    if (PodsPerNode(group, demand) > 0) return std::nullopt;
    for (size_t r = 0; r < demand.size(); ++r) most[r] = std::max(most[r], AmountOf(group.free, r));
  }
  // Sorted by name, so that the words do not depend on numbering.
  std::map<std::string, size_t> missing, wanted;
  for (size_t r = 0; r < demand.size(); ++r) {
    if (demand[r] > 0) wanted[resources.name(r)] = r;
    if (demand[r] > most[r]) missing[resources.name(r)] = r;
  }
  if (missing.empty() && OnlyDevicesMissing(demand, admission, bins)) {
    Refusal refusal{"NodeResourcesFit", "Insufficient room on single devices", "no node has"};
    refusal.detail += " " + std::to_string(demand.devices) +
                      (demand.devices == 1 ? " device" : " devices") + " with enough free";
    return refusal;
  }
  if (missing.empty()) {
    // Each resource alone is there, but no node has them together.
    Refusal refusal{"NodeResourcesFit", "Insufficient resources on any one node", "no node has"};
    for (const auto& [name, r] : wanted) {
      if (r != ResourceTable::kPods) {
        refusal.detail += " " + name + " " + resources.Format(r, demand[r]);
      }
    }
    refusal.detail += " at once";
    return refusal;
  }
  Refusal refusal{"NodeResourcesFit", Word(missing.begin()->first), ""};
  for (const auto& [name, r] : missing) {
    if (!refusal.detail.empty()) refusal.detail += "; ";
    refusal.detail += "needs " + name + " " + resources.Format(r, demand[r]) +
                      ", the most free on a node is " + resources.Format(r, most[r]);
  }
  return refusal;
}

}  // namespace stowage::scheduler
