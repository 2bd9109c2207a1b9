// Worlds of topology spread, and those in which everything happens at once.
#include "test/differential/maker.h"

namespace stowage::differential {
namespace {

constexpr int kPods = 3;  // that ask, in each world

SpreadRule RandomRule(Maker& m) {
  SpreadRule rule;
  rule.key = m.TopologyKey();
  rule.max_skew = m.Chance(0.8) ? 1 : m.Between(2, 3);
  if (!m.Chance(0.3)) rule.selector = m.PodSelector();
  return rule;
}

// Of a topology that no rule of the pod has yet.
void AddSoftRule(Maker& m, PodDraft& pod) {
  SpreadRule rule = RandomRule(m);
  rule.soft = true;
  for (const SpreadRule& other : pod.spread) {
    if (other.key == rule.key) return;
  }
  pod.spread.push_back(rule);
}

// Bound pods, most of them in a few places.
void AddUnevenly(Maker& m, World& w, int least, int most) {
  const int nodes = static_cast<int>(w.nodes.size()), favourite = m.Between(0, nodes - 1);
  const int count = m.Between(least, most);
  for (int i = 0; i < count; ++i)
    m.AddBound(w, m.Chance(0.6) ? favourite : m.Between(0, nodes - 1));
}

// Only the world's own nodes are to be counted.
PodDraft& AddSpreadPod(Maker& m, World& w) {
  PodDraft& pod = m.AddIncoming(w);
  pod.node_selector["world"] = w.name;
  return pod;
}

// Nodes where all topologies are.
void LabelAll(Maker& m, World& w) {
  for (NodeDraft& node : w.nodes) {
    node.labels.try_emplace(kZone, m.One({"za", "zb", "zc"}));
    node.labels.try_emplace(kRack, m.One({"r1", "r2"}));
  }
}

}  // namespace

void FillSpread(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  AddUnevenly(m, w, 6, 12);
  for (PodDraft& pod : w.bound) pod.terminating = m.Chance(0.1);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = AddSpreadPod(m, w);
    pod.spread.push_back(RandomRule(m));
    if (m.Chance(0.2)) AddSoftRule(m, pod);
    if (m.Chance(0.75)) continue;
    LabelAll(m, w);
    SpreadRule second = RandomRule(m);
    if (second.key != pod.spread[0].key && pod.spread.size() == 1) pod.spread.push_back(second);
  }
  m.PerhapsShrink(w);
}

void FillMinDomains(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  AddUnevenly(m, w, 5, 11);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = AddSpreadPod(m, w);
    SpreadRule rule = RandomRule(m);
    rule.min_domains = m.Between(1, 6);
    rule.max_skew = m.Chance(0.6) ? 1 : m.Between(2, 3);
    pod.spread.push_back(rule);
  }
  m.PerhapsShrink(w);
}

void FillSpreadPolicies(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  AddUnevenly(m, w, 3, 9);
  for (NodeDraft& node : w.nodes) {
    if (m.Chance(0.35)) node.taints.push_back({"spot", "", "NoSchedule"});
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = AddSpreadPod(m, w);
    SpreadRule rule = RandomRule(m);
    rule.affinity_policy = m.One({"Honor", "Ignore", ""});
    rule.taints_policy = m.One({"Honor", "Ignore", ""});
    pod.spread.push_back(rule);
    if (m.Chance(0.5)) pod.node_selector["disk"] = m.One({"ssd", "hdd"});
    if (m.Chance(0.3)) pod.tolerations.push_back({"spot", "Exists", "", ""});
  }
}

void FillSpreadLabelKeys(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  AddUnevenly(m, w, 6, 12);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = AddSpreadPod(m, w);
    SpreadRule rule = RandomRule(m);
    rule.selector = {};
    rule.max_skew = 1;
    if (m.Chance(0.5)) rule.selector.labels["app"] = m.One({"web", "api", "db"});
    rule.match_keys.push_back("version");
    if (m.Chance(0.3)) rule.match_keys.push_back("tier");
    pod.spread.push_back(rule);
  }
  for (auto* pods : {&w.bound, &w.incoming}) {
    for (PodDraft& pod : *pods) {
      if (m.Chance(0.85)) pod.labels["version"] = m.One({"v1", "v2"});
    }
  }
}

void FillEverything(Maker& m, World& w) {
  w.members = m.Chance(0.5);
  LabelAll(m, w);
  m.AddSomeBound(w, 2, 7);
  for (NodeDraft& node : w.nodes) {
    node.allocatable["cpu"] = m.One({"800m", "2", "4", "8"});
    // Only one of these: which is told first depends on the order of the filters.
    if (m.Chance(0.1)) {
      node.taints.push_back({"spot", "", "NoSchedule"});
    } else if (m.Chance(0.1)) {
      node.unschedulable = !w.members;
    }
  }
  for (PodDraft& pod : w.bound) {
    if (m.Chance(0.2))
      pod.anti_affinity.push_back({m.TopologyKey(), m.PodSelector(), {}, {}, {}, {}});
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = AddSpreadPod(m, w);
    pod.containers[0].requests["cpu"] = m.One({"100m", "500m", "1", "2"});
    if (m.Chance(0.15)) pod.tolerations.push_back({"spot", "Exists", "", "NoSchedule"});
    if (m.Chance(0.2)) pod.node_terms.push_back({{{"disk", "NotIn", {"hdd"}}}, {}});
    if (m.Chance(0.3)) pod.spread.push_back(RandomRule(m));
    if (m.Chance(0.2)) AddSoftRule(m, pod);
    if (m.Chance(0.3)) pod.affinity.push_back({m.TopologyKey(), m.PodSelector(), {}, {}, {}, {}});
    if (m.Chance(0.2)) {
      pod.anti_affinity.push_back({m.TopologyKey(), m.PodSelector(), {}, {}, {}, {}});
    }
  }
}

}  // namespace stowage::differential
