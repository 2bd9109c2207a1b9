#include "scheduler/placement/pod_state.h"

#include <algorithm>
#include <limits>

namespace stowage::scheduler {
namespace {

constexpr int64_t kNoDomain = std::numeric_limits<int64_t>::max();

bool OneNode(const ClusterView& view) {
  return view.pools.empty() && view.shapes.size() == 1 && view.shapes[0].count == 1;
}

}  // namespace

PodState::PodState(const Rules& rules, const std::vector<const ClusterView*>& clusters,
                   const std::vector<ClusterBins>& bins)
    : rules_(rules), clusters_(clusters), bins_(bins) {
  if (!rules.empty()) Count(AddCounters());
}

void PodState::Grow(size_t k) {
  if (rules_.empty()) return;
  const size_t first = AddCounters();
  const std::vector<int32_t>& own = rules_.RaisedBy(0, static_cast<int32_t>(k));
  for (size_t c = first; c < counts_.size(); ++c) {
    const bool raises = std::binary_search(own.begin(), own.end(), static_cast<int32_t>(c));
    if (rules_.UsersOf(static_cast<int32_t>(c)) > (raises ? 1 : 0)) return Count(first);
  }
}

// Of counters and presences that are new to us; returns the first of the counters, all at 0.
size_t PodState::AddCounters() {
  const size_t first = counts_.size(), counters = rules_.counters().size();
  totals_.resize(counters, 0);
  host_lowest_.resize(counters);
  fleet_lowest_.resize(counters);
  domain_lowest_.resize(counters, {0, -1});
  for (size_t c = first; c < counters; ++c) {
    const Rules::Counter& of = rules_.counters()[c];
    counts_.emplace_back(of.topology == Rules::kHost ? 0 : rules_.topology(of.topology).domains, 0);
    if (of.topology == Rules::kHost && of.presence >= 0) {
      host_spread_.push_back(static_cast<int32_t>(c));
    }
  }
  if (shown_.empty()) {
    shown_.assign(rules_.places(), 0);
    for (size_t j = 0; j < bins_.size(); ++j) {
      for (const NodeGroup& g : bins_[j].groups()) {
        if (g.open && g.count > 0) shown_[rules_.PlaceOf(j, g)] = 1;
      }
    }
  }
  for (size_t p = present_.size(); p < rules_.presences().size(); ++p) {
    const Rules::Presence& presence = rules_.presences()[p];
    if (presence.topology == Rules::kHost) {
      present_.emplace_back();
      continue;
    }
    const Rules::Topology& topology = rules_.topology(presence.topology);
    std::vector<int32_t>& of = present_.emplace_back(topology.domains, 0);
    for (size_t place = 0; place < shown_.size(); ++place) {
      if (shown_[place] == 0 || presence.places[place] == 0) continue;
      if (topology.domain[place] != Rules::kNowhere) ++of[topology.domain[place]];
    }
  }
  return first;
}

// The pods that are there, by the counters from `from` on.
void PodState::Count(size_t from) {
  for (size_t j = 0; j < bins_.size(); ++j) {
    for (const NodeGroup& g : bins_[j].groups()) {
      if (!g.open || g.count == 0) continue;
      const size_t place = rules_.PlaceOf(j, g);
      for (const NodeGroup::Load& load : g.loads) {
        Raise(rules_.RaisedBy(j, load.id), j, place, load.per_node * g.count, from);
      }
    }
    CountUnpacked(j, from);
  }
}

// Bound pods without a node of ours: they are somewhere in the cluster, and so in the domains that
// are the same for all of its nodes.
void PodState::CountUnpacked(size_t j, size_t from) {
  const ClusterView& view = *clusters_[j];
  if (bins_[j].bound_unpacked == 0) return;
  std::vector<int64_t> missing(view.bound.size());
  for (size_t i = 0; i < view.bound.size(); ++i) missing[i] = view.bound[i].count;
  for (const NodeGroup& g : bins_[j].groups()) {
    for (const NodeGroup::Load& load : g.loads) {
      if (load.id < 0) missing[~load.id] -= load.per_node * g.count;
    }
  }
  const size_t first = rules_.FirstPlace(j), last = rules_.FirstPlace(j + 1);
  const bool one = OneNode(view);
  if (one) crowds_.resize(bins_.size());
  if (one) crowds_[j] = missing;
  for (size_t i = 0; i < missing.size(); ++i) {
    if (missing[i] <= 0) continue;
    for (const int32_t c : rules_.RaisedBy(j, ~static_cast<int32_t>(i))) {
      const int32_t t = rules_.counters()[c].topology;
      if (t == Rules::kHost ? !one : !rules_.topology(t).OfCluster(first, last)) continue;
      Raise({c}, j, first, missing[i], from);
    }
  }
}

size_t PodState::PlaceOf(size_t j, const Landing& landing) const {
  NodeGroup where;
  where.shape = landing.shape;
  where.pool = landing.pool;
  return rules_.PlaceOf(j, where);
}

void PodState::Add(size_t k, size_t j, const Landing& landing) {
  if (rules_.empty() || landing.pods == 0) return;
  ++version_;
  const size_t place = PlaceOf(j, landing);
  Show(place, true);
  if (landing.pool >= 0) NodesChanged(j);
  Raise(rules_.RaisedBy(j, static_cast<int32_t>(k)), j, place, landing.pods);
}

void PodState::Undo(size_t k, size_t j, const Landing& landing, bool closed) {
  if (rules_.empty() || landing.pods == 0) return;
  ++version_;
  const size_t place = PlaceOf(j, landing);
  Raise(rules_.RaisedBy(j, static_cast<int32_t>(k)), j, place, -landing.pods);
  if (landing.pool >= 0) NodesChanged(j);
  if (closed) Show(place, false);
}

void PodState::Evict(size_t bound, size_t j, const Landing& landing) {
  if (rules_.empty()) return;
  ++version_;
  Raise(rules_.RaisedBy(j, ~static_cast<int32_t>(bound)), j, PlaceOf(j, landing), -landing.pods);
}

void PodState::Raise(const std::vector<int32_t>& counters, size_t j, size_t place, int64_t pods,
                     size_t from) {
  for (const int32_t c : counters) {
    if (static_cast<size_t>(c) < from) continue;
    const Rules::Counter& counter = rules_.counters()[c];
    if (counter.presence >= 0 && rules_.presences()[counter.presence].places[place] == 0) continue;
    if (counter.topology != Rules::kHost) {
      const int32_t domain = rules_.topology(counter.topology).domain[place];
      if (domain == Rules::kNowhere) continue;
      counts_[c][domain] += pods;
      domain_lowest_[c].domains = -1;
    } else if (counter.presence >= 0) {
      ForgetHosts(c, j);
    }
    totals_[c] += pods;
  }
}

void PodState::ForgetHosts(int32_t counter, size_t j) {
  if (!host_lowest_[counter].empty()) host_lowest_[counter][j].known = false;
  fleet_lowest_[counter].known = false;
}

// Nodes of a pool may have been opened, or given back.
void PodState::NodesChanged(size_t j) {
  for (const int32_t c : host_spread_) ForgetHosts(c, j);
}

// Nodes of the place exist from now on, or do not any more.
void PodState::Show(size_t place, bool exist) {
  if ((shown_[place] != 0) == exist) return;
  shown_[place] = exist ? 1 : 0;
  for (size_t p = 0; p < present_.size(); ++p) {
    const Rules::Presence& presence = rules_.presences()[p];
    if (presence.topology == Rules::kHost || presence.places[place] == 0) continue;
    const int32_t domain = rules_.topology(presence.topology).domain[place];
    if (domain == Rules::kNowhere) continue;
    present_[p][domain] += exist ? 1 : -1;
    for (Lowest& lowest : domain_lowest_) lowest.domains = -1;
  }
}

int64_t PodState::OnOne(int32_t counter, size_t j, const NodeGroup& nodes) const {
  constexpr size_t kFew = 8;
  const std::vector<int32_t>& raisers = rules_.RaisersOf(counter);
  const auto raises = [&](int32_t load) {
    if (raisers.size() <= kFew) {  // mostly the pods of one owner
      const int32_t subject = rules_.SubjectOf(j, load);
      return std::find(raisers.begin(), raisers.end(), subject) != raisers.end();
    }
    const std::vector<int32_t>& raised = rules_.RaisedBy(j, load);
    return std::binary_search(raised.begin(), raised.end(), counter);
  };
  int64_t pods = 0;
  for (const NodeGroup::Load& load : nodes.loads) {
    if (raises(load.id)) pods += load.per_node;
  }
  if (crowds_.empty()) return pods;
  for (size_t i = 0; i < crowds_[j].size(); ++i) {
    if (raises(~static_cast<int32_t>(i))) pods += crowds_[j][i];
  }
  return pods;
}

int64_t PodState::Count(int32_t counter, const Site& site) const {
  const Rules::Counter& c = rules_.counters()[counter];
  const size_t place = rules_.PlaceOf(site.j, site.nodes);
  if (c.topology == Rules::kHost) {
    const bool counts = c.presence < 0 || rules_.presences()[c.presence].places[place] != 0;
    return counts ? OnOne(counter, site.j, site.nodes) : 0;
  }
  const int32_t domain = rules_.topology(c.topology).domain[place];
  return domain == Rules::kNowhere ? -1 : counts_[counter][domain];
}

PodState::Lowest PodState::LowestOfDomains(int32_t counter) const {
  Lowest& known = domain_lowest_[counter];
  if (known.domains >= 0) return known;
  known = {kNoDomain, 0};
  const std::vector<int32_t>& present = present_[rules_.counters()[counter].presence];
  for (size_t d = 0; d < present.size(); ++d) {
    if (present[d] == 0) continue;
    ++known.domains;
    known.least = std::min(known.least, counts_[counter][d]);
  }
  return known;
}

const PodState::HostLowest& PodState::HostsOf(int32_t counter, size_t j) const {
  std::vector<HostLowest>& of = host_lowest_[counter];
  if (of.empty()) of.resize(bins_.size());
  HostLowest& known = of[j];
  if (known.known) return known;
  known = {true, {kNoDomain, 0}};
  const Rules::Presence& presence = rules_.presences()[rules_.counters()[counter].presence];
  for (const NodeGroup& g : bins_[j].groups()) {
    if (!g.open || g.count == 0 || presence.places[rules_.PlaceOf(j, g)] == 0) continue;
    known.lowest.domains += g.count;
    known.lowest.least = std::min(known.lowest.least, OnOne(counter, j, g));
  }
  return known;
}

PodState::Lowest PodState::LowestOfHosts(int32_t counter) const {
  HostLowest& fleet = fleet_lowest_[counter];
  if (fleet.known) return fleet.lowest;
  fleet = {true, {kNoDomain, 0}};
  for (size_t j = 0; j < bins_.size(); ++j) {
    const HostLowest& of = HostsOf(counter, j);
    fleet.lowest.domains += of.lowest.domains;
    fleet.lowest.least = std::min(fleet.lowest.least, of.lowest.least);
  }
  return fleet.lowest;
}

int64_t PodState::Least(const PodRules::Spread& spread, const Site& site) const {
  const Rules::Counter& c = rules_.counters()[spread.counter];
  const size_t place = rules_.PlaceOf(site.j, site.nodes);
  const bool counts = rules_.presences()[c.presence].places[place] != 0;
  if (c.topology == Rules::kHost) {
    if (!site.nodes.open && counts) return 0;
  } else {
    const int32_t domain = rules_.topology(c.topology).domain[place];
    const bool fresh = domain != Rules::kNowhere && present_[c.presence][domain] == 0;
    if (fresh && counts) return 0;
  }
  const Lowest lowest =
      c.topology == Rules::kHost ? LowestOfHosts(spread.counter) : LowestOfDomains(spread.counter);
  return lowest.domains < spread.min_domains ? 0 : lowest.least;
}

}  // namespace stowage::scheduler
