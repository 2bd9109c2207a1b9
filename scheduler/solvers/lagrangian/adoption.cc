#include "scheduler/solvers/lagrangian/adoption.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace stowage::scheduler::lagrangian {
namespace {

bool HasOurs(const NodeGroup& nodes) {
  return std::any_of(nodes.loads.begin(), nodes.loads.end(),
                     [](const NodeGroup::Load& load) { return load.id >= 0; });
}

Amounts WithoutZeros(Amounts room) {
  while (!room.empty() && room.back() == 0) room.pop_back();
  return room;
}

}  // namespace

const Amounts& Adoption::DemandOf(int32_t k, size_t j) const {
  return past_.classes[static_cast<size_t>(k)].DemandIn(instance_.clusters()[j]->name);
}

// Pods of a class that is another one now are to leave all the same.
bool Adoption::LetIn(int32_t k, size_t j, const NodeGroup& nodes) const {
  const int32_t now = difference_.to[static_cast<size_t>(k)];
  if (now < 0) return false;
  const Verdict& verdict = instance_.VerdictOf(static_cast<size_t>(now), j);
  return !verdict.refusal && Admits(verdict.admission, nodes);
}

// The loads of `before` onto `nodes` nodes of the group, as far as they fit.
void Adoption::FillNodes(size_t j, const NodeGroup& before, size_t group, int64_t nodes,
                         ClusterBins& bins, std::vector<Loose>& loose) const {
  for (const NodeGroup::Load& load : before.loads) {
    if (load.id < 0) continue;
    int64_t fit = 0;
    const NodeGroup& to = bins.groups()[group];
    if (LetIn(load.id, j, to)) {
      fit = std::min(load.per_node, PodsPerNode(to, DemandOf(load.id, j)));
    }
    if (fit < load.per_node) {
      loose.push_back({load.id, load.step, (load.per_node - fit) * nodes});
    }
    if (fit == 0) continue;
    const bool part = to.count > nodes || !to.open;  // they become a group of their own, the last
    const Packing packing{.id = load.id,
                          .demand = DemandOf(load.id, j),
                          .admission = instance_.VerdictOf(difference_.to[load.id], j).admission,
                          .step = load.step};
    bins.PlaceOn(group, packing, fit, fit * nodes);
    if (part) group = bins.groups().size() - 1;
  }
}

// What the nodes had free before our pods came.
Amounts Adoption::RoomOf(size_t j, const NodeGroup& nodes) const {
  Amounts room = nodes.free;
  for (const NodeGroup::Load& load : nodes.loads) {
    if (load.id < 0) continue;
    const Amounts& demand = DemandOf(load.id, j);
    if (room.size() < demand.size()) room.resize(demand.size(), 0);
    for (size_t r = 0; r < demand.size(); ++r) room[r] += demand[r] * load.per_node;
  }
  return WithoutZeros(std::move(room));
}

// Nodes of another shape have other labels: whoever is not let in there stays for the next try.
bool Adoption::Suits(size_t j, const Homeless& before, const NodeGroup& to, Like like) const {
  const bool same_shape = to.shape == before.nodes->shape && to.pool == before.nodes->pool;
  if (HasOurs(to) || to.open == before.nodes->bought) return false;
  if (like == Like::kSameShape) return same_shape;
  if (like == Like::kSameNode) return same_shape && WithoutZeros(to.free) == before.room;
  if (like == Like::kGrownNode) {
    for (size_t r = 0; r < before.room.size(); ++r) {
      if (AmountOf(to.free, r) < before.room[r]) return false;
    }
    return same_shape;
  }
  return std::all_of(
      before.nodes->loads.begin(), before.nodes->loads.end(),
      [&](const NodeGroup::Load& load) { return load.id < 0 || LetIn(load.id, j, to); });
}

void Adoption::Fill(size_t j, Homeless& before, const Candidates& to, Like like, ClusterBins& bins,
                    std::vector<Loose>& loose) const {
  for (const size_t group : to) {
    const NodeGroup& nodes = bins.groups()[group];
    const int64_t fill = std::min(before.left, nodes.count);
    if (fill <= 0 || !Suits(j, before, nodes, like)) continue;
    FillNodes(j, *before.nodes, group, fill, bins, loose);
    before.left -= fill;
  }
}

// In the order in which they came.
void Adoption::PlaceLoose(size_t j, const std::vector<Loose>& loose, ClusterBins& bins) const {
  for (const Loose& pods : loose) {
    const int32_t now = difference_.to[static_cast<size_t>(pods.k)];
    if (now < 0) continue;
    const auto k = static_cast<size_t>(now);
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal || instance_.rules().Of(k).care != PodRules::Care::kNone) continue;
    const Packing packing{.id = pods.k,
                          .demand = DemandOf(pods.k, j),
                          .admission = verdict.admission,
                          .step = pods.step};
    bins.Place(packing, ClusterBins::kStanding, pods.pods);
  }
}

ClusterBins Adoption::AdoptCluster(size_t j, const ClusterBins& before) const {
  ClusterBins bins = instance_.Base(j);
  std::map<Amounts, Candidates> by_room;
  std::map<std::pair<int32_t, int32_t>, Candidates> by_shape;
  for (size_t i = 0; i < bins.groups().size(); ++i) {
    const NodeGroup& g = bins.groups()[i];
    if (g.count == 0) continue;
    by_room[WithoutZeros(g.free)].push_back(i);
    by_shape[{g.shape, g.pool}].push_back(i);
  }
  std::vector<Homeless> homeless;
  std::vector<Loose> loose;
  for (const NodeGroup& g : before.groups()) {
    if (g.open && g.count > 0 && HasOurs(g)) homeless.push_back({&g, RoomOf(j, g), g.count});
  }
  for (const Like like : {Like::kSameNode, Like::kGrownNode, Like::kSameRoom, Like::kSameShape}) {
    for (Homeless& nodes : homeless) {
      if (nodes.left == 0) continue;
      const Candidates& to = like == Like::kSameRoom
                                 ? by_room[nodes.room]
                                 : by_shape[{nodes.nodes->shape, nodes.nodes->pool}];
      Fill(j, nodes, to, like, bins, loose);
    }
  }
  for (const Homeless& nodes : homeless) {
    for (const NodeGroup::Load& load : nodes.nodes->loads) {
      if (load.id >= 0 && nodes.left > 0) {
        loose.push_back({load.id, load.step, load.per_node * nodes.left});
      }
    }
  }
  std::stable_sort(loose.begin(), loose.end(), [](const Loose& a, const Loose& b) {
    return std::tie(a.step, a.k) < std::tie(b.step, b.k);
  });
  PlaceLoose(j, loose, bins);
  return bins;
}

void Adoption::Adopt(Solution& solution) const {
  std::vector<ClusterBins> bins;
  std::vector<int32_t> now(solution.bins.size(), -1);  // of past clusters that did not change
  std::map<std::pair<int32_t, int32_t>, int64_t> shares;
  for (size_t j = 0; j < difference_.was.size(); ++j) {
    const int32_t was = difference_.was[j];
    if (difference_.cluster_changed[j] == 0) {
      now[static_cast<size_t>(was)] = static_cast<int32_t>(j);
      bins.push_back(std::move(solution.bins[static_cast<size_t>(was)]));
      continue;
    }
    bins.push_back(was < 0 ? instance_.Base(j)
                           : AdoptCluster(j, solution.bins[static_cast<size_t>(was)]));
    for (const NodeGroup& g : bins.back().groups()) {
      for (const NodeGroup::Load& load : g.loads) {
        if (load.id < 0 || g.count == 0) continue;
        shares[{load.id, static_cast<int32_t>(j)}] += load.per_node * g.count;
      }
    }
  }
  std::vector<Share> kept;
  for (const Share& s : solution.shares) {
    const int32_t j = now[static_cast<size_t>(s.j)];
    if (j >= 0) kept.push_back({s.k, j, s.count});
  }
  for (const auto& [kj, count] : shares) kept.push_back({kj.first, kj.second, count});
  std::sort(kept.begin(), kept.end(),
            [](const Share& a, const Share& b) { return std::tie(a.k, a.j) < std::tie(b.k, b.j); });
  solution.bins = std::move(bins);
  solution.shares = std::move(kept);
}

}  // namespace stowage::scheduler::lagrangian
