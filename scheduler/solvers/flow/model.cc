#include "scheduler/solvers/flow/model.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace stowage::scheduler::flow {
namespace {

constexpr int64_t kFlowMax = int64_t{1} << 58;   // of all supplies, and of a capacity
constexpr Wide kPotentialMax = Wide{1} << 59;    // of the dearest arc times nodes
constexpr int64_t kScaleMax = int64_t{1} << 20;  // of costs of a unit: digits behind the point

}  // namespace

FlowModel::FlowModel(const Instance& instance, const Rooms& rooms)
    : instance_(instance), rooms_(rooms) {
  ChooseSurrogate();
  if (!surrogate_) return;
  FindUnit();
  ChooseScale();
}

// Of those that every class asks for alike everywhere, the one of which most of the fleet is
// wanted.
void FlowModel::ChooseSurrogate() {
  double most = 0;
  for (size_t r = 0; r < rooms_.resources(); ++r) {
    bool alike = true;
    double wanted = 0, have = 0;
    for (const PodClass* k : instance_.classes()) {
      const int64_t demand = AmountOf(k->demand, r);
      alike = alike && demand > 0;
      for (const auto& [cluster, other] : k->demand_in) {
        alike = alike && AmountOf(other, r) == demand;
      }
      wanted += static_cast<double>(demand) * static_cast<double>(k->count);
    }
    for (size_t s = 0; s < rooms_.size(); ++s) {
      const Room& room = rooms_[s];
      have += room.Opens() ? static_cast<double>(room.node[r]) * static_cast<double>(room.nodes)
                           : static_cast<double>(room.capacity[r]);
    }
    const double part = wanted / std::max(have, 1.0);
    const bool first =
        !surrogate_ || part > most ||
        (part == most && instance_.resources().name(r) < instance_.resources().name(*surrogate_));
    if (alike && first) surrogate_ = r, most = part;
  }
}

// What all pods ask for whole parts of: nodes then end in whole parts, too.
void FlowModel::FindUnit() {
  int64_t unit = 0;
  for (const PodClass* k : instance_.classes()) {
    unit = std::gcd(unit, AmountOf(k->demand, *surrogate_));
  }
  unit_ = std::max<int64_t>(unit, 1);
}

int64_t FlowModel::UnitsOf(size_t k) const {
  return AmountOf(instance_.classes()[k]->demand, *surrogate_) / unit_;
}

Wide FlowModel::CapacityOf(size_t s) const {
  const Room& room = rooms_[s];
  if (room.Opens()) return static_cast<Wide>(room.node[*surrogate_] / unit_) * room.nodes;
  Wide sum = 0;
  const auto j = static_cast<size_t>(room.j);
  for (const NodeGroup& g : instance_.Base(j).groups()) {
    if (!g.open || g.count == 0 || rooms_.RoomOf(j, g) != static_cast<int32_t>(s)) continue;
    const int64_t free = std::max<int64_t>(AmountOf(g.free, *surrogate_), 0);
    sum += static_cast<Wide>(free / unit_) * g.count;
  }
  return sum;
}

int64_t FlowModel::CostOf(size_t k, size_t s) const {
  const auto j = static_cast<size_t>(rooms_[s].j);
  return instance_.PodCost(k, j, rooms_[s].pool, 1, Rounding::kDown).nano;
}

// As many digits as leave every sum in range; 0: none does.
void FlowModel::ChooseScale() {
  Wide dearest = 1, supply = 0;
  for (size_t k = 0; k < instance_.classes().size(); ++k) {
    supply += static_cast<Wide>(UnitsOf(k)) * instance_.classes()[k]->count;
    for (size_t s = 0; s < rooms_.size(); ++s) {
      if (rooms_.Admits(k, s)) dearest = std::max<Wide>(dearest, CostOf(k, s) / UnitsOf(k) + 1);
    }
  }
  for (size_t s = 0; s < rooms_.size(); ++s) {
    if (rooms_[s].Opens()) dearest = std::max<Wide>(dearest, rooms_[s].node_hour.nano);
  }
  // A unit that is given up costs more than any path, and there are nodes on a path of potentials.
  const Wide nodes = static_cast<Wide>(instance_.classes().size() + rooms_.size()) + 4;
  const Wide most = kPotentialMax / (dearest * 4 * nodes);
  if (supply <= kFlowMax) scale_ = static_cast<int64_t>(std::min<Wide>(most, kScaleMax));
}

// Nodes: classes, rooms, the end. An arc from each class to the end gives its pods up.
void FlowModel::AddClasses() {
  const size_t classes = instance_.classes().size();
  const auto end = static_cast<int32_t>(classes + rooms_.size());
  int64_t all = 0, dearest = 0;
  for (size_t k = 0; k < classes; ++k) {
    const int64_t units = UnitsOf(k), count = instance_.classes()[k]->count;
    network_.supply[k] = units * count;
    all += units * count;
    for (size_t s = 0; s < rooms_.size(); ++s) {
      if (!rooms_.Admits(k, s)) continue;
      const int64_t fit = rooms_.Fit(k, s, count);
      if (fit == 0) continue;
      const auto cost = static_cast<int64_t>(static_cast<Wide>(CostOf(k, s)) * scale_ / units);
      dearest = std::max(dearest, cost);
      offers_.push_back({k, s, network_.arcs.size()});
      network_.arcs.push_back(
          {static_cast<int32_t>(k), static_cast<int32_t>(classes + s), fit * units, cost});
    }
  }
  for (size_t s = 0; s < rooms_.size(); ++s) {
    if (rooms_[s].Opens()) {
      dearest = std::max(dearest, static_cast<int64_t>(rooms_[s].node_hour.nano) * scale_);
    }
  }
  for (size_t k = 0; k < classes; ++k) {
    given_up_.push_back(network_.arcs.size());
    network_.arcs.push_back({static_cast<int32_t>(k), end, network_.supply[k], 2 * dearest + 1});
  }
  network_.supply[static_cast<size_t>(end)] = -all;
}

// From each room to the end; a unit of a node that is opened costs its part of it.
void FlowModel::AddRooms() {
  const size_t classes = instance_.classes().size();
  const auto end = static_cast<int32_t>(classes + rooms_.size());
  for (size_t s = 0; s < rooms_.size(); ++s) {
    const Room& room = rooms_[s];
    const auto capacity = static_cast<int64_t>(std::min<Wide>(CapacityOf(s), kFlowMax));
    int64_t cost = 0;
    if (room.Opens() && capacity > 0) {
      cost = static_cast<int64_t>(static_cast<Wide>(room.node_hour.nano) * scale_ /
                                  (room.node[*surrogate_] / unit_));
    }
    network_.arcs.push_back({static_cast<int32_t>(classes + s), end, capacity, cost});
  }
}

bool FlowModel::Solve() {
  network_.supply.assign(instance_.classes().size() + rooms_.size() + 1, 0);
  AddClasses();
  AddRooms();
  const auto flow = MinCostFlow(network_);
  if (flow) Read(*flow);
  return flow.has_value();
}

void FlowModel::Read(const NetworkFlow& flow) {
  Wide cost = 0;
  for (const size_t a : given_up_) incomplete_ = incomplete_ || flow.on[a] > 0;
  for (size_t a = 0; a < network_.arcs.size(); ++a) {
    cost += static_cast<Wide>(network_.arcs[a].cost) * flow.on[a];
  }
  if (!incomplete_) {
    bound_.nano = static_cast<int64_t>(std::min<Wide>(cost / scale_, kMaxBill.nano));
  }
  for (const Offer& o : offers_) {
    const int64_t pods = flow.on[o.arc] / UnitsOf(o.k);
    if (pods > 0) shares_.push_back({o.k, o.s, pods});
  }
  // What one more unit in the room would save: the rise of the potential from the room to the end.
  const size_t classes = instance_.classes().size(), end = classes + rooms_.size();
  prices_ = rooms_.Least();
  for (size_t s = 0; s < rooms_.size(); ++s) {
    const int64_t rise = flow.potential[end] - flow.potential[classes + s];
    const Wide scarce = std::max<int64_t>(rise, 0);
    std::vector<int64_t>& of = prices_[s];
    std::fill(of.begin(), of.end(), 0);
    const Wide units = Wide{1} << rooms_.shift(*surrogate_);
    const Wide rate = scarce * (units / unit_ + (units % unit_ != 0 ? 1 : 0)) / scale_;
    of[*surrogate_] =
        static_cast<int64_t>(std::min<Wide>(rate, std::numeric_limits<int64_t>::max() / 8));
  }
}

}  // namespace stowage::scheduler::flow
