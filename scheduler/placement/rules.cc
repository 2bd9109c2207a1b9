#include "scheduler/placement/rules.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {

// A set of pods that somebody counts.
struct PodSet {
  enum class Kind { kMatched, kSpread, kOwners, kPort };
  Kind kind = Kind::kMatched;
  std::vector<PodMatcher> all;  // kMatched, kSpread: every one matches; kOwners: the term's
  std::string key;              // kOwners: pods with an anti-affinity term of this topology key
  HostPort port;                // kPort: pods with a port that conflicts
  auto operator<=>(const PodSet&) const = default;
};

class RuleCompiler {
 public:
  RuleCompiler(Rules& out, const std::vector<const PodClass*>& classes,
               const std::vector<const ClusterView*>& clusters, const Namespaces& namespaces)
      : out_(out), classes_(classes), clusters_(clusters), namespaces_(namespaces) {}

  void Run() {
    if (!Needed()) return;
    NumberPlaces();
    NumberSubjects();
    for (const PodRelations* r : subjects_) OpenOwnTerms(*r);
    out_.classes_.resize(classes_.size());
    for (size_t k = 0; k < classes_.size(); ++k) ReadTerms(k);
    for (size_t s = 0; s < subjects_.size(); ++s) FindSets(s);
    for (size_t k = 0; k < classes_.size(); ++k) Finish(k);
    for (size_t s = 0; s < subjects_.size(); ++s) Raise(s);
  }

 private:
  bool Needed() const {
    const auto wishes = [](const PodRelations& r) {
      return !r.anti_affinity.empty() || !r.ports.empty();
    };
    for (const PodClass* k : classes_) {
      const PodRelations& r = k->Relations();
      if (wishes(r) || !r.affinity.empty() || !r.preferred.empty() || !r.spread.empty())
        return true;
    }
    for (const ClusterView* c : clusters_) {
      for (const BoundPods& b : c->bound) {
        if (wishes(b.Relations())) return true;
      }
    }
    return false;
  }

  void NumberPlaces() {
    size_t next = 0;
    out_.first_place_.clear();
    for (const ClusterView* c : clusters_) {
      out_.first_place_.push_back(next);
      out_.shapes_.push_back(c->shapes.size());
      next += c->shapes.size() + c->pools.size();
    }
    out_.first_place_.push_back(next);
  }

  int32_t SubjectOf(const std::shared_ptr<const PodRelations>& relations, bool terminating) {
    const PodRelations* r = relations ? relations.get() : &NoRelations();
    const auto [it, added] = subject_of_[terminating].emplace(r, subjects_.size());
    if (added) {
      subjects_.push_back(r);
      terminating_.push_back(terminating);
    }
    return it->second;
  }

  void NumberSubjects() {
    for (const PodClass* k : classes_)
      out_.class_subject_.push_back(SubjectOf(k->relations, false));
    for (const ClusterView* c : clusters_) {
      std::vector<int32_t>& bound = out_.bound_subject_.emplace_back();
      for (const BoundPods& b : c->bound) bound.push_back(SubjectOf(b.relations, b.terminating));
    }
  }

  int32_t SetOf(PodSet set) {
    const auto [it, added] = set_numbers_.emplace(std::move(set), counters_of_set_.size());
    if (added) {
      sets_.push_back(&it->first);
      counters_of_set_.emplace_back();
      owners_.emplace_back();
      Index(it->second);
    }
    return it->second;
  }

  // Most selectors ask for one label of one value: found by it, the others are tried for every pod.
  void Index(int32_t set) {
    const PodSet& s = *sets_[set];
    if (s.kind == PodSet::Kind::kPort) {
      by_port_[{s.port.protocol, s.port.port}].push_back(set);
      return;
    }
    if (s.kind == PodSet::Kind::kOwners) return;
    for (const PodMatcher& m : s.all) {
      if (m.selector.nothing) return;
      for (const LabelRequirement& r : m.selector.all) {
        if (r.op != LabelRequirement::Op::kIn) continue;
        std::vector<std::string> values = r.values;
        std::sort(values.begin(), values.end());
        values.erase(std::unique(values.begin(), values.end()), values.end());
        for (const std::string& v : values) by_label_[{r.key, v}].push_back(set);
        return;
      }
    }
    others_.push_back(set);
  }

  int32_t TopologyOf(const std::string& key) {
    if (key == kTopologyHostname) return Rules::kHost;
    const auto [it, added] = topology_numbers_.emplace(key, out_.topologies_.size());
    if (!added) return it->second;
    Rules::Topology& t = out_.topologies_.emplace_back();
    t.key = key;
    std::map<std::string, int32_t> domains;
    const auto number = [&](const ClusterView& c, const Labels& labels) {
      const std::string* value = DomainOf(c, labels, key);
      if (value == nullptr) return Rules::kNowhere;
      return domains.emplace(*value, domains.size()).first->second;
    };
    for (const ClusterView* c : clusters_) {
      for (const NodeShape& s : c->shapes) t.domain.push_back(number(*c, s.labels));
      for (const ElasticPool& p : c->pools) t.domain.push_back(number(*c, p.labels));
    }
    t.domains = static_cast<int32_t>(domains.size());
    return it->second;
  }

  int32_t CounterOf(int32_t set, int32_t topology, int32_t presence = -1) {
    const auto [it, added] =
        counter_numbers_.emplace(std::tuple(set, topology, presence), out_.counters_.size());
    if (added) {
      out_.counters_.push_back({topology, presence});
      counters_of_set_[set].push_back(it->second);
    }
    return it->second;
  }

  // Anti-affinity works both ways: who owns a term is counted, for those that it speaks of.
  void OpenOwnTerms(const PodRelations& r) {
    for (const PodAffinityTerm& t : r.anti_affinity) {
      const PodMatcher matcher = MatcherOf(t, r);
      const int32_t matched = SetOf({PodSet::Kind::kMatched, {matcher}, "", {}});
      const int32_t owners = SetOf({PodSet::Kind::kOwners, {matcher}, t.topology_key, {}});
      const int32_t counter = CounterOf(owners, TopologyOf(t.topology_key));
      std::vector<int32_t>& known = owners_[matched];
      if (std::find(known.begin(), known.end(), counter) == known.end()) known.push_back(counter);
    }
  }

  void ReadTerms(size_t k) {
    const PodRelations& r = classes_[k]->Relations();
    PodRules& rules = out_.classes_[k];
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
      rules.preferences.push_back(
          {CounterOf(set, TopologyOf(w.term.topology_key)), w.weight, false});
    }
    for (const SpreadConstraint& s : r.spread) {
      const int32_t set = SetOf({PodSet::Kind::kSpread, {MatcherOf(s, r)}, "", {}});
      const int32_t counter =
          CounterOf(set, TopologyOf(s.topology_key), PresenceOf(*classes_[k], s));
      (s.hard ? rules.spread : rules.soft_spread)
          .push_back({counter, s.max_skew, s.min_domains, false});
    }
  }

  // The nodes on which the constraint counts: with the keys of all constraints of its kind, and
  // such as its policies honour.
  int32_t PresenceOf(const PodClass& k, const SpreadConstraint& s) {
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
        out_.presences_.size());
    if (!added) return it->second;
    Rules::Presence presence{topology, std::vector<char>(out_.places(), 0)};
    size_t place = 0;
    for (const ClusterView* c : clusters_) {
      const auto look = [&](const Labels& labels, const std::vector<Taint>& taints) {
        presence.places[place++] = Counts(NodeView{*c, labels, taints}, keys, honoured, s);
      };
      for (const NodeShape& n : c->shapes) look(n.labels, n.taints);
      for (const ElasticPool& p : c->pools) look(p.labels, p.taints);
    }
    out_.presences_.push_back(std::move(presence));
    return it->second;
  }

  static bool Counts(const NodeView& node, const std::vector<std::string>& keys,
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

  // The sets that the subject is in.
  void FindSets(size_t subject) {
    const PodRelations& r = *subjects_[subject];
    std::vector<int32_t> in;
    const auto try_all = [&](const std::vector<int32_t>& sets) {
      for (const int32_t set : sets) {
        const PodSet& s = *sets_[set];
        if (s.kind == PodSet::Kind::kSpread && terminating_[subject]) continue;
        const bool all = std::all_of(s.all.begin(), s.all.end(), [&](const PodMatcher& m) {
          return m.Matches(r, namespaces_);
        });
        if (all) in.push_back(set);
      }
    };
    try_all(others_);
    for (const auto& label : r.labels) {
      const auto it = by_label_.find(label);
      if (it != by_label_.end()) try_all(it->second);
    }
    for (const HostPort& p : r.ports) {
      const auto it = by_port_.find({p.protocol, p.port});
      if (it == by_port_.end()) continue;
      for (const int32_t set : it->second) {
        if (sets_[set]->port.Conflicts(p)) in.push_back(set);
      }
    }
    for (const PodAffinityTerm& t : r.anti_affinity) {
      in.push_back(SetOf({PodSet::Kind::kOwners, {MatcherOf(t, r)}, t.topology_key, {}}));
    }
    std::sort(in.begin(), in.end());
    in.erase(std::unique(in.begin(), in.end()), in.end());
    sets_of_subject_.push_back(std::move(in));
  }

  void Raise(size_t subject) {
    std::vector<int32_t>& raised = out_.raised_.emplace_back();
    for (const int32_t set : sets_of_subject_[subject]) {
      raised.insert(raised.end(), counters_of_set_[set].begin(), counters_of_set_[set].end());
    }
    std::sort(raised.begin(), raised.end());
  }

  // What the class does to its own counters, and which terms of others speak of it.
  void Finish(size_t k) {
    const std::vector<int32_t>& in = sets_of_subject_[out_.class_subject_[k]];
    PodRules& rules = out_.classes_[k];
    std::vector<int32_t> existing;
    for (const int32_t set : in) {
      existing.insert(existing.end(), owners_[set].begin(), owners_[set].end());
    }
    std::sort(existing.begin(), existing.end());
    existing.erase(std::unique(existing.begin(), existing.end()), existing.end());
    for (const int32_t counter : existing) {
      rules.exclusions.push_back({counter, false, PodRules::Exclusion::Why::kExisting});
    }
    const auto raises = [&](int32_t counter) {
      return std::any_of(in.begin(), in.end(), [&](int32_t set) {
        const std::vector<int32_t>& of = counters_of_set_[set];
        return std::find(of.begin(), of.end(), counter) != of.end();
      });
    };
    for (auto* spreads : {&rules.spread, &rules.soft_spread}) {
      for (PodRules::Spread& s : *spreads) s.self = raises(s.counter);
    }
    for (PodRules::Exclusion& e : rules.exclusions) {
      e.self = raises(e.counter);
      if (e.self && out_.counters_[e.counter].topology == Rules::kHost) rules.per_node_most = 1;
    }
    for (PodRules::Preference& p : rules.preferences) p.self = raises(p.counter);
    rules.affinity_self = !rules.affinity.empty() && raises(rules.affinity[0]);
    rules.care = CareFor(rules);
    rules.of_nodes = ReadsNodes(rules);
  }

  bool ReadsNodes(const PodRules& rules) const {
    const auto of_node = [&](int32_t counter) {
      return out_.counters_[counter].topology == Rules::kHost;
    };
    const auto any = [&](const auto& reads) {
      return std::any_of(reads.begin(), reads.end(),
                         [&](const auto& r) { return of_node(r.counter); });
    };
    return any(rules.spread) || any(rules.soft_spread) || any(rules.exclusions) ||
           any(rules.preferences) ||
           std::any_of(rules.affinity.begin(), rules.affinity.end(), of_node);
  }

  PodRules::Care CareFor(const PodRules& rules) const {
    const bool near = std::all_of(rules.exclusions.begin(), rules.exclusions.end(),
                                  [&](const PodRules::Exclusion& e) {
                                    return out_.counters_[e.counter].topology == Rules::kHost;
                                  });
    if (!near || !rules.spread.empty() || !rules.soft_spread.empty() || !rules.affinity.empty() ||
        !rules.preferences.empty()) {
      return PodRules::Care::kEach;
    }
    return rules.exclusions.empty() ? PodRules::Care::kNone : PodRules::Care::kPerNode;
  }

  Rules& out_;
  const std::vector<const PodClass*>& classes_;
  const std::vector<const ClusterView*>& clusters_;
  const Namespaces& namespaces_;

  std::unordered_map<const PodRelations*, int32_t> subject_of_[2];  // [terminating]
  std::vector<const PodRelations*> subjects_;
  std::vector<char> terminating_;
  std::vector<std::vector<int32_t>> sets_of_subject_;

  std::map<PodSet, int32_t> set_numbers_;
  std::vector<const PodSet*> sets_;
  std::vector<std::vector<int32_t>> counters_of_set_;
  std::vector<std::vector<int32_t>> owners_;  // by set kMatched: counters of who excludes its pods
  std::map<std::pair<std::string, std::string>, std::vector<int32_t>> by_label_;
  std::map<std::pair<std::string, int32_t>, std::vector<int32_t>> by_port_;
  std::vector<int32_t> others_;

  std::map<std::string, int32_t> topology_numbers_;
  std::map<std::tuple<int32_t, int32_t, int32_t>, int32_t> counter_numbers_;
  std::map<std::tuple<int32_t, std::vector<std::string>, PodConstraints, bool, bool>, int32_t>
      presence_numbers_;
};

bool Rules::Topology::OfCluster(size_t first, size_t last) const {
  for (size_t p = first; p < last; ++p) {
    if (domain[p] != domain[first]) return false;
  }
  return first < last && domain[first] != kNowhere;
}

Rules::Rules(const std::vector<const PodClass*>& classes,
             const std::vector<const ClusterView*>& clusters, const Namespaces& namespaces) {
  RuleCompiler(*this, classes, clusters, namespaces).Run();
}

}  // namespace stowage::scheduler
