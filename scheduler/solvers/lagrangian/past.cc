#include "scheduler/solvers/lagrangian/past.h"

#include <algorithm>
#include <tuple>

namespace stowage::scheduler::lagrangian {
namespace {

constexpr int32_t kNobody = -1, kSeveral = -2;
constexpr int64_t kClustersMost = 4;  // one in so many may be another

bool SameKind(const PodClass& a, const PodClass& b) {
  return a.demand == b.demand && a.demand_in == b.demand_in && a.gang == b.gang &&
         (a.constraints == b.constraints || *a.constraints == *b.constraints) &&
         (a.relations == b.relations || a.Relations() == b.Relations());
}

bool Before(const PodClass& a, const PodClass& b) {
  return std::tie(b.priority, a.key) < std::tie(a.priority, b.key);
}

// Pods that a spread constraint or an affinity term of another class counts must stay: that one's
// pods may have passed because of them.
std::vector<char> WhoMayLeave(const Instance& instance) {
  const Rules& rules = instance.rules();
  const size_t classes = instance.classes().size();
  std::vector<int32_t> reader(rules.counters().size(), kNobody);
  for (size_t k = 0; k < classes; ++k) {
    const auto read = [&](int32_t counter) {
      const bool first = reader[counter] == kNobody || reader[counter] == static_cast<int32_t>(k);
      reader[counter] = first ? static_cast<int32_t>(k) : kSeveral;
    };
    for (const PodRules::Spread& s : rules.Of(k).spread) read(s.counter);
    for (const int32_t counter : rules.Of(k).affinity) read(counter);
  }
  std::vector<char> may(classes, 1);
  for (size_t k = 0; k < classes && !rules.empty(); ++k) {
    const auto& raised = rules.RaisedBy(0, static_cast<int32_t>(k));
    may[k] = std::all_of(raised.begin(), raised.end(), [&](int32_t counter) {
      return reader[counter] == kNobody || reader[counter] == static_cast<int32_t>(k);
    });
  }
  return may;
}

void CompareClusters(const Past& past, const Instance& instance, Difference& d) {
  const std::vector<const ClusterView*>& now = instance.clusters();
  d.was.assign(now.size(), -1);
  d.cluster_changed.assign(now.size(), 1);
  d.clusters_touched = 0;
  size_t found = 0, was = 0;
  for (size_t j = 0; j < now.size(); ++j) {
    while (was < past.clusters.size() && past.clusters[was].name < now[j]->name) ++was;
    const bool there = was < past.clusters.size() && past.clusters[was].name == now[j]->name;
    if (there) d.was[j] = static_cast<int32_t>(was), ++found;
    if (there && past.clusters[was].stamp == instance.StampOf(j)) d.cluster_changed[j] = 0;
    d.clusters_touched += d.cluster_changed[j];
  }
  d.clusters_touched += static_cast<int64_t>(past.clusters.size() - found);
}

}  // namespace

void Past::Remember(const Instance& instance, const Solution& solution) {
  classes.resize(instance.classes().size());
  for (size_t k = 0; k < classes.size(); ++k) classes[k] = *instance.classes()[k];
  domains_asked = DomainsAsked(instance);
  may_leave = WhoMayLeave(instance);
  clusters.clear();
  for (size_t j = 0; j < instance.clusters().size(); ++j) {
    clusters.push_back({instance.clusters()[j]->name, instance.StampOf(j)});
  }
  quotas = instance.quotas();
  gangs = instance.gangs();
  resources = instance.resources().size();
  left.clear();
  for (const PodClass& k : classes) left.push_back(k.count);
  for (const Share& s : solution.shares) left[static_cast<size_t>(s.k)] -= s.count;
}

bool Alike(const Past& past, const Difference& difference, const Instance& instance) {
  const auto clusters = static_cast<int64_t>(std::max(past.clusters.size(), difference.was.size()));
  if (past.domains_asked || difference.clusters_touched > clusters / kClustersMost) return false;
  int64_t all = 0, kept = 0;
  for (const PodClass* k : instance.classes()) all += k->count;
  for (size_t was = 0; was < difference.to.size(); ++was) {
    const int32_t now = difference.to[was];
    if (now < 0) continue;
    kept += std::min(past.classes[was].count, instance.classes()[static_cast<size_t>(now)]->count);
  }
  return all - kept <= all / kPartMost;
}

std::vector<int64_t> LeftBefore(const Past& past, const Difference& difference) {
  std::vector<int64_t> left(difference.changed.size(), 0);
  for (size_t was = 0; was < past.left.size(); ++was) {
    if (difference.to[was] >= 0) left[static_cast<size_t>(difference.to[was])] = past.left[was];
  }
  return left;
}

Difference Compare(const Past& past, const Instance& instance) {
  const std::vector<const PodClass*>& now = instance.classes();
  Difference d;
  d.to.assign(past.classes.size(), -1);
  d.changed.assign(now.size(), 1);
  d.same_list = past.classes.size() == now.size();
  size_t k = 0;
  for (size_t was = 0; was < past.classes.size(); ++was) {
    while (k < now.size() && Before(*now[k], past.classes[was])) ++k;
    const bool there = k < now.size() && !Before(past.classes[was], *now[k]);
    d.same_list = d.same_list && there && k == was;
    if (!there || !SameKind(past.classes[was], *now[k])) continue;
    d.to[was] = static_cast<int32_t>(k);
    d.changed[k] = 0;
  }
  CompareClusters(past, instance, d);
  d.fleet =
      d.clusters_touched > 0 || past.quotas != instance.quotas() || past.gangs != instance.gangs();
  d.counts_only = d.same_list && !d.fleet && past.resources == instance.resources().size() &&
                  std::all_of(d.changed.begin(), d.changed.end(), [](char c) { return c == 0; });
  return d;
}

}  // namespace stowage::scheduler::lagrangian
