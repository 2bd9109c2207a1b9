#include "test/scheduler/solvers/enumeration.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "test/scheduler/solvers/label_rules.h"

namespace stowage::scheduler {
namespace {

// A kind of pods: a class, or one entry of a cluster's bound pods.
struct Kind {
  const PodRelations* relations;
  const PodConstraints* constraints;
  bool terminating = false;
};

struct Node {
  size_t cluster;
  int32_t shape = -1, pool = -1;
  const Labels* labels;
  const std::vector<Taint>* taints;
  Amounts free;
  bool exists = true;
  bool bought = false;
  std::vector<uint8_t> pods;  // by kind
};

class Walk {
 public:
  Walk(const Problem& problem, const Placement& bound) : p_(problem) {
    for (const PodClass& k : p_.classes) {
      kinds_.push_back({&k.Relations(), k.constraints.get(), false});
      left_.push_back(k.count);
    }
    std::set<int32_t, std::greater<>> tiers;
    for (const PodClass& k : p_.classes) tiers.insert(k.priority);
    for (const int32_t t : tiers) tier_[t] = tier_.size();
    for (size_t j = 0; j < p_.clusters.size(); ++j) LayOut(j, bound);
    for (Node& n : nodes_) n.pods.resize(kinds_.size(), 0);
    for (const auto& [n, kind, count] : placed_bound_) {
      nodes_[n].pods[kind] = static_cast<uint8_t>(nodes_[n].pods[kind] + count);
    }
  }

  std::optional<Optimum> Run(size_t states_max) {
    states_max_ = states_max;
    Visit();
    return seen_.size() > states_max ? std::nullopt : std::optional<Optimum>(best_);
  }

 private:
  void LayOut(size_t j, const Placement& bound) {
    const ClusterView& c = p_.clusters[j];
    const size_t first_kind = kinds_.size();
    std::vector<int64_t> missing;
    for (const BoundPods& b : c.bound) {
      kinds_.push_back({&b.Relations(), b.constraints.get(), b.terminating});
      missing.push_back(b.count);
    }
    std::vector<int64_t> standing, buyable;
    for (const NodeShape& s : c.shapes) standing.push_back(s.count);
    for (const ElasticPool& pool : c.pools) buyable.push_back(pool.nodes_max);
    for (const ClusterWitness& w : bound.witness) {
      if (w.cluster != c.name) continue;
      for (const PackedNodes& packed : w.nodes) {
        for (int64_t i = 0; i < packed.count; ++i) {
          bool any = false;
          Node node = NodeOf(j, packed.shape, packed.pool);
          for (const PackedNodes::Load& load : packed.loads) {
            if (load.bound < 0) continue;
            any = true;
            missing[load.bound] -= load.per_node;
            for (size_t r = 0; r < c.bound[load.bound].demand.size(); ++r) {
              node.free[r] -= c.bound[load.bound].demand[r] * load.per_node;
            }
            placed_bound_.push_back({nodes_.size(), first_kind + load.bound, load.per_node});
          }
          if (!any) continue;
          --(packed.shape >= 0 ? standing[packed.shape] : buyable[packed.pool]);
          nodes_.push_back(std::move(node));
        }
      }
    }
    for (size_t s = 0; s < standing.size(); ++s) {
      for (int64_t i = 0; i < standing[s]; ++i) {
        nodes_.push_back(NodeOf(j, static_cast<int32_t>(s), -1));
      }
    }
    for (size_t s = 0; s < buyable.size(); ++s) {
      for (int64_t i = 0; i < buyable[s]; ++i) {
        nodes_.push_back(NodeOf(j, -1, static_cast<int32_t>(s)));
        nodes_.back().exists = false;
      }
    }
    for (size_t i = 0; i < missing.size(); ++i) {
      if (missing[i] > 0) unpacked_.push_back({j, first_kind + i, missing[i]});
    }
  }

  Node NodeOf(size_t j, int32_t shape, int32_t pool) const {
    const ClusterView& c = p_.clusters[j];
    Node n{j, shape, pool, nullptr, nullptr, {}, true, false, {}};
    n.labels = shape >= 0 ? &c.shapes[shape].labels : &c.pools[pool].labels;
    n.taints = shape >= 0 ? &c.shapes[shape].taints : &c.pools[pool].taints;
    n.free = shape >= 0 ? c.shapes[shape].free : c.pools[pool].allocatable;
    n.free.resize(p_.resources.size(), 0);
    return n;
  }

  const std::string* Label(const Node& n, const std::string& key) const {
    const auto own = n.labels->find(key);
    if (own != n.labels->end()) return &own->second;
    const Labels& shared = p_.clusters[n.cluster].labels;
    const auto it = shared.find(key);
    if (it != shared.end()) return &it->second;
    return key == "stowage.dev/cluster" ? &p_.clusters[n.cluster].name : nullptr;
  }

  bool SameDomain(const Node& a, const Node& b, const std::string& key) const {
    if (key == "kubernetes.io/hostname") return &a == &b;
    const std::string *x = Label(a, key), *y = Label(b, key);
    return x != nullptr && y != nullptr && *x == *y;
  }

  bool HasKey(const Node& n, const std::string& key) const {
    return key == "kubernetes.io/hostname" || Label(n, key) != nullptr;
  }

  bool TermMatches(const PodAffinityTerm& t, const PodRelations& owner,
                   const PodRelations& pod) const {
    bool ns = t.namespaces.empty() && !t.namespace_selector && pod.ns == owner.ns;
    for (const std::string& name : t.namespaces) ns = ns || name == pod.ns;
    if (t.namespace_selector) {
      const auto it = p_.namespaces.find(pod.ns);
      ns = ns || SelectorMatches(*t.namespace_selector,
                                 it == p_.namespaces.end() ? Labels{} : it->second);
    }
    if (!ns || !SelectorMatches(t.selector, pod.labels)) return false;
    for (const std::string& key : t.match_label_keys) {
      if (!SameValue(key, owner.labels, pod.labels)) return false;
    }
    for (const std::string& key : t.mismatch_label_keys) {
      if (owner.labels.contains(key) && SameValue(key, owner.labels, pod.labels)) return false;
    }
    return true;
  }

  // Calls for every pod that is there, with its node; those on no known node with a node of their
  // cluster if all of its nodes agree on the key.
  template <class Fn>
  void ForPods(const std::string& key, Fn fn) const {
    for (const Node& n : nodes_) {
      for (size_t q = 0; q < kinds_.size(); ++q) {
        if (n.pods[q] > 0) fn(kinds_[q], n, n.pods[q]);
      }
    }
    for (const auto& [j, kind, count] : unpacked_) {
      const Node* any = nullptr;
      bool same = key != "kubernetes.io/hostname";
      for (const Node& n : nodes_) {
        if (n.cluster != j) continue;
        if (any == nullptr) any = &n;
        same = same && SameDomain(n, *any, key);
      }
      if (same && any != nullptr) fn(kinds_[kind], *any, count);
    }
  }

  bool Selects(const PodConstraints& c, const Node& n) const {
    for (const auto& [key, value] : c.node_selector) {
      const std::string* have = Label(n, key);
      if (have == nullptr || *have != value) return false;
    }
    return !c.required || std::any_of(c.required->begin(), c.required->end(), [&](const auto& t) {
      const std::string* have = Label(n, t.labels[0].key);  // of one label each
      return have != nullptr && *have == t.labels[0].values[0];
    });
  }

  static bool ToleratesCordon(const PodConstraints& c, const ClusterView& view) {
    static const Taint cordon{"node.kubernetes.io/unschedulable", "", Taint::Effect::kNoSchedule};
    return !view.unschedulable || Tolerated(c.tolerations, cordon);
  }

  // Regions are the same, or the two ends of the one link there is.
  bool NearEnough(const PodConstraints& c, const ClusterView& view) const {
    return !c.latency_us_max ||
           std::all_of(c.latency_sources.begin(), c.latency_sources.end(), [&](const auto& source) {
             return source.region == view.region || p_.links[0].latency_us <= *c.latency_us_max;
           });
  }

  static bool Tolerates(const PodConstraints& c, const std::vector<Taint>& taints) {
    for (const Taint& t : taints) {
      if (t.effect != Taint::Effect::kPreferNoSchedule && !Tolerated(c.tolerations, t))
        return false;
    }
    return true;
  }

  bool StaticFits(size_t k, const Node& n) const {
    const PodConstraints& c = *p_.classes[k].constraints;
    const ClusterView& view = p_.clusters[n.cluster];
    if (!Selects(c, n) || !Tolerates(c, *n.taints) || !Tolerates(c, view.taints)) return false;
    if (!ToleratesCordon(c, view) || !NearEnough(c, view)) return false;
    const auto has = [&](const std::vector<std::string>& regions) {
      return std::count(regions.begin(), regions.end(), view.region) > 0;
    };
    if (!c.allowed_regions.empty() && !has(c.allowed_regions)) return false;
    if (!c.denied_regions.empty() && (view.region.empty() || has(c.denied_regions))) return false;
    for (const std::vector<NodeSelectorTerm>& volume : c.volumes) {  // of one label each
      const LabelRequirement& r = volume[0].labels[0];
      const std::string* value = Label(n, r.key);
      if (value == nullptr || *value != r.values[0]) return false;
    }
    for (size_t r = 0; r < p_.classes[k].demand.size(); ++r) {
      if (p_.classes[k].demand[r] > n.free[r]) return false;
    }
    return true;
  }

  bool PortsFree(const PodRelations& r, const Node& n) const {
    for (size_t q = 0; q < kinds_.size(); ++q) {
      if (n.pods[q] == 0) continue;
      for (const HostPort& a : r.ports) {
        for (const HostPort& b : kinds_[q].relations->ports) {
          const bool ip = a.ip == b.ip || a.ip == "0.0.0.0" || b.ip == "0.0.0.0";
          if (ip && a.port == b.port && a.protocol == b.protocol) return false;
        }
      }
    }
    return true;
  }

  bool InSpread(const SpreadConstraint& s, const PodRelations& owner, const Kind& pod) const {
    if (pod.terminating || pod.relations->ns != owner.ns) return false;
    if (!SelectorMatches(s.selector, pod.relations->labels)) return false;
    return std::all_of(s.match_label_keys.begin(), s.match_label_keys.end(), [&](const auto& key) {
      return SameValue(key, owner.labels, pod.relations->labels);
    });
  }

  bool SpreadLooksAt(size_t k, const SpreadConstraint& s, const Node& n) const {
    for (const SpreadConstraint& o : p_.classes[k].Relations().spread) {
      if (o.hard == s.hard && !HasKey(n, o.topology_key)) return false;
    }
    const PodConstraints& c = *p_.classes[k].constraints;
    if (s.honor_affinity && !Selects(c, n)) return false;
    return !s.honor_taints ||
           (Tolerates(c, *n.taints) && Tolerates(c, p_.clusters[n.cluster].taints) &&
            ToleratesCordon(c, p_.clusters[n.cluster]));
  }

  bool Spreads(size_t k, const SpreadConstraint& s, const Node& n) const {
    if (!HasKey(n, s.topology_key)) return false;
    const PodRelations& r = p_.classes[k].Relations();
    // One node for each domain that there is.
    std::vector<const Node*> domains;
    std::vector<int64_t> counts;
    for (const Node& other : nodes_) {
      if ((!other.exists && &other != &n) || !SpreadLooksAt(k, s, other)) continue;
      const bool known = std::any_of(domains.begin(), domains.end(), [&](const Node* d) {
        return SameDomain(*d, other, s.topology_key);
      });
      if (!known) domains.push_back(&other);
    }
    counts.assign(domains.size(), 0);
    ForPods(s.topology_key, [&](const Kind& pod, const Node& where, int64_t count) {
      if (!InSpread(s, r, pod) || !SpreadLooksAt(k, s, where)) return;
      for (size_t d = 0; d < domains.size(); ++d) {
        if (SameDomain(*domains[d], where, s.topology_key)) counts[d] += count;
      }
    });
    int64_t least = INT64_MAX, mine = 0;
    for (size_t d = 0; d < domains.size(); ++d) {
      least = std::min(least, counts[d]);
      if (SameDomain(*domains[d], n, s.topology_key)) mine = counts[d];
    }
    if (static_cast<int64_t>(domains.size()) < s.min_domains) least = 0;
    const int64_t self = InSpread(s, r, kinds_[k]) ? 1 : 0;
    return mine + self - least <= s.max_skew;
  }

  bool AntiAffine(size_t k, const Node& n) const {
    const PodRelations& r = p_.classes[k].Relations();
    bool clash = false;
    for (const PodAffinityTerm& t : r.anti_affinity) {
      ForPods(t.topology_key, [&](const Kind& pod, const Node& where, int64_t) {
        clash =
            clash || (SameDomain(where, n, t.topology_key) && TermMatches(t, r, *pod.relations));
      });
    }
    for (size_t q = 0; q < kinds_.size(); ++q) {
      for (const PodAffinityTerm& t : kinds_[q].relations->anti_affinity) {
        if (!TermMatches(t, *kinds_[q].relations, r)) continue;
        ForPods(t.topology_key, [&](const Kind& pod, const Node& where, int64_t) {
          clash = clash || (&pod == &kinds_[q] && SameDomain(where, n, t.topology_key));
        });
      }
    }
    return clash;
  }

  bool Affine(size_t k, const Node& n) const {
    const PodRelations& r = p_.classes[k].Relations();
    const auto in_all = [&](const PodRelations& pod) {
      return std::all_of(r.affinity.begin(), r.affinity.end(),
                         [&](const PodAffinityTerm& t) { return TermMatches(t, r, pod); });
    };
    bool together = true, any = false;
    for (const PodAffinityTerm& t : r.affinity) {
      if (!HasKey(n, t.topology_key)) return false;
      bool here = false;
      ForPods(t.topology_key, [&](const Kind& pod, const Node& where, int64_t) {
        if (!HasKey(where, t.topology_key) || !in_all(*pod.relations)) return;
        any = true;
        here = here || SameDomain(where, n, t.topology_key);
      });
      together = together && here;
    }
    return together || (!any && in_all(r));
  }

  static bool Covers(const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::count(names.begin(), names.end(), name) > 0;
  }

  bool WithinQuotas(size_t k, const Node& n) const {
    for (const Quota& q : p_.quotas) {
      if (!Covers(q.namespaces, kinds_[k].relations->ns)) continue;
      if (!Covers(q.clusters, p_.clusters[n.cluster].name)) continue;
      for (const Quota::Cap& cap : q.caps) {
        const int64_t wanted = AmountOf(p_.classes[k].demand, cap.resource);
        if (wanted > 0 && Used(q, cap.resource) + wanted > cap.most) return false;
      }
    }
    return true;
  }

  int64_t Used(const Quota& q, size_t resource) const {
    int64_t used = 0;
    for (const ClusterView& c : p_.clusters) {
      if (!Covers(q.clusters, c.name)) continue;
      for (const BoundPods& b : c.bound) {
        if (Covers(q.namespaces, b.Relations().ns)) used += AmountOf(b.demand, resource) * b.count;
      }
    }
    for (const Node& n : nodes_) {
      if (!Covers(q.clusters, p_.clusters[n.cluster].name)) continue;
      for (size_t k = 0; k < left_.size(); ++k) {
        if (!Covers(q.namespaces, kinds_[k].relations->ns)) continue;
        used += AmountOf(p_.classes[k].demand, resource) * n.pods[k];
      }
    }
    return used;
  }

  bool GangsAreWhole() const {
    for (const Gang& g : p_.gangs) {
      std::map<size_t, int64_t> in;  // by cluster
      int64_t fresh = 0, all = 0;
      for (size_t j = 0; j < p_.clusters.size(); ++j) {
        for (const BoundPods& b : p_.clusters[j].bound) {
          if (b.gang == g.name && !b.terminating) in[j] += b.count;
        }
      }
      for (const Node& n : nodes_) {
        for (size_t k = 0; k < left_.size(); ++k) {
          if (p_.classes[k].gang != g.name || n.pods[k] == 0) continue;
          in[n.cluster] += n.pods[k];
          fresh += n.pods[k];
        }
      }
      for (const auto& [j, count] : in) all += count;
      if (fresh > 0 && (all < g.min_count || (g.one_cluster && in.size() > 1))) return false;
    }
    return true;
  }

  bool Passes(size_t k, const Node& n) const {
    if (!StaticFits(k, n) || !WithinQuotas(k, n)) return false;
    const PodRelations& r = p_.classes[k].Relations();
    if (!r.ports.empty() && !PortsFree(r, n)) return false;
    for (const SpreadConstraint& s : r.spread) {
      if (s.hard && !Spreads(k, s, n)) return false;
    }
    return Affine(k, n) && !AntiAffine(k, n);
  }

  // The state without the names of nodes that are alike.
  std::string Key() const {
    std::vector<std::string> parts;
    for (const Node& n : nodes_) {
      std::string part{static_cast<char>(n.cluster), static_cast<char>(n.shape),
                       static_cast<char>(n.pool)};
      part.append(n.pods.begin(), n.pods.end());
      parts.push_back(std::move(part));
    }
    std::sort(parts.begin(), parts.end());
    std::string key;
    for (const std::string& part : parts) key += part;
    return key;
  }

  void Visit() {
    if (seen_.size() > states_max_ || !seen_.insert(Key()).second) return;
    Judge();
    for (size_t k = 0; k < p_.classes.size(); ++k) {
      if (left_[k] == 0) continue;
      for (Node& n : nodes_) {
        if (!Passes(k, n)) continue;
        const bool opens = !n.exists;
        Move(k, n, 1);
        if (opens) n.exists = n.bought = true;
        Visit();
        if (opens) n.exists = n.bought = false;
        Move(k, n, -1);
      }
    }
  }

  void Move(size_t k, Node& n, int sign) {
    for (size_t r = 0; r < p_.classes[k].demand.size(); ++r) {
      n.free[r] -= sign * p_.classes[k].demand[r];
    }
    n.pods[k] = static_cast<uint8_t>(n.pods[k] + sign);
    left_[k] -= sign;
  }

  void Judge() {
    if (!GangsAreWhole()) return;
    std::vector<int64_t> placed(tier_.size(), 0);
    for (size_t k = 0; k < left_.size(); ++k) {
      placed[tier_.at(p_.classes[k].priority)] += p_.classes[k].count - left_[k];
    }
    std::map<std::pair<size_t, size_t>, int64_t> charged;
    Money cost;
    for (const Node& n : nodes_) {
      const ClusterView& c = p_.clusters[n.cluster];
      if (n.bought) cost += c.pools[n.pool].node_hour;
      for (size_t k = 0; k < left_.size() && n.pool < 0; ++k) charged[{k, n.cluster}] += n.pods[k];
    }
    for (const auto& [where, count] : charged) {
      const Amounts& demand = p_.classes[where.first].demand;
      for (const ResourcePrice& r : p_.clusters[where.second].charge_back) {
        cost.nano += MulDivCeil(r.price.nano, AmountOf(demand, r.resource), count, r.unit);
      }
    }
    if (best_.placed.empty() || placed > best_.placed ||
        (placed == best_.placed && cost < best_.cost)) {
      best_ = {placed, cost};
    }
  }

  struct BoundAt {
    size_t node, kind;
    int64_t count;
  };
  const Problem& p_;
  std::vector<Kind> kinds_;
  std::vector<Node> nodes_;
  std::vector<BoundAt> placed_bound_, unpacked_;  // of the latter `node` is the cluster
  std::map<int32_t, size_t> tier_;
  std::vector<int64_t> left_;
  std::unordered_set<std::string> seen_;
  size_t states_max_ = 0;
  Optimum best_;
};

}  // namespace

std::optional<Optimum> Enumerate(const Problem& problem, const Placement& bound,
                                 size_t states_max) {
  return Walk(problem, bound).Run(states_max);
}

}  // namespace stowage::scheduler
