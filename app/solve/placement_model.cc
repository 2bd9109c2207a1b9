#include "app/solve/placement_model.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "app/solve/source.h"
#include "scheduler/placement/rooms.h"
#include "scheduler/placement/solver.h"

namespace stowage::app {
namespace {

using scheduler::AmountOf;
using scheduler::Amounts;
using scheduler::Covers;
using scheduler::Instance;
using scheduler::PodClass;
using scheduler::Quota;
using scheduler::Room;
using scheduler::Rooms;
using scheduler::Rounding;
using scheduler::Wide;

constexpr Wide kRightMax = std::numeric_limits<int64_t>::max();

std::string N(size_t n) { return std::to_string(n); }

class PlacementModel {
 public:
  explicit PlacementModel(const Instance& instance) : instance_(instance), rooms_(instance) {}

  Result<LinearModel> Make() {
    const auto pairs = static_cast<__int128>(Classes()) * rooms_.size();
    RETURN_IF_ERROR(CheckSize(pairs * (rooms_.resources() + 2)));
    AddRooms();
    for (size_t k = 0; k < Classes(); ++k) AddClass(k);
    for (auto& of : room_rows_) {
      for (LinearModel::Row& row : of) {
        if (!row.entries.empty()) m_.rows.push_back(std::move(row));
      }
    }
    for (size_t q = 0; q < instance_.quotas().size(); ++q) AddQuota(q);
    Describe();
    return std::move(m_);
  }

 private:
  size_t Classes() const { return instance_.classes().size(); }

  int32_t AddColumn(std::string name, int64_t cost, int64_t upper) {
    m_.columns.push_back({std::move(name), cost, upper});
    return static_cast<int32_t>(m_.columns.size() - 1);
  }

  // A row for each resource; those of pools grow with the nodes that are opened.
  void AddRooms() {
    for (size_t s = 0; s < rooms_.size(); ++s) {
      const Room& room = rooms_[s];
      std::vector<LinearModel::Row>& of = room_rows_.emplace_back();
      const int32_t open =
          room.Opens() ? AddColumn("open_" + N(s + 1), room.node_hour.nano, room.nodes) : -1;
      for (size_t r = 0; r < rooms_.resources(); ++r) {
        LinearModel::Row row{"room_" + N(s + 1) + "_" + N(r + 1)};
        row.sense = LinearModel::Sense::kAtMost;
        if (room.Opens()) {
          row.entries.push_back({open, -room.node[r]});
        } else {
          row.right = static_cast<int64_t>(std::min(room.capacity[r], kRightMax));
        }
        of.push_back(std::move(row));
      }
    }
  }

  void AddClass(size_t k) {
    const PodClass& pods = *instance_.classes()[k];
    LinearModel::Row row{"class_" + N(k + 1), LinearModel::Sense::kEqual, pods.count, {}};
    std::map<size_t, int32_t> column_of;
    for (size_t s = 0; s < rooms_.size(); ++s) {
      if (!rooms_.Admits(k, s)) continue;
      const int64_t fit = rooms_.Fit(k, s, pods.count);
      if (fit == 0) continue;
      const auto j = static_cast<size_t>(rooms_[s].j);
      const scheduler::Money cost = instance_.PodCost(k, j, rooms_[s].pool, 1, Rounding::kDown);
      const int32_t x = AddColumn("x_" + N(k + 1) + "_" + N(s + 1), cost.nano, fit);
      column_of[s] = x;
      columns_.push_back({k, j, x});
      row.entries.push_back({x, 1});
      const Amounts& demand = instance_.DemandOf(k, j);
      for (size_t r = 0; r < std::min(demand.size(), rooms_.resources()); ++r) {
        if (demand[r] != 0) room_rows_[s][r].entries.push_back({x, demand[r]});
      }
    }
    m_.rows.push_back(std::move(row));
    AddSpread(k, column_of);
  }

  void AddSpread(size_t k, const std::map<size_t, int32_t>& column_of) {
    const scheduler::SpreadDomains* spread = rooms_.SpreadOf(k);
    if (spread == nullptr) return;
    for (size_t d = 0; d < spread->rooms.size(); ++d) {
      LinearModel::Row row{"spread_" + N(k + 1) + "_" + N(d + 1)};
      row.sense = LinearModel::Sense::kAtMost;
      row.right = spread->most;
      for (const int32_t s : spread->rooms[d]) {
        // A room with nodes of several domains says nothing of one of them.
        if (DomainsOf(*spread, s) > 1) continue;
        const auto x = column_of.find(static_cast<size_t>(s));
        if (x != column_of.end()) row.entries.push_back({x->second, 1});
      }
      if (!row.entries.empty()) m_.rows.push_back(std::move(row));
    }
  }

  static int64_t DomainsOf(const scheduler::SpreadDomains& spread, int32_t s) {
    return std::count_if(spread.rooms.begin(), spread.rooms.end(), [&](const auto& of) {
      return std::binary_search(of.begin(), of.end(), s);
    });
  }

  void AddQuota(size_t q) {
    const Quota& quota = instance_.quotas()[q];
    for (size_t c = 0; c < quota.caps.size(); ++c) {
      const size_t resource = quota.caps[c].resource;
      Wide left = quota.caps[c].most;
      for (const scheduler::ClusterView* view : instance_.clusters()) {
        if (!Covers(quota.clusters, view->name)) continue;
        for (const scheduler::BoundPods& b : view->bound) {
          if (!Covers(quota.namespaces, b.Relations().ns)) continue;
          left -= static_cast<Wide>(AmountOf(b.demand, resource)) * b.count;
        }
      }
      LinearModel::Row row{"quota_" + N(q + 1) + "_" + N(c + 1)};
      row.sense = LinearModel::Sense::kAtMost;
      row.right = static_cast<int64_t>(std::max<Wide>(left, 0));
      for (const auto& [k, j, x] : columns_) {
        if (!Covers(quota.namespaces, instance_.classes()[k]->Relations().ns)) continue;
        if (!Covers(quota.clusters, instance_.clusters()[j]->name)) continue;
        const int64_t demand = AmountOf(instance_.DemandOf(k, j), resource);
        if (demand != 0) row.entries.push_back({x, demand});
      }
      if (!row.entries.empty()) m_.rows.push_back(std::move(row));
    }
  }

  void Describe() {
    const auto say = [&](std::string line) { m_.comments.push_back(std::move(line)); };
    say("A placement problem of Stowage; costs in nano-currency an hour, rounded down for one "
        "pod.");
    say("Left out, so that the optimum is a lower bound of the problem's:");
    say("  nodes one by one: room is a sum over nodes that the same classes may use");
    for (const std::string& rule : LeftOut()) say("  " + rule);
    for (size_t k = 0; k < Classes(); ++k) {
      say("class " + N(k + 1) + ": " + Quoted(instance_.classes()[k]->key));
    }
    for (size_t s = 0; s < rooms_.size(); ++s) {
      const Room& room = rooms_[s];
      const scheduler::ClusterView& view = *instance_.clusters()[static_cast<size_t>(room.j)];
      std::string what = ", " + std::to_string(room.nodes) + " nodes that stand";
      if (room.Opens()) what = ", pool " + Quoted(view.pools[static_cast<size_t>(room.pool)].name);
      say("room " + N(s + 1) + ": cluster " + Quoted(view.name) + what);
    }
    for (size_t r = 0; r < rooms_.resources(); ++r) {
      say("resource " + N(r + 1) + ": " + Quoted(instance_.resources().name(r)));
    }
    for (size_t q = 0; q < instance_.quotas().size(); ++q) {
      say("quota " + N(q + 1) + ": " + Quoted(instance_.quotas()[q].name));
    }
  }

  std::vector<std::string> LeftOut() const {
    std::vector<std::string> rules;
    bool spread = false, peers = false, ports = false, gangs = false, tiers = false, soft = false;
    for (size_t k = 0; k < Classes(); ++k) {
      const scheduler::PodRules& of = instance_.rules().Of(k);
      spread = spread || !of.spread.empty();
      peers = peers || !of.affinity.empty();
      for (const auto& e : of.exclusions) {
        (e.why == scheduler::PodRules::Exclusion::Why::kPorts ? ports : peers) = true;
      }
      gangs = gangs || instance_.GangOf(k) != nullptr;
      tiers = tiers || instance_.classes()[k]->priority != instance_.classes()[0]->priority;
      soft = soft || !of.soft_spread.empty() || !of.preferences.empty() ||
             !instance_.classes()[k]->constraints->preferred.empty();
    }
    if (spread) rules.emplace_back("topology spread, but for what is the most in any domain");
    if (peers) rules.emplace_back("inter-pod affinity, but for what one node may take of a class");
    if (ports) rules.emplace_back("host ports, but for what one node may take of a class");
    if (gangs) rules.emplace_back("gangs");
    if (instance_.HasDevices()) rules.emplace_back("single devices: their sums count");
    if (tiers) rules.emplace_back("tiers of priority: all classes are placed");
    if (soft) rules.emplace_back("preferences, which are no part of the cost");
    return rules;
  }

  struct PodsIn {
    size_t k, j;
    int32_t x;
  };
  const Instance& instance_;
  const Rooms rooms_;
  std::vector<std::vector<LinearModel::Row>> room_rows_;
  std::vector<PodsIn> columns_;
  LinearModel m_;
};

}  // namespace

Result<LinearModel> PlacementModelOf(const scheduler::Problem& problem) {
  Instance instance({});
  instance.Apply(Whole(problem));
  scheduler::Work work(std::numeric_limits<int64_t>::max());
  while (!instance.Prepare(work)) {
  }
  return PlacementModel(instance).Make();
}

}  // namespace stowage::app
