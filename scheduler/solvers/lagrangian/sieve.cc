#include "scheduler/solvers/lagrangian/sieve.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "scheduler/placement/filters/peer_filter.h"
#include "scheduler/placement/layout.h"

namespace stowage::scheduler::lagrangian {
namespace {

constexpr int kRounds = 4;

}  // namespace

void Sieve::FindSpots(const Solution& solution) {
  for (size_t j = 0; j < solution.bins.size(); ++j) {
    const std::vector<NodeGroup>& groups = solution.bins[j].groups();
    first_.emplace_back();
    for (size_t i = 0; i < groups.size(); ++i) {
      first_[j].push_back(spots_.size());
      for (const NodeGroup::Load& load : groups[i].loads) {
        if (load.id < 0 || groups[i].count == 0) continue;
        spots_.push_back({load.id, 0, load.step, static_cast<int32_t>(j), static_cast<int32_t>(i),
                          load.per_node * groups[i].count});
      }
    }
    first_[j].push_back(spots_.size());
  }
  leave_.assign(spots_.size(), 0);
  order_.resize(spots_.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
    return std::pair(spots_[a].step, a) < std::pair(spots_[b].step, b);
  });
}

void Sieve::SiftQuotas(const Solution& solution) {
  const QuotaRows& rows = rooms_.quotas();
  for (size_t row = 0; row < rows.size(); ++row) {
    const QuotaRows::Row& of = rows[row];
    std::vector<std::pair<double, size_t>> covered;  // what one pod costs and pays, negative
    Wide over = -Wide{of.room};
    for (size_t i = 0; i < spots_.size(); ++i) {
      const Spot& spot = spots_[i];
      const auto k = static_cast<size_t>(spot.k), j = static_cast<size_t>(spot.j);
      const std::vector<int32_t>& speak = rows.Of(k);
      if (of.in_cluster[j] == 0) continue;
      if (!std::binary_search(speak.begin(), speak.end(), static_cast<int32_t>(row))) continue;
      const int64_t each = AmountOf(instance_.DemandOf(k, j), of.resource);
      if (each == 0 || Stay(i) == 0) continue;
      over += Wide{each} * Stay(i);
      const int32_t s =
          rooms_.RoomOf(j, solution.bins[j].groups()[static_cast<size_t>(spot.group)]);
      const auto room = static_cast<size_t>(s);
      const double pays = s < 0 ? 0 : t_.cost[k * t_.rooms + room] + t_.Pays(k, room, prices_);
      covered.emplace_back(-pays / static_cast<double>(each), i);
    }
    if (over <= 0) continue;
    std::sort(covered.begin(), covered.end());
    for (size_t c = 0; c < covered.size() && over > 0; ++c) {
      const size_t i = covered[c].second;
      const Wide each = AmountOf(
          instance_.DemandOf(static_cast<size_t>(spots_[i].k), static_cast<size_t>(spots_[i].j)),
          of.resource);
      const auto pods = static_cast<int64_t>(std::min<Wide>(Stay(i), (over + each - 1) / each));
      leave_[i] += pods;
      over -= each * pods;
    }
  }
}

// True: some gang left.
bool Sieve::SiftGangs() {
  if (instance_.gangs().empty()) return false;
  struct Found {
    int64_t pods = 0;
    std::set<int32_t> clusters;
  };
  std::map<const Gang*, Found> gangs;
  for (size_t i = 0; i < spots_.size(); ++i) {
    const Gang* gang = instance_.GangOf(static_cast<size_t>(spots_[i].k));
    if (gang == nullptr || Stay(i) == 0) continue;
    Found& found = gangs[gang];
    found.pods += Stay(i);
    found.clusters.insert(spots_[i].j);
  }
  std::set<const Gang*> gone;
  for (auto& [gang, found] : gangs) {
    int64_t pods = found.pods;
    for (const auto& [j, running] : BoundOfGang(instance_, gang->name)) {
      pods += running;
      found.clusters.insert(j);
    }
    const bool scattered = gang->one_cluster && found.clusters.size() > 1;
    if (scattered || pods < gang->min_count) gone.insert(gang);
  }
  for (size_t i = 0; i < spots_.size() && !gone.empty(); ++i) {
    if (gone.contains(instance_.GangOf(static_cast<size_t>(spots_[i].k)))) {
      leave_[i] = spots_[i].pods;
    }
  }
  return !gone.empty();
}

// The nodes as they were before the pods came. Where only some of a load have left, its nodes are
// no longer alike: they count as full.
NodeGroup Sieve::NodesThen(const Spot& spot, const NodeGroup& nodes) const {
  NodeGroup then{.shape = nodes.shape, .pool = nodes.pool, .kind = nodes.kind};
  then.count = nodes.count;
  then.free = nodes.free;
  size_t i = first_[static_cast<size_t>(spot.j)][static_cast<size_t>(spot.group)];
  bool any = false;
  for (const NodeGroup::Load& load : nodes.loads) {
    if (load.id < 0) {
      then.loads.push_back(load);
      continue;
    }
    const size_t of = i++;
    if (load.step >= spot.step || Stay(of) == 0) continue;
    if (leave_[of] > 0) then.count = 0;
    then.loads.push_back(load);
    any = true;
  }
  then.bought = nodes.bought;
  then.open = !nodes.bought || any;
  return then;
}

// How many of the spot's pods pass. Counts of single nodes are made with bound pods alone, so the
// emptiest counts as empty.
int64_t Sieve::Passes(const Spot& spot, const PodState& state, const NodeGroup& nodes) const {
  const PodRules& rules = instance_.rules().Of(static_cast<size_t>(spot.k));
  if (rules.care == PodRules::Care::kNone) return spot.pods;
  const int64_t each = spot.pods / nodes.count;
  const NodeGroup then = NodesThen(spot, nodes);
  if (then.count == 0 && rules.of_nodes) return 0;
  const Site site{static_cast<size_t>(spot.j), then};
  const Allowance allowed = AllowanceAt(rules, state, site);
  if (allowed.none() || allowed.per_node < each) return 0;
  for (const PodRules::Spread& s : rules.spread) {
    const int64_t more = s.self ? each : 0;
    if (state.OnNode(s.counter) && state.Count(s.counter, site) + more > s.max_skew) return 0;
  }
  return std::min(spot.pods, allowed.total);
}

// True: some pods left.
bool Sieve::SiftRules(const Solution& solution) {
  const Rules& rules = instance_.rules();
  if (rules.empty()) return false;
  std::vector<ClusterBins> bases;
  for (size_t j = 0; j < instance_.clusters().size(); ++j) bases.push_back(instance_.Base(j));
  PodState state(rules, instance_.clusters(), bases);
  bool any = false;
  for (const size_t i : order_) {
    const Spot& spot = spots_[i];
    if (Stay(i) == 0) continue;
    const auto k = static_cast<size_t>(spot.k), j = static_cast<size_t>(spot.j);
    const NodeGroup& nodes = solution.bins[j].groups()[static_cast<size_t>(spot.group)];
    const int64_t stay = std::min(Stay(i), Passes(spot, state, nodes));
    any = any || stay < Stay(i);
    leave_[i] = spot.pods - stay;
    if (stay > 0) state.Add(k, j, {nodes.shape, nodes.pool, stay});
  }
  return any;
}

bool Sieve::Sift(Solution& solution) {
  FindSpots(solution);
  SiftQuotas(solution);
  SiftGangs();
  for (int round = 0; round < kRounds; ++round) {
    if (SiftRules(solution) && SiftGangs()) continue;
    std::vector<Spot> leaving;
    for (auto i = order_.rbegin(); i != order_.rend(); ++i) {
      if (leave_[*i] == 0) continue;
      leaving.push_back(spots_[*i]);
      leaving.back().pods = leave_[*i];
    }
    TakeOut(solution, leaving, [this](int32_t k, int32_t j) -> const Amounts& {
      return instance_.DemandOf(static_cast<size_t>(k), static_cast<size_t>(j));
    });
    return true;
  }
  return false;
}

}  // namespace stowage::scheduler::lagrangian
