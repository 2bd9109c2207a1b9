#include <map>
#include <memory>
#include <set>

#include "app/solve/document.h"
#include "app/solve/model_fields.h"
#include "app/solve/problem_format.h"

namespace stowage::app {
namespace {

using scheduler::BoundPods;
using scheduler::ClusterView;
using scheduler::ElasticPool;
using scheduler::NodeShape;
using scheduler::PodClass;
using scheduler::PodConstraints;
using scheduler::PodRelations;
using scheduler::Problem;
using scheduler::RegionLink;
using scheduler::ResourcePrice;
using scheduler::ResourceTable;

constexpr int64_t kPodsOfAPod = 1;
constexpr int64_t kPodsOfANode = 110;  // the kubelet's own default
constexpr int64_t kMaxInterruptions = 1000;

class ProblemReader {
 public:
  explicit ProblemReader(Source source) : source_(source), complaints_(source.name) {}

  Result<Problem> Read(const Value& root) {
    FieldReader in(complaints_, root, "problem",
                   {"classes", "clusters", "links", "namespaces", "quotas", "gangs",
                    "disruptionBudgets", "carbonPerTonne", "horizonSeconds"});
    p_.carbon_per_tonne = ReadPrice(in, "carbonPerTonne");
    p_.horizon_seconds = in.Int("horizonSeconds", p_.horizon_seconds, 1, scheduler::kMaxSeconds);
    for (const Value& v : in.List("classes")) p_.classes.push_back(ReadClass(v));
    for (const Value& v : in.List("clusters")) p_.clusters.push_back(ReadCluster(v));
    for (const Value& v : in.List("links")) p_.links.push_back(ReadLink(v));
    ReadNamespaces(MapOrNothing(in, "namespaces"));
    ReadGroups(in);
    CheckReferences();
    if (complaints_.any()) return Err(complaints_.first());
    if (auto ok = scheduler::Validate(p_); !ok) {
      return Err(ErrorAt(source_.name, PlaceOf(ok.error().message, root.at), ok.error().message));
    }
    return std::move(p_);
  }

 private:
  std::shared_ptr<const PodConstraints> Share(PodConstraints constraints) {
    // Classes with equal rules share them, as those of a cluster's pods do.
    auto& shared = shared_[constraints];
    if (shared == nullptr) shared = std::make_shared<const PodConstraints>(std::move(constraints));
    return shared;
  }

  std::shared_ptr<const PodRelations> Share(PodRelations relations) {
    auto& shared = shared_relations_[relations];
    if (shared == nullptr) shared = std::make_shared<const PodRelations>(std::move(relations));
    return shared;
  }

  // Labels by name of the namespace.
  void ReadNamespaces(const Value& map) {
    if (map.kind != Value::Kind::kMap && map.kind != Value::Kind::kNull) {
      complaints_.Add(map.at, "namespaces: expected a map from names to labels");
    }
    for (size_t i = 0; i < map.keys.size(); ++i) {
      Value one{.kind = Value::Kind::kMap, .at = map.at, .keys = {{"labels", map.keys[i].at}}};
      one.values.push_back(map.values[i]);
      FieldReader in(complaints_, one, "namespace " + Quoted(map.keys[i].text), {"labels"});
      p_.namespaces[map.keys[i].text] = ReadLabels(in, "labels");
    }
  }

  void ReadGroups(FieldReader& in) {
    for (const Value& v : in.List("quotas")) {
      p_.quotas.push_back(ReadQuota(complaints_, v, p_.resources));
      Remember("quota " + p_.quotas.back().name, v.at);
      for (const std::string& cluster : p_.quotas.back().clusters) {
        Refer("quotas, clusters", "cluster", cluster, v.at);
      }
    }
    for (const Value& v : in.List("gangs")) {
      p_.gangs.push_back(ReadGang(complaints_, v));
      Remember("gang " + p_.gangs.back().name, v.at);
    }
    for (const Value& v : in.List("disruptionBudgets")) {
      p_.budgets.push_back(ReadBudget(complaints_, v));
      Remember("budget " + p_.budgets.back().name, v.at);
    }
  }

  // The gang that a pod belongs to.
  std::string ReadGangOf(FieldReader& in) {
    const Value* value = in.Find("gang");
    if (value == nullptr) return "";
    std::string name = in.RequireText("gang", "training");
    Refer(in.NameOf("gang"), "gang", name, value->at);
    return name;
  }

  // Names the element by its name where it has one: "class web", else "classes".
  static std::string WhatOf(const Value& value, const std::string& one, const std::string& many) {
    for (size_t i = 0; i < value.keys.size() && i < value.values.size(); ++i) {
      if (value.keys[i].text == "name" && !value.values[i].text.empty()) {
        return one + " " + Quoted(value.values[i].text);
      }
    }
    return many;
  }

  PodClass ReadClass(const Value& value) {
    FieldReader in(complaints_, value, WhatOf(value, "class", "classes"),
                   {"name", "count", "priority", "preemptionPolicy", "gang", "requests",
                    "requestsIn", "devices", STOWAGE_POD_FIELDS});
    PodClass out{.key = in.RequireText("name", "web")};
    out.count = in.Int("count", 1, 0, scheduler::kMaxPods);
    out.priority = static_cast<int32_t>(in.Int("priority", 0, INT32_MIN, INT32_MAX));
    out.demand = Amounts(in.Find("requests"), in.NameOf("requests"), kPodsOfAPod);
    out.demand.devices = ReadDeviceCount(in);
    out.gang = ReadGangOf(in);
    out.may_preempt = ReadEither(in, "preemptionPolicy", "PreemptLowerPriority", "Never", true);
    ReadRequestsIn(in, out);
    out.constraints = Share(ReadConstraints(in));
    out.relations = Share(ReadRelations(in));
    Remember("class " + out.key, value.at);
    return out;
  }

  void ReadRequestsIn(const FieldReader& in, PodClass& out) {
    const Value* map = in.Find("requestsIn");
    if (map == nullptr) return;
    if (map->kind != Value::Kind::kMap) {
      complaints_.Add(map->at,
                      in.NameOf("requestsIn") + ": expected a map from clusters to requests");
    }
    for (size_t i = 0; i < map->keys.size(); ++i) {
      const std::string& cluster = map->keys[i].text;
      Refer(in.NameOf("requestsIn"), "cluster", cluster, map->keys[i].at);
      out.demand_in[cluster] =
          Amounts(&map->values[i], in.NameOf("requestsIn") + ", " + cluster, kPodsOfAPod);
      out.demand_in[cluster].devices = out.demand.devices;
    }
  }

  scheduler::Amounts Amounts(const Value* map, const std::string& what, int64_t pods) {
    return ReadAmounts(complaints_, map, what, p_.resources, pods);
  }

  static int32_t ReadDeviceCount(FieldReader& in) {
    return static_cast<int32_t>(in.Int("devices", 1, 1, scheduler::kMaxDevices));
  }

  // A list of maps from resources to amounts. What the node's own amounts do not say of them is
  // their sum.
  void ReadDevices(FieldReader& in, scheduler::Amounts& room, scheduler::Devices& out) {
    std::vector<scheduler::Amounts> devices;
    std::set<size_t> resources;
    for (const Value& v : in.List("devices")) {
      devices.push_back(Amounts(&v, in.NameOf("devices"), 0));
      for (size_t r = 0; r < devices.back().size(); ++r) {
        if (devices.back()[r] > 0) resources.insert(r);
      }
    }
    out.resources.assign(resources.begin(), resources.end());
    for (const scheduler::Amounts& d : devices) {
      std::vector<int64_t>& free = out.free.emplace_back();
      for (const size_t r : resources) free.push_back(scheduler::AmountOf(d, r));
    }
    for (const size_t r : resources) {
      if (room.size() <= r) room.resize(r + 1, 0);
      if (room[r] == 0) room[r] = out.Sum(r);
    }
  }

  NodeShape ReadShape(const Value& value, const std::string& what) {
    FieldReader in(complaints_, value, what, {"count", "labels", "taints", "free", "devices"});
    NodeShape out{.labels = ReadLabels(in, "labels"), .taints = ReadTaints(in, "taints")};
    in.Require("free", "{cpu: 4, memory: 16Gi}");
    out.free = Amounts(in.Find("free"), in.NameOf("free"), kPodsOfANode);
    out.count = in.Int("count", 1, 0, scheduler::kMaxPods);
    ReadDevices(in, out.free, out.devices);
    return out;
  }

  ElasticPool ReadPool(const Value& value, const std::string& what) {
    FieldReader in(
        complaints_, value, what,
        {"name", "labels", "taints", "allocatable", "maximum", "nodeHour", "provisionSeconds",
         "minimumBillingSeconds", "interruptionsPerHour", "devices"});
    ElasticPool out{.name = in.RequireText("name", "m5.large"),
                    .labels = ReadLabels(in, "labels"),
                    .taints = ReadTaints(in, "taints")};
    in.Require("allocatable", "{cpu: 2, memory: 8Gi}");
    out.allocatable = Amounts(in.Find("allocatable"), in.NameOf("allocatable"), kPodsOfANode);
    in.Require("maximum", "10");
    out.nodes_max = in.Int("maximum", 0, 0, scheduler::kMaxPods);
    in.Require("nodeHour", "\"0.096\"");
    out.node_hour = ReadPrice(in, "nodeHour");
    out.provision_seconds = in.Int("provisionSeconds", 0, 0, scheduler::kMaxSeconds);
    out.minimum_billing_seconds = in.Int("minimumBillingSeconds", 0, 0, scheduler::kMaxSeconds);
    out.interruptions_ppm =
        ReadDecimal(in, "interruptionsPerHour", 6, 0, kMaxInterruptions * scheduler::kPpm);
    ReadDevices(in, out.allocatable, out.devices);
    return out;
  }

  ResourcePrice ReadResourcePrice(const Value& value, const std::string& what) {
    FieldReader in(complaints_, value, what, {"resource", "price", "per"});
    const std::string resource = in.RequireText("resource", "cpu");
    in.Require("price", "\"0.04\"");
    ResourcePrice out{.resource = p_.resources.Intern(resource), .price = ReadPrice(in, "price")};
    out.unit = ReadUnit(in, resource);
    return out;
  }

  // A core, a GiB, a device, or what `per` says.
  int64_t ReadUnit(FieldReader& in, const std::string& resource) {
    const bool bytes = resource == "memory" || resource == "ephemeral-storage";
    const Value* per = in.Find("per");
    if (per == nullptr) return resource == "cpu" ? 1000 : bytes ? int64_t{1} << 30 : 1;
    return ReadQuantity(complaints_, *per, in.NameOf("per"), resource, 1, scheduler::kMaxAmount);
  }

  scheduler::Emission ReadEmission(const Value& value, const std::string& what) {
    FieldReader in(complaints_, value, what, {"resource", "gramsPerHour", "per"});
    const std::string resource = in.RequireText("resource", "cpu");
    in.Require("gramsPerHour", "12.5");
    scheduler::Emission out{.resource = p_.resources.Intern(resource)};
    out.milligrams = ReadDecimal(in, "gramsPerHour", 3, 0, scheduler::kMaxMilligrams);
    out.unit = ReadUnit(in, resource);
    return out;
  }

  BoundPods ReadBound(const Value& value, const std::string& what) {
    FieldReader in(complaints_, value, what,
                   {"count", "priority", "gang", "disruptionBudgets", "requests", "terminating",
                    "devices", STOWAGE_POD_FIELDS});
    BoundPods out;
    out.count = in.Int("count", 1, 0, scheduler::kMaxPods);
    out.priority = static_cast<int32_t>(in.Int("priority", 0, INT32_MIN, INT32_MAX));
    out.gang = ReadGangOf(in);
    out.budgets = ReadTexts(in, "disruptionBudgets");
    for (const std::string& name : out.budgets) {
      Refer(in.NameOf("disruptionBudgets"), "budget", name, value.at);
    }
    out.terminating = in.Flag("terminating");
    out.demand = Amounts(in.Find("requests"), in.NameOf("requests"), kPodsOfAPod);
    out.demand.devices = ReadDeviceCount(in);
    out.constraints = Share(ReadConstraints(in));
    out.relations = Share(ReadRelations(in));
    return out;
  }

  ClusterView ReadCluster(const Value& value) {
    const std::string what = WhatOf(value, "cluster", "clusters");
    FieldReader in(complaints_, value, what,
                   {"name", "region", "labels", "taints", "unschedulable", "nodes", "pools",
                    "chargeBack", "egressPerGiB", "emissions", "bound"});
    ClusterView out{.name = in.RequireText("name", "onprem"),
                    .region = in.Text("region"),
                    .labels = ReadLabels(in, "labels"),
                    .taints = ReadTaints(in, "taints"),
                    .unschedulable = in.Flag("unschedulable")};
    for (const Value& v : in.List("nodes")) out.shapes.push_back(ReadShape(v, what + ", nodes"));
    for (const Value& v : in.List("pools")) {
      out.pools.push_back(ReadPool(v, what + ", " + WhatOf(v, "pool", "pools")));
    }
    for (const Value& v : in.List("chargeBack")) {
      out.charge_back.push_back(ReadResourcePrice(v, what + ", chargeBack"));
    }
    out.egress_per_gib = ReadPrice(in, "egressPerGiB");
    for (const Value& v : in.List("emissions")) {
      out.emissions.push_back(ReadEmission(v, what + ", emissions"));
    }
    for (const Value& v : in.List("bound")) out.bound.push_back(ReadBound(v, what + ", bound"));
    Remember("cluster " + out.name, value.at);
    return out;
  }

  RegionLink ReadLink(const Value& value) {
    FieldReader in(complaints_, value, "links", {"between", "milliseconds"});
    const std::vector<Value>& ends = in.List("between");
    if (ends.size() != 2) {
      complaints_.Add(value.at, "links: expected \"between: [REGION, REGION]\", found " +
                                    std::to_string(ends.size()) + " regions");
      return {};
    }
    in.Require("milliseconds", "12.5");
    RegionLink out{.a = ReadText(complaints_, ends[0], in.NameOf("between")),
                   .b = ReadText(complaints_, ends[1], in.NameOf("between")),
                   .latency_us = ReadDecimal(in, "milliseconds", 3, 0, scheduler::kMaxLatencyUs)};
    Remember("link " + out.a + " - " + out.b, value.at);
    return out;
  }

  // Somebody names a thing of the file, which may come later.
  void Refer(const std::string& what, const std::string& kind, const std::string& name,
             Position at) {
    references_.push_back({what, kind, name, at});
  }

  // A name of nothing is a misspelling.
  void CheckReferences() {
    for (const Reference& r : references_) {
      if (places_.contains(r.kind + " " + r.name)) continue;
      complaints_.Add(r.at, r.what + ": expected the name of a " + r.kind +
                                " of this file, found " + Quoted(r.name));
    }
  }

  // A name that stands twice keeps its second place, where Validate() complains of it.
  void Remember(const std::string& what, Position at) { places_[what] = at; }

  // Validate() begins with what it complains of: "class web.demand.cpu: ...".
  Position PlaceOf(std::string_view message, Position fallback) const {
    size_t longest = 0;
    for (const auto& [what, at] : places_) {
      if (message.starts_with(what) && what.size() > longest) {
        longest = what.size();
        fallback = at;
      }
    }
    return fallback;
  }

  Source source_;
  Complaints complaints_;
  Problem p_;
  std::map<PodConstraints, std::shared_ptr<const PodConstraints>> shared_;
  std::map<PodRelations, std::shared_ptr<const PodRelations>> shared_relations_;
  std::map<std::string, Position> places_;
  struct Reference {
    std::string what, kind, name;
    Position at;
  };
  std::vector<Reference> references_;
};

}  // namespace

Result<Problem> ParseProblem(Source source) {
  ASSIGN_OR_RETURN(const Value root, ParseDocument(source));
  return ProblemReader(source).Read(root);
}

}  // namespace stowage::app
