#include "test/differential/old_words.h"

#include <algorithm>
#include <set>

#include "kube/api/quantity.h"

namespace stowage::differential {
namespace {

bool Holds(const Expression& e, const Map& labels) {
  const auto it = labels.find(e.key);
  const bool there = it != labels.end();
  const bool listed =
      there && std::find(e.values.begin(), e.values.end(), it->second) != e.values.end();
  if (e.op == "In") return listed;
  if (e.op == "NotIn") return !listed;
  return e.op == "Exists" ? there : !there;
}

bool Holds(const Map& wanted, const Map& labels) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    return Holds(Expression{label.first, "In", {label.second}}, labels);
  });
}

bool Holds(const std::vector<Expression>& all, const Map& labels) {
  return std::all_of(all.begin(), all.end(), [&](const auto& e) { return Holds(e, labels); });
}

void Add(Map& to, const Map& more) {
  for (const auto& [name, amount] : more) {
    const auto sum =
        *kube::Quantity::Parse(to.contains(name) ? to[name] : "0") + *kube::Quantity::Parse(amount);
    to[name] = sum.ToString();
  }
}

void UnfoldSidecars(PodDraft& pod) {
  std::vector<Container> init;
  Container sidecars;
  for (Container c : pod.init) {
    if (c.sidecar) {
      Add(sidecars.requests, c.requests);
      sidecars.limits.insert(c.limits.begin(), c.limits.end());
      sidecars.ports.insert(sidecars.ports.end(), c.ports.begin(), c.ports.end());
      continue;
    }
    Add(c.requests, sidecars.requests);
    for (auto& [name, amount] : c.limits) amount = c.requests[name];  // of devices: the same
    for (const auto& [name, amount] : sidecars.limits) c.limits[name] = c.requests[name];
    init.push_back(std::move(c));
  }
  for (auto& [name, amount] : sidecars.limits) amount = sidecars.requests[name];
  if (!sidecars.requests.empty() || !sidecars.ports.empty()) pod.containers.push_back(sidecars);
  pod.init = std::move(init);
}

void AddLabelKeys(const std::vector<std::string>& keys, const char* op, const PodDraft& pod,
                  Selector& selector) {
  for (const std::string& key : keys) {
    const auto it = pod.labels.find(key);
    if (it != pod.labels.end()) selector.expressions.push_back({key, op, {it->second}});
  }
}

void SayOld(const World& world, const PodDraft& pod, PeerTerm& term) {
  AddLabelKeys(term.match_keys, "In", pod, term.selector);
  AddLabelKeys(term.mismatch_keys, "NotIn", pod, term.selector);
  term.match_keys.clear();
  term.mismatch_keys.clear();
  if (!term.namespace_selector) return;
  for (const auto& [name, labels] : world.namespaces) {
    const Selector& s = *term.namespace_selector;
    if (Holds(s.labels, labels) && Holds(s.expressions, labels)) term.namespaces.push_back(name);
  }
  if (term.namespaces.empty()) term.namespaces.push_back("nowhere");
  term.namespace_selector.reset();
}

// ---- topology spread ----------------------------------------------------------------------------

bool Tolerates(const PodDraft& pod, const World& world, const Taint& taint) {
  if (taint.effect == "PreferNoSchedule" || taint.key == world.name) return true;
  return std::any_of(pod.tolerations.begin(), pod.tolerations.end(), [&](const Toleration& t) {
    return (t.key.empty() || t.key == taint.key) && (t.effect.empty() || t.effect == taint.effect);
  });
}

bool Selected(const PodDraft& pod, const NodeDraft& node) {
  if (!Holds(pod.node_selector, node.labels)) return false;
  return pod.node_terms.empty() ||
         std::any_of(pod.node_terms.begin(), pod.node_terms.end(),
                     [&](const NodeTerm& t) { return Holds(t.labels, node.labels); });
}

bool Included(const SpreadRule& rule, const PodDraft& pod, const World& world,
              const NodeDraft& node) {
  if (rule.affinity_policy != "Ignore" && !Selected(pod, node)) return false;
  if (rule.taints_policy != "Honor") return true;
  return std::all_of(node.taints.begin(), node.taints.end(),
                     [&](const Taint& t) { return Tolerates(pod, world, t); });
}

bool NeedsOwnKeys(const PodDraft& pod) {
  return pod.node_selector.size() > 1 || !pod.node_terms.empty() ||
         std::any_of(pod.spread.begin(), pod.spread.end(), [](const SpreadRule& r) {
           return r.min_domains > 0 || !r.affinity_policy.empty() || !r.taints_policy.empty();
         });
}

bool HasAllKeys(const PodDraft& pod, const NodeDraft& node) {
  return std::all_of(pod.spread.begin(), pod.spread.end(),
                     [&](const SpreadRule& r) { return r.soft || node.labels.contains(r.key); });
}

// A node that no pod tolerates and every selector of the world's pods selects.
NodeDraft Phantom(const World& world, const PodDraft& pod, const std::string& key) {
  NodeDraft node;
  node.name = pod.name + "-phantom";
  node.labels = pod.node_selector;
  node.labels[key] = "phantom";
  node.taints.push_back({world.name + "-phantom", "", "NoSchedule"});
  node.allocatable = {{"cpu", "1"}};
  return node;
}

void GiveOwnKeys(const World& said, size_t p, World& told) {
  const PodDraft& pod = said.incoming[p];
  for (size_t i = 0; i < pod.spread.size(); ++i) {
    const SpreadRule& rule = pod.spread[i];
    if (rule.soft) continue;
    const std::string key = "k." + pod.name + "." + std::to_string(i);
    std::set<std::string> domains;
    for (size_t n = 0; n < said.nodes.size(); ++n) {
      const auto value = said.nodes[n].labels.find(rule.key);
      if (value == said.nodes[n].labels.end() || !Included(rule, pod, said, said.nodes[n]))
        continue;
      told.nodes[n].labels[key] = value->second;
      if (HasAllKeys(pod, said.nodes[n])) domains.insert(value->second);
    }
    told.incoming[p].spread[i].key = key;
    if (static_cast<int>(domains.size()) < rule.min_domains) {
      told.nodes.push_back(Phantom(said, pod, key));
    }
  }
}

// A taint of the pod's own on the nodes that it does not select.
void SelectByTaint(const World& said, size_t p, World& told) {
  const std::string key = said.incoming[p].name + kNotSelected;
  for (size_t n = 0; n < said.nodes.size(); ++n) {
    if (!Selected(said.incoming[p], said.nodes[n])) {
      told.nodes[n].taints.push_back({key, "", "NoSchedule"});
    }
  }
  for (size_t other = 0; other < told.incoming.size(); ++other) {
    if (other != p) told.incoming[other].tolerations.push_back({key, "Exists", "", ""});
  }
  told.incoming[p].node_selector = {{"world", said.name}};
  told.incoming[p].node_terms.clear();
}

void SayOldSpread(const World& said, size_t p, World& told) {
  const PodDraft& pod = said.incoming[p];
  if (pod.spread.empty()) return;
  if (NeedsOwnKeys(pod)) GiveOwnKeys(said, p, told);
  if (pod.spread[0].affinity_policy == "Ignore") SelectByTaint(said, p, told);
  for (SpreadRule& rule : told.incoming[p].spread) {
    AddLabelKeys(rule.match_keys, "In", pod, rule.selector);
    rule.match_keys.clear();
    rule.min_domains = 0;
    rule.affinity_policy.clear();
    rule.taints_policy.clear();
  }
}

}  // namespace

World InOldWords(const World& world) {
  World told = world;
  for (auto* pods : {&told.bound, &told.incoming}) {
    for (PodDraft& pod : *pods) {
      UnfoldSidecars(pod);
      for (auto* terms : {&pod.affinity, &pod.anti_affinity}) {
        for (PeerTerm& term : *terms) SayOld(world, pod, term);
      }
    }
  }
  for (size_t p = 0; p < world.incoming.size(); ++p) SayOldSpread(world, p, told);
  return told;
}

}  // namespace stowage::differential
