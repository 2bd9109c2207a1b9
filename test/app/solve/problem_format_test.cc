#include "app/solve/problem_format.h"

#include <gtest/gtest.h>

#include "base/random/rng.h"

namespace stowage::app {
namespace {

using scheduler::ClusterView;
using scheduler::LabelRequirement;
using scheduler::PodClass;
using scheduler::PodConstraints;
using scheduler::Problem;
using scheduler::Taint;

std::string Refusal(std::string_view yaml) {
  const auto problem = ParseProblem({"f.yaml", yaml});
  return problem ? "accepted" : problem.error().message;
}

Problem Parsed(std::string_view yaml) {
  auto problem = ParseProblem({"f.yaml", yaml});
  EXPECT_TRUE(problem) << problem.error().message;
  return problem ? *problem : Problem();
}

TEST(ProblemFormatTest, AClassIsWrittenInTheFieldsOfAPod) {
  const Problem p = Parsed(R"(
classes:
- name: web
  count: 6
  priority: -5
  requests: {cpu: 1500m, memory: 1.5Gi, nvidia.com/gpu: 2}
  nodeSelector: {disk: ssd}
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
        - matchExpressions:
          - {key: zone, operator: In, values: [a, b]}
          - {key: gpu, operator: Exists}
        - matchFields: [{key: metadata.name, operator: In, values: [onprem]}]
      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 30
        preference: {matchExpressions: [{key: cores, operator: Gt, values: ["8"]}]}
  tolerations:
  - {key: dedicated, operator: Equal, value: gpu, effect: NoSchedule}
  - {operator: Exists}
  latency:
    sources: [{region: eu, share: 0.75}, {region: us, share: 0.25}]
    costPerMillisecond: "0.0001"
    maximumMilliseconds: 80.5
  data: {region: eu, perHour: 2Gi}
)");
  const PodClass& k = p.classes.at(0);
  EXPECT_EQ(k.key, "web");
  EXPECT_EQ(k.count, 6);
  EXPECT_EQ(k.priority, -5);
  EXPECT_EQ(k.demand, scheduler::Amounts({1500, 3 << 29, 1, 2}));
  EXPECT_EQ(p.resources.name(3), "nvidia.com/gpu");
  const PodConstraints& c = *k.constraints;
  EXPECT_EQ(c.node_selector.at("disk"), "ssd");
  ASSERT_EQ(c.required->size(), 2u);
  EXPECT_EQ((*c.required)[0].labels[1].op, LabelRequirement::Op::kExists);
  EXPECT_EQ((*c.required)[1].fields[0].values[0], "onprem");
  EXPECT_EQ(c.preferred.at(0).weight, 30);
  EXPECT_EQ(c.tolerations.at(0).effects.at(0), Taint::Effect::kNoSchedule);
  EXPECT_TRUE(c.tolerations.at(1).exists);
  EXPECT_EQ(c.latency_sources.at(0).weight_ppm, 750'000);
  EXPECT_EQ(c.cost_per_ms.nano, 100'000);
  EXPECT_EQ(c.latency_us_max, 80'500);
  EXPECT_EQ(c.data_mib_per_hour, 2048);
}

TEST(ProblemFormatTest, WhatAPodWantsOfOthersIsWrittenAsInAPod) {
  const Problem p = Parsed(R"(
classes:
- name: web
  namespace: shop
  labels: {app: web, tier: front}
  affinity:
    podAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
      - {topologyKey: topology.kubernetes.io/zone, labelSelector: {matchLabels: {app: cache}}}
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 40
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}
          namespaceSelector: {}
  topologySpreadConstraints:
  - {maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway,
     labelSelector: {matchLabels: {app: web}}, nodeTaintsPolicy: Honor}
  hostPorts: [{hostPort: 8080}]
  residency: {allowedRegions: [eu]}
  volumes: [{nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]}]
namespaces: {shop: {team: a}}
)");
  const scheduler::PodRelations& r = p.classes.at(0).Relations();
  EXPECT_EQ(r.ns, "shop");
  EXPECT_EQ(r.labels.at("tier"), "front");
  EXPECT_EQ(r.affinity.at(0).selector.all.at(0).values.at(0), "cache");
  EXPECT_EQ(r.preferred.at(0).weight, -40) << "of anti-affinity";
  ASSERT_TRUE(r.preferred.at(0).term.namespace_selector.has_value());
  EXPECT_TRUE(r.preferred.at(0).term.namespace_selector->all.empty()) << "every namespace";
  EXPECT_FALSE(r.spread.at(0).hard);
  EXPECT_EQ(r.spread.at(0).max_skew, 2);
  EXPECT_TRUE(r.spread.at(0).honor_taints);
  EXPECT_EQ(r.ports.at(0), (scheduler::HostPort{"TCP", "0.0.0.0", 8080}));
  EXPECT_EQ(p.classes.at(0).constraints->allowed_regions.at(0), "eu");
  EXPECT_EQ(p.classes.at(0).constraints->volumes.at(0).size(), 1u);
  EXPECT_EQ(p.namespaces.at("shop").at("team"), "a");
}

TEST(ProblemFormatTest, AClusterHasNodesPoolsPricesAndBoundPods) {
  const Problem p = Parsed(R"(
clusters:
- name: cloud
  region: eu
  labels: {tier: prod}
  taints: [{key: spot, value: "yes", effect: NoExecute}]
  unschedulable: true
  nodes: [{count: 3, labels: {zone: a}, free: {cpu: 4, memory: 16Gi, pods: 20}}]
  pools:
  - {name: m5, allocatable: {cpu: 2}, maximum: 10, nodeHour: "0.096", provisionSeconds: 60}
  chargeBack: [{resource: cpu, price: "0.04"}, {resource: memory, price: "0.005", per: 2Gi}]
  egressPerGiB: "0.09"
  bound: [{count: 2, requests: {cpu: 1}, nodeSelector: {zone: a}}]
links: [{between: [eu, us], milliseconds: 80.125}]
)");
  const ClusterView& c = p.clusters.at(0);
  EXPECT_TRUE(c.unschedulable);
  EXPECT_EQ(c.taints.at(0).effect, Taint::Effect::kNoExecute);
  EXPECT_EQ(c.shapes.at(0).free, scheduler::Amounts({4000, int64_t{16} << 30, 20}));
  EXPECT_EQ(c.pools.at(0).node_hour.nano, 96'000'000);
  EXPECT_EQ(c.pools.at(0).allocatable.at(scheduler::ResourceTable::kPods), 110)
      << "a kubelet's own default";
  EXPECT_EQ(c.charge_back.at(0).unit, 1000);
  EXPECT_EQ(c.charge_back.at(1).unit, int64_t{2} << 30);
  EXPECT_EQ(c.egress_per_gib.nano, 90'000'000);
  EXPECT_EQ(c.bound.at(0).count, 2);
  EXPECT_EQ(c.bound.at(0).constraints->node_selector.at("zone"), "a");
  EXPECT_EQ(p.links.at(0).latency_us, 80'125);
}

TEST(ProblemFormatTest, JsonIsReadAsWell) {
  const Problem p = Parsed(
      R"({"classes":[{"name":"a","count":2,"requests":{"cpu":"500m"},"requestsIn":{"x":{"cpu":1}}}],
          "clusters":[{"name":"x","nodes":[{"free":{"cpu":4,"memory":"16Gi"}}]}]})");
  EXPECT_EQ(p.classes.at(0).DemandIn("x").at(0), 1000);
  EXPECT_EQ(p.classes.at(0).demand.at(0), 500);
}

TEST(ProblemFormatTest, EqualRulesAreShared) {
  const Problem p = Parsed(R"(
classes:
- {name: a, nodeSelector: {disk: ssd}}
- {name: b, nodeSelector: {disk: ssd}}
- {name: c}
)");
  EXPECT_EQ(p.classes[0].constraints, p.classes[1].constraints);
  EXPECT_NE(p.classes[0].constraints, p.classes[2].constraints);
}

TEST(ProblemFormatTest, WhatValidateRefusesHasAPlace) {
  EXPECT_EQ(Refusal("classes:\n- name: a\n- name: b\n- name: a\n").substr(0, 11), "f.yaml:4:3:");
  EXPECT_EQ(Refusal("classes:\n- {name: a}\n- {name: b, count: 100000000, "
                    "requests: {memory: 1Ti}}\n")
                .substr(0, 11),
            "f.yaml:3:3:");
}

TEST(ProblemFormatTest, AmountsAreRefusedPastTheLimitsOfTheModel) {
  const auto class_with = [](const std::string& requests) {
    return "classes: [{name: a, requests: {" + requests + "}}]";
  };
  EXPECT_EQ(Refusal(class_with("memory: 4Pi")), "accepted");
  EXPECT_NE(Refusal(class_with("memory: 4503599627370497")), "accepted");
  EXPECT_NE(Refusal(class_with("memory: 100E")), "accepted");
  EXPECT_NE(Refusal(class_with("cpu: -1")), "accepted");
}

// ---- everything that the model holds comes back -------------------------------------------------

std::string Name(Rng& rng) { return rng.Name(5); }

scheduler::Labels RandomLabels(Rng& rng) {
  scheduler::Labels out;
  for (uint64_t n = rng.Below(3); n > 0; --n) out[Name(rng)] = rng.Chance(0.2) ? "true" : Name(rng);
  return out;
}

std::vector<Taint> RandomTaints(Rng& rng) {
  std::vector<Taint> out;
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    out.push_back(
        {Name(rng), rng.Chance(0.5) ? "" : "no", static_cast<Taint::Effect>(rng.Below(3))});
  }
  return out;
}

std::vector<LabelRequirement> RandomRequirements(Rng& rng) {
  std::vector<LabelRequirement> out;
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    LabelRequirement r{.key = Name(rng), .op = static_cast<LabelRequirement::Op>(rng.Below(6))};
    if (r.op == LabelRequirement::Op::kGt || r.op == LabelRequirement::Op::kLt) r.values = {"12"};
    if (r.op == LabelRequirement::Op::kIn || r.op == LabelRequirement::Op::kNotIn) {
      r.values = {Name(rng), "1.0"};
    }
    out.push_back(std::move(r));
  }
  return out;
}

scheduler::Amounts RandomAmounts(Rng& rng) {
  scheduler::Amounts out{rng.Between(0, 100'000), rng.Between(0, int64_t{1} << 40),
                         rng.Between(0, 9), rng.Between(0, 8)};
  while (!out.empty() && out.back() == 0) out.pop_back();
  return out;
}

std::shared_ptr<const PodConstraints> RandomConstraints(Rng& rng) {
  PodConstraints c{.node_selector = RandomLabels(rng)};
  if (rng.Chance(0.5)) {
    c.required.emplace();
    for (uint64_t n = rng.Below(3); n > 0; --n) {
      c.required->push_back({RandomRequirements(rng), RandomRequirements(rng)});
    }
  }
  if (rng.Chance(0.3)) {
    c.preferred.push_back(
        {static_cast<int32_t>(rng.Between(1, 100)), {RandomRequirements(rng), {}}});
  }
  if (rng.Chance(0.5)) c.tolerations.push_back({.key = Name(rng), .value = "1"});
  if (rng.Chance(0.5)) {
    c.tolerations.push_back(
        {.exists = true, .effects = {static_cast<Taint::Effect>(rng.Below(3))}});
  }
  if (rng.Chance(0.5)) {
    c.latency_sources = {{Name(rng), rng.Between(0, 1'000'000)}, {Name(rng), 1}};
    c.cost_per_ms.nano = rng.Between(0, 1'000'000'000);
  }
  if (rng.Chance(0.3)) c.latency_us_max = rng.Between(0, scheduler::kMaxLatencyUs);
  if (rng.Chance(0.3)) c.data_region = Name(rng);
  if (rng.Chance(0.3)) c.allowed_regions = {Name(rng), Name(rng)};
  if (rng.Chance(0.3)) c.denied_regions = {Name(rng)};
  if (rng.Chance(0.3)) c.volumes = {{}, {{RandomRequirements(rng), {}}}};
  if (rng.Chance(0.3)) c.data_mib_per_hour = rng.Between(0, 1'000'000);
  if (rng.Chance(0.4)) {
    c.once.restart.nano = rng.Between(0, 1'000'000'000);
    c.once.waiting.nano = rng.Between(0, 1'000'000'000);
    c.once.moving.nano = rng.Between(0, 1'000'000'000);
    if (rng.Chance(0.5)) c.once.home = Name(rng);
    c.once.run_seconds = rng.Between(1, 1'000'000);
  }
  return std::make_shared<const PodConstraints>(std::move(c));
}

scheduler::LabelSelector RandomSelector(Rng& rng) {
  scheduler::LabelSelector out;
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    out.all.push_back({Name(rng), static_cast<LabelRequirement::Op>(rng.Below(2)), {Name(rng)}});
  }
  return out;
}

scheduler::PodAffinityTerm RandomTerm(Rng& rng) {
  scheduler::PodAffinityTerm out{.topology_key = Name(rng), .selector = RandomSelector(rng)};
  if (rng.Chance(0.2)) out.selector = {.nothing = true};
  if (rng.Chance(0.3)) out.namespaces = {Name(rng), Name(rng)};
  if (rng.Chance(0.3)) out.namespace_selector = RandomSelector(rng);
  if (rng.Chance(0.3)) out.match_label_keys = {Name(rng)};
  if (rng.Chance(0.3)) out.mismatch_label_keys = {Name(rng)};
  return out;
}

std::shared_ptr<const scheduler::PodRelations> RandomRelations(Rng& rng) {
  scheduler::PodRelations r{.ns = rng.Chance(0.5) ? "" : Name(rng), .labels = RandomLabels(rng)};
  if (rng.Chance(0.3)) r.affinity.push_back(RandomTerm(rng));
  if (rng.Chance(0.3)) r.anti_affinity.push_back(RandomTerm(rng));
  if (rng.Chance(0.3)) r.preferred.push_back({7, RandomTerm(rng)});
  if (rng.Chance(0.3)) r.preferred.push_back({-100, RandomTerm(rng)});
  if (rng.Chance(0.3)) {
    const bool hard = rng.Chance(0.5);
    r.spread.push_back({.topology_key = Name(rng),
                        .max_skew = static_cast<int32_t>(rng.Between(1, 9)),
                        .hard = hard,
                        .min_domains = hard ? static_cast<int32_t>(rng.Between(1, 3)) : 1,
                        .selector = RandomSelector(rng),
                        .match_label_keys = {Name(rng)},
                        .honor_affinity = rng.Chance(0.5),
                        .honor_taints = rng.Chance(0.5)});
  }
  if (rng.Chance(0.3)) r.ports.push_back({"UDP", "10.0.0.1", 53});
  return std::make_shared<const scheduler::PodRelations>(std::move(r));
}

// Some of the node's amounts of GPUs lie on devices.
scheduler::Devices RandomDevices(Rng& rng, scheduler::Amounts& room) {
  scheduler::Devices out;
  if (rng.Chance(0.6)) return out;
  constexpr size_t kGpu = 3;
  out.resources = {kGpu};
  int64_t sum = 0;
  for (uint64_t n = rng.Between(1, 3); n > 0; --n) {
    out.free.push_back({rng.Between(1, 9)});
    sum += out.free.back()[0];
  }
  if (room.size() <= kGpu) room.resize(kGpu + 1, 0);
  room[kGpu] = sum;
  return out;
}

ClusterView RandomCluster(Rng& rng, const std::string& name) {
  ClusterView c{.name = name,
                .region = rng.Chance(0.5) ? "" : Name(rng),
                .labels = RandomLabels(rng),
                .taints = RandomTaints(rng),
                .unschedulable = rng.Chance(0.3)};
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    c.shapes.push_back(
        {RandomLabels(rng), RandomTaints(rng), RandomAmounts(rng), rng.Between(0, 9)});
    c.shapes.back().devices = RandomDevices(rng, c.shapes.back().free);
  }
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    c.pools.push_back({.name = "pool" + std::to_string(n),
                       .labels = RandomLabels(rng),
                       .taints = RandomTaints(rng),
                       .allocatable = RandomAmounts(rng),
                       .nodes_max = rng.Between(0, 100),
                       .node_hour = {rng.Between(0, 10'000'000'000)},
                       .provision_seconds = rng.Between(0, 1000),
                       .minimum_billing_seconds = rng.Between(0, 9) * 600,
                       .interruptions_ppm = rng.Between(0, 2'000'000)});
    c.pools.back().devices = RandomDevices(rng, c.pools.back().allocatable);
  }
  for (size_t r = 0; r < rng.Below(4); ++r) {
    c.charge_back.push_back({r, {rng.Between(0, 10'000'000)}, rng.Between(1 << 20, 1 << 30)});
  }
  c.egress_per_gib.nano = rng.Between(0, 1'000'000'000);
  for (size_t r = 0; r < rng.Below(3); ++r) {
    c.emissions.push_back({r, rng.Between(0, 1'000'000), 1 << 20});
  }
  for (uint64_t n = rng.Below(3); n > 0; --n) {
    c.bound.push_back(
        {RandomConstraints(rng), RandomAmounts(rng), rng.Between(0, 5), RandomRelations(rng),
         rng.Chance(0.3), rng.Chance(0.3) ? "gang" : "", static_cast<int32_t>(rng.Between(-9, 9)),
         rng.Chance(0.3) ? std::vector<std::string>{"budget"} : std::vector<std::string>()});
  }
  return c;
}

Problem RandomProblem(Rng& rng) {
  Problem p;
  p.resources.Intern("nvidia.com/gpu");
  const uint64_t clusters = rng.Below(4);
  for (uint64_t j = 0; j < clusters; ++j) {
    p.clusters.push_back(RandomCluster(rng, "c" + std::to_string(j)));
  }
  for (uint64_t n = rng.Below(4); n > 0; --n) {
    PodClass k{.key = "k" + std::to_string(n),
               .count = rng.Between(0, 1000),
               .priority = static_cast<int32_t>(rng.Between(-5, 5)),
               .demand = RandomAmounts(rng),
               .constraints = RandomConstraints(rng),
               .relations = RandomRelations(rng),
               .gang = rng.Chance(0.3) ? "gang" : "",
               .may_preempt = rng.Chance(0.5)};
    k.demand.devices = static_cast<int32_t>(rng.Between(1, 3));
    if (clusters > 0 && rng.Chance(0.4)) {
      k.demand_in["c0"] = RandomAmounts(rng);
      k.demand_in["c0"].devices = k.demand.devices;
    }
    p.classes.push_back(std::move(k));
  }
  p.gangs = {{"gang", rng.Between(0, 9), rng.Chance(0.5)}};
  p.budgets = {{"budget", rng.Between(0, 9)}};
  if (rng.Chance(0.5)) {
    p.quotas.push_back({"quota", {Name(rng)}, {}, {{0, rng.Between(0, 99)}, {3, 1 << 20}}});
    if (clusters > 0) p.quotas[0].clusters = {"c0"};
  }
  if (rng.Chance(0.3)) p.namespaces = {{"empty", {}}, {"team", RandomLabels(rng)}};
  if (rng.Chance(0.5)) p.links.push_back({Name(rng), Name(rng), rng.Between(0, 1'000'000)});
  if (rng.Chance(0.5)) p.carbon_per_tonne.nano = rng.Between(0, 200'000'000'000);
  if (rng.Chance(0.5)) p.horizon_seconds = rng.Between(1, 1'000'000);
  return p;
}

// Resources may be numbered in another order.
std::map<std::string, int64_t> Named(const Problem& p, const scheduler::Amounts& amounts) {
  std::map<std::string, int64_t> out;
  for (size_t r = 0; r < amounts.size(); ++r) {
    if (amounts[r] != 0) out[p.resources.name(r)] = amounts[r];
  }
  return out;
}

void ExpectEqualGroups(const Problem& a, const Problem& b) {
  EXPECT_EQ(a.gangs, b.gangs);
  EXPECT_EQ(a.budgets, b.budgets);
  EXPECT_EQ(a.carbon_per_tonne, b.carbon_per_tonne);
  EXPECT_EQ(a.horizon_seconds, b.horizon_seconds);
  ASSERT_EQ(a.quotas.size(), b.quotas.size());
  for (size_t i = 0; i < a.quotas.size(); ++i) {
    const scheduler::Quota &x = a.quotas[i], &y = b.quotas[i];
    EXPECT_EQ(std::tie(x.name, x.namespaces, x.clusters),
              std::tie(y.name, y.namespaces, y.clusters));
    ASSERT_EQ(x.caps.size(), y.caps.size());
    for (size_t c = 0; c < x.caps.size(); ++c) {
      EXPECT_EQ(a.resources.name(x.caps[c].resource), b.resources.name(y.caps[c].resource));
      EXPECT_EQ(x.caps[c].most, y.caps[c].most);
    }
  }
}

void ExpectEqual(const Problem& a, const Problem& b) {
  ASSERT_EQ(a.classes.size(), b.classes.size());
  for (size_t k = 0; k < a.classes.size(); ++k) {
    const PodClass &x = a.classes[k], &y = b.classes[k];
    EXPECT_EQ(std::tie(x.key, x.count, x.priority, x.gang, x.may_preempt),
              std::tie(y.key, y.count, y.priority, y.gang, y.may_preempt));
    EXPECT_EQ(Named(a, x.demand), Named(b, y.demand));
    EXPECT_EQ(x.demand.devices, y.demand.devices);
    ASSERT_EQ(x.demand_in.size(), y.demand_in.size());
    for (const auto& [c, d] : x.demand_in) EXPECT_EQ(Named(a, d), Named(b, y.demand_in.at(c)));
    EXPECT_TRUE(*x.constraints == *y.constraints) << x.key;
    EXPECT_TRUE(x.Relations() == y.Relations()) << x.key;
  }
  ASSERT_EQ(a.clusters.size(), b.clusters.size());
  for (size_t j = 0; j < a.clusters.size(); ++j) {
    const ClusterView &x = a.clusters[j], &y = b.clusters[j];
    EXPECT_EQ(std::tie(x.name, x.region, x.labels, x.taints, x.unschedulable, x.egress_per_gib),
              std::tie(y.name, y.region, y.labels, y.taints, y.unschedulable, y.egress_per_gib));
    ASSERT_EQ(x.shapes.size(), y.shapes.size());
    for (size_t i = 0; i < x.shapes.size(); ++i) {
      EXPECT_EQ(std::tie(x.shapes[i].labels, x.shapes[i].taints, x.shapes[i].count),
                std::tie(y.shapes[i].labels, y.shapes[i].taints, y.shapes[i].count));
      EXPECT_EQ(Named(a, x.shapes[i].free), Named(b, y.shapes[i].free));
      EXPECT_EQ(x.shapes[i].devices.free, y.shapes[i].devices.free);
    }
    ASSERT_EQ(x.pools.size(), y.pools.size());
    for (size_t i = 0; i < x.pools.size(); ++i) {
      const auto tie = [](const scheduler::ElasticPool& p) {
        return std::tie(p.name, p.labels, p.taints, p.nodes_max, p.node_hour, p.provision_seconds,
                        p.minimum_billing_seconds, p.interruptions_ppm);
      };
      EXPECT_EQ(tie(x.pools[i]), tie(y.pools[i]));
      EXPECT_EQ(Named(a, x.pools[i].allocatable), Named(b, y.pools[i].allocatable));
      EXPECT_EQ(x.pools[i].devices.free, y.pools[i].devices.free);
    }
    ASSERT_EQ(x.charge_back.size(), y.charge_back.size());
    for (size_t i = 0; i < x.charge_back.size(); ++i) {
      EXPECT_EQ(a.resources.name(x.charge_back[i].resource),
                b.resources.name(y.charge_back[i].resource));
      EXPECT_EQ(std::tie(x.charge_back[i].price, x.charge_back[i].unit),
                std::tie(y.charge_back[i].price, y.charge_back[i].unit));
    }
    ASSERT_EQ(x.emissions.size(), y.emissions.size());
    for (size_t i = 0; i < x.emissions.size(); ++i) {
      EXPECT_EQ(a.resources.name(x.emissions[i].resource),
                b.resources.name(y.emissions[i].resource));
      EXPECT_EQ(std::tie(x.emissions[i].milligrams, x.emissions[i].unit),
                std::tie(y.emissions[i].milligrams, y.emissions[i].unit));
    }
    ASSERT_EQ(x.bound.size(), y.bound.size());
    for (size_t i = 0; i < x.bound.size(); ++i) {
      const auto tie = [](const scheduler::BoundPods& b) {
        return std::tie(b.count, b.priority, b.gang, b.budgets, b.terminating);
      };
      EXPECT_EQ(tie(x.bound[i]), tie(y.bound[i]));
      EXPECT_EQ(Named(a, x.bound[i].demand), Named(b, y.bound[i].demand));
      EXPECT_TRUE(*x.bound[i].constraints == *y.bound[i].constraints);
      EXPECT_TRUE(x.bound[i].Relations() == y.bound[i].Relations());
    }
  }
  EXPECT_EQ(a.links, b.links);
  EXPECT_EQ(a.namespaces, b.namespaces);
  ExpectEqualGroups(a, b);
}

TEST(ProblemFormatTest, EverythingThatIsWrittenComesBack) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    const Problem problem = RandomProblem(rng);
    const std::string yaml = WriteProblem(problem);
    const auto back = ParseProblem({"f.yaml", yaml});
    ASSERT_TRUE(back) << back.error().message << "\n" << yaml;
    SCOPED_TRACE(yaml);
    ExpectEqual(problem, *back);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace stowage::app
