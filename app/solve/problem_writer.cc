#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include "app/solve/problem_format.h"
#include "kube/api/quantity.h"

namespace stowage::app {
namespace {

using scheduler::Amounts;
using scheduler::ClusterView;
using scheduler::Labels;
using scheduler::Money;
using scheduler::NodeSelectorTerm;
using scheduler::PodConstraints;
using scheduler::Problem;
using scheduler::Taint;

constexpr int64_t kMebi = int64_t{1} << 20;

std::string_view NameOf(Taint::Effect effect) {
  switch (effect) {
    case Taint::Effect::kNoSchedule:
      return "NoSchedule";
    case Taint::Effect::kPreferNoSchedule:
      return "PreferNoSchedule";
    case Taint::Effect::kNoExecute:
      return "NoExecute";
  }
  return "";
}

std::string_view NameOf(scheduler::LabelRequirement::Op op) {
  constexpr std::string_view kNames[] = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
  return kNames[static_cast<int>(op)];
}

// 12500 with 3 places is "12.500".
std::string Decimal(int64_t n, int places) {
  std::string digits = std::to_string(n);
  while (digits.size() <= static_cast<size_t>(places)) digits.insert(0, 1, '0');
  return digits.insert(digits.size() - places, 1, '.');
}

class ProblemWriter {
 public:
  explicit ProblemWriter(const Problem& problem) : p_(problem) {
    out_.SetStringFormat(YAML::DoubleQuoted);
  }

  std::string Write() {
    out_ << YAML::BeginMap;
    Each("classes", p_.classes, [&](const scheduler::PodClass& k) { WriteClass(k); });
    Each("clusters", p_.clusters, [&](const ClusterView& c) { WriteCluster(c); });
    Each("links", p_.links, [&](const scheduler::RegionLink& link) {
      Key("between") << YAML::Flow << YAML::BeginSeq << link.a << link.b << YAML::EndSeq;
      Plain("milliseconds", Decimal(link.latency_us, 3));
    });
    out_ << YAML::EndMap;
    return std::string(out_.c_str()) + "\n";
  }

 private:
  YAML::Emitter& Key(const std::string& key) { return out_ << YAML::Key << key << YAML::Value; }
  // As it is, without quotes: numbers and booleans.
  void Plain(const std::string& key, const std::string& text) {
    out_.SetStringFormat(YAML::Auto);
    Key(key) << text;
    out_.SetStringFormat(YAML::DoubleQuoted);
  }
  void Int(const std::string& key, int64_t n) { Key(key) << n; }
  void Text(const std::string& key, std::string_view text) { Key(key) << std::string(text); }
  void Price(const std::string& key, Money price) { Text(key, Decimal(price.nano, 9)); }

  template <class List, class WriteOne>
  void Each(const std::string& key, const List& list, WriteOne write) {
    if (list.empty()) return;
    Key(key) << YAML::BeginSeq;
    for (const auto& one : list) {
      out_ << YAML::BeginMap;
      write(one);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
  }

  void WriteLabels(const std::string& key, const Labels& labels) {
    if (labels.empty()) return;
    Key(key) << YAML::BeginMap;
    for (const auto& [name, value] : labels) Text(name, value);
    out_ << YAML::EndMap;
  }

  void WriteTaints(const std::vector<Taint>& taints) {
    Each("taints", taints, [&](const Taint& t) {
      Text("key", t.key);
      Text("value", t.value);
      Text("effect", NameOf(t.effect));
    });
  }

  // `pods` is always said: what it is by default differs from place to place.
  void WriteAmounts(const std::string& key, const Amounts& amounts) {
    Key(key) << YAML::BeginMap;
    Int("pods", scheduler::AmountOf(amounts, scheduler::ResourceTable::kPods));
    for (size_t r = 0; r < amounts.size(); ++r) {
      if (r == scheduler::ResourceTable::kPods || amounts[r] == 0) continue;
      const std::string& name = p_.resources.name(r);
      Text(name, kube::ResourceQuantity(name, amounts[r]).ToString());
    }
    out_ << YAML::EndMap;
  }

  void WriteRequirements(const std::string& key,
                         const std::vector<scheduler::LabelRequirement>& list) {
    Each(key, list, [&](const scheduler::LabelRequirement& r) {
      Text("key", r.key);
      Text("operator", NameOf(r.op));
      if (r.values.empty()) return;
      Key("values") << YAML::Flow << YAML::BeginSeq;
      for (const std::string& v : r.values) out_ << v;
      out_ << YAML::EndSeq;
    });
  }

  void WriteTerm(const NodeSelectorTerm& term) {
    WriteRequirements("matchExpressions", term.labels);
    WriteRequirements("matchFields", term.fields);
  }

  void WriteAffinity(const PodConstraints& c) {
    if (!c.required && c.preferred.empty()) return;
    Key("affinity") << YAML::BeginMap;
    Key("nodeAffinity") << YAML::BeginMap;
    if (c.required) {
      Key("requiredDuringSchedulingIgnoredDuringExecution") << YAML::BeginMap;
      Key("nodeSelectorTerms") << YAML::BeginSeq;
      for (const NodeSelectorTerm& term : *c.required) {
        out_ << YAML::BeginMap;
        WriteTerm(term);
        out_ << YAML::EndMap;
      }
      out_ << YAML::EndSeq << YAML::EndMap;
    }
    Each("preferredDuringSchedulingIgnoredDuringExecution", c.preferred,
         [&](const scheduler::PreferredTerm& p) {
           Int("weight", p.weight);
           Key("preference") << YAML::BeginMap;
           WriteTerm(p.term);
           out_ << YAML::EndMap;
         });
    out_ << YAML::EndMap << YAML::EndMap;
  }

  void WriteTolerations(const PodConstraints& c) {
    // One a effect, as Kubernetes writes them.
    std::vector<std::pair<const scheduler::Toleration*, std::string_view>> all;
    for (const scheduler::Toleration& t : c.tolerations) {
      if (t.effects.empty()) all.emplace_back(&t, "");
      for (const Taint::Effect effect : t.effects) all.emplace_back(&t, NameOf(effect));
    }
    Each("tolerations", all, [&](const auto& one) {
      const auto& [t, effect] = one;
      if (!t->key.empty()) Text("key", t->key);
      Text("operator", t->exists ? "Exists" : "Equal");
      if (!t->value.empty()) Text("value", t->value);
      if (!effect.empty()) Text("effect", effect);
    });
  }

  void WriteConstraints(const PodConstraints& c) {
    WriteLabels("nodeSelector", c.node_selector);
    WriteAffinity(c);
    WriteTolerations(c);
    if (!c.latency_sources.empty() || c.latency_us_max || c.cost_per_ms.nano != 0) {
      Key("latency") << YAML::BeginMap;
      Each("sources", c.latency_sources, [&](const scheduler::LatencySource& s) {
        Text("region", s.region);
        Plain("share", Decimal(s.weight_ppm, 6));
      });
      Price("costPerMillisecond", c.cost_per_ms);
      if (c.latency_us_max) Plain("maximumMilliseconds", Decimal(*c.latency_us_max, 3));
      out_ << YAML::EndMap;
    }
    if (!c.data_region.empty() || c.data_mib_per_hour != 0) {
      Key("data") << YAML::BeginMap;
      Text("region", c.data_region);
      Text("perHour", kube::ResourceQuantity("memory", c.data_mib_per_hour * kMebi).ToString());
      out_ << YAML::EndMap;
    }
  }

  void WriteClass(const scheduler::PodClass& k) {
    Text("name", k.key);
    Int("count", k.count);
    if (k.priority != 0) Int("priority", k.priority);
    WriteAmounts("requests", k.demand);
    if (!k.demand_in.empty()) {
      Key("requestsIn") << YAML::BeginMap;
      for (const auto& [cluster, demand] : k.demand_in) WriteAmounts(cluster, demand);
      out_ << YAML::EndMap;
    }
    WriteConstraints(*k.constraints);
  }

  void WriteCluster(const ClusterView& c) {
    Text("name", c.name);
    if (!c.region.empty()) Text("region", c.region);
    WriteLabels("labels", c.labels);
    WriteTaints(c.taints);
    if (c.unschedulable) Plain("unschedulable", "true");
    Each("nodes", c.shapes, [&](const scheduler::NodeShape& s) {
      Int("count", s.count);
      WriteLabels("labels", s.labels);
      WriteTaints(s.taints);
      WriteAmounts("free", s.free);
    });
    Each("pools", c.pools, [&](const scheduler::ElasticPool& pool) { WritePool(pool); });
    Each("chargeBack", c.charge_back, [&](const scheduler::ResourcePrice& r) {
      const std::string& name = p_.resources.name(r.resource);
      Text("resource", name);
      Price("price", r.price);
      Text("per", kube::ResourceQuantity(name, r.unit).ToString());
    });
    if (c.egress_per_gib.nano != 0) Price("egressPerGiB", c.egress_per_gib);
    Each("bound", c.bound, [&](const scheduler::BoundPods& b) {
      Int("count", b.count);
      WriteAmounts("requests", b.demand);
      WriteConstraints(*b.constraints);
    });
  }

  void WritePool(const scheduler::ElasticPool& pool) {
    Text("name", pool.name);
    WriteLabels("labels", pool.labels);
    WriteTaints(pool.taints);
    WriteAmounts("allocatable", pool.allocatable);
    Int("maximum", pool.nodes_max);
    Price("nodeHour", pool.node_hour);
    if (pool.provision_seconds != 0) Int("provisionSeconds", pool.provision_seconds);
  }

  const Problem& p_;
  YAML::Emitter out_;
};

}  // namespace

std::string WriteProblem(const Problem& problem) { return ProblemWriter(problem).Write(); }

}  // namespace stowage::app
