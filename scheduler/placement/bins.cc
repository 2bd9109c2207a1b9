#include "scheduler/placement/bins.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <tuple>

namespace stowage::scheduler {
namespace {

constexpr int64_t kUnlimited = kMaxPods;

void AddTo(Amounts& sum, const Amounts& a, int64_t times) {
  if (sum.size() < a.size()) sum.resize(a.size(), 0);
  for (size_t r = 0; r < a.size(); ++r) sum[r] += a[r] * times;
}

// The places of `items` in the order of their values, so that input order means nothing.
template <class T, class Less>
std::vector<int32_t> Sorted(const std::vector<T>& items, Less less) {
  std::vector<int32_t> order(items.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return less(items[a], items[b]); });
  return order;
}

}  // namespace

int ClusterBins::Waste(const Amounts& free, const Amounts& demand) {
  int waste = 0;
  for (size_t r = ResourceTable::kPods + 1; r < free.size(); ++r) {
    waste += free[r] > 0 && AmountOf(demand, r) == 0 ? 1 : 0;
  }
  return waste;
}

int64_t PodsPerNode(const Amounts& free, const Devices& devices, const Amounts& demand) {
  int64_t fit = kUnlimited;
  for (size_t r = 0; r < demand.size(); ++r) {
    if (demand[r] <= 0) continue;
    const int64_t have = AmountOf(free, r);
    if (have < demand[r]) return 0;
    fit = std::min(fit, have / demand[r]);
  }
  if (fit > 0 && !devices.empty()) fit = std::min(fit, devices.Fit(demand));
  return fit;
}

int32_t ClusterBins::BandOf(int64_t memory, int64_t milli_cpu) {
  if (memory <= 0 || milli_cpu <= 0) return 0;
  const auto ratio = static_cast<uint64_t>(memory / milli_cpu) + 1;
  const int bits = std::bit_width(ratio);
  const int half = bits > 1 ? static_cast<int>((ratio >> (bits - 2)) & 1) : 0;
  return 2 * bits + half;
}

ClusterBins::ClusterBins(const ClusterView& view) : bought_(view.pools.size(), 0) {
  size_t first = 0;  // of the kinds with the same labels and taints
  for (const int32_t i : Sorted(view.shapes, [](const NodeShape& a, const NodeShape& b) {
         return std::tie(a.labels, a.taints, a.free, a.count, a.devices) <
                std::tie(b.labels, b.taints, b.free, b.count, b.devices);
       })) {
    const NodeShape& s = view.shapes[i];
    if (s.count == 0) continue;
    const bool like_last = !kinds_.empty() && view.shapes[kinds_.back().shape].labels == s.labels &&
                           view.shapes[kinds_.back().shape].taints == s.taints;
    if (!like_last) first = kinds_.size();
    const int32_t band =
        BandOf(AmountOf(s.free, ResourceTable::kMemory), AmountOf(s.free, ResourceTable::kCpu));
    size_t at = first;
    while (at < kinds_.size() && kinds_[at].band != band) ++at;
    if (at == kinds_.size()) kinds_.push_back({i, -1, band});
    const auto kind = static_cast<int32_t>(at);
    groups_.push_back(
        {.shape = i, .kind = kind, .count = s.count, .free = s.free, .devices = s.devices});
    AddTo(total_, s.free, s.count);
  }
  for (const int32_t i : Sorted(view.pools, [](const ElasticPool& a, const ElasticPool& b) {
         return a.name < b.name;
       })) {
    const ElasticPool& p = view.pools[i];
    if (p.nodes_max == 0) continue;
    const auto kind = static_cast<int32_t>(kinds_.size());
    kinds_.push_back({-1, i});
    groups_.push_back({.pool = i,
                       .kind = kind,
                       .open = false,
                       .count = p.nodes_max,
                       .free = p.allocatable,
                       .devices = p.devices});
  }
  free_ = total_;
}

int64_t ClusterBins::Fit(const Amounts& demand, const Admission& admission, int32_t pool,
                         int64_t most, const NodeLimit* limit,
                         const std::vector<char>* kinds) const {
  int64_t fit = 0;
  for (const NodeGroup& g : groups_) {
    if (fit >= most) break;
    if (!Takes(g, pool) || !Admits(admission, g)) continue;
    if (kinds != nullptr && (*kinds)[g.kind] == 0) continue;
    int64_t per_node = PodsPerNode(g, demand);
    if (per_node > 0 && limit != nullptr) per_node = std::min(per_node, limit->Of(g));
    if (per_node > 0) fit += per_node > (most - fit) / g.count ? most - fit : per_node * g.count;
  }
  return std::min(fit, most);
}

int64_t ClusterBins::Place(const Packing& pods, int32_t pool, int64_t n,
                           std::vector<Landing>* landed) {
  struct Candidate {
    int waste;
    int64_t per_node;
    size_t group;
  };
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < groups_.size(); ++i) {
    const NodeGroup& g = groups_[i];
    if (!Takes(g, pool) || !Admits(pods.admission, g)) continue;
    if (pods.kinds != nullptr && (*pods.kinds)[g.kind] == 0) continue;
    int64_t per_node = PodsPerNode(g, pods.demand);
    if (per_node > 0 && pods.limit != nullptr) per_node = std::min(per_node, pods.limit->Of(g));
    if (per_node > 0) candidates.push_back({Waste(g.free, pods.demand), per_node, i});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.waste, a.per_node, a.group) < std::tie(b.waste, b.per_node, b.group);
  });
  int64_t left = n;
  for (const Candidate& c : candidates) {
    if (left == 0) break;
    const Landing landing{groups_[c.group].shape, groups_[c.group].pool,
                          PlaceOn(c.group, pods, c.per_node, left)};
    left -= landing.pods;
    if (landed != nullptr) landed->push_back(landing);
  }
  return n - left;
}

int64_t ClusterBins::PlaceOn(size_t group, const Packing& pods, int64_t per_node, int64_t n) {
  if (n <= 0 || per_node <= 0) return 0;
  const int64_t nodes = groups_[group].count;
  const int64_t full = std::min(nodes, n / per_node);
  const int64_t rest = full < nodes ? n - full * per_node : 0;  // less than a node's worth
  if (full > 0) Take(group, full, pods, per_node);
  if (rest > 0) Take(group, 1, pods, rest);
  ++version_;
  return full * per_node + rest;
}

void ClusterBins::Take(size_t group, int64_t nodes, const Packing& pods, int64_t per_node) {
  const bool opens = !groups_[group].open;
  NodeGroup taken = groups_[group];
  taken.count = nodes;
  if (opens) Open(taken, pods.bought);
  AddTo(taken.free, pods.demand, -per_node);
  AddTo(free_, pods.demand, -per_node * nodes);
  taken.loads.push_back({pods.id, per_node, pods.step, {}});
  if (!taken.devices.empty()) {
    taken.devices.Take(pods.demand, per_node, taken.loads.back().on);
  }
  groups_[group].count -= nodes;
  if (!opens && groups_[group].count == 0) {
    groups_[group] = std::move(taken);
  } else {
    groups_.push_back(std::move(taken));
  }
}

// Nodes of a pool, from now on with those that pods are packed onto.
void ClusterBins::Open(NodeGroup& nodes, bool bought) {
  nodes.open = true;
  nodes.bought = bought;
  if (bought) bought_[nodes.pool] += nodes.count;
  AddTo(total_, nodes.free, nodes.count);
  AddTo(free_, nodes.free, nodes.count);
}

void ClusterBins::Remove(size_t group, size_t load, const Amounts& demand) {
  if (groups_[group].count > 1) {
    NodeGroup node = groups_[group];
    node.count = 1;
    --groups_[group].count;
    group = groups_.size();
    groups_.push_back(std::move(node));
  }
  NodeGroup& node = groups_[group];
  AddTo(node.free, demand, 1);
  AddTo(free_, demand, 1);
  if (!node.devices.empty()) node.devices.GiveBack(demand, node.loads[load].on);
  if (--node.loads[load].per_node == 0) {
    node.loads.erase(node.loads.begin() + static_cast<ptrdiff_t>(load));
  }
  if (node.loads.empty() && node.bought) GiveBack(group);
  ++version_;
}

std::map<int32_t, int64_t> ClusterBins::Clear(
    const std::vector<char>& leave, bool only_bought,
    const std::function<const Amounts&(int32_t)>& demand_of) {
  std::map<int32_t, int64_t> left;
  for (size_t i = groups_.size();
       i-- > 0;) {  // one that is given back leaves its place to the last
    NodeGroup& nodes = groups_[i];
    if (only_bought && !nodes.bought) continue;
    for (NodeGroup::Load& load : nodes.loads) {
      if (load.id < 0 || leave[static_cast<size_t>(load.id)] == 0) continue;
      const Amounts& demand = demand_of(load.id);
      AddTo(nodes.free, demand, load.per_node);
      AddTo(free_, demand, load.per_node * nodes.count);
      if (!load.on.empty()) {
        for (int64_t n = 0; n < load.per_node; ++n) nodes.devices.GiveBack(demand, load.on);
      }
      left[load.id] += load.per_node * nodes.count;
      load.per_node = 0;
    }
    std::erase_if(nodes.loads, [](const NodeGroup::Load& load) { return load.per_node == 0; });
    if (nodes.loads.empty() && nodes.bought) GiveBack(i);
  }
  ++version_;
  return left;
}

void ClusterBins::Renumber(const std::vector<int32_t>& to) {
  for (NodeGroup& g : groups_) {
    for (NodeGroup::Load& load : g.loads) {
      if (load.id >= 0) load.id = to[load.id];
    }
  }
}

// The nodes go back to those of their pool that can be bought.
void ClusterBins::GiveBack(size_t group) {
  NodeGroup node = std::move(groups_[group]);
  if (group + 1 < groups_.size()) groups_[group] = std::move(groups_.back());
  groups_.pop_back();
  bought_[node.pool] -= node.count;
  AddTo(total_, node.free, -node.count);
  AddTo(free_, node.free, -node.count);
  for (NodeGroup& g : groups_) {
    if (g.open || g.pool != node.pool) continue;
    g.count += node.count;
    return;
  }
  node.open = node.bought = false;
  groups_.push_back(std::move(node));
}

bool ClusterBins::Adopt(int32_t shape, int32_t pool, int64_t count,
                        const std::vector<Adopted>& loads) {
  const auto from = std::find_if(groups_.begin(), groups_.end(), [&](const NodeGroup& g) {
    return g.loads.empty() && g.count >= count && g.shape == shape && g.pool == pool &&
           g.open == (pool < 0);
  });
  if (from == groups_.end()) return false;
  Fill(static_cast<size_t>(from - groups_.begin()), count, loads);
  return true;
}

void ClusterBins::Fill(size_t group, int64_t count, const std::vector<Adopted>& loads) {
  NodeGroup nodes = groups_[group];
  groups_[group].count -= count;
  nodes.count = count;
  if (!nodes.open) {
    Open(nodes,
         std::none_of(loads.begin(), loads.end(), [](const Adopted& a) { return a.load.id < 0; }));
  }
  for (const auto& [load, demand] : loads) {
    AddTo(nodes.free, *demand, -load.per_node);
    AddTo(free_, *demand, -load.per_node * count);
    for (size_t d = 0; d < load.on.size(); ++d) nodes.devices.Use(d, *demand, load.on[d]);
    nodes.loads.push_back(load);
  }
  groups_.push_back(std::move(nodes));
  ++version_;
}

void ClusterBins::Add(const ClusterView& view, int32_t shape, int32_t pool, int64_t nodes) {
  NodeGroup added{.shape = shape, .pool = pool, .open = pool < 0, .count = nodes};
  added.free = pool < 0 ? view.shapes[shape].free : view.pools[pool].allocatable;
  added.devices = pool < 0 ? view.shapes[shape].devices : view.pools[pool].devices;
  const auto like = std::find_if(groups_.begin(), groups_.end(), [&](const NodeGroup& g) {
    return g.shape == shape && g.pool == pool;
  });
  added.kind = like != groups_.end() ? like->kind : static_cast<int32_t>(kinds_.size());
  if (like == groups_.end()) kinds_.push_back({shape, pool});
  if (added.open) {
    AddTo(total_, added.free, nodes);
    AddTo(free_, added.free, nodes);
  }
  groups_.push_back(std::move(added));
  ++version_;
}

void ClusterBins::TakeOff(const Amounts& demand, int64_t n) {
  for (size_t r = 0; r < demand.size(); ++r) {
    int64_t need = demand[r] * n;
    for (NodeGroup& g : groups_) {
      if (need <= 0) break;
      if (!g.open || g.count == 0 || AmountOf(g.free, r) <= 0) continue;
      const int64_t each = std::min(g.free[r], (need + g.count - 1) / g.count);
      g.free[r] -= each;
      need -= each * g.count;
      free_[r] -= each * g.count;
    }
  }
  ++version_;
}

void ClusterBins::Restore(ClusterBins earlier) {
  const uint64_t next = version_ + 1;
  *this = std::move(earlier);
  version_ = next;
}

int64_t ClusterBins::UtilisationPpm() const {
  int64_t worst = 0;
  for (const size_t r : {ResourceTable::kCpu, ResourceTable::kMemory}) {
    const int64_t total = AmountOf(total_, r);
    if (total <= 0) continue;
    const int64_t used = total - AmountOf(free_, r);
    worst = std::max(worst, static_cast<int64_t>(static_cast<__int128>(used) * 1'000'000 / total));
  }
  return worst;
}

ClusterWitness ClusterBins::Witness(const ClusterView& view,
                                    const std::vector<const PodClass*>& classes) const {
  ClusterWitness witness{view.name, {}, bound_unpacked};
  witness.nodes.reserve(groups_.size());
  for (const NodeGroup& g : groups_) {
    if (g.loads.empty() || g.count == 0) continue;
    PackedNodes& nodes = witness.nodes.emplace_back(PackedNodes{g.shape, g.pool, g.count, {}});
    nodes.loads.reserve(g.loads.size());
    for (const NodeGroup::Load& load : g.loads) {
      if (load.id >= 0) {
        nodes.loads.push_back({classes[load.id]->key, -1, load.per_node, load.step, load.on});
      } else {
        nodes.loads.push_back({"", ~load.id, load.per_node, 0, load.on});
      }
    }
  }
  return witness;
}

int64_t LastStep(const std::vector<ClusterBins>& bins) {
  int64_t last = 0;
  for (const ClusterBins& b : bins) {
    for (const NodeGroup& g : b.groups()) {
      for (const NodeGroup::Load& load : g.loads) last = std::max(last, load.step);
    }
  }
  return last;
}

}  // namespace stowage::scheduler
