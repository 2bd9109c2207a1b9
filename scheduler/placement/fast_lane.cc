#include "scheduler/placement/fast_lane.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "scheduler/placement/filters/peer_filter.h"
#include "scheduler/placement/quota_rows.h"

namespace stowage::scheduler {
namespace {

bool HasPoints(const PodRules& rules) {
  return !rules.preferences.empty() || !rules.soft_spread.empty();
}

}  // namespace

FastLane::FastLane(Instance& instance, const Solution& solution, const ShadowPrices& prices)
    : instance_(instance),
      bins_(solution.bins),
      state_(instance.rules(), instance.clusters(), bins_),
      quotas_(instance),
      room_version_(bins_.size(), 1),
      step_(LastStep(bins_)) {
  ways_.reserve(2 * instance.classes().size());
  ways_.resize(instance.classes().size());
  shares_.resize(instance.classes().size());
  for (const Share& s : solution.shares) {
    quotas_.Use(s.k, s.j, s.count);
    if (shares_[s.k].empty()) shares_[s.k].resize(bins_.size(), 0);
    shares_[s.k][s.j] += s.count;
  }
  for (const ClusterBins& b : bins_) tables_.emplace_back(b, instance.resources().size());
  SetPrices(prices);
}

void FastLane::SetPrices(const ShadowPrices& prices) {
  shift_ = prices.shift;
  quota_prices_ = prices.quotas;
  standing_.assign(bins_.size(), {});
  pools_.assign(bins_.size(), {});
  for (size_t j = 0; j < bins_.size(); ++j) {
    const ClusterView& view = *instance_.clusters()[j];
    pools_[j].resize(view.pools.size());
    const auto it = std::lower_bound(prices.clusters.begin(), prices.clusters.end(), view.name);
    if (it == prices.clusters.end() || *it != view.name) continue;
    const auto place = static_cast<size_t>(it - prices.clusters.begin());
    standing_[j] = prices.standing[place];
    if (prices.pools[place].size() == view.pools.size()) pools_[j] = prices.pools[place];
  }
  for (Ways& w : ways_) w.known = false;
}

Result<int32_t> FastLane::Learn(const PodClass& k) {
  if (const auto known = instance_.PlaceOf(k.key)) return static_cast<int32_t>(*known);
  RETURN_IF_ERROR(
      ValidateClass(k, instance_.resources(), instance_.clusters(), instance_.carbon_per_tonne()));
  const size_t place = instance_.AddLate(k);
  state_.Grow(place);
  quotas_.Grow();
  ways_.emplace_back();
  shares_.emplace_back();
  return static_cast<int32_t>(place);
}

FastLane::Ways& FastLane::WaysOf(size_t k) {
  Ways& of = ways_[k];
  if (of.known) return of;
  of.known = true;
  of.ways.clear();
  const PodRules& rules = instance_.rules().Of(k);
  of.points = HasPoints(rules);
  const int64_t point = instance_.options().preference_point.nano;
  const int64_t liking = MostPeerPreference(rules) * point;
  ShadowPrices prices;
  prices.shift = shift_;
  prices.quotas = quota_prices_;
  for (size_t j = 0; j < bins_.size(); ++j) {
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal) continue;
    const Amounts& demand = instance_.DemandOf(k, j);
    const int64_t fixed = verdict.cluster_cost.nano - verdict.preference * point +
                          QuotaPrice(instance_, prices, k, j).nano;
    const auto add = [&](int32_t pool, int64_t room) {
      of.ways.push_back({static_cast<int32_t>(j), pool, fixed + room, fixed + room - liking});
    };
    add(ClusterBins::kStanding,
        instance_.RoomCost(k, j, ClusterBins::kStanding, 1, Rounding::kUp).nano +
            prices.Of(standing_[j], demand).nano);
    const auto& pools = instance_.clusters()[j]->pools;
    for (size_t p = 0; p < pools.size(); ++p) {
      const int64_t per_node = std::min(rules.per_node_most, PodsPerNode(pools[p], demand));
      if (per_node == 0 || verdict.admission.pools[p] == 0) continue;
      const auto pool = static_cast<int32_t>(p);
      const int64_t node = MulDivCeil(instance_.NodeHour(j, pool).nano, 1, 1, per_node);
      add(pool, instance_.RoomCost(k, j, pool, 1, Rounding::kUp).nano +
                    std::max(node, prices.Of(pools_[j][p], demand).nano));
    }
  }
  std::sort(of.ways.begin(), of.ways.end(), [](const Way& a, const Way& b) {
    return std::tie(a.floor, a.j, a.pool) < std::tie(b.floor, b.j, b.pool);
  });
  return of;
}

// What the rules say of the group; of nodes of one kind only once, where none looks at single ones.
FastLane::Finding FastLane::Ask(size_t k, size_t j, const NodeGroup& g) {
  const Rules& rules = instance_.rules();
  const PodRules& of = rules.Of(k);
  Finding* known = nullptr;
  if (!of.of_nodes) {
    const auto place =
        static_cast<size_t>(rules.KindOf(rules.PlaceOf(j, g)) * 2 + (g.open ? 1 : 0));
    if (place >= findings_.size()) findings_.resize(place + 1);
    known = &findings_[place];
    if (known->stamp == stamp_) return *known;
  }
  const Site site{j, g};
  Allowance allowed = AllowanceAt(of, state_, site);
  Finding finding{stamp_, !allowed.none(), 0};
  if (finding.allowed && HasPoints(of)) finding.points = PeerPreference(of, state_, site, allowed);
  if (known != nullptr) *known = finding;
  return finding;
}

// The best node of those that were looked at.
struct FastLane::NodeSearch {
  const FreeTable& table;
  const Amounts& demand;
  FreeTable::Wants& more;  // of the best node: it has room for less than this
  std::optional<NodeChoice> best = std::nullopt;
  int waste = 0;

  bool Beaten(size_t row, const NodeGroup& g, int64_t points) const {
    if (!best) return false;
    if (points != best->points) return points < best->points;
    const int its_waste = ClusterBins::Waste(g.free, demand);
    return its_waste > waste || (its_waste == waste && table.Has(more, row));
  }
  void Take(size_t row, const NodeGroup& g, const FreeTable::Wants& wants, int64_t points) {
    best = NodeChoice{row, points};
    waste = ClusterBins::Waste(g.free, demand);
    const int64_t room = PodsPerNode(g, demand);
    more.clear();
    for (const auto& [resource, amount] : wants) {
      int64_t product = 0;
      const bool huge = __builtin_mul_overflow(amount, room, &product);
      more.push_back({resource, huge ? std::numeric_limits<int64_t>::max() : product});
    }
  }
};

// Rules are asked last: most nodes are no better than the best so far.
std::optional<FastLane::NodeChoice> FastLane::ChooseNode(size_t k, Way& way, bool points) {
  const auto j = static_cast<size_t>(way.j);
  if (way.full == room_version_[j]) return std::nullopt;
  FreeTable& table = tables_[j];
  const Amounts& demand = instance_.DemandOf(k, j);
  wants_.clear();
  for (size_t r = 0; r < demand.size(); ++r) {
    if (demand[r] > 0) wants_.push_back({r, demand[r]});
  }
  const bool standing = way.pool == ClusterBins::kStanding;
  const PodRules::Care care = instance_.rules().Of(k).care;
  NodeSearch search{table, demand, more_};
  bool fits = false;
  if (!standing || table.MayFit(wants_)) {
    const Admission& admission = instance_.VerdictOf(k, j).admission;
    const std::vector<NodeGroup>& groups = bins_[j].groups();
    ++stamp_;
    for (size_t i = table.Next(wants_, way.pool, 0); i < groups.size();
         i = table.Next(wants_, way.pool, i + 1)) {
      const NodeGroup& g = groups[i];
      if (!points && search.Beaten(i, g, 0)) continue;
      if (!Admits(admission, g)) continue;
      if (!g.devices.empty() && g.devices.Fit(demand) == 0) continue;
      fits = true;
      const Finding finding = care == PodRules::Care::kNone ? Finding{0, true, 0} : Ask(k, j, g);
      if (!finding.allowed || search.Beaten(i, g, finding.points)) continue;
      search.Take(i, g, wants_, finding.points);
    }
    if (!fits && standing) table.Measure();
  }
  // Rules that look beyond the node may allow it when nothing has changed here.
  if (!search.best && (!fits || care != PodRules::Care::kEach)) way.full = room_version_[j];
  return search.best;
}

bool FastLane::Better(const Way& way, int64_t price, Choice& best) const {
  if (best.way == nullptr || price != best.price) return best.way == nullptr || price < best.price;
  const int64_t utilisation = bins_[way.j].UtilisationPpm();
  if (best.utilisation < 0) best.utilisation = bins_[best.way->j].UtilisationPpm();
  return std::tie(utilisation, way.j, way.pool) <
         std::tie(best.utilisation, best.way->j, best.way->pool);
}

std::optional<FastLane::Decision> FastLane::Place(int32_t class_place) {
  const auto k = static_cast<size_t>(class_place);
  if (NeedsSolve(class_place)) return std::nullopt;
  Ways& of = WaysOf(k);
  const int64_t point = instance_.options().preference_point.nano;
  Choice best;
  // Ways come by their floor: no later one can be better once it is dearer than the best.
  for (Way& way : of.ways) {
    if (best.way != nullptr && way.floor > best.price) break;
    if (way.full == room_version_[way.j] || quotas_.Room(k, way.j) == 0) continue;
    if (!of.points && !Better(way, way.price, best)) continue;
    const auto node = ChooseNode(k, way, of.points);
    if (!node) continue;
    const int64_t price = way.price - node->points * point;
    if (Better(way, price, best)) best = {&way, *node, price};
  }
  if (best.way == nullptr) return std::nullopt;
  return Settle(k, best);
}

FastLane::Decision FastLane::Settle(size_t k, const Choice& choice) {
  const auto j = static_cast<size_t>(choice.way->j);
  ClusterBins& bins = bins_[j];
  const NodeGroup& nodes = bins.groups()[choice.node.group];
  Decision decision{.k = static_cast<int32_t>(k),
                    .j = choice.way->j,
                    .landing = {nodes.shape, nodes.pool, 1},
                    .opened = !nodes.open,
                    .step = ++step_,
                    .price = {choice.price}};
  const Packing packing{.id = decision.k,
                        .demand = instance_.DemandOf(k, j),
                        .admission = instance_.VerdictOf(k, j).admission,
                        .step = step_};
  bins.PlaceOn(choice.node.group, packing, 1, 1);
  tables_[j].Update(bins, choice.node.group);
  if (decision.opened) ++room_version_[j];
  state_.Add(k, j, decision.landing);
  quotas_.Use(k, j, 1);
  if (shares_[k].empty()) shares_[k].resize(bins_.size(), 0);
  ++shares_[k][j];
  ++decisions_;
  return decision;
}

std::optional<FastLane::Spot> FastLane::Find(size_t j, int32_t id, int64_t step) const {
  const std::vector<NodeGroup>& groups = bins_[j].groups();
  // The last first: nodes that were bought stand there, and may so be given back.
  for (size_t group = groups.size(); group-- > 0;) {
    if (groups[group].count == 0) continue;
    const std::vector<NodeGroup::Load>& loads = groups[group].loads;
    for (size_t load = loads.size(); load-- > 0;) {
      if (loads[load].id == id && (step < 0 || loads[load].step == step)) return Spot{group, load};
    }
  }
  return std::nullopt;
}

Landing FastLane::TakeAway(size_t j, const Spot& spot, const Amounts& demand) {
  ClusterBins& bins = bins_[j];
  const NodeGroup& g = bins.groups()[spot.group];
  const Landing landing{g.shape, g.pool, 1};
  ++room_version_[j];
  bins.Remove(spot.group, spot.load, demand);
  if (landing.pool >= 0) {
    tables_[j].Refresh(bins);
  } else {
    tables_[j].Update(bins, spot.group);
  }
  return landing;
}

void FastLane::Remove(size_t k, size_t j, const Spot& spot) {
  const Landing landing = TakeAway(j, spot, instance_.DemandOf(k, j));
  const auto& groups = bins_[j].groups();
  const bool open =
      landing.pool < 0 || std::any_of(groups.begin(), groups.end(), [&](const NodeGroup& g) {
        return g.pool == landing.pool && g.open && g.count > 0;
      });
  state_.Undo(k, j, landing, !open);
  quotas_.Use(k, j, -1);
  --shares_[k][j];
}

bool FastLane::Forget(const Decision& decision) {
  const auto spot = Find(decision.j, decision.k, decision.step);
  if (!spot) return false;
  Remove(decision.k, decision.j, *spot);
  --decisions_;
  return true;
}

bool FastLane::Leave(int32_t k, int32_t j) {
  const auto spot = Find(j, k, -1);
  if (spot) Remove(k, j, *spot);
  return spot.has_value();
}

bool FastLane::LeaveBound(size_t bound, int32_t j) {
  if (bins_[j].bound_unpacked > 0) return false;  // it may have been one of those
  const auto spot = Find(j, ~static_cast<int32_t>(bound), -1);
  if (!spot) return false;
  const BoundPods& pods = instance_.clusters()[j]->bound[bound];
  const Landing landing = TakeAway(j, *spot, pods.demand);
  state_.Evict(bound, j, landing);
  quotas_.UseBound(pods, j, -1);
  return true;
}

ClassExplanation FastLane::Explain(int32_t k) const {
  std::vector<int64_t> placed = shares_[k];
  placed.resize(bins_.size(), 0);
  return ExplainClass(instance_, bins_, state_, quotas_, k, placed);
}

Solution FastLane::Snapshot() const {
  Solution out{.bins = bins_};
  std::vector<int64_t> of_class(shares_.size(), 0);
  for (size_t k = 0; k < shares_.size(); ++k) {
    for (size_t j = 0; j < shares_[k].size(); ++j) {
      if (shares_[k][j] == 0) continue;
      out.shares.push_back({static_cast<int32_t>(k), static_cast<int32_t>(j), shares_[k][j]});
      of_class[k] += shares_[k][j];
    }
  }
  for (const Instance::Tier& tier : instance_.tiers()) {
    int64_t placed = 0;
    for (size_t k = tier.begin; k < tier.end; ++k) placed += of_class[k];
    out.placed.push_back(placed);
  }
  out.cost = Bill(instance_, out.shares, out.bins);
  return out;
}

}  // namespace stowage::scheduler
