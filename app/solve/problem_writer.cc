#include "app/solve/pod_writer.h"
#include "app/solve/problem_format.h"
#include "kube/api/quantity.h"

namespace stowage::app {
namespace {

using scheduler::ClusterView;
using scheduler::Problem;

class ProblemWriter {
 public:
  explicit ProblemWriter(const Problem& problem) : p_(problem) {}

  std::string Write() {
    out_.Begin();
    out_.Each("classes", p_.classes, [&](const scheduler::PodClass& k) { WriteClass(k); });
    out_.Each("clusters", p_.clusters, [&](const ClusterView& c) { WriteCluster(c); });
    out_.Each("links", p_.links, [&](const scheduler::RegionLink& link) {
      out_.Texts("between", {link.a, link.b});
      out_.Plain("milliseconds", DecimalText(link.latency_us, 3));
    });
    if (!p_.namespaces.empty()) out_.BeginMap("namespaces");
    for (const auto& [name, labels] : p_.namespaces) {
      out_.BeginMap(name);
      for (const auto& [key, value] : labels) out_.Text(key, value);
      out_.End();
    }
    if (!p_.namespaces.empty()) out_.End();
    WriteGroups();
    if (p_.carbon_per_tonne.nano != 0) WritePrice(out_, "carbonPerTonne", p_.carbon_per_tonne);
    out_.Int("horizonSeconds", p_.horizon_seconds);
    out_.End();
    return out_.Take();
  }

 private:
  void Amounts(const std::string& key, const scheduler::Amounts& amounts) {
    WriteAmounts(out_, key, p_.resources, amounts);
  }

  void WriteGroups() {
    out_.Each("quotas", p_.quotas, [&](const scheduler::Quota& q) {
      out_.Text("name", q.name);
      out_.Texts("namespaces", q.namespaces);
      out_.Texts("clusters", q.clusters);
      out_.BeginMap("hard");
      for (const scheduler::Quota::Cap& cap : q.caps) {
        const std::string& name = p_.resources.name(cap.resource);
        out_.Text(name, kube::ResourceQuantity(name, cap.most).ToString());
      }
      out_.End();
    });
    out_.Each("gangs", p_.gangs, [&](const scheduler::Gang& g) {
      out_.Text("name", g.name);
      out_.Int("minCount", g.min_count);
      if (g.one_cluster) out_.Plain("oneCluster", "true");
    });
    out_.Each("disruptionBudgets", p_.budgets, [&](const scheduler::DisruptionBudget& b) {
      out_.Text("name", b.name);
      out_.Int("disruptionsAllowed", b.allowed);
    });
  }

  void WriteDevices(const scheduler::Devices& devices) {
    out_.Each("devices", devices.free, [&](const std::vector<int64_t>& free) {
      for (size_t i = 0; i < free.size(); ++i) {
        const std::string& name = p_.resources.name(devices.resources[i]);
        out_.Text(name, kube::ResourceQuantity(name, free[i]).ToString());
      }
    });
  }

  void WriteClass(const scheduler::PodClass& k) {
    out_.Text("name", k.key);
    out_.Int("count", k.count);
    if (k.priority != 0) out_.Int("priority", k.priority);
    if (!k.may_preempt) out_.Text("preemptionPolicy", "Never");
    out_.TextIfAny("gang", k.gang);
    Amounts("requests", k.demand);
    if (k.demand.devices != 1) out_.Int("devices", k.demand.devices);
    if (!k.demand_in.empty()) {
      out_.BeginMap("requestsIn");
      for (const auto& [cluster, demand] : k.demand_in) Amounts(cluster, demand);
      out_.End();
    }
    WritePod(out_, *k.constraints, k.Relations());
  }

  void WriteCluster(const ClusterView& c) {
    out_.Text("name", c.name);
    out_.TextIfAny("region", c.region);
    WriteLabels(out_, "labels", c.labels);
    WriteTaints(out_, c.taints);
    if (c.unschedulable) out_.Plain("unschedulable", "true");
    out_.Each("nodes", c.shapes, [&](const scheduler::NodeShape& s) {
      out_.Int("count", s.count);
      WriteLabels(out_, "labels", s.labels);
      WriteTaints(out_, s.taints);
      Amounts("free", s.free);
      WriteDevices(s.devices);
    });
    out_.Each("pools", c.pools, [&](const scheduler::ElasticPool& pool) { WritePool(pool); });
    out_.Each("chargeBack", c.charge_back, [&](const scheduler::ResourcePrice& r) {
      const std::string& name = p_.resources.name(r.resource);
      out_.Text("resource", name);
      WritePrice(out_, "price", r.price);
      out_.Text("per", kube::ResourceQuantity(name, r.unit).ToString());
    });
    WritePrice(out_, "egressPerGiB", c.egress_per_gib);
    out_.Each("emissions", c.emissions, [&](const scheduler::Emission& e) {
      const std::string& name = p_.resources.name(e.resource);
      out_.Text("resource", name);
      out_.Plain("gramsPerHour", DecimalText(e.milligrams, 3));
      out_.Text("per", kube::ResourceQuantity(name, e.unit).ToString());
    });
    out_.Each("bound", c.bound, [&](const scheduler::BoundPods& b) {
      out_.Int("count", b.count);
      if (b.priority != 0) out_.Int("priority", b.priority);
      out_.TextIfAny("gang", b.gang);
      out_.Texts("disruptionBudgets", b.budgets);
      if (b.terminating) out_.Plain("terminating", "true");
      Amounts("requests", b.demand);
      if (b.demand.devices != 1) out_.Int("devices", b.demand.devices);
      WritePod(out_, *b.constraints, b.Relations());
    });
  }

  void WritePool(const scheduler::ElasticPool& pool) {
    out_.Text("name", pool.name);
    WriteLabels(out_, "labels", pool.labels);
    WriteTaints(out_, pool.taints);
    Amounts("allocatable", pool.allocatable);
    out_.Int("maximum", pool.nodes_max);
    WritePrice(out_, "nodeHour", pool.node_hour);
    if (pool.provision_seconds != 0) out_.Int("provisionSeconds", pool.provision_seconds);
    if (pool.minimum_billing_seconds != 0) {
      out_.Int("minimumBillingSeconds", pool.minimum_billing_seconds);
    }
    if (pool.interruptions_ppm != 0) {
      out_.Plain("interruptionsPerHour", DecimalText(pool.interruptions_ppm, 6));
    }
    WriteDevices(pool.devices);
  }

  const Problem& p_;
  YamlWriter out_;
};

}  // namespace

std::string DecimalText(int64_t n, int places) {
  std::string digits = std::to_string(n);
  while (digits.size() <= static_cast<size_t>(places)) digits.insert(0, 1, '0');
  return digits.insert(digits.size() - places, 1, '.');
}

std::string WriteProblem(const Problem& problem) { return ProblemWriter(problem).Write(); }

}  // namespace stowage::app
