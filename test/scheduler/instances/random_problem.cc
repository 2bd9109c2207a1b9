#include "test/scheduler/instances/random_problem.h"

#include <algorithm>
#include <memory>

#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

constexpr const char* kZone = "topology.kubernetes.io/zone";

std::string TopologyKey(Rng& rng) {
  switch (rng.Below(3)) {
    case 0:
      return std::string(kTopologyHostname);
    case 1:
      return kZone;
    default:
      return std::string(kTopologyCluster);
  }
}

LabelSelector App(const std::string& value) {
  return {false, {{"app", LabelRequirement::Op::kIn, {value}}}};
}

std::string AnyApp(Rng& rng) { return rng.Chance(0.5) ? "a" : "b"; }

SpreadConstraint AnySpread(Rng& rng) {
  SpreadConstraint s{.topology_key = TopologyKey(rng),
                     .max_skew = static_cast<int32_t>(rng.Between(1, 2)),
                     .hard = rng.Chance(0.8),
                     .selector = App(AnyApp(rng))};
  if (s.hard && rng.Chance(0.2)) s.min_domains = static_cast<int32_t>(rng.Between(2, 3));
  s.honor_affinity = rng.Chance(0.7);
  s.honor_taints = rng.Chance(0.3);
  if (rng.Chance(0.2)) s.match_label_keys = {"track"};
  return s;
}

PodAffinityTerm AnyTerm(Rng& rng) {
  PodAffinityTerm t{.topology_key = TopologyKey(rng), .selector = App(AnyApp(rng))};
  if (rng.Chance(0.2)) t.namespaces = {"ns0", "ns1"};
  if (rng.Chance(0.15))
    t.namespace_selector = LabelSelector{false, {{"team", LabelRequirement::Op::kExists, {}}}};
  if (rng.Chance(0.15)) t.match_label_keys = {"track"};
  if (rng.Chance(0.1)) t.mismatch_label_keys = {"track"};
  return t;
}

PodRelations AnyRelations(Rng& rng) {
  PodRelations r{.ns = rng.Chance(0.8) ? "ns0" : "ns1", .labels = {{"app", AnyApp(rng)}}};
  if (rng.Chance(0.5)) r.labels["track"] = rng.Chance(0.5) ? "x" : "y";
  if (rng.Chance(0.45)) r.spread.push_back(AnySpread(rng));
  if (rng.Chance(0.15)) r.spread.push_back(AnySpread(rng));
  if (rng.Chance(0.3)) r.anti_affinity.push_back(AnyTerm(rng));
  if (rng.Chance(0.12)) r.affinity.push_back(AnyTerm(rng));
  if (rng.Chance(0.05)) r.affinity.push_back(AnyTerm(rng));
  if (rng.Chance(0.2)) r.preferred.push_back({rng.Chance(0.5) ? 50 : -50, AnyTerm(rng)});
  if (rng.Chance(0.3)) {
    r.ports.push_back({.ip = rng.Chance(0.5) ? "0.0.0.0" : "10.0.0.1", .port = 80});
  }
  return r;
}

void SetClass(Problem& p, ProblemDelta& delta, PodClass k) {
  delta.set_classes.push_back(k);
  const auto it = std::find_if(p.classes.begin(), p.classes.end(),
                               [&](const PodClass& other) { return other.key == k.key; });
  if (it == p.classes.end()) {
    p.classes.push_back(std::move(k));
  } else {
    *it = std::move(k);
  }
}

}  // namespace

ClusterView AnyCluster(Rng& rng, const std::string& name) {
  ClusterView c =
      Cluster(name, {}, rng.Chance(0.8) ? 0.01 * static_cast<double>(rng.Between(1, 9)) : 0);
  c.region = rng.Chance(0.5) ? "eu" : "us";
  for (int s = 0; s < 2; ++s) {
    Labels labels;
    if (rng.Chance(0.85)) labels[kZone] = rng.Chance(0.5) ? "z1" : "z2";
    if (rng.Chance(0.5)) labels["disk"] = "ssd";
    std::vector<Taint> taints;
    if (rng.Chance(0.1)) taints.push_back({"special", "", Taint::Effect::kNoSchedule});
    c.shapes.push_back(
        Nodes(1, Room(rng.Between(1, rng.Chance(0.4) ? 3 : 2) * 500, 8, 4), labels, taints));
  }
  if (rng.Chance(0.15)) {
    // One draw a statement: compilers evaluate arguments in orders of their own.
    const double price = 0.02 * static_cast<double>(rng.Between(1, 9));
    const int64_t most = rng.Chance(0.4) ? 3 : 2;
    c.pools.push_back(Pool("pool", 1, Room(rng.Between(1, most) * 500, 8, 4), price));
    c.pools[0].labels[kZone] = rng.Chance(0.5) ? "z2" : "z3";
  }
  if (rng.Chance(0.2)) {
    c.bound.push_back({.constraints = std::make_shared<const PodConstraints>(),
                       .demand = Demand(500, 1),
                       .count = 1,
                       .relations = std::make_shared<const PodRelations>(AnyRelations(rng)),
                       .terminating = rng.Chance(0.2)});
  }
  return c;
}

PodClass AnyClass(Rng& rng, const std::string& key, int64_t count) {
  PodConstraints constraints;
  if (rng.Chance(0.25)) constraints.node_selector["disk"] = "ssd";
  if (rng.Chance(0.2)) constraints.tolerations.push_back({"special", true, "", {}});
  if (rng.Chance(0.1)) constraints.allowed_regions = {"eu"};
  if (rng.Chance(0.1)) constraints.denied_regions = {"us"};
  if (rng.Chance(0.2)) {
    constraints.volumes = {
        {{{{kZone, LabelRequirement::Op::kIn, {rng.Chance(0.5) ? "z1" : "z2"}}}, {}}}};
  }
  const int32_t priority = rng.Chance(0.2) ? 10 : 0;
  PodClass k = Pods(key, count, Demand(rng.Between(1, 2) * 500, 1), constraints, priority);
  k.relations = std::make_shared<const PodRelations>(AnyRelations(rng));
  return k;
}

// `pods` pods in up to three classes, clusters of two shapes.
Problem AnyProblem(Rng& rng, int64_t pods, int clusters) {
  Problem p;
  p.namespaces = {{"ns0", {{"team", "x"}}}, {"ns1", {}}};
  for (int j = 0; j < clusters; ++j) p.clusters.push_back(AnyCluster(rng, "c" + std::to_string(j)));
  for (int k = 0; pods > 0; ++k) {
    const int64_t count = k == 2 ? pods : rng.Between(1, pods);
    pods -= count;
    p.classes.push_back(AnyClass(rng, "k" + std::to_string(k), count));
  }
  if (rng.Chance(0.25)) {
    Quota q{.name = "q", .caps = {{ResourceTable::kPods, rng.Between(1, 4)}}};
    if (rng.Chance(0.5)) q.namespaces = {"ns0"};
    if (rng.Chance(0.5)) q.clusters = {"c0", "c1"};
    if (rng.Chance(0.5)) q.caps = {{ResourceTable::kCpu, rng.Between(2, 8) * 500}};
    p.quotas.push_back(q);
  }
  if (rng.Chance(0.3)) {
    p.gangs.push_back({"g", rng.Between(2, 5), rng.Chance(0.5)});
    for (PodClass& k : p.classes) k.gang = rng.Chance(0.6) ? "g" : "";
    for (ClusterView& c : p.clusters) {
      for (BoundPods& b : c.bound) b.gang = rng.Chance(0.3) ? "g" : "";
    }
  }
  return p;
}

ProblemDelta AnyChange(Rng& rng, Problem& p) {
  ProblemDelta delta;
  const auto key = [&] { return "k" + std::to_string(rng.Below(5)); };
  if (rng.Chance(0.4) && !p.classes.empty()) {
    PodClass k = p.classes[rng.Below(p.classes.size())];
    k.count = rng.Between(0, 4);
    SetClass(p, delta, std::move(k));
  } else if (rng.Chance(0.6)) {
    SetClass(p, delta, AnyClass(rng, key(), rng.Between(1, 3)));
  }
  if (rng.Chance(0.2)) {
    const std::string gone = key();
    if (delta.set_classes.empty() || delta.set_classes[0].key != gone) {
      delta.remove_classes.push_back(gone);
      std::erase_if(p.classes, [&](const PodClass& k) { return k.key == gone; });
    }
  }
  if (rng.Chance(0.5)) {
    ClusterView& c = p.clusters[rng.Below(p.clusters.size())];
    ClusterView other = AnyCluster(rng, c.name);
    if (rng.Chance(0.6)) {  // bound pods alone
      c.bound = other.bound;
    } else {
      c = other;
    }
    delta.set_clusters.push_back(c);
  }
  if (rng.Chance(0.1)) {
    p.namespaces["ns1"] = {{"team", rng.Chance(0.5) ? "x" : "y"}};
    delta.namespaces = p.namespaces;
  }
  if (rng.Chance(0.1)) {
    delta.quotas = p.quotas = {{.name = "q", .caps = {{ResourceTable::kPods, rng.Between(1, 6)}}}};
  }
  return delta;
}

Problem AnyConstrainedProblem(Rng& rng, int64_t pods, int clusters) {
  Problem p = AnyProblem(rng, pods, clusters);
  p.links = {{"eu", "us", 80'000}};
  const double plain = rng.Chance(0.3) ? 0.8 : 0.05;
  const size_t device = p.resources.Intern("example.com/device");
  const auto add = [&](Amounts& amounts, int64_t devices) {
    amounts.resize(device + 1, 0);
    amounts[device] = devices;
  };
  for (ClusterView& c : p.clusters) {
    c.unschedulable = rng.Chance(0.12);
    for (NodeShape& s : c.shapes) {
      if (rng.Chance(0.15)) s.taints = {{"special", "", Taint::Effect::kNoSchedule}};
      if (rng.Chance(0.8)) s.free[ResourceTable::kCpu] *= 2;
      if (rng.Chance(0.6)) add(s.free, rng.Between(1, 2));
    }
  }
  if (p.quotas.empty() && rng.Chance(0.4)) {
    p.quotas = {{"q", {}, {"c0", "c1"}, {{ResourceTable::kPods, rng.Between(1, 4)}}}};
  }
  for (PodClass& k : p.classes) {
    if (rng.Chance(plain)) {  // one that goes anywhere
      const Labels labels = k.relations->labels;
      k.constraints = std::make_shared<const PodConstraints>();
      k.relations =
          std::make_shared<const PodRelations>(PodRelations{.ns = "ns0", .labels = labels});
      continue;
    }
    PodConstraints constraints = *k.constraints;
    if (rng.Chance(0.2)) {
      const LabelRequirement zone{
          kZone, LabelRequirement::Op::kIn, {rng.Chance(0.5) ? "z1" : "z2"}};
      constraints.required = {{{zone}, {}}};
    }
    if (rng.Chance(0.2)) {
      constraints.latency_sources = {{rng.Chance(0.5) ? "eu" : "us"}};
      constraints.latency_us_max = 50'000;
    }
    k.constraints = std::make_shared<const PodConstraints>(std::move(constraints));
    if (rng.Chance(0.2)) add(k.demand, 1);
    // Large pods first: then priority often decides how many there are in all.
    k.priority = k.demand[ResourceTable::kCpu] > 500 ? 20 : static_cast<int32_t>(rng.Below(2)) * 10;

    if (rng.Chance(0.2)) {
      PodRelations r = *k.relations;
      r.spread.push_back({.topology_key = TopologyKey(rng), .selector = App(r.labels["app"])});
      k.relations = std::make_shared<const PodRelations>(std::move(r));
    }
  }
  return p;
}

}  // namespace stowage::scheduler
