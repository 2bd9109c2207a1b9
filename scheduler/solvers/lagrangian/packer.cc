#include "scheduler/solvers/lagrangian/packer.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "scheduler/placement/filters/peer_filter.h"

namespace stowage::scheduler::lagrangian {
namespace {

bool OneByOne(const PodRules& rules) { return rules.care == PodRules::Care::kEach; }

// Leaves a node with as much of every resource, for what is left of the `scarce` one, as pods that
// are still to come ask for.
class Balanced : public NodeLimit {
 public:
  Balanced(const double* demand, const double* rest, size_t resources, size_t scarce)
      : demand_(demand), rest_(rest), resources_(resources), scarce_(scarce) {}

  int64_t Of(const NodeGroup& nodes) const override {
    double pods = static_cast<double>(kMaxPods);
    const auto free = static_cast<double>(AmountOf(nodes.free, scarce_));
    for (size_t r = 0; r < resources_; ++r) {
      const double ratio = rest_[r] / rest_[scarce_];
      const double spends = demand_[r] - ratio * demand_[scarce_];
      if (r == scarce_ || spends <= 0) continue;
      const double spare = static_cast<double>(AmountOf(nodes.free, r)) - ratio * free;
      pods = std::min(pods, spare / spends);
    }
    return pods > 0 ? static_cast<int64_t>(pods) : 0;
  }

 private:
  const double* demand_;
  const double* rest_;
  const size_t resources_, scarce_;
};

}  // namespace

Packer::Packer(const Instance& instance, const Rooms& rooms, const Tables& tables,
               const std::vector<double>& prices, bool by_tier, Layout& layout)
    : instance_(instance),
      rooms_(rooms),
      t_(tables),
      prices_(prices),
      by_tier_(by_tier),
      layout_(layout),
      reduced_(tables),
      spare_(instance.clusters().size()) {
  reduced_.SetPrices(prices);
  mean_room_.assign(t_.resources, 0);
  for (size_t s = 0; s < t_.rooms; ++s) {
    for (size_t r = 0; r < t_.resources; ++r) mean_room_[r] += t_.capacity[s * t_.resources + r];
  }
  FindGangs();
}

bool Packer::OutsidePlan(size_t k) const {
  return gang_of_[k] >= 0 || OneByOne(instance_.rules().Of(k));
}

void Packer::Begin() {
  phase_ = Phase::kRelated;
  tier_ = 0;
  started_ = false;
  needs_plan_ = true;
}

void Packer::SetPlan(std::vector<RoomShare> plan) {
  plan_ = std::move(plan);
  needs_plan_ = false;
  open_.assign(t_.rooms, 0);
  std::vector<double> load(t_.rooms * t_.resources, 0);
  for (const RoomShare& p : plan_) {
    const auto s = static_cast<size_t>(p.s);
    if (!t_.Pool(s)) continue;
    for (size_t r = 0; r < t_.resources; ++r) {
      const size_t at = s * t_.resources + r;
      load[at] += p.pods * t_.Demand(static_cast<size_t>(p.k), s)[r];
      if (t_.capacity[at] <= 0) continue;
      const double nodes = load[at] / t_.capacity[at] * t_.nodes[s];
      open_[s] = std::max(open_[s], static_cast<int64_t>(nodes) + 1);
    }
  }
}

double Packer::SizeOf(size_t k) const {
  double size = 0;
  for (size_t r = 0; r < t_.resources; ++r) {
    if (mean_room_[r] > 0) size = std::max(size, t_.Demand(k, 0)[r] / mean_room_[r]);
  }
  return size;
}

void Packer::StartTier() {
  Instance::Tier tier = instance_.tiers()[tier_];
  if (!by_tier_) tier = {0, 0, instance_.classes().size(), 0};
  entries_.clear();
  next_ = 0;
  if (phase_ == Phase::kRelated) {
    for (size_t k = tier.begin; k < tier.end; ++k) {
      if (OutsidePlan(k)) AddRelated(k);
    }
  } else if (phase_ == Phase::kPlanned) {
    for (const RoomShare& p : plan_) {
      const auto k = static_cast<size_t>(p.k);
      if (k < tier.begin || k >= tier.end || OutsidePlan(k)) continue;
      const bool picky = instance_.rules().Of(k).care != PodRules::Care::kNone;
      auto pods = static_cast<int64_t>(p.pods);
      const int64_t nodes = open_[static_cast<size_t>(p.s)];
      // The nodes of a pool are filled alike, so that all their resources are used up together;
      // what is left over comes after.
      if (nodes > 1 && !picky && pods >= nodes) {
        entries_.push_back({p.s, -1 - SizeOf(k), p.k, p.s, pods - pods % nodes, pods / nodes});
        pods %= nodes;
      }
      entries_.push_back({picky ? -1 : p.s, -SizeOf(k), p.k, p.s, pods, 0});
    }
  } else {
    for (size_t k = tier.begin; k < tier.end; ++k) {
      if (layout_.left(k) == 0 || (Waits(k) && gangs_[gang_of_[k]].classes[0] != k)) continue;
      entries_.push_back({0, -SizeOf(k), static_cast<int32_t>(k), 0, 0, 0});
    }
  }
  std::sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
    return std::tie(a.group, a.key, a.k, a.s) < std::tie(b.group, b.key, b.k, b.s);
  });
  SumUpRest();
}

// Gangs before all others; a gang comes with the first of its classes.
void Packer::AddRelated(size_t k) {
  double size = SizeOf(k);
  if (gang_of_[k] >= 0) {
    const GangEntry& gang = gangs_[gang_of_[k]];
    if (!gang.placed && gang.classes[0] != k) return;
    size = 0;
    for (const size_t of : gang.classes) size += SizeOf(of) * t_.count[of];
  }
  entries_.push_back({Waits(k) ? -1 : 0, -size, static_cast<int32_t>(k), 0, 0, 0});
}

bool Packer::Step(Work& work) {
  const size_t tiers =
      by_tier_ ? instance_.tiers().size() : std::min<size_t>(1, instance_.tiers().size());
  for (; tier_ < tiers; ++tier_, phase_ = Phase::kRelated) {
    for (;;) {
      if (!std::exchange(started_, true)) StartTier();
      for (; next_ < entries_.size(); ++next_) {
        if (work.over()) return false;
        const Entry& e = entries_[next_];
        const auto k = static_cast<size_t>(e.k);
        if (phase_ == Phase::kPlanned) {
          PlacePlanned(e, work);
        } else if (gang_of_[k] >= 0) {
          PlaceOfGang(k, work);
        } else if (phase_ == Phase::kRelated) {
          PlaceRelated(k, work);
        } else {
          PlaceAnywhere(k, work);
        }
      }
      started_ = false;
      if (phase_ == Phase::kLeft) {
        if (!std::exchange(moved_, false)) break;  // what waits for other pods may pass now
      } else {
        phase_ = phase_ == Phase::kRelated ? Phase::kPlanned : Phase::kLeft;
        moved_ = false;
        if (needs_plan_) return true;
      }
    }
  }
  return true;
}

void Packer::SumUpRest() {
  rest_.assign(entries_.size() * t_.resources, 0);
  for (size_t i = entries_.size(); i-- > 1;) {
    const Entry &later = entries_[i], &e = entries_[i - 1];
    if (e.group < 0 || e.group != later.group) continue;
    const double* demand = t_.Demand(static_cast<size_t>(later.k), static_cast<size_t>(later.s));
    for (size_t r = 0; r < t_.resources; ++r) {
      rest_[(i - 1) * t_.resources + r] =
          rest_[i * t_.resources + r] + static_cast<double>(later.pods) * demand[r];
    }
  }
}

void Packer::PlacePlanned(const Entry& e, Work& work) {
  const auto k = static_cast<size_t>(e.k), s = static_cast<size_t>(e.s);
  const double* price = prices_.data() + s * t_.resources;
  const double* rest = rest_.data() + next_ * t_.resources;
  size_t scarce = 0;
  for (size_t r = 1; r < t_.resources; ++r) {
    if (price[r] * t_.capacity[s * t_.resources + r] >
        price[scarce] * t_.capacity[s * t_.resources + scarce]) {
      scarce = r;
    }
  }
  if (e.per_node > 0) {
    const MostPerNode few(e.per_node);
    Place(k, s, e.pods, work, &few);
  } else if (t_.resources > 0 && price[scarce] > 0 && rest[scarce] > 0 && !rooms_[s].Opens()) {
    const Balanced balanced(t_.Demand(k, s), rest, t_.resources, scarce);
    Place(k, s, e.pods - Place(k, s, e.pods, work, &balanced), work);
  } else {
    Place(k, s, e.pods, work);
  }
}

int64_t Packer::Place(size_t k, size_t s, int64_t pods, Work& work, const NodeLimit* few) {
  const Room& room = rooms_[s];
  const auto j = static_cast<size_t>(room.j);
  pods = std::min(pods, layout_.left(k));
  if (pods <= 0) return 0;
  const auto groups = static_cast<int64_t>(layout_.bins(j).groups().size());
  int64_t placed = 0;
  if (room.Opens()) {  // what is open already, first
    work.Spend(groups / 2);
    placed = layout_.Place(k, j, ClusterBins::OpenOf(room.pool), pods, nullptr, few);
  }
  work.Spend(groups / 2 + 1);
  if (placed < pods) placed += layout_.Place(k, j, room.pool, pods - placed, &room.kinds, few);
  Placed(k, s, placed);
  return placed;
}

void Packer::Placed(size_t k, size_t s, int64_t pods) {
  moved_ = moved_ || pods > 0;
  if (!trying_ || pods == 0) return;
  const double each = t_.cost[k * t_.rooms + s] + t_.Pays(k, s, prices_);
  tried_price_ += each * static_cast<double>(pods);
}

std::vector<std::pair<double, int32_t>> Packer::ReducedCostsOf(size_t k, Work& work) {
  std::vector<std::pair<double, int32_t>> out;
  const bool wishes = !instance_.classes()[k]->constraints->preferred.empty();
  const double wish = static_cast<double>(instance_.options().preference_point.nano);
  const std::vector<double>& reduced = reduced_.Of(k);
  const int32_t only = only_;
  for (size_t s = 0; s < t_.rooms; ++s) {
    double value = reduced[s];
    if (value == kNever || (only >= 0 && rooms_[s].j != only)) continue;
    if (wishes) {
      value -= wish * static_cast<double>(instance_.VerdictOf(k, rooms_[s].j).preference);
    }
    out.emplace_back(value, static_cast<int32_t>(s));
  }
  work.Spend(static_cast<int64_t>(out.size()) / 8 + 1);
  return out;
}

std::vector<std::pair<double, int32_t>> Packer::ByReducedCost(size_t k, Work& work) {
  std::vector<std::pair<double, int32_t>> order = ReducedCostsOf(k, work);
  std::sort(order.begin(), order.end());
  work.Spend(static_cast<int64_t>(order.size()) / 8);
  return order;
}

// False: no open node of the cluster has room for a pod of the class.
bool Packer::MayFit(size_t k, size_t j) {
  const ClusterBins& bins = layout_.bins(j);
  Spare& spare = spare_[j];
  if (spare.version != bins.version()) {
    spare.version = bins.version();
    spare.most.assign(t_.resources, 0);
    for (const NodeGroup& g : bins.groups()) {
      if (!g.open || g.count == 0) continue;
      for (size_t r = 0; r < std::min(t_.resources, g.free.size()); ++r) {
        spare.most[r] = std::max(spare.most[r], g.free[r]);
      }
    }
  }
  return PodsPerNode(spare.most, Devices(), instance_.DemandOf(k, j)) > 0;
}

// Always the cheapest room that the rules allow. What refused once does so until the emptiest
// domain has one more; where other rules are at work, until a pod is placed.
void Packer::PlaceRelated(size_t k, Work& work) {
  const PodRules& rules = instance_.rules().Of(k);
  if (!rules.soft_spread.empty() || !rules.preferences.empty()) return PlaceByPoints(k, work);
  std::vector<std::pair<double, int32_t>> order = ByReducedCost(k, work);
  if (phase_ == Phase::kRelated && !trying_) {  // nodes are opened for many pods, if it can be
    std::erase_if(order, [&](const auto& e) { return t_.Pool(static_cast<size_t>(e.second)); });
  }
  const bool spread_only = rules.exclusions.empty() && rules.affinity.empty() && !rules.of_nodes;
  std::vector<char> refused(order.size(), 0), full(order.size(), 0);
  int64_t level = layout_.LevelOf(k);
  for (size_t i = 0; i < order.size() && layout_.left(k) > 0;) {
    const auto s = static_cast<size_t>(order[i].second);
    if (refused[i] != 0 || full[i] != 0 || Place(k, s, layout_.left(k), work) == 0) {
      if (refused[i] == 0 && full[i] == 0) {
        refused[i] = 1;
        const Room& room = rooms_[s];
        full[i] = !layout_.HasRoom(k, static_cast<size_t>(room.j), room.pool, &room.kinds);
      }
      ++i;
      continue;
    }
    const int64_t now = layout_.LevelOf(k);
    if (spread_only && now == level) continue;
    level = now;
    std::fill(refused.begin(), refused.end(), 0);
    i = 0;
  }
}

// The best room is another one after each pod.
void Packer::PlaceByPoints(size_t k, Work& work) {
  const double point = static_cast<double>(instance_.options().preference_point.nano);
  const double liking = static_cast<double>(MostPeerPreference(instance_.rules().Of(k))) * point;
  const std::vector<std::pair<double, int32_t>> order = ByReducedCost(k, work);
  while (layout_.left(k) > 0) {
    double best = kNever;
    int32_t best_room = -1;
    for (const auto& [value, s] : order) {
      if (value - liking >= best) break;
      const Room& room = rooms_[static_cast<size_t>(s)];
      const auto j = static_cast<size_t>(room.j);
      work.Spend(static_cast<int64_t>(layout_.bins(j).groups().size()) + 1);
      Layout::Offer offer{};
      if (room.Opens()) offer = layout_.Ask(k, j, ClusterBins::OpenOf(room.pool));
      if (offer.pods == 0) offer = layout_.Ask(k, j, room.pool, &room.kinds);
      const double price = value - static_cast<double>(offer.points) * point;
      if (offer.pods > 0 && layout_.QuotaRoom(k, j) > 0 && price < best) {
        best = price, best_room = s;
      }
    }
    if (best_room < 0 || Place(k, static_cast<size_t>(best_room), layout_.left(k), work) == 0)
      return;
  }
}

// Open room first, by reduced cost; a node is opened where the pods that are left would pay for it.
void Packer::PlaceAnywhere(size_t k, Work& work) {
  if (OneByOne(instance_.rules().Of(k))) return PlaceRelated(k, work);
  std::vector<std::pair<double, int32_t>> order = ReducedCostsOf(k, work);
  const size_t rooms = order.size();
  for (size_t i = 0; i < rooms; ++i) {
    const auto s = static_cast<size_t>(order[i].second);
    if (!t_.Pool(s)) continue;
    double fit = static_cast<double>(layout_.left(k));
    fit = std::min(fit, t_.per_node[k]);
    for (size_t r = 0; r < t_.resources; ++r) {
      const double demand = t_.Demand(k, s)[r];
      if (demand > 0) fit = std::min(fit, t_.capacity[s * t_.resources + r] / t_.nodes[s] / demand);
    }
    if (fit < 1) continue;
    const double each = t_.cost[k * t_.rooms + s] + t_.QuotaPay(k, s, prices_);
    order.emplace_back(each + t_.node_hour[s] / fit, ~order[i].second);
  }
  std::make_heap(order.begin(), order.end(), std::greater<>());  // few are looked at, mostly
  for (; !order.empty() && layout_.left(k) > 0; order.pop_back()) {
    std::pop_heap(order.begin(), order.end(), std::greater<>());
    const int32_t room = order.back().second;
    const auto s = static_cast<size_t>(room < 0 ? ~room : room);
    const auto j = static_cast<size_t>(rooms_[s].j);
    work.Spend(1);
    if (room >= 0 && !MayFit(k, j)) continue;
    if (room >= 0 && t_.Pool(s)) {
      work.Spend(static_cast<int64_t>(layout_.bins(j).groups().size()) / 2 + 1);
      Placed(k, s, layout_.Place(k, j, ClusterBins::OpenOf(rooms_[s].pool), layout_.left(k)));
    } else {
      Place(k, s, layout_.left(k), work);
    }
  }
}

}  // namespace stowage::scheduler::lagrangian
