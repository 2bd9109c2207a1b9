#include "scheduler/solvers/lagrangian/repair.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace stowage::scheduler::lagrangian {
namespace {

constexpr int32_t kNobody = -1, kSeveral = -2;
// Where a larger part of all pods leaves or comes, all are placed anew.
constexpr int64_t kPartMost = 5;

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

}  // namespace

void Past::Remember(const Instance& instance) {
  classes.resize(instance.classes().size());
  for (size_t k = 0; k < classes.size(); ++k) classes[k] = *instance.classes()[k];
  domains_asked = DomainsAsked(instance);
  may_leave = WhoMayLeave(instance);
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
  d.counts_only =
      d.same_list && std::all_of(d.changed.begin(), d.changed.end(), [](char c) { return c == 0; });
  return d;
}

Repair::Repair(const Instance& instance, const Rooms& rooms, const Tables& tables,
               const std::vector<double>& prices, const Past& past, const Difference& difference)
    : instance_(instance),
      rooms_(rooms),
      t_(tables),
      prices_(prices),
      past_(past),
      difference_(difference) {}

bool Repair::CountLeaving(const Solution& solution) {
  leaving_.assign(past_.classes.size(), 0);
  std::vector<int64_t> missing(instance_.classes().size(), 0);
  int64_t all = 0, moving = 0;
  for (size_t k = 0; k < missing.size(); ++k) all += missing[k] = instance_.classes()[k]->count;
  for (const Share& s : solution.shares) {
    const int32_t now = difference_.to[s.k];
    if (now < 0) {
      leaving_[s.k] += s.count;
    } else {
      missing[now] -= s.count;
    }
  }
  for (size_t was = 0; was < leaving_.size(); ++was) {
    const int32_t now = difference_.to[was];
    if (now >= 0) leaving_[was] = std::max<int64_t>(0, -missing[now]);
    const bool stays = past_.may_leave[was] == 0 || !past_.classes[was].gang.empty();
    if (leaving_[was] > 0 && stays) return false;
    moving += leaving_[was];
  }
  for (const int64_t m : missing) moving += std::max<int64_t>(0, m);
  return moving <= all / kPartMost;
}

std::vector<Repair::Spot> Repair::FindSpots(const Solution& solution) const {
  std::vector<Spot> spots;
  for (size_t j = 0; j < solution.bins.size(); ++j) {
    const std::vector<NodeGroup>& groups = solution.bins[j].groups();
    for (size_t i = 0; i < groups.size(); ++i) {
      for (const NodeGroup::Load& load : groups[i].loads) {
        if (load.id < 0 || leaving_[load.id] == 0 || groups[i].count == 0) continue;
        double key = 0;
        const int32_t now = difference_.to[load.id];
        const int32_t s = now < 0 ? -1 : rooms_.RoomOf(j, groups[i]);
        if (s >= 0 && instance_.rules().Of(now).care == PodRules::Care::kNone) {
          const auto k = static_cast<size_t>(now), room = static_cast<size_t>(s);
          key = t_.cost[k * t_.rooms + room] + t_.Pays(k, room, prices_);
        }
        spots.push_back({load.id, -key, load.step, static_cast<int32_t>(j), static_cast<int32_t>(i),
                         load.per_node * groups[i].count});
      }
    }
  }
  std::sort(spots.begin(), spots.end(), [](const Spot& a, const Spot& b) {
    return std::tie(a.k, a.key, b.step, a.j, a.group) < std::tie(b.k, b.key, a.step, b.j, b.group);
  });
  return spots;
}

void Repair::Leave(Solution& solution, std::vector<Spot> spots) {
  std::map<std::pair<int32_t, int32_t>, int64_t> gone;  // by past class and cluster
  for (Spot& spot : spots) {
    spot.pods = std::min(spot.pods, leaving_[spot.k]);
    leaving_[spot.k] -= spot.pods;
    if (spot.pods > 0) gone[{spot.k, spot.j}] += spot.pods;
  }
  // Nodes that are given back change the places of others: those are looked for.
  for (const Spot& spot : spots) {
    ClusterBins& bins = solution.bins[spot.j];
    const Amounts& demand =
        past_.classes[spot.k].DemandIn(instance_.clusters()[static_cast<size_t>(spot.j)]->name);
    for (int64_t n = 0; n < spot.pods; ++n) {
      const auto load_of = [&](size_t group) {
        const auto& loads = bins.groups()[group].loads;
        for (size_t i = 0; i < loads.size() && bins.groups()[group].count > 0; ++i) {
          if (loads[i].id == spot.k && loads[i].step == spot.step) return static_cast<int64_t>(i);
        }
        return int64_t{-1};
      };
      auto group = static_cast<size_t>(spot.group);
      int64_t load = group < bins.groups().size() ? load_of(group) : -1;
      for (size_t i = bins.groups().size(); load < 0 && i-- > 0;) {
        if (const int64_t found = load_of(i); found >= 0) group = i, load = found;
      }
      if (load < 0) return;
      bins.Remove(group, static_cast<size_t>(load), demand);
    }
  }
  for (Share& s : solution.shares) {
    const auto it = gone.find({s.k, s.j});
    if (it != gone.end()) s.count -= it->second;
  }
  std::erase_if(solution.shares, [](const Share& s) { return s.count == 0; });
}

void Repair::Renumber(Solution& solution) {
  if (difference_.same_list) return;
  for (ClusterBins& bins : solution.bins) bins.Renumber(difference_.to);
  for (Share& s : solution.shares) s.k = difference_.to[s.k];
  std::sort(solution.shares.begin(), solution.shares.end(),
            [](const Share& a, const Share& b) { return std::tie(a.k, a.j) < std::tie(b.k, b.j); });
}

bool Repair::TakeOver(Solution& solution) {
  if (past_.domains_asked || !CountLeaving(solution)) return false;
  Leave(solution, FindSpots(solution));
  Renumber(solution);
  return true;
}

}  // namespace stowage::scheduler::lagrangian
