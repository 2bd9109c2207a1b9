#include <algorithm>
#include <utility>

#include "scheduler/placement/filters/filter.h"
#include "scheduler/placement/rule_book.h"

namespace stowage::scheduler {
namespace {

// The node counts for the spread constraint. `keys`: topologies in which it must be.
bool Counts(const NodeView& node, const std::vector<std::string>& keys,
            const PodConstraints& honoured, const SpreadConstraint& s) {
  for (const std::string& key : keys) {
    if (DomainOf(node.cluster, node.labels, key) == nullptr) return false;
  }
  if (s.honor_affinity && NodeSelectorFilter().Check(honoured, node)) return false;
  if (!s.honor_taints) return true;
  static const LatencyTable nowhere;
  return !NodeTaintFilter().Check(honoured, node) &&
         !ClusterTaintFilter().Check(honoured, node.cluster, nowhere) &&
         !UnschedulableFilter().Check(honoured, node.cluster, nowhere);
}

}  // namespace

int32_t RuleBook::TopologyOf(const std::string& key) {
  if (key == kTopologyHostname) return Rules::kHost;
  const auto [it, added] = topology_numbers_.emplace(key, rules_.topologies_.size());
  if (!added) return it->second;
  Rules::Topology t{.key = key};
  std::map<std::string, int32_t> domains;
  for (const Nodes& c : clusters_) {
    std::vector<int32_t> of_kind;
    for (size_t kind = 0; kind < c.kinds->size(); ++kind) {
      const std::string* value = DomainOf(*c.view, c.kinds->Example(*c.view, kind).labels, key);
      of_kind.push_back(value == nullptr ? Rules::kNowhere
                                         : domains.emplace(*value, domains.size()).first->second);
    }
    for (const int32_t kind : c.kinds->of_shapes()) t.domain.push_back(of_kind[kind]);
    for (const int32_t kind : c.kinds->of_pools()) t.domain.push_back(of_kind[kind]);
  }
  t.domains = static_cast<int32_t>(domains.size());
  rules_.topologies_.push_back(std::move(t));
  return it->second;
}

// The nodes on which the constraint counts: with the keys of all constraints of its kind, and
// such as its policies honour.
int32_t RuleBook::PresenceOf(const PodClass& k, const SpreadConstraint& s) {
  std::vector<std::string> keys;
  for (const SpreadConstraint& other : k.Relations().spread) {
    if (other.hard == s.hard && other.topology_key != kTopologyHostname) {
      keys.push_back(other.topology_key);
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  PodConstraints honoured;
  if (s.honor_affinity) {
    honoured.node_selector = k.constraints->node_selector;
    honoured.required = k.constraints->required;
  }
  if (s.honor_taints) honoured.tolerations = k.constraints->tolerations;
  const int32_t topology = TopologyOf(s.topology_key);
  const auto [it, added] = presence_numbers_.emplace(
      std::tuple(topology, keys, honoured, s.honor_affinity, s.honor_taints),
      rules_.presences_.size());
  if (!added) return it->second;
  Rules::Presence presence{topology, {}};
  presence.places.reserve(rules_.places());
  for (const Nodes& c : clusters_) {
    std::vector<char> of_kind;
    for (size_t kind = 0; kind < c.kinds->size(); ++kind) {
      of_kind.push_back(Counts(c.kinds->Example(*c.view, kind), keys, honoured, s) ? 1 : 0);
    }
    for (const int32_t kind : c.kinds->of_shapes()) presence.places.push_back(of_kind[kind]);
    for (const int32_t kind : c.kinds->of_pools()) presence.places.push_back(of_kind[kind]);
  }
  rules_.presences_.push_back(std::move(presence));
  return it->second;
}

void RuleBook::ReadTerms(const PodClass& k, PodRules& rules) {
  const PodRelations& r = k.Relations();
  using Why = PodRules::Exclusion::Why;
  for (const HostPort& p : r.ports) {
    const int32_t set = SetOf({PodSet::Kind::kPort, {}, "", p});
    rules.exclusions.push_back({CounterOf(set, Rules::kHost), true, Why::kPorts});
  }
  for (const PodAffinityTerm& t : r.anti_affinity) {
    const int32_t set = SetOf({PodSet::Kind::kMatched, {MatcherOf(t, r)}, "", {}});
    rules.exclusions.push_back({CounterOf(set, TopologyOf(t.topology_key)), false, Why::kOwn});
  }
  if (!r.affinity.empty()) {
    std::vector<PodMatcher> all;
    for (const PodAffinityTerm& t : r.affinity) all.push_back(MatcherOf(t, r));
    const int32_t set = SetOf({PodSet::Kind::kMatched, all, "", {}});
    for (const PodAffinityTerm& t : r.affinity) {
      rules.affinity.push_back(CounterOf(set, TopologyOf(t.topology_key)));
    }
  }
  for (const WeightedAffinityTerm& w : r.preferred) {
    const int32_t set = SetOf({PodSet::Kind::kMatched, {MatcherOf(w.term, r)}, "", {}});
    rules.preferences.push_back({CounterOf(set, TopologyOf(w.term.topology_key)), w.weight, false});
  }
  for (const SpreadConstraint& s : r.spread) {
    const int32_t set = SetOf({PodSet::Kind::kSpread, {MatcherOf(s, r)}, "", {}});
    const int32_t counter = CounterOf(set, TopologyOf(s.topology_key), PresenceOf(k, s));
    (s.hard ? rules.spread : rules.soft_spread)
        .push_back({counter, s.max_skew, s.min_domains, false});
  }
}

void RuleBook::FinishAll() {
  if (!changed_subjects_.empty()) {
    for (size_t slot = 0; slot < subject_of_slot_.size(); ++slot) {
      const int32_t subject = subject_of_slot_[slot];
      if (subject >= 0 && subjects_[subject].changed) unfinished_.push_back(slot);
    }
    for (const int32_t subject : std::exchange(changed_subjects_, {})) {
      subjects_[subject].changed = false;
    }
  }
  for (const int32_t slot : std::exchange(unfinished_, {})) {
    if (subject_of_slot_[slot] >= 0) Finish(slot);
  }
}

// What the class does to its own counters, and which terms of others speak of it.
void RuleBook::Finish(int32_t slot) {
  using Exclusion = PodRules::Exclusion;
  const int32_t subject = subject_of_slot_[slot];
  const std::vector<int32_t>& raised = rules_.raised_[subject];
  PodRules& rules = rules_.slots_[slot];
  std::erase_if(rules.exclusions,
                [](const Exclusion& e) { return e.why == Exclusion::Why::kExisting; });
  std::vector<int32_t> existing;
  for (const int32_t set : subjects_[subject].sets) {
    for (const Owner& owner : sets_[set].owners) {
      if (owner.subjects > 0) existing.push_back(owner.counter);
    }
  }
  std::sort(existing.begin(), existing.end());
  existing.erase(std::unique(existing.begin(), existing.end()), existing.end());
  for (const int32_t counter : existing) {
    rules.exclusions.push_back({counter, false, Exclusion::Why::kExisting});
  }
  const auto raises = [&](int32_t counter) {
    return std::binary_search(raised.begin(), raised.end(), counter);
  };
  for (auto* spreads : {&rules.spread, &rules.soft_spread}) {
    for (PodRules::Spread& s : *spreads) s.self = raises(s.counter);
  }
  rules.per_node_most = kMaxPods;
  for (Exclusion& e : rules.exclusions) {
    e.self = raises(e.counter);
    if (e.self && rules_.counters_[e.counter].topology == Rules::kHost) rules.per_node_most = 1;
  }
  for (PodRules::Preference& p : rules.preferences) p.self = raises(p.counter);
  rules.affinity_self = !rules.affinity.empty() && raises(rules.affinity[0]);
  rules.care = CareFor(rules);
  rules.of_nodes = ReadsNodes(rules);
}

bool RuleBook::ReadsNodes(const PodRules& rules) const {
  const auto of_node = [&](int32_t counter) {
    return rules_.counters_[counter].topology == Rules::kHost;
  };
  const auto any = [&](const auto& reads) {
    return std::any_of(reads.begin(), reads.end(),
                       [&](const auto& r) { return of_node(r.counter); });
  };
  return any(rules.spread) || any(rules.soft_spread) || any(rules.exclusions) ||
         any(rules.preferences) ||
         std::any_of(rules.affinity.begin(), rules.affinity.end(), of_node);
}

PodRules::Care RuleBook::CareFor(const PodRules& rules) const {
  const bool near = std::all_of(rules.exclusions.begin(), rules.exclusions.end(),
                                [&](const PodRules::Exclusion& e) {
                                  return rules_.counters_[e.counter].topology == Rules::kHost;
                                });
  if (!near || !rules.spread.empty() || !rules.soft_spread.empty() || !rules.affinity.empty() ||
      !rules.preferences.empty()) {
    return PodRules::Care::kEach;
  }
  return rules.exclusions.empty() ? PodRules::Care::kNone : PodRules::Care::kPerNode;
}

}  // namespace stowage::scheduler
