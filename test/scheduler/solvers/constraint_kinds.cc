#include "test/scheduler/solvers/constraint_kinds.h"

#include <memory>
#include <utility>

namespace stowage::scheduler {
namespace {

void ForRelations(Problem& p, const std::function<void(PodRelations&)>& change) {
  const auto apply = [&](std::shared_ptr<const PodRelations>& relations) {
    PodRelations copy = *relations;
    change(copy);
    relations = std::make_shared<const PodRelations>(std::move(copy));
  };
  for (PodClass& k : p.classes) apply(k.relations);
  for (ClusterView& c : p.clusters) {
    for (BoundPods& b : c.bound) apply(b.relations);
  }
}

void ForConstraints(Problem& p, const std::function<void(PodConstraints&)>& change) {
  for (PodClass& k : p.classes) {
    PodConstraints copy = *k.constraints;
    change(copy);
    k.constraints = std::make_shared<const PodConstraints>(std::move(copy));
  }
}

void StripRequests(Problem& p) {
  for (PodClass& k : p.classes) k.demand[ResourceTable::kMemory] = 0;
  for (PodClass& k : p.classes) k.demand[ResourceTable::kCpu] = 500;
}

void StripDevices(Problem& p) {
  for (PodClass& k : p.classes) k.demand.resize(3);
}

void StripTaints(Problem& p) {
  for (ClusterView& c : p.clusters) {
    for (NodeShape& s : c.shapes) s.taints.clear();
  }
}

void StripResidency(PodConstraints& c) {
  c.allowed_regions.clear();
  c.denied_regions.clear();
}

}  // namespace

const std::vector<ConstraintKind>& ConstraintKinds() {
  using C = PodConstraints;
  using R = PodRelations;
  static const auto constraint = [](void (*change)(C&)) {
    return [change](Problem& p) { ForConstraints(p, change); };
  };
  static const auto relation = [](void (*change)(R&)) {
    return [change](Problem& p) { ForRelations(p, change); };
  };
  static const std::vector<ConstraintKind> kinds = {
      {"requests", StripRequests},
      {"extended resources", StripDevices},
      {"nodeSelector", constraint([](C& c) { c.node_selector.clear(); }), false},
      {"node affinity", constraint([](C& c) { c.required.reset(); }), false},
      {"taints", StripTaints, false},
      {"cordons",
       [](Problem& p) {
         for (ClusterView& c : p.clusters) c.unschedulable = false;
       },
       false},
      {"affinity", relation([](R& r) { r.affinity.clear(); })},
      {"anti-affinity", relation([](R& r) { r.anti_affinity.clear(); })},
      {"topology spread", relation([](R& r) { r.spread.clear(); })},
      {"host ports", relation([](R& r) { r.ports.clear(); })},
      {"volumes", constraint([](C& c) { c.volumes.clear(); })},
      {"residency", constraint(StripResidency)},
      {"maximum latency", constraint([](C& c) { c.latency_us_max.reset(); })},
      {"quotas", [](Problem& p) { p.quotas.clear(); }},
      {"gangs", [](Problem& p) { p.gangs.clear(); }},
      {"priorities",
       [](Problem& p) {
         for (PodClass& k : p.classes) k.priority = 0;
       },
       false},
  };
  return kinds;
}

}  // namespace stowage::scheduler
