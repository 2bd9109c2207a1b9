#include "scheduler/model/problem.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

namespace stowage::scheduler {
namespace {

constexpr Money kMaxPrice{1'000'000 * kNanoPerUnit};
constexpr int64_t kMaxTotal = int64_t{1} << 60;  // of one resource, over all nodes or all pods

Result<void> Invalid(std::string where, std::string_view what) {
  return MakeError(ErrorCode::kInvalid, std::move(where) + ": " + std::string(what));
}

Result<void> CheckRange(const std::string& where, int64_t value, int64_t max) {
  if (value >= 0 && value <= max) return {};
  return Invalid(where, std::to_string(value) + " is not between 0 and " + std::to_string(max));
}

Result<void> CheckAmounts(const Problem& p, const std::string& where, const Amounts& amounts,
                          int64_t count) {
  if (amounts.size() > p.resources.size()) return Invalid(where, "amounts of unknown resources");
  if (amounts.devices < 1 || amounts.devices > kMaxDevices) {
    return Invalid(where + ".devices", std::to_string(amounts.devices) + " is not between 1 and " +
                                           std::to_string(kMaxDevices));
  }
  for (size_t r = 0; r < amounts.size(); ++r) {
    const std::string at = where + "." + p.resources.name(r);
    RETURN_IF_ERROR(CheckRange(at, amounts[r], kMaxAmount));
    if (static_cast<__int128>(amounts[r]) * count > kMaxTotal) {
      return Invalid(at, "the amount times the count is too large");
    }
  }
  return {};
}

Result<void> CheckDevices(const std::string& where, const Devices& devices, const Amounts& free,
                          const ResourceTable& resources) {
  if (devices.free.size() > kMaxDevices) {
    return Invalid(where, "more than " + std::to_string(kMaxDevices) + " devices");
  }
  for (size_t i = 0; i < devices.resources.size(); ++i) {
    const size_t r = devices.resources[i];
    if (r >= resources.size() || (i > 0 && r <= devices.resources[i - 1])) {
      return Invalid(where, "resources of devices that are unknown, or not in order");
    }
    for (const std::vector<int64_t>& device : devices.free) {
      if (device.size() != devices.resources.size()) return Invalid(where, "amounts are missing");
      RETURN_IF_ERROR(CheckRange(where + "." + resources.name(r), device[i], kMaxAmount));
    }
    if (devices.Sum(r) != AmountOf(free, r)) {
      return Invalid(where + "." + resources.name(r),
                     "the node has " + std::to_string(AmountOf(free, r)) +
                         ", but its devices have " + std::to_string(devices.Sum(r)));
    }
  }
  return {};
}

Result<void> CheckConstraints(const std::string& where, const PodConstraints* c) {
  if (c == nullptr) return Invalid(where, "constraints are missing");
  for (const LatencySource& s : c->latency_sources) {
    RETURN_IF_ERROR(CheckRange(where + ".latency.weight", s.weight_ppm, 1'000'000));
  }
  RETURN_IF_ERROR(CheckRange(where + ".costPerMs", c->cost_per_ms.nano, kMaxPrice.nano));
  RETURN_IF_ERROR(CheckRange(where + ".restart", c->once.restart.nano, kMaxPrice.nano));
  RETURN_IF_ERROR(CheckRange(where + ".waiting", c->once.waiting.nano, kMaxPrice.nano));
  RETURN_IF_ERROR(CheckRange(where + ".moving", c->once.moving.nano, kMaxPrice.nano));
  if (c->once.run_seconds < 1) return Invalid(where + ".runSeconds", "must be at least 1");
  RETURN_IF_ERROR(CheckRange(where + ".runSeconds", c->once.run_seconds, kMaxSeconds));
  return CheckRange(where + ".dataMibPerHour", c->data_mib_per_hour, kMaxAmount);
}

Result<void> CheckKey(const std::string& where, const std::string& key) {
  return key.empty() ? Invalid(where, "topologyKey is missing") : Result<void>();
}

Result<void> CheckSelector(const std::string& where, const LabelSelector& selector) {
  using Op = LabelRequirement::Op;
  for (const LabelRequirement& r : selector.all) {
    if (r.op == Op::kGt || r.op == Op::kLt) {
      return Invalid(where + "." + r.key, "a label selector knows neither Gt nor Lt");
    }
  }
  return {};
}

Result<void> CheckTerm(const std::string& where, const PodAffinityTerm& term) {
  RETURN_IF_ERROR(CheckKey(where, term.topology_key));
  RETURN_IF_ERROR(CheckSelector(where, term.selector));
  return term.namespace_selector ? CheckSelector(where, *term.namespace_selector) : Result<void>();
}

Result<void> CheckRelations(const std::string& where, const PodRelations& r) {
  for (const auto* terms : {&r.affinity, &r.anti_affinity}) {
    for (const PodAffinityTerm& t : *terms) RETURN_IF_ERROR(CheckTerm(where + ".affinity", t));
  }
  for (const WeightedAffinityTerm& t : r.preferred) {
    RETURN_IF_ERROR(CheckTerm(where + ".preferredAffinity", t.term));
    if (t.weight == 0 || t.weight < -100 || t.weight > 100) {
      return Invalid(where + ".preferredAffinity", "a weight is between 1 and 100");
    }
  }
  for (const SpreadConstraint& s : r.spread) {
    RETURN_IF_ERROR(CheckKey(where + ".spread", s.topology_key));
    RETURN_IF_ERROR(CheckSelector(where + ".spread", s.selector));
    if (s.max_skew < 1) return Invalid(where + ".spread.maxSkew", "must be at least 1");
    if (s.min_domains < 1) return Invalid(where + ".spread.minDomains", "must be at least 1");
    if (!s.hard && s.min_domains > 1) {
      return Invalid(where + ".spread.minDomains", "goes with DoNotSchedule only");
    }
  }
  for (const HostPort& p : r.ports) {
    if (p.port < 1 || p.port > 65535) {
      return Invalid(where + ".ports", std::to_string(p.port) + " is not between 1 and 65535");
    }
  }
  return {};
}

Result<void> CheckClasses(const Problem& p) {
  std::set<std::string_view> keys;
  for (const PodClass& k : p.classes) {
    const std::string where = "class " + k.key;
    if (!keys.insert(k.key).second) return Invalid(where, "is there twice");
    RETURN_IF_ERROR(CheckRange(where + ".count", k.count, kMaxPods));
    RETURN_IF_ERROR(CheckAmounts(p, where + ".demand", k.demand, k.count));
    for (const auto& [cluster, demand] : k.demand_in) {
      RETURN_IF_ERROR(CheckAmounts(p, where + ".demandIn." + cluster, demand, k.count));
    }
    RETURN_IF_ERROR(CheckConstraints(where, k.constraints.get()));
    RETURN_IF_ERROR(CheckRelations(where, k.Relations()));
  }
  return {};
}

Result<void> CheckPools(const Problem& p, const ClusterView& c) {
  std::set<std::string_view> names;
  for (const ElasticPool& pool : c.pools) {
    const std::string where = "cluster " + c.name + " pool " + pool.name;
    if (!names.insert(pool.name).second) return Invalid(where, "is there twice");
    RETURN_IF_ERROR(CheckRange(where + ".max", pool.nodes_max, kMaxPods));
    RETURN_IF_ERROR(CheckRange(where + ".price", pool.node_hour.nano, kMaxPrice.nano));
    RETURN_IF_ERROR(CheckAmounts(p, where + ".allocatable", pool.allocatable, pool.nodes_max));
    RETURN_IF_ERROR(CheckDevices(where + ".devices", pool.devices, pool.allocatable, p.resources));
    RETURN_IF_ERROR(CheckRange(where + ".provision", pool.provision_seconds, kMaxSeconds));
    RETURN_IF_ERROR(
        CheckRange(where + ".minimumBilling", pool.minimum_billing_seconds, kMaxSeconds));
    RETURN_IF_ERROR(CheckRange(where + ".interruptions", pool.interruptions_ppm, 1000 * kPpm));
  }
  return {};
}

Result<void> CheckClusters(const Problem& p) {
  std::set<std::string_view> names;
  for (const ClusterView& c : p.clusters) {
    const std::string where = "cluster " + c.name;
    if (!names.insert(c.name).second) return Invalid(where, "is there twice");
    for (const NodeShape& s : c.shapes) {
      RETURN_IF_ERROR(CheckRange(where + ".shape.count", s.count, kMaxPods));
      RETURN_IF_ERROR(CheckAmounts(p, where + ".shape.free", s.free, s.count));
      RETURN_IF_ERROR(CheckDevices(where + ".shape.devices", s.devices, s.free, p.resources));
    }
    RETURN_IF_ERROR(CheckPools(p, c));
    for (const ResourcePrice& r : c.charge_back) {
      if (r.resource >= p.resources.size() || r.unit <= 0 || r.unit > kMaxAmount) {
        return Invalid(where + ".chargeBack", "a price for an unknown resource or unit");
      }
      RETURN_IF_ERROR(CheckRange(where + ".chargeBack", r.price.nano, kMaxPrice.nano));
    }
    RETURN_IF_ERROR(CheckRange(where + ".egress", c.egress_per_gib.nano, kMaxPrice.nano));
    for (const Emission& e : c.emissions) {
      if (e.resource >= p.resources.size() || e.unit <= 0 || e.unit > kMaxAmount) {
        return Invalid(where + ".emissions", "of an unknown resource or unit");
      }
      RETURN_IF_ERROR(CheckRange(where + ".emissions", e.milligrams, kMaxMilligrams));
      RETURN_IF_ERROR(CheckRange(where + ".emissions, the price",
                                 CarbonPrice(e, p.carbon_per_tonne).nano, kMaxPrice.nano));
    }
    for (const BoundPods& b : c.bound) {
      if (b.constraints == nullptr) return Invalid(where + ".bound", "constraints are missing");
      RETURN_IF_ERROR(CheckRange(where + ".bound.count", b.count, kMaxPods));
      RETURN_IF_ERROR(CheckAmounts(p, where + ".bound", b.demand, b.count));
      RETURN_IF_ERROR(CheckRelations(where + ".bound", b.Relations()));
    }
  }
  return {};
}

Result<void> CheckGroups(const Problem& p) {
  std::set<std::string_view> quotas, gangs;
  for (const Quota& q : p.quotas) {
    const std::string where = "quota " + q.name;
    if (!quotas.insert(q.name).second) return Invalid(where, "is there twice");
    for (const Quota::Cap& cap : q.caps) {
      if (cap.resource >= p.resources.size()) return Invalid(where, "caps an unknown resource");
      RETURN_IF_ERROR(
          CheckRange(where + "." + p.resources.name(cap.resource), cap.most, kMaxTotal));
    }
  }
  for (const Gang& g : p.gangs) {
    if (!gangs.insert(g.name).second) return Invalid("gang " + g.name, "is there twice");
    RETURN_IF_ERROR(CheckRange("gang " + g.name + ".minCount", g.min_count, kMaxPods));
  }
  std::set<std::string_view> budgets;
  for (const DisruptionBudget& b : p.budgets) {
    if (!budgets.insert(b.name).second) return Invalid("budget " + b.name, "is there twice");
    RETURN_IF_ERROR(CheckRange("budget " + b.name + ".allowed", b.allowed, kMaxPods));
  }
  return {};
}

// The dearest that `n` pods of the class can be in `c`, by the same terms as costs/, capped.
__int128 DearestBill(const PodClass& k, const ClusterView& c, Money carbon_per_tonne) {
  __int128 sum = 0;
  const Amounts& demand = k.DemandIn(c.name);
  for (const ResourcePrice& r : c.charge_back) {
    sum += MulDivCeil(r.price.nano, AmountOf(demand, r.resource), k.count, r.unit);
  }
  for (const Emission& e : c.emissions) {
    sum += MulDivCeil(CarbonPrice(e, carbon_per_tonne).nano, AmountOf(demand, e.resource), k.count,
                      e.unit);
  }
  const PodConstraints& x = *k.constraints;
  int64_t interruptions = 0, delay = 0;
  for (const ElasticPool& pool : c.pools) {
    interruptions = std::max(interruptions, pool.interruptions_ppm);
    delay = std::max(delay, pool.provision_seconds);
  }
  sum += MulDivCeil(x.once.restart.nano, interruptions, k.count, kPpm);
  sum += MulDivCeil(x.once.waiting.nano, delay, k.count, x.once.run_seconds);
  sum += MulDivCeil(x.once.moving.nano, 3600, k.count, x.once.run_seconds);
  for (const LatencySource& s : x.latency_sources) {
    sum += MulDivCeil(MulDivCeil(x.cost_per_ms.nano, kMaxLatencyUs, s.weight_ppm, 1'000'000'000),
                      k.count, 1, 1);
  }
  sum += MulDivCeil(c.egress_per_gib.nano, x.data_mib_per_hour, k.count, 1024);
  return sum;
}

Result<void> CheckBill(const Problem& p) {
  __int128 total = 0;
  for (const PodClass& k : p.classes) {
    __int128 dearest = 0;
    for (const ClusterView& c : p.clusters)
      dearest = std::max(dearest, DearestBill(k, c, p.carbon_per_tonne));
    total += dearest;
  }
  for (const ClusterView& c : p.clusters) {
    for (const ElasticPool& pool : c.pools) {
      total += static_cast<__int128>(BilledNodeHour(pool, p.horizon_seconds).nano) * pool.nodes_max;
    }
  }
  if (total <= kMaxBill.nano) return {};
  return Invalid("problem",
                 "prices times amounts may exceed " + FormatDollars(kMaxBill) + " an hour");
}

}  // namespace

bool Covers(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

const Amounts& PodClass::DemandIn(const std::string& cluster) const {
  if (demand_in.empty()) return demand;
  const auto it = demand_in.find(cluster);
  return it == demand_in.end() ? demand : it->second;
}

const std::string* DomainOf(const ClusterView& cluster, const Labels& labels,
                            const std::string& topology_key) {
  const LabelView view{&cluster.labels, &labels};
  const std::string* value = view.Find(topology_key);
  if (value == nullptr && topology_key == kTopologyCluster) return &cluster.name;
  return value;
}

ProblemDelta Whole(Problem problem) {
  return {.resources = std::move(problem.resources),
          .set_classes = std::move(problem.classes),
          .set_clusters = std::move(problem.clusters),
          .links = std::move(problem.links),
          .namespaces = std::move(problem.namespaces),
          .quotas = std::move(problem.quotas),
          .gangs = std::move(problem.gangs),
          .budgets = std::move(problem.budgets),
          .carbon_per_tonne = problem.carbon_per_tonne,
          .horizon_seconds = problem.horizon_seconds};
}

Problem ProblemOf(ProblemDelta delta) {
  Problem out;
  if (delta.resources) out.resources = std::move(*delta.resources);
  out.classes = std::move(delta.set_classes);
  out.clusters = std::move(delta.set_clusters);
  if (delta.links) out.links = std::move(*delta.links);
  if (delta.namespaces) out.namespaces = std::move(*delta.namespaces);
  if (delta.quotas) out.quotas = std::move(*delta.quotas);
  if (delta.gangs) out.gangs = std::move(*delta.gangs);
  if (delta.budgets) out.budgets = std::move(*delta.budgets);
  if (delta.carbon_per_tonne) out.carbon_per_tonne = *delta.carbon_per_tonne;
  if (delta.horizon_seconds) out.horizon_seconds = *delta.horizon_seconds;
  return out;
}

Money BilledNodeHour(const ElasticPool& pool, int64_t horizon_seconds) {
  if (pool.minimum_billing_seconds <= horizon_seconds) return pool.node_hour;
  return {MulDivCeil(pool.node_hour.nano, pool.minimum_billing_seconds, 1, horizon_seconds)};
}

Money CarbonPrice(const Emission& emission, Money carbon_per_tonne) {
  constexpr int64_t kMilligramsPerTonne = 1'000'000'000;
  const __int128 nano = static_cast<__int128>(emission.milligrams) * carbon_per_tonne.nano;
  const __int128 price = (nano + kMilligramsPerTonne / 2) / kMilligramsPerTonne;
  return {price > INT64_MAX ? INT64_MAX : static_cast<int64_t>(price)};
}

Result<void> Validate(const Problem& problem) {
  RETURN_IF_ERROR(
      CheckRange("problem.carbonPerTonne", problem.carbon_per_tonne.nano, kMaxPrice.nano));
  RETURN_IF_ERROR(CheckRange("problem.horizonSeconds", problem.horizon_seconds, kMaxSeconds));
  if (problem.horizon_seconds < 1) return Invalid("problem.horizonSeconds", "must be at least 1");
  RETURN_IF_ERROR(CheckClasses(problem));
  RETURN_IF_ERROR(CheckClusters(problem));
  RETURN_IF_ERROR(CheckGroups(problem));
  for (const RegionLink& link : problem.links) {
    RETURN_IF_ERROR(CheckRange("link " + link.a + " - " + link.b, link.latency_us, kMaxLatencyUs));
  }
  return CheckBill(problem);
}

Result<void> ValidateClass(const PodClass& k, const ResourceTable& resources,
                           const std::vector<const ClusterView*>& clusters,
                           Money carbon_per_tonne) {
  Problem alone;
  alone.resources = resources;
  alone.classes = {k};
  RETURN_IF_ERROR(CheckClasses(alone));
  for (const ClusterView* c : clusters) {
    if (DearestBill(k, *c, carbon_per_tonne) <= kMaxBill.nano) continue;
    return Invalid("class " + k.key,
                   "prices times amounts may exceed " + FormatDollars(kMaxBill) + " an hour");
  }
  return {};
}

}  // namespace stowage::scheduler
