#include "scheduler/solvers/lagrangian/room_maker.h"

#include <algorithm>
#include <tuple>

namespace stowage::scheduler::lagrangian {
namespace {

constexpr size_t kMostOfNode = 8;  // pods that leave one node

bool Covers(const Amounts& free, const Amounts& demand) {
  for (size_t r = 0; r < demand.size(); ++r) {
    if (demand[r] > 0 && AmountOf(free, r) < demand[r]) return false;
  }
  return true;
}

}  // namespace

RoomMaker::RoomMaker(const Instance& instance, const Rooms& rooms, const Tables& tables,
                     const std::vector<double>& prices, const std::vector<int64_t>& may_wait,
                     int64_t most, Layout& layout)
    : instance_(instance),
      rooms_(rooms),
      t_(tables),
      prices_(prices),
      may_wait_(may_wait),
      layout_(layout),
      may_leave_(most) {
  for (size_t k = 0; k < instance.classes().size(); ++k) {
    moves_freely_.push_back(MovesFreely(instance, k) ? 1 : 0);
    if (layout.left(k) > may_wait[k] && instance.GangOf(k) == nullptr) waiting_.push_back(k);
  }
}

bool RoomMaker::Step(Work& work) {
  for (; next_ < waiting_.size(); ++next_) {
    const size_t k = waiting_[next_];
    if (order_.empty()) OrderRooms(k, work);
    while (layout_.left(k) > may_wait_[k] && may_leave_ > 0) {
      if (work.over()) return false;
      if (!PlaceOne(k, work)) break;
    }
    order_.clear();
  }
  return true;
}

void RoomMaker::OrderRooms(size_t k, Work& work) {
  for (size_t s = 0; s < t_.rooms; ++s) {
    if (t_.Pool(s) || t_.cost[k * t_.rooms + s] == kNever) continue;
    order_.emplace_back(t_.cost[k * t_.rooms + s] + t_.Pays(k, s, prices_), s);
  }
  std::sort(order_.begin(), order_.end());
  work.Spend(static_cast<int64_t>(t_.rooms) / 8 + 1);
}

bool RoomMaker::PlaceOne(size_t k, Work& work) {
  for (const auto& [value, s] : order_) {
    auto choice = BestOf(k, s, work);
    if (!choice) continue;
    const auto j = static_cast<size_t>(rooms_[s].j);
    may_leave_ -= static_cast<int64_t>(choice->leave.size());
    Empty(j, *choice);
    if (layout_.PlaceOne(k, j, choice->group)) return true;
    return false;
  }
  return false;
}

std::optional<RoomMaker::Choice> RoomMaker::BestOf(size_t k, size_t s, Work& work) const {
  const Room& room = rooms_[s];
  const auto j = static_cast<size_t>(room.j);
  if (layout_.QuotaRoom(k, j) < 1) return std::nullopt;
  const std::vector<NodeGroup>& groups = layout_.bins(j).groups();
  std::optional<Choice> best;
  work.Spend(static_cast<int64_t>(groups.size()));
  for (size_t i = 0; i < groups.size(); ++i) {
    const NodeGroup& g = groups[i];
    if (g.count == 0 || !g.open || g.bought || room.kinds[g.kind] == 0) continue;
    if (!layout_.MayCome(k, j, i)) continue;
    auto choice = WhoLeaves(k, j, i);
    if (choice && (!best || choice->leave.size() < best->leave.size())) best = std::move(choice);
  }
  return best;
}

// The largest first, by what the pod lacks most.
std::optional<RoomMaker::Choice> RoomMaker::WhoLeaves(size_t k, size_t j, size_t group) const {
  const NodeGroup& g = layout_.bins(j).groups()[group];
  const Amounts& demand = instance_.DemandOf(k, j);
  if (!g.devices.empty()) return std::nullopt;
  size_t scarce = 0;
  int64_t lacks = 0;
  for (size_t r = 0; r < demand.size(); ++r) {
    const int64_t lack = demand[r] - AmountOf(g.free, r);
    if (lack > 0 && lack / std::max<int64_t>(1, demand[r] / 1000) > lacks) {
      scarce = r, lacks = lack / std::max<int64_t>(1, demand[r] / 1000);
    }
  }
  std::vector<std::tuple<int64_t, int32_t, int64_t, int64_t>> loads;
  for (const NodeGroup::Load& load : g.loads) {
    if (load.id < 0 || moves_freely_[static_cast<size_t>(load.id)] == 0) continue;
    const Amounts& of = instance_.DemandOf(static_cast<size_t>(load.id), j);
    loads.emplace_back(-AmountOf(of, scarce), load.id, load.step, load.per_node);
  }
  std::sort(loads.begin(), loads.end());
  Choice choice{group, {}};
  Amounts free = g.free;
  for (const auto& [size, id, step, per_node] : loads) {
    const Amounts& of = instance_.DemandOf(static_cast<size_t>(id), j);
    for (int64_t n = 0; n < per_node && !Covers(free, demand); ++n) {
      if (choice.leave.size() == kMostOfNode) return std::nullopt;
      if (free.size() < of.size()) free.resize(of.size(), 0);
      for (size_t r = 0; r < of.size(); ++r) free[r] += of[r];
      choice.leave.emplace_back(id, step);
    }
  }
  if (!Covers(free, demand)) return std::nullopt;
  return choice;
}

void RoomMaker::Empty(size_t j, Choice& choice) {
  for (const auto& [id, step] : choice.leave) {
    const std::vector<NodeGroup>& groups = layout_.bins(j).groups();
    const NodeGroup& g = groups[choice.group];
    size_t load = 0;
    while (g.loads[load].id != id || g.loads[load].step != step) ++load;
    const bool own = g.count > 1;  // its node becomes a group of its own, the last
    layout_.Withdraw(j, choice.group, load);
    if (own) choice.group = groups.size() - 1;
  }
}

}  // namespace stowage::scheduler::lagrangian
