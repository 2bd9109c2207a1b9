#include "app/solve/pod_writer.h"

#include "kube/api/quantity.h"

namespace stowage::app {
namespace {

using scheduler::LabelRequirement;
using scheduler::LabelSelector;
using scheduler::NodeSelectorTerm;
using scheduler::PodAffinityTerm;
using scheduler::PodConstraints;
using scheduler::PodRelations;
using scheduler::SpreadConstraint;
using scheduler::Taint;
using scheduler::WeightedAffinityTerm;

constexpr int64_t kMebi = int64_t{1} << 20;
const std::string kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
const std::string kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

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

std::string_view NameOf(LabelRequirement::Op op) {
  constexpr std::string_view kNames[] = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
  return kNames[static_cast<int>(op)];
}

void WriteRequirements(YamlWriter& out, const std::string& key,
                       const std::vector<LabelRequirement>& list) {
  out.Each(key, list, [&](const LabelRequirement& r) {
    out.Text("key", r.key);
    out.Text("operator", NameOf(r.op));
    out.Texts("values", r.values);
  });
}

void WriteTerm(YamlWriter& out, const NodeSelectorTerm& term) {
  WriteRequirements(out, "matchExpressions", term.labels);
  WriteRequirements(out, "matchFields", term.fields);
}

void WriteTerms(YamlWriter& out, const std::vector<NodeSelectorTerm>& terms) {
  out.All("nodeSelectorTerms", terms, [&](const NodeSelectorTerm& t) { WriteTerm(out, t); });
}

void WriteNodeAffinity(YamlWriter& out, const PodConstraints& c) {
  out.BeginMap("nodeAffinity");
  if (c.required) {
    out.BeginMap(kRequired);
    WriteTerms(out, *c.required);
    out.End();
  }
  out.Each(kPreferred, c.preferred, [&](const scheduler::PreferredTerm& p) {
    out.Int("weight", p.weight);
    out.BeginMap("preference");
    WriteTerm(out, p.term);
    out.End();
  });
  out.End();
}

void WriteSelector(YamlWriter& out, const std::string& key, const LabelSelector& selector) {
  if (selector.nothing) return;
  out.BeginMap(key);
  WriteRequirements(out, "matchExpressions", selector.all);
  out.End();
}

void WriteAffinityTerm(YamlWriter& out, const PodAffinityTerm& term) {
  out.Text("topologyKey", term.topology_key);
  WriteSelector(out, "labelSelector", term.selector);
  out.Texts("namespaces", term.namespaces);
  if (term.namespace_selector) WriteSelector(out, "namespaceSelector", *term.namespace_selector);
  out.Texts("matchLabelKeys", term.match_label_keys);
  out.Texts("mismatchLabelKeys", term.mismatch_label_keys);
}

// podAffinity (sign 1) or podAntiAffinity (sign -1).
void WritePodAffinity(YamlWriter& out, const std::string& kind, int sign,
                      const std::vector<PodAffinityTerm>& required,
                      const std::vector<WeightedAffinityTerm>& preferred) {
  std::vector<WeightedAffinityTerm> own;
  for (const WeightedAffinityTerm& t : preferred) {
    if (t.weight * sign > 0) own.push_back(t);
  }
  out.BeginMap(kind);
  out.Each(kRequired, required, [&](const PodAffinityTerm& t) { WriteAffinityTerm(out, t); });
  out.Each(kPreferred, own, [&](const WeightedAffinityTerm& t) {
    out.Int("weight", t.weight * sign);
    out.BeginMap("podAffinityTerm");
    WriteAffinityTerm(out, t.term);
    out.End();
  });
  out.End();
}

void WriteAffinity(YamlWriter& out, const PodConstraints& c, const PodRelations& r) {
  out.BeginMap("affinity");
  WriteNodeAffinity(out, c);
  WritePodAffinity(out, "podAffinity", 1, r.affinity, r.preferred);
  WritePodAffinity(out, "podAntiAffinity", -1, r.anti_affinity, r.preferred);
  out.End();
}

void WriteTolerations(YamlWriter& out, const PodConstraints& c) {
  // One for each effect, as Kubernetes writes them.
  std::vector<std::pair<const scheduler::Toleration*, std::string_view>> all;
  for (const scheduler::Toleration& t : c.tolerations) {
    if (t.effects.empty()) all.emplace_back(&t, "");
    for (const Taint::Effect effect : t.effects) all.emplace_back(&t, NameOf(effect));
  }
  out.Each("tolerations", all, [&](const auto& one) {
    const auto& [t, effect] = one;
    out.TextIfAny("key", t->key);
    out.Text("operator", t->exists ? "Exists" : "Equal");
    out.TextIfAny("value", t->value);
    out.TextIfAny("effect", effect);
  });
}

void WriteLatencyAndData(YamlWriter& out, const PodConstraints& c) {
  out.BeginMap("latency");
  out.Each("sources", c.latency_sources, [&](const scheduler::LatencySource& s) {
    out.Text("region", s.region);
    out.Plain("share", DecimalText(s.weight_ppm, 6));
  });
  WritePrice(out, "costPerMillisecond", c.cost_per_ms);
  if (c.latency_us_max) out.Plain("maximumMilliseconds", DecimalText(*c.latency_us_max, 3));
  out.End();
  out.BeginMap("data");
  out.TextIfAny("region", c.data_region);
  out.Text("perHour", kube::ResourceQuantity("memory", c.data_mib_per_hour * kMebi).ToString());
  out.End();
}

void WriteOnce(YamlWriter& out, const scheduler::OneTimeCosts& once) {
  if (once == scheduler::OneTimeCosts()) return;
  out.BeginMap("once");
  WritePrice(out, "restart", once.restart);
  WritePrice(out, "waitingHour", once.waiting);
  out.TextIfAny("home", once.home);
  WritePrice(out, "moving", once.moving);
  out.Int("runSeconds", once.run_seconds);
  out.End();
}

void WriteSpread(YamlWriter& out, const SpreadConstraint& s) {
  out.Int("maxSkew", s.max_skew);
  out.Text("topologyKey", s.topology_key);
  out.Text("whenUnsatisfiable", s.hard ? "DoNotSchedule" : "ScheduleAnyway");
  if (s.hard) out.Int("minDomains", s.min_domains);
  WriteSelector(out, "labelSelector", s.selector);
  out.Texts("matchLabelKeys", s.match_label_keys);
  out.Text("nodeAffinityPolicy", s.honor_affinity ? "Honor" : "Ignore");
  out.Text("nodeTaintsPolicy", s.honor_taints ? "Honor" : "Ignore");
}

}  // namespace

void WriteLabels(YamlWriter& out, const std::string& key, const scheduler::Labels& labels) {
  if (labels.empty()) return;
  out.BeginMap(key);
  for (const auto& [name, value] : labels) out.Text(name, value);
  out.End();
}

void WriteTaints(YamlWriter& out, const std::vector<Taint>& taints) {
  out.Each("taints", taints, [&](const Taint& t) {
    out.Text("key", t.key);
    out.TextIfAny("value", t.value);
    out.Text("effect", NameOf(t.effect));
  });
}

// `pods` is always said: what it is by default differs from place to place.
void WriteAmounts(YamlWriter& out, const std::string& key,
                  const scheduler::ResourceTable& resources, const scheduler::Amounts& amounts) {
  out.BeginMap(key);
  out.Int("pods", scheduler::AmountOf(amounts, scheduler::ResourceTable::kPods));
  for (size_t r = 0; r < amounts.size(); ++r) {
    if (r == scheduler::ResourceTable::kPods || amounts[r] == 0) continue;
    const std::string& name = resources.name(r);
    out.Text(name, kube::ResourceQuantity(name, amounts[r]).ToString());
  }
  out.End();
}

void WritePrice(YamlWriter& out, const std::string& key, scheduler::Money price) {
  out.Text(key, DecimalText(price.nano, 9));
}

void WritePod(YamlWriter& out, const PodConstraints& c, const PodRelations& r) {
  out.TextIfAny("namespace", r.ns);
  WriteLabels(out, "labels", r.labels);
  WriteLabels(out, "nodeSelector", c.node_selector);
  WriteAffinity(out, c, r);
  WriteTolerations(out, c);
  WriteLatencyAndData(out, c);
  WriteOnce(out, c.once);
  out.BeginMap("residency");
  out.Texts("allowedRegions", c.allowed_regions);
  out.Texts("deniedRegions", c.denied_regions);
  out.End();
  out.Each("volumes", c.volumes, [&](const auto& terms) { WriteTerms(out, terms); });
  out.Each("topologySpreadConstraints", r.spread,
           [&](const SpreadConstraint& s) { WriteSpread(out, s); });
  out.Each("hostPorts", r.ports, [&](const scheduler::HostPort& p) {
    out.Int("hostPort", p.port);
    out.Text("protocol", p.protocol);
    out.Text("hostIP", p.ip);
  });
}

}  // namespace stowage::app
