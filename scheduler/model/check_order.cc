#include "scheduler/model/check_order.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace stowage::scheduler {
namespace {

// Nodes that end with the same pods; in the course of the order they are filled alike.
struct Nodes {
  const ClusterView* cluster;
  size_t place;  // which shape or pool of which cluster
  const Labels* labels;
  const std::vector<Taint>* taints;
  int64_t count;
  bool exist;  // nodes of pools exist once they have a pod
  struct Load {
    const PodRelations* pods;
    bool terminating;
    int64_t per_node;
  };
  std::vector<Load> loads;  // so far
};

// Pods of one load whose turn has come.
struct Turn {
  const PodClass* pods;
  Nodes* nodes;
  int64_t per_node;
  std::string where;
};

// A number of pods by domain, kept while pods arrive.
struct Watch {
  enum class Who { kMatched, kMatchedAlive, kOwners };
  Who who = Who::kMatched;
  std::vector<PodMatcher> all;
  std::string key;
  const PodClass* reader = nullptr;  // of spread constraints, for their policies
  const SpreadConstraint* spread = nullptr;
  std::vector<int32_t>* domain_of = nullptr;  // by place; not for single nodes
  std::vector<int64_t> by_domain{};           // not for single nodes
  int64_t total = 0;

  // Of spread constraints, from the first question on: which places they look at (-1: not asked
  // yet), and how many groups of nodes that exist are in each domain, or nodes have so many pods.
  std::vector<signed char> looks{};
  bool asked = false;
  std::vector<int64_t> exist{};
  std::map<int64_t, int64_t> hosts{};
  int64_t nodes = 0;

  bool on_hosts() const { return key == kTopologyHostname; }
};

Result<void> Refused(const Turn& turn, const std::string& reason) {
  return MakeError(ErrorCode::kInternal, turn.where + ": " + reason);
}

class OrderChecker {
 public:
  OrderChecker(const Problem& problem, const Placement& placement)
      : problem_(problem), placement_(placement) {}

  Result<void> Check() {
    CountPlaces();
    for (const PodClass& k : problem_.classes) OpenWatches(k);
    for (const ClusterView& c : problem_.clusters) {
      for (const BoundPods& b : c.bound) OpenOwners(b.Relations());
    }
    LayOut();
    std::stable_sort(turns_.begin(), turns_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [step, turn] : turns_) {
      RETURN_IF_ERROR(CheckTurn(turn));
      Arrive(*turn.nodes, turn.pods->Relations(), false, turn.per_node);
    }
    return {};
  }

 private:
  struct Reading {  // the watches of one class
    std::vector<Watch*> anti, spread, affinity, owners;
  };

  // ---- what is watched
  // ---------------------------------------------------------------------------

  Watch* Open(Watch watch) {
    watches_.push_back(std::move(watch));
    Watch& w = watches_.back();
    if (w.spread != nullptr) w.looks.assign(places_, -1);
    if (!w.on_hosts()) {
      Domains& domains = DomainsOf(w.key);
      w.domain_of = &domains.of_place;
      w.by_domain.assign(domains.names.size(), 0);
      w.exist.assign(domains.names.size(), 0);
    }
    return &w;
  }

  struct Domains {
    std::map<std::string, int32_t> names;  // with their numbers
    std::vector<int32_t> of_place;         // -1: none
  };

  void CountPlaces() {
    for (const ClusterView& c : problem_.clusters) {
      first_place_[&c] = places_;
      places_ += c.shapes.size() + c.pools.size();
    }
  }

  size_t PlaceOf(const ClusterView& c, int32_t shape, int32_t pool) const {
    return first_place_.at(&c) + (shape >= 0 ? shape : c.shapes.size() + pool);
  }

  // Of all nodes there could be, by the label's values.
  Domains& DomainsOf(const std::string& key) {
    const auto [it, added] = domains_.try_emplace(key);
    Domains& d = it->second;
    if (!added) return d;
    for (const ClusterView& c : problem_.clusters) {
      const auto add = [&](const Labels& labels) {
        const std::string* name = DomainOf(c, labels, key);
        const auto next = static_cast<int32_t>(d.names.size());
        d.of_place.push_back(name == nullptr ? -1 : d.names.try_emplace(*name, next).first->second);
      };
      for (const NodeShape& s : c.shapes) add(s.labels);
      for (const ElasticPool& p : c.pools) add(p.labels);
    }
    return d;
  }

  void OpenOwners(const PodRelations& r) {
    for (const PodAffinityTerm& t : r.anti_affinity) {
      Watch*& watch = owners_[{t.topology_key, MatcherOf(t, r)}];
      if (watch == nullptr) {
        watch = Open({Watch::Who::kOwners, {MatcherOf(t, r)}, t.topology_key});
      }
    }
  }

  void OpenWatches(const PodClass& k) {
    const PodRelations& r = k.Relations();
    classes_.emplace(k.key, &k);
    Reading& reading = readings_[&k];
    OpenOwners(r);
    for (const PodAffinityTerm& t : r.anti_affinity) {
      reading.anti.push_back(Open({Watch::Who::kMatched, {MatcherOf(t, r)}, t.topology_key}));
    }
    std::vector<PodMatcher> all;
    for (const PodAffinityTerm& t : r.affinity) all.push_back(MatcherOf(t, r));
    for (const PodAffinityTerm& t : r.affinity) {
      reading.affinity.push_back(Open({Watch::Who::kMatched, all, t.topology_key}));
    }
    for (const SpreadConstraint& s : r.spread) {
      if (!s.hard) continue;
      reading.spread.push_back(
          Open({Watch::Who::kMatchedAlive, {MatcherOf(s, r)}, s.topology_key, &k, &s}));
    }
  }

  bool Counts(const Watch& w, const PodRelations& pods, bool terminating) const {
    if (w.who == Watch::Who::kOwners) {
      return std::any_of(pods.anti_affinity.begin(), pods.anti_affinity.end(), [&](const auto& t) {
        return t.topology_key == w.key && MatcherOf(t, pods) == w.all[0];
      });
    }
    if (w.who == Watch::Who::kMatchedAlive && terminating) return false;
    return std::all_of(w.all.begin(), w.all.end(),
                       [&](const PodMatcher& m) { return m.Matches(pods, problem_.namespaces); });
  }

  // Those that count such pods; asked of every load, so remembered.
  const std::vector<Watch*>& Counting(const PodRelations& pods, bool terminating) {
    const auto [it, added] = counting_.try_emplace({&pods, terminating});
    if (added) {
      for (Watch& w : watches_) {
        if (Counts(w, pods, terminating)) it->second.push_back(&w);
      }
    }
    return it->second;
  }

  bool Has(const PodRelations& pods, bool terminating, const Watch& w) {
    const std::vector<Watch*>& in = Counting(pods, terminating);
    return std::find(in.begin(), in.end(), &w) != in.end();
  }

  // ---- nodes and pods
  // ----------------------------------------------------------------------------

  void LayOut() {
    std::map<std::string, const ClusterWitness*> witnesses;
    for (const ClusterWitness& w : placement_.witness) witnesses.emplace(w.cluster, &w);
    for (const ClusterView& c : problem_.clusters) {
      const auto it = witnesses.find(c.name);
      LayOutCluster(c, it == witnesses.end() ? nullptr : it->second);
    }
  }

  void LayOutCluster(const ClusterView& c, const ClusterWitness* witness) {
    std::vector<int64_t> empty, missing;
    for (const NodeShape& s : c.shapes) empty.push_back(s.count);
    for (const BoundPods& b : c.bound) missing.push_back(b.count);
    if (witness != nullptr) {
      for (const PackedNodes& packed : witness->nodes) {
        if (packed.shape >= 0) empty[packed.shape] -= packed.count;
        AddNodes(c, packed, missing);
      }
    }
    for (size_t i = 0; i < c.shapes.size(); ++i) {
      const NodeShape& s = c.shapes[i];
      if (empty[i] <= 0) continue;
      const size_t place = PlaceOf(c, static_cast<int32_t>(i), -1);
      nodes_.push_back({&c, place, &s.labels, &s.taints, empty[i], true, {}});
    }
    const bool one = c.pools.empty() && c.shapes.size() == 1 && c.shapes[0].count == 1;
    for (size_t i = 0; i < c.bound.size(); ++i) {
      const BoundPods& b = c.bound[i];
      if (missing[i] <= 0) continue;
      if (one) {  // where else
        Arrive(nodes_.back(), b.Relations(), b.terminating, missing[i]);
      } else {
        ArriveSomewhere(c, b, missing[i]);
      }
    }
  }

  void AddNodes(const ClusterView& c, const PackedNodes& packed, std::vector<int64_t>& missing) {
    const bool shape = packed.shape >= 0;
    const Labels& labels = shape ? c.shapes[packed.shape].labels : c.pools[packed.pool].labels;
    const auto& taints = shape ? c.shapes[packed.shape].taints : c.pools[packed.pool].taints;
    const size_t place = PlaceOf(c, packed.shape, packed.pool);
    nodes_.push_back({&c, place, &labels, &taints, packed.count, shape, {}});
    Nodes& nodes = nodes_.back();
    for (const PackedNodes::Load& load : packed.loads) {
      if (load.bound >= 0) {
        const BoundPods& b = c.bound[load.bound];
        missing[load.bound] -= load.per_node * packed.count;
        Arrive(nodes, b.Relations(), b.terminating, load.per_node);
        continue;
      }
      const PodClass* k = classes_.at(load.key);
      turns_.push_back(
          {load.step, {k, &nodes, load.per_node, c.name + ": " + k->key + " in its turn"}});
    }
  }

  void Arrive(Nodes& nodes, const PodRelations& pods, bool terminating, int64_t per_node) {
    if (!nodes.exist) Appear(nodes);
    for (Watch* w : Counting(pods, terminating)) {
      if (w->spread != nullptr && !LooksAt(*w, nodes)) continue;
      if (!w->on_hosts()) {
        const int32_t domain = (*w->domain_of)[nodes.place];
        if (domain < 0) continue;
        w->by_domain[domain] += per_node * nodes.count;
      } else if (w->asked) {
        const int64_t before = Count(*w, nodes);
        AddHosts(*w, before, -nodes.count);
        AddHosts(*w, before + per_node, nodes.count);
      }
      w->total += per_node * nodes.count;
    }
    nodes.loads.push_back({&pods, terminating, per_node});
  }

  // Nodes of a pool are there from now on.
  void Appear(Nodes& nodes) {
    nodes.exist = true;
    for (Watch& w : watches_) {
      if (w.asked && LooksAt(w, nodes)) AddNodesTo(w, nodes);
    }
  }

  static void AddHosts(Watch& w, int64_t pods, int64_t nodes) {
    int64_t& hosts = w.hosts[pods];
    hosts += nodes;
    if (hosts == 0) w.hosts.erase(pods);
  }

  void AddNodesTo(Watch& w, const Nodes& nodes) {
    w.nodes += nodes.count;
    if (w.on_hosts()) return AddHosts(w, Count(w, nodes), nodes.count);
    const int32_t domain = (*w.domain_of)[nodes.place];
    if (domain >= 0) ++w.exist[domain];
  }

  // Bound pods without a node of the witness are in the domains that all nodes of the cluster
  // share.
  void ArriveSomewhere(const ClusterView& c, const BoundPods& pods, int64_t count) {
    std::vector<const Labels*> all;
    for (const NodeShape& s : c.shapes) all.push_back(&s.labels);
    for (const ElasticPool& p : c.pools) all.push_back(&p.labels);
    if (all.empty()) return;
    for (Watch* w : Counting(pods.Relations(), pods.terminating)) {
      if (w->on_hosts()) continue;
      const std::string* domain = DomainOf(c, *all[0], w->key);
      const bool shared = domain != nullptr && std::all_of(all.begin(), all.end(), [&](auto* l) {
                            const std::string* other = DomainOf(c, *l, w->key);
                            return other != nullptr && *other == *domain;
                          });
      if (!shared) continue;
      const auto& taints = c.shapes.empty() ? c.pools[0].taints : c.shapes[0].taints;
      const size_t place = first_place_.at(&c);
      if (w->spread != nullptr && !LooksAt(*w, {&c, place, all[0], &taints, 1, true, {}})) continue;
      w->by_domain[(*w->domain_of)[place]] += count;
      w->total += count;
    }
  }

  // The spread constraint looks at these nodes.
  static bool LooksAt(Watch& w, const Nodes& nodes) {
    signed char& looks = w.looks[nodes.place];
    if (looks < 0) looks = OnNodes(w, nodes) ? 1 : 0;
    return looks != 0;
  }

  static bool OnNodes(const Watch& w, const Nodes& nodes) {
    for (const SpreadConstraint& s : w.reader->Relations().spread) {
      if (s.hard != w.spread->hard || s.topology_key == kTopologyHostname) continue;
      if (DomainOf(*nodes.cluster, *nodes.labels, s.topology_key) == nullptr) return false;
    }
    const PodConstraints& c = *w.reader->constraints;
    if (w.spread->honor_affinity && !Chooses(c, nodes)) return false;
    if (!w.spread->honor_taints) return true;
    static const Taint cordon{"node.kubernetes.io/unschedulable", "", Taint::Effect::kNoSchedule};
    return FindUntolerated(c.tolerations, *nodes.taints) == nullptr &&
           FindUntolerated(c.tolerations, nodes.cluster->taints) == nullptr &&
           (!nodes.cluster->unschedulable || Tolerated(c.tolerations, cordon));
  }

  static bool Chooses(const PodConstraints& c, const Nodes& nodes) {
    const LabelView labels{&nodes.cluster->labels, nodes.labels};
    for (const auto& [key, value] : c.node_selector) {
      const std::string* have = labels.Find(key);
      if (have == nullptr || *have != value) return false;
    }
    return !c.required || std::any_of(c.required->begin(), c.required->end(), [&](const auto& t) {
      return t.Matches(labels, nodes.cluster->name);
    });
  }

  // ---- the filters
  // -------------------------------------------------------------------------------

  // Pods of the watch in the domain of the nodes (on one of them); -1: they are in none.
  int64_t Count(const Watch& w, const Nodes& nodes) {
    if (!w.on_hosts()) {
      const int32_t domain = (*w.domain_of)[nodes.place];
      return domain < 0 ? -1 : w.by_domain[domain];
    }
    int64_t sum = 0;
    for (const Nodes::Load& load : nodes.loads) {
      if (Has(*load.pods, load.terminating, w)) sum += load.per_node;
    }
    return sum;
  }

  // The least of the domains that are there, the candidate's among them.
  int64_t Least(Watch& w, const Nodes& candidate) {
    if (!std::exchange(w.asked, true)) {
      for (const Nodes& n : nodes_) {
        if (n.exist && LooksAt(w, n)) AddNodesTo(w, n);
      }
    }
    const bool more = !candidate.exist && LooksAt(w, candidate);
    int64_t known = 0, least = std::numeric_limits<int64_t>::max();
    if (w.on_hosts()) {
      known = w.nodes + (more ? 1 : 0);
      if (!w.hosts.empty()) least = w.hosts.begin()->first;
      if (more) least = std::min(least, Count(w, candidate));
    } else {
      const int32_t own = more ? (*w.domain_of)[candidate.place] : -1;
      for (size_t d = 0; d < w.exist.size(); ++d) {
        if (w.exist[d] == 0 && static_cast<int32_t>(d) != own) continue;
        ++known;
        least = std::min(least, w.by_domain[d]);
      }
    }
    return known < w.spread->min_domains ? 0 : least;
  }

  Result<void> CheckTurn(const Turn& turn) {
    RETURN_IF_ERROR(CheckPorts(turn));
    Reading& reading = readings_.at(turn.pods);
    for (Watch* w : reading.spread) RETURN_IF_ERROR(CheckSpread(turn, *w));
    RETURN_IF_ERROR(CheckAffinity(turn, reading.affinity));
    for (Watch* w : reading.anti) {
      if (!Apart(turn, *w)) return Refused(turn, "didn't match pod anti-affinity rules");
    }
    for (Watch* watch : OwnersThatMind(turn.pods->Relations())) {
      if (!Apart(turn, *watch)) {
        return Refused(turn, "didn't satisfy existing pods anti-affinity rules");
      }
    }
    return {};
  }

  static Result<void> CheckPorts(const Turn& turn) {
    const std::vector<HostPort>& ports = turn.pods->Relations().ports;
    if (!ports.empty() && turn.per_node > 1) return Refused(turn, "a host port is taken twice");
    for (const Nodes::Load& load : turn.nodes->loads) {
      for (const HostPort& p : ports) {
        for (const HostPort& q : load.pods->ports) {
          if (p.Conflicts(q)) return Refused(turn, "a host port is taken twice");
        }
      }
    }
    return {};
  }

  // Those whose anti-affinity is about such pods; asked of every turn, so remembered.
  const std::vector<Watch*>& OwnersThatMind(const PodRelations& pods) {
    const auto [it, added] = minded_.try_emplace(&pods);
    if (added) {
      for (auto& [term, watch] : owners_) {
        if (term.second.Matches(pods, problem_.namespaces)) it->second.push_back(watch);
      }
    }
    return it->second;
  }

  // How many pods of the turn come to one domain of the watch.
  static int64_t Together(const Turn& turn, const Watch& w) {
    return w.on_hosts() ? turn.per_node : turn.per_node * turn.nodes->count;
  }

  Result<void> CheckSpread(const Turn& turn, Watch& w) {
    const int64_t count = Count(w, *turn.nodes);
    if (count < 0) return Refused(turn, "topology spread: missing required label");
    const bool self = Has(turn.pods->Relations(), false, w);
    const int64_t end = count + (self ? Together(turn, w) : 0);
    if (end - Least(w, *turn.nodes) <= w.spread->max_skew) return {};
    return Refused(turn, "didn't match pod topology spread constraints");
  }

  Result<void> CheckAffinity(const Turn& turn, const std::vector<Watch*>& watches) {
    bool together = true, any = false, self = true;
    for (Watch* w : watches) {
      const int64_t count = Count(*w, *turn.nodes);
      if (count < 0) return Refused(turn, "didn't match pod affinity rules");
      together = together && count > 0;
      any = any || w->total > 0;
      self = self && Has(turn.pods->Relations(), false, *w);
    }
    if (together) return {};
    const bool first = !any && self && turn.per_node * turn.nodes->count == 1;
    return first ? Result<void>() : Refused(turn, "didn't match pod affinity rules");
  }

  bool Apart(const Turn& turn, const Watch& w) {
    const int64_t count = Count(w, *turn.nodes);
    if (count < 0) return true;
    return count == 0 && (!Has(turn.pods->Relations(), false, w) || Together(turn, w) == 1);
  }

  const Problem& problem_;
  const Placement& placement_;
  size_t places_ = 0;
  std::map<const ClusterView*, size_t> first_place_;
  std::map<std::string, Domains> domains_;  // by topology key
  std::deque<Watch> watches_;
  std::map<std::pair<std::string, PodMatcher>, Watch*> owners_;
  std::map<std::string, const PodClass*> classes_;
  std::map<const PodRelations*, std::vector<Watch*>> minded_;
  std::map<const PodClass*, Reading> readings_;
  std::map<std::pair<const PodRelations*, bool>, std::vector<Watch*>> counting_;
  std::deque<Nodes> nodes_;
  std::vector<std::pair<int64_t, Turn>> turns_;
};

}  // namespace

Result<void> CheckBindOrder(const Problem& problem, const Placement& placement) {
  return OrderChecker(problem, placement).Check();
}

}  // namespace stowage::scheduler
