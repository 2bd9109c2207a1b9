#include "scheduler/placement/rooms.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {
namespace {

constexpr int kPrecision = 12;  // bits of a rate that the smallest product still shows
constexpr int64_t kRateMax = int64_t{1} << 60;
constexpr Wide kAmountMax = Wide{1} << 60;  // of a weight in a mean
constexpr int32_t kPartsMax = 12;           // of one cluster
constexpr int kZones = 4;
constexpr int64_t kZoneLeast = 8;  // one node in so many
constexpr size_t kNobody = static_cast<size_t>(-1);

int64_t ToRate(Wide money, int shift, Wide unit) {
  return static_cast<int64_t>(std::min<Wide>((money << shift) / unit, kRateMax));
}

}  // namespace

Rooms::Rooms(const Instance& instance, Made made) : instance_(instance), quotas_(instance) {
  ChooseShifts();
  FindUsers();
  FindBand();
  if (made == Made::kInSteps) return;
  Work whole(std::numeric_limits<int64_t>::max());
  Make(whole);
}

bool Rooms::Make(Work& work) {
  const size_t clusters = instance_.clusters().size();
  for (; made_clusters_ < clusters; ++made_clusters_) {
    if (work.over()) return false;
    first_.push_back(rooms_.size());
    AddRooms(made_clusters_);
    AddNodes(made_clusters_);
    work.Spend(static_cast<int64_t>(instance_.Base(made_clusters_).groups().size()) + 1);
  }
  if (first_.size() == clusters) {
    first_.push_back(rooms_.size());
    admitted_.assign(users_.size() * rooms_.size(), 0);
    fixed_cost_.assign(users_.size() * rooms_.size(), 0);
    CountRaised();
  }
  for (; weighed_ < users_.size(); ++weighed_) {
    if (work.over()) return false;
    Weigh(weighed_);
    work.Spend(static_cast<int64_t>(rooms_.size()) + 1);
  }
  for (; spread_classes_ < instance_.classes().size(); ++spread_classes_) {
    if (work.over()) return false;
    FindDomains(spread_classes_);
    const bool spread = spread_.contains(spread_classes_);
    work.Spend(spread ? static_cast<int64_t>(rooms_.size()) + 1 : 1);
  }
  FindHopeless();
  return true;
}

// A rate times the largest demand is about the cost of a pod, with some bits to spare.
void Rooms::ChooseShifts() {
  std::vector<int64_t> largest(instance_.resources().size(), 1);
  const auto look = [&](const Amounts& demand) {
    for (size_t r = 0; r < std::min(largest.size(), demand.size()); ++r) {
      largest[r] = std::max(largest[r], demand[r]);
    }
  };
  for (const PodClass* k : instance_.classes()) {
    look(k->demand);
    for (const auto& [cluster, demand] : k->demand_in) look(demand);
  }
  for (const int64_t d : largest) {
    shift_.push_back(std::bit_width(static_cast<uint64_t>(d)) + kPrecision);
  }
}

void Rooms::FindUsers() {
  for (size_t k = 0; k < instance_.classes().size(); ++k) {
    const size_t number = instance_.ConstraintsOf(k);
    if (users_.size() <= number) users_.resize(number + 1, kNobody);
    users_[number] = std::min(users_[number], k);
  }
}

void Rooms::FindBand() {
  Wide cpu = 0, memory = 0;
  for (const PodClass* k : instance_.classes()) {
    cpu += Wide{AmountOf(k->demand, ResourceTable::kCpu)} * k->count;
    memory += Wide{AmountOf(k->demand, ResourceTable::kMemory)} * k->count;
  }
  while (cpu > kAmountMax || memory > kAmountMax) cpu /= 2, memory /= 2;
  band_ = ClusterBins::BandOf(static_cast<int64_t>(memory), static_cast<int64_t>(cpu));
}

// By kind: whether its nodes run out of memory or of cores first, were they filled with the mean of
// all pods. A sum over both sorts would promise room that no node has. Where few nodes of the
// cluster are of one zone, they count as the next.
std::vector<char> Rooms::ZonesOf(size_t j) const {
  const ClusterBins& base = instance_.Base(j);
  std::array<int64_t, kZones> nodes{};
  int64_t all = 0;
  std::vector<char> zones(base.kinds().size(), 0);
  for (size_t i = 0; i < zones.size(); ++i) {
    zones[i] = static_cast<char>(std::clamp(base.kinds()[i].band - band_ + 2, 0, kZones - 1));
  }
  for (const NodeGroup& g : base.groups()) {
    if (g.pool >= 0) continue;
    nodes[zones[g.kind]] += g.count;
    all += g.count;
  }
  std::array<char, kZones> to{};
  char last = 0;
  for (char z = kZones - 1; z >= 0; --z) {
    const bool large = nodes[z] * kZoneLeast >= all;
    to[z] = last = large || z == kZones - 1 ? z : last;
  }
  if (nodes[kZones - 1] * kZoneLeast < all) {  // those of the last one join the largest number
    char next = kZones - 1;
    while (next > 0 && nodes[next] * kZoneLeast < all) --next;
    for (char& z : to) z = z == kZones - 1 ? next : z;
  }
  for (char& z : zones) z = to[z];
  return zones;
}

// Kinds of one zone that the same constraints admit are one part. Where there are very many, the
// last is mixed.
int32_t Rooms::PartOf(size_t j, size_t kind, char zone,
                      std::map<std::vector<char>, int32_t>& parts) const {
  const int32_t shape = instance_.Base(j).kinds()[kind].shape;
  std::vector<char> users;
  bool any = false;
  for (const size_t k : users_) {
    if (k == kNobody) continue;
    const Verdict& verdict = instance_.VerdictOf(k, j);
    users.push_back(!verdict.refusal && verdict.admission.shapes[shape] != 0);
    any = any || users.back() != 0;
  }
  if (!any) return -1;
  users.push_back(zone);
  const auto next = std::min(static_cast<int32_t>(parts.size()), kPartsMax - 1);
  return parts.emplace(std::move(users), next).first->second;
}

Room& Rooms::AddRoom(size_t j, int32_t pool, int32_t part) {
  Room& room = rooms_.emplace_back();
  room.j = static_cast<int32_t>(j);
  room.pool = pool;
  room.part = part;
  room.kinds.assign(instance_.Base(j).kinds().size(), 0);
  room.capacity.assign(shift_.size(), 0);
  room.charge.assign(shift_.size(), 0);
  return room;
}

void Rooms::AddRooms(size_t j) {
  const ClusterView& view = *instance_.clusters()[j];
  const ClusterBins& base = instance_.Base(j);
  std::map<std::vector<char>, int32_t> parts;
  const std::vector<char> zones = ZonesOf(j);
  part_of_kind_.emplace_back(base.kinds().size(), -1);
  std::vector<int32_t>& part_of = part_of_kind_.back();
  for (size_t i = 0; i < base.kinds().size(); ++i) {
    if (base.kinds()[i].pool >= 0) continue;
    part_of[i] = PartOf(j, i, zones[i], parts);
    if (part_of[i] < 0) continue;
    const size_t s = first_[j] + static_cast<size_t>(part_of[i]);
    if (s == rooms_.size()) AddRoom(j, ClusterBins::kStanding, part_of[i]);
    rooms_[s].kinds[i] = 1;
  }
  for (const NodeGroup& g : base.groups()) {  // nodes that bound pods have opened charge nothing
    if (!g.open || g.pool < 0 || g.count == 0 || part_of[g.kind] >= 0) continue;
    part_of[g.kind] = static_cast<int32_t>(rooms_.size() - first_[j]);
    AddRoom(j, ClusterBins::OpenOf(g.pool), part_of[g.kind]).kinds[g.kind] = 1;
  }
  for (size_t i = 0; i < base.kinds().size(); ++i) {
    const int32_t p = base.kinds()[i].pool;
    if (p < 0) continue;
    Room& pool = AddRoom(j, p, -1);
    pool.kinds[i] = 1;
    pool.node_hour = instance_.NodeHour(j, p);
    pool.node = view.pools[p].allocatable;
    pool.node.resize(shift_.size(), 0);
  }
  AddCharges(first_[j]);
}

// Charge-back on standing nodes, carbon on all.
void Rooms::AddCharges(size_t first) {
  for (size_t s = first; s < rooms_.size(); ++s) {
    Room& room = rooms_[s];
    const ClusterView& view = *instance_.clusters()[room.j];
    const auto add = [&](size_t resource, Money price, int64_t unit) {
      if (resource >= shift_.size()) return;
      int64_t& charge = room.charge[resource];
      charge = std::min(kRateMax, charge + ToRate(price.nano, shift_[resource], unit));
    };
    if (room.pool == ClusterBins::kStanding) {
      for (const ResourcePrice& p : view.charge_back) add(p.resource, p.price, p.unit);
    }
    for (const Emission& e : view.emissions) {
      add(e.resource, CarbonPrice(e, instance_.carbon_per_tonne()), e.unit);
    }
  }
}

void Rooms::AddNodes(size_t j) {
  for (const NodeGroup& g : instance_.Base(j).groups()) {
    for (size_t s = first_[j]; s < rooms_.size(); ++s) {
      Room& room = rooms_[s];
      if (room.kinds[g.kind] == 0 || room.Opens() == g.open) continue;
      room.nodes += g.count;
      for (size_t r = 0; r < std::min(g.free.size(), shift_.size()); ++r) {
        room.capacity[r] += static_cast<Wide>(std::max<int64_t>(g.free[r], 0)) * g.count;
      }
    }
  }
}

bool Rooms::AdmitsAny(const Verdict& verdict, const Room& room) const {
  const std::vector<ClusterBins::Kind>& kinds = instance_.Base(room.j).kinds();
  for (size_t i = 0; i < kinds.size() && room.nodes > 0; ++i) {
    if (room.kinds[i] == 0) continue;
    const Admission& a = verdict.admission;
    if ((kinds[i].pool >= 0 ? a.pools[kinds[i].pool] : a.shapes[kinds[i].shape]) != 0) return true;
  }
  return false;
}

// Costs and verdicts, once for all classes with the same constraints.
void Rooms::Weigh(size_t number) {
  const size_t k = users_[number];
  if (k == kNobody) return;
  for (size_t j = 0; j + 1 < first_.size(); ++j) {
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal) continue;
    const int64_t cost = instance_.ClusterCost(k, j, 1, Rounding::kDown).nano;
    for (size_t s = first_[j]; s < first_[j + 1]; ++s) {
      admitted_[number * rooms_.size() + s] = AdmitsAny(verdict, rooms_[s]) ? 1 : 0;
      const CostInput in = instance_.InputOf(k, j, rooms_[s].pool);
      fixed_cost_[number * rooms_.size() + s] =
          cost + InterruptionsTerm().Cost(in, 1, Rounding::kDown).nano +
          WaitingTerm().Cost(in, 1, Rounding::kDown).nano;
    }
  }
}

int64_t Rooms::Fit(size_t k, size_t s, int64_t most) const {
  const Room& room = rooms_[s];
  const Amounts& demand = instance_.DemandOf(k, room.j);
  const Admission& admission = instance_.VerdictOf(k, room.j).admission;
  const int64_t per_node = instance_.rules().Of(k).per_node_most;
  int64_t fit = 0;
  for (const NodeGroup& g : instance_.Base(room.j).groups()) {
    if (fit >= most) break;
    if (g.count == 0 || room.kinds[g.kind] == 0 || room.Opens() == g.open) continue;
    if (!scheduler::Admits(admission, g)) continue;
    const int64_t each = std::min(per_node, PodsPerNode(g, demand));
    if (each > 0) fit += each > (most - fit) / g.count ? most - fit : each * g.count;
  }
  return std::min(fit, most);
}

int32_t Rooms::RoomOf(size_t j, const NodeGroup& g) const {
  const bool opens = g.pool >= 0 && (!g.open || g.bought);
  for (size_t s = first_[j]; s < first_[j + 1]; ++s) {
    if (rooms_[s].kinds[g.kind] != 0 && rooms_[s].Opens() == opens) return static_cast<int32_t>(s);
  }
  return -1;
}

size_t Rooms::PlaceOf(size_t j, size_t kind) const {
  NodeGroup where;
  where.shape = instance_.Base(j).kinds()[kind].shape;
  where.pool = instance_.Base(j).kinds()[kind].pool;
  return instance_.rules().PlaceOf(j, where);
}

// Domains with nodes that stand and count.
std::set<int32_t> Rooms::DomainsThatCount(int32_t presence) const {
  const Rules::Presence& p = instance_.rules().presences()[presence];
  std::set<int32_t> domains;
  for (size_t j = 0; j + 1 < first_.size(); ++j) {
    const std::vector<ClusterBins::Kind>& kinds = instance_.Base(j).kinds();
    for (size_t i = 0; i < kinds.size(); ++i) {
      const size_t place = PlaceOf(j, i);
      if (kinds[i].pool < 0 && p.places[place] != 0) {
        domains.insert(instance_.rules().topology(p.topology).domain[place]);
      }
    }
  }
  domains.erase(Rules::kNowhere);
  return domains;
}

void Rooms::CountRaised() {
  const Rules& rules = instance_.rules();
  raised_.assign(rules.counters().size(), 0);
  if (rules.empty()) return;
  for (size_t k = 0; k < instance_.classes().size(); ++k) {
    for (const int32_t c : rules.RaisedBy(0, static_cast<int32_t>(k))) {
      raised_[c] += instance_.classes()[k]->count;
    }
  }
  for (size_t j = 0; j + 1 < first_.size(); ++j) {
    const std::vector<BoundPods>& bound = instance_.clusters()[j]->bound;
    for (size_t i = 0; i < bound.size(); ++i) {
      for (const int32_t c : rules.RaisedBy(j, ~static_cast<int32_t>(i))) {
        raised_[c] += bound[i].count;
      }
    }
  }
}

// Where the class may go, by domain of the counter. `all_count`: no node admits it that the counter
// leaves out.
std::map<int32_t, std::vector<int32_t>> Rooms::RoomsByDomain(size_t k,
                                                             const Rules::Counter& counter,
                                                             bool* all_count) const {
  const Rules& rules = instance_.rules();
  std::map<int32_t, std::vector<int32_t>> rooms;
  *all_count = true;
  for (size_t j = 0; j + 1 < first_.size(); ++j) {
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal) continue;
    const Admission& a = verdict.admission;
    const std::vector<ClusterBins::Kind>& kinds = instance_.Base(j).kinds();
    for (size_t i = 0; i < kinds.size(); ++i) {
      if ((kinds[i].pool >= 0 ? a.pools[kinds[i].pool] : a.shapes[kinds[i].shape]) == 0) continue;
      const size_t place = PlaceOf(j, i);
      const int32_t domain = rules.topology(counter.topology).domain[place];
      *all_count = *all_count && rules.presences()[counter.presence].places[place] != 0;
      if (domain == Rules::kNowhere) continue;
      for (size_t s = first_[j]; s < first_[j + 1]; ++s) {
        if (rooms_[s].kinds[i] != 0) rooms[domain].push_back(static_cast<int32_t>(s));
      }
    }
  }
  for (auto& [domain, of] : rooms) {
    std::sort(of.begin(), of.end());
    of.erase(std::unique(of.begin(), of.end()), of.end());
  }
  return rooms;
}

// When the last of its pods came to a domain, no other had less than maxSkew below that; so with n
// pods in all that count and D domains, x of them in one: n >= x + (D - 1) (x - maxSkew).
void Rooms::FindDomains(size_t k) {
  const Rules& rules = instance_.rules();
  for (const PodRules::Spread& spread : rules.Of(k).spread) {
    const Rules::Counter& counter = rules.counters()[spread.counter];
    if (!spread.self || counter.topology == Rules::kHost) continue;
    const std::set<int32_t> there = DomainsThatCount(counter.presence);
    const auto domains = static_cast<int64_t>(there.size());
    if (domains < 2) continue;
    const Wide most = (raised_[spread.counter] + Wide{domains - 1} * spread.max_skew) / domains;
    const auto known = spread_.find(k);
    if (most >= kMaxPods || (known != spread_.end() && known->second.most <= most)) continue;
    bool all_count = true;
    std::map<int32_t, std::vector<int32_t>> rooms = RoomsByDomain(k, counter, &all_count);
    if (!all_count) continue;
    SpreadDomains& found = spread_[k];
    found = {.most = static_cast<int64_t>(most), .max_skew = spread.max_skew};
    int64_t reached = 0;
    for (auto& [domain, of] : rooms) {
      found.rooms.push_back(std::move(of));
      found.must.push_back(there.contains(domain) ? 1 : 0);
      reached += found.must.back();
    }
    found.counter = spread.counter;
    found.domains = domains;
    found.reached = reached == domains;
    found.levels = found.reached && raised_[spread.counter] == instance_.classes()[k]->count;
  }
}

void Rooms::CountsChanged() {
  CountRaised();
  for (auto& [k, spread] : spread_) {
    const int64_t domains = spread.domains;
    const Wide raised = raised_[spread.counter];
    spread.most = static_cast<int64_t>(
        std::min<Wide>((raised + Wide{domains - 1} * spread.max_skew) / domains, kMaxPods));
    spread.levels = spread.reached && raised == instance_.classes()[k]->count;
  }
  FindHopeless();
}

const SpreadDomains* Rooms::SpreadOf(size_t k) const {
  const auto it = spread_.find(k);
  return it == spread_.end() ? nullptr : &it->second;
}

std::vector<std::vector<int64_t>> Rooms::Least() const {
  std::vector<Wide> total(shift_.size(), 0);
  for (const PodClass* k : instance_.classes()) {
    for (size_t r = 0; r < std::min(k->demand.size(), total.size()); ++r) {
      total[r] += static_cast<Wide>(k->demand[r]) * k->count;
    }
  }
  const auto name = [&](size_t r) { return instance_.resources().name(r); };
  std::vector<std::vector<int64_t>> prices;
  for (const Room& room : rooms_) {
    std::vector<int64_t>& of = prices.emplace_back(shift_.size(), 0);
    if (!room.Opens()) continue;
    size_t best = shift_.size();
    Wide most = -1;
    for (size_t r = 0; r < shift_.size(); ++r) {
      if (room.node[r] <= 0) continue;
      const Wide nodes = total[r] / room.node[r];
      if (nodes < most || (nodes == most && name(best) < name(r))) continue;
      most = nodes, best = r;
    }
    if (best < shift_.size()) of[best] = ToRate(room.node_hour.nano, shift_[best], room.node[best]);
  }
  return prices;
}

const RoomPrices* Rooms::PricesOf(const ShadowPrices& prices, size_t s) const {
  const Room& room = rooms_[s];
  const std::string& name = instance_.clusters()[room.j]->name;
  const auto it = std::lower_bound(prices.clusters.begin(), prices.clusters.end(), name);
  if (it == prices.clusters.end() || *it != name) return nullptr;
  const auto j = static_cast<size_t>(it - prices.clusters.begin());
  const std::vector<RoomPrices>& list = room.Opens() ? prices.pools[j] : prices.parts[j];
  const auto at = static_cast<size_t>(room.Opens() ? room.pool : room.part);
  return at < list.size() ? &list[at] : nullptr;
}

int64_t Rooms::QuotaPriceOf(const ShadowPrices& prices, size_t row) const {
  const QuotaRows::Row& of = quotas_[row];
  const std::string& name = instance_.quotas()[of.quota].name;
  for (const ShadowPrices::OfQuota& p : prices.quotas) {
    if (p.quota == name && p.resource == of.resource) return p.price.nano;
  }
  return 0;
}

ShadowPrices Rooms::Tell(const std::vector<std::vector<int64_t>>& prices,
                         const std::vector<int64_t>& of_quotas) const {
  ShadowPrices out;
  for (size_t row = 0; row < of_quotas.size(); ++row) {
    if (of_quotas[row] <= 0) continue;
    const QuotaRows::Row& of = quotas_[row];
    out.quotas.push_back({instance_.quotas()[of.quota].name, of.resource, {of_quotas[row]}});
  }
  out.shift = shift_;
  out.part_of_kind = part_of_kind_;
  for (size_t j = 0; j + 1 < first_.size(); ++j) {
    out.clusters.push_back(instance_.clusters()[j]->name);
    std::vector<RoomPrices>& parts = out.parts.emplace_back();
    std::vector<RoomPrices>& pools = out.pools.emplace_back(instance_.clusters()[j]->pools.size());
    std::vector<Wide> value(shift_.size(), 0), amount(shift_.size(), 0);
    for (size_t s = first_[j]; s < first_[j + 1]; ++s) {
      RoomPrices own;
      for (const int64_t p : prices[s]) own.of.push_back({p});
      for (size_t r = 0; r < shift_.size() && !rooms_[s].Opens(); ++r) {
        const Wide room = std::min<Wide>(rooms_[s].capacity[r], kAmountMax);
        value[r] += room * prices[s][r];
        amount[r] += room;
      }
      (rooms_[s].Opens() ? pools[rooms_[s].pool] : parts.emplace_back()) = std::move(own);
    }
    RoomPrices& mean = out.standing.emplace_back();
    for (size_t r = 0; r < shift_.size(); ++r) {
      mean.of.push_back({amount[r] > 0 ? static_cast<int64_t>(value[r] / amount[r]) : 0});
    }
  }
  return out;
}

}  // namespace stowage::scheduler
