#include "scheduler/solvers/lagrangian/improver.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace stowage::scheduler::lagrangian {
namespace {

constexpr int kPasses = 4;
// Of what the room that a pod takes is worth: so much more may it pay there, all prices counted.
constexpr double kWorthwhile = 0.1;

}  // namespace

Improver::Improver(const Instance& instance, const Rooms& rooms, const Tables& tables,
                   const std::vector<double>& prices, std::vector<RoomShare> there, Layout& layout)
    : instance_(instance), rooms_(rooms), t_(tables), prices_(prices), layout_(layout) {
  nodes_stay_ = DomainsAsked(instance);
  std::sort(there.begin(), there.end(), [](const RoomShare& a, const RoomShare& b) {
    return std::tie(a.k, a.s) < std::tie(b.k, b.s);
  });
  spare_.resize(t_.rooms);
  for (const RoomShare& o : there) {
    if (!MovesFreely(instance, static_cast<size_t>(o.k))) continue;
    const size_t j = static_cast<size_t>(rooms[static_cast<size_t>(o.s)].j);
    const Amounts& demand = instance.DemandOf(static_cast<size_t>(o.k), j);
    if (least_.empty()) least_.assign(t_.resources, kMaxAmount);
    for (size_t r = 0; r < t_.resources; ++r) {
      least_[r] =
          t_.Varied(static_cast<size_t>(o.k)) ? 0 : std::min(least_[r], AmountOf(demand, r));
    }
    if (!shares_.empty() && shares_.back().k == o.k && shares_.back().s == o.s) {
      shares_.back().pods += o.pods;
    } else {
      shares_.push_back(o);
    }
  }
}

void Improver::Measure(size_t s) {
  const auto j = static_cast<size_t>(rooms_[s].j);
  const ClusterBins& bins = layout_.bins(j);
  Spare& spare = spare_[s];
  if (spare.version == bins.version()) return;
  spare.version = bins.version();
  spare.most.assign(t_.resources, 0);
  spare.groups.clear();
  for (size_t i = 0; i < bins.groups().size(); ++i) {
    const NodeGroup& g = bins.groups()[i];
    if (!g.open || g.count == 0 || PodsPerNode(g, least_) == 0) continue;
    if (rooms_.RoomOf(j, g) != static_cast<int32_t>(s)) continue;
    spare.groups.push_back(static_cast<int32_t>(i));
    for (size_t r = 0; r < std::min(t_.resources, g.free.size()); ++r) {
      spare.most[r] = std::max(spare.most[r], g.free[r]);
    }
  }
}

// Some open node of the room, or of its like in the cluster, has room for a pod.
bool Improver::Fits(size_t k, size_t s, Work& work) {
  Measure(s);
  if (!MayFit(k, s)) return false;
  const auto j = static_cast<size_t>(rooms_[s].j);
  const Amounts& demand = instance_.DemandOf(k, j);
  const Admission& admission = instance_.VerdictOf(k, j).admission;
  work.Spend(1 + static_cast<int64_t>(spare_[s].groups.size()) / 8);
  return std::any_of(spare_[s].groups.begin(), spare_[s].groups.end(), [&](int32_t i) {
    const NodeGroup& g = layout_.bins(j).groups()[static_cast<size_t>(i)];
    return PodsPerNode(g, demand) > 0 && Admits(admission, g);
  });
}

bool Improver::MayFit(size_t k, size_t s) const {
  const Amounts& demand = instance_.classes()[k]->demand;
  for (size_t r = 0; r < std::min(t_.resources, demand.size()); ++r) {
    if (demand[r] > spare_[s].most[r] && !t_.Varied(k)) return false;
  }
  return true;
}

// True: all are found.
bool Improver::FindMoves(Work& work) {
  const bool makes_room = pass_ % 2 == 1;
  for (; looked_at_ < shares_.size(); ++looked_at_) {
    if (work.over()) return false;
    work.Spend(static_cast<int64_t>(t_.rooms) / 6 + 1);
    const size_t i = looked_at_;
    const RoomShare& share = shares_[i];
    const auto k = static_cast<size_t>(share.k), from = static_cast<size_t>(share.s);
    if (share.pods < 1 || (nodes_stay_ && t_.Pool(from))) continue;
    const double* cost = t_.cost.data() + k * t_.rooms;
    const double now = cost[from] + t_.Pays(k, from, prices_);
    for (size_t s = 0; s < t_.rooms; ++s) {
      if (s == from || cost[s] == kNever) continue;
      const double pays = t_.Pays(k, s, prices_), more = cost[s] + pays - now;
      const bool wanted = makes_room ? now > cost[from] : cost[s] < cost[from];
      if (!wanted || more >= kWorthwhile * pays) continue;
      moves_.Add({more / (pays + 0.01 * cost[from] + 1), static_cast<int32_t>(i),
                  static_cast<int32_t>(s)});
    }
  }
  looked_at_ = 0;
  return true;
}

bool Improver::Step(Work& work) {
  for (;;) {
    if (work.over()) return false;
    if (finding_) {
      if (!FindMoves(work)) return false;
      finding_ = false;
    } else if (const Move* move = moves_.Next()) {
      Try(*move, work);
    } else {
      if (!moved_ || pass_ == kPasses) return true;
      ++pass_;
      moved_ = false;
      moves_.Clear();
      finding_ = true;
    }
  }
}

// Pods of the class leave nodes of the room.
int64_t Improver::Withdraw(size_t k, size_t s, int64_t pods) {
  const Room& room = rooms_[s];
  const auto j = static_cast<size_t>(room.j);
  int64_t left = pods;
  const std::vector<NodeGroup>& groups = layout_.bins(j).groups();
  for (size_t i = groups.size(); i-- > 0 && left > 0;) {
    if (i >= groups.size() || room.kinds[groups[i].kind] == 0) continue;
    if (!groups[i].open || rooms_.RoomOf(j, groups[i]) != static_cast<int32_t>(s)) continue;
    for (size_t l = 0; left > 0 && i < groups.size() && l < groups[i].loads.size();) {
      if (groups[i].count == 0 || groups[i].loads[l].id != static_cast<int32_t>(k)) {
        ++l;
        continue;
      }
      layout_.Withdraw(j, i, l);
      --left;
    }
  }
  return pods - left;
}

void Improver::Try(const Move& move, Work& work) {
  RoomShare& share = shares_[move.share];
  const auto k = static_cast<size_t>(share.k), to = static_cast<size_t>(move.to);
  work.Spend(1);
  if (share.pods < 1 || !Fits(k, to, work)) return;
  const Room& room = rooms_[to];
  const auto j = static_cast<size_t>(room.j);
  const int32_t where = room.Opens() ? ClusterBins::OpenOf(room.pool) : room.pool;
  const std::vector<char>* kinds = room.Opens() ? nullptr : &room.kinds;
  const ClusterBins& bins = layout_.bins(j);
  const int64_t most =
      std::min(static_cast<int64_t>(share.pods),
               layout_.QuotaRoomFrom(k, static_cast<size_t>(rooms_[share.s].j), j));
  int64_t pods = bins.Fit(instance_.DemandOf(k, j), instance_.VerdictOf(k, j).admission, where,
                          most, nullptr, kinds);
  if (pods == 0) return;
  work.Spend(static_cast<int64_t>(bins.groups().size()));
  const int64_t before = layout_.left(k);
  pods = Withdraw(k, static_cast<size_t>(share.s), pods);
  const int64_t came = layout_.Place(k, j, where, pods, kinds);
  share.pods -= static_cast<double>(pods);
  moved_ = moved_ || pods > 0;
  // The nodes of a pool that were left may have been the same: what found no room goes back.
  const int64_t homeless = layout_.left(k) - before;
  const Room& old = rooms_[static_cast<size_t>(share.s)];
  shares_.push_back({share.k, move.to, static_cast<double>(came)});  // ends `share`
  if (homeless == 0) return;
  layout_.Place(k, static_cast<size_t>(old.j),
                old.Opens() ? ClusterBins::OpenOf(old.pool) : old.pool, homeless,
                old.Opens() ? nullptr : &old.kinds);
}

}  // namespace stowage::scheduler::lagrangian
