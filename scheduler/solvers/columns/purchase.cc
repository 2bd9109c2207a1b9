#include "scheduler/solvers/columns/purchase.h"

#include <algorithm>

namespace stowage::scheduler::columns {
namespace {

constexpr size_t kTypesMost = 500;
constexpr size_t kPairsMost = 500'000;  // of types and items
constexpr int32_t kToOpen = INT32_MAX;

}  // namespace

Purchase::Purchase(const Instance& instance, std::vector<ClusterBins> bins,
                   const std::vector<int64_t>& pods, Nodes nodes)
    : instance_(instance), bins_(std::move(bins)) {
  const ResourceTable& resources = instance.resources();
  for (size_t r = 0; r < resources.size(); ++r) resources_.push_back(r);
  std::sort(resources_.begin(), resources_.end(),
            [&](size_t a, size_t b) { return resources.name(a) < resources.name(b); });
  problem_.dimensions = static_cast<int32_t>(resources_.size());
  AddTypes(nodes);
  const size_t items =
      static_cast<size_t>(std::count_if(pods.begin(), pods.end(), [](int64_t n) { return n > 0; }));
  const size_t types = problem_.bins.size();
  if (items == 0 || types == 0 || types > kTypesMost || types * items > kPairsMost) return;
  for (size_t k = 0; k < pods.size(); ++k) {
    if (pods[k] > 0) AddItem(k, pods[k]);
  }
  usable_ = Validate(problem_).has_value();
}

Purchase::Kind Purchase::KindOf(size_t j, const NodeGroup& g) {
  const int32_t where = g.open ? ClusterBins::WhereOf(g) : kToOpen;
  return {static_cast<int32_t>(j), g.shape, g.pool, where, g.free};
}

void Purchase::AddTypes(Nodes nodes) {
  for (size_t j = 0; j < bins_.size(); ++j) {
    const std::vector<NodeGroup>& groups = bins_[j].groups();
    for (size_t i = 0; i < groups.size(); ++i) {
      const NodeGroup& g = groups[i];
      if (g.count == 0 || (g.open && nodes == Nodes::kToBuy)) continue;
      const auto [of, fresh] =
          type_of_.try_emplace(KindOf(j, g), static_cast<int32_t>(sites_.size()));
      if (fresh) {
        BinType type;
        for (const size_t r : resources_) {
          type.capacity.push_back(std::max<int64_t>(AmountOf(g.free, r), 0));
        }
        type.cost = g.open ? 0 : instance_.NodeHour(j, g.pool).nano;
        type.quantity = 0;
        problem_.bins.push_back(std::move(type));
        sites_.push_back({static_cast<int32_t>(j), {}});
      }
      problem_.bins[static_cast<size_t>(of->second)].quantity += g.count;
      sites_[static_cast<size_t>(of->second)].groups.emplace_back(i, g.count);
    }
  }
}

// An incarnation for each demand that differs by cluster.
void Purchase::AddItem(size_t k, int64_t pods) {
  PackingItem item{pods, {}, {}};
  for (const Site& site : sites_) {
    const auto j = static_cast<size_t>(site.j);
    const NodeGroup& nodes = bins_[j].groups()[site.groups[0].first];
    const Verdict& verdict = instance_.VerdictOf(k, j);
    PackingItem::Terms terms;
    if (!verdict.refusal && Admits(verdict.admission, nodes)) {
      std::vector<int64_t> sizes;
      for (const size_t r : resources_) {
        sizes.push_back(AmountOf(instance_.DemandOf(k, j), r));
      }
      const auto known = std::find(item.incarnations.begin(), item.incarnations.end(), sizes);
      terms.incarnation = static_cast<int32_t>(known - item.incarnations.begin());
      if (known == item.incarnations.end()) item.incarnations.push_back(std::move(sizes));
      const int32_t where = ClusterBins::WhereOf(nodes);
      terms.cost = instance_.PodCost(k, j, where, 1, Rounding::kDown).nano;
    }
    item.terms.push_back(terms);
  }
  if (item.incarnations.empty()) item.incarnations.emplace_back(problem_.dimensions, 0);
  class_of_.push_back(static_cast<int32_t>(k));
  problem_.items.push_back(std::move(item));
}

PackingSolution Purchase::Found(const std::vector<ClusterBins>& bins) const {
  std::vector<int32_t> item_of(instance_.classes().size(), -1);
  for (size_t i = 0; i < class_of_.size(); ++i) {
    item_of[static_cast<size_t>(class_of_[i])] = static_cast<int32_t>(i);
  }
  PackingSolution out;
  for (size_t j = 0; j < bins.size(); ++j) {
    for (const NodeGroup& g : bins[j].groups()) {
      NodeGroup without = g;
      without.open = g.open && !g.bought;
      PackedBins packed{0, g.count, {}};
      for (const NodeGroup::Load& load : g.loads) {
        const int32_t i = load.id < 0 ? -1 : item_of[static_cast<size_t>(load.id)];
        without.open = without.open || i < 0;
        if (i < 0) continue;
        const Amounts& demand = instance_.DemandOf(static_cast<size_t>(load.id), j);
        for (size_t r = 0; r < std::min(demand.size(), without.free.size()); ++r) {
          without.free[r] += demand[r] * load.per_node;
        }
        packed.loads.push_back({i, -1, load.per_node});
      }
      const auto type = type_of_.find(KindOf(j, without));
      if (packed.loads.empty() || g.count == 0 || type == type_of_.end()) continue;
      packed.type = type->second;
      for (PackedBins::Load& load : packed.loads) {
        load.incarnation = problem_.items[static_cast<size_t>(load.item)]
                               .terms[static_cast<size_t>(packed.type)]
                               .incarnation;
      }
      out.bins.push_back(std::move(packed));
    }
  }
  return out;
}

Solution Purchase::Place(const PackingSolution& packed) const {
  Solution out;
  out.bins = bins_;
  int64_t step = LastStep(bins_);
  std::vector<Site> left = sites_;
  for (const PackedBins& bins : packed.bins) {
    Site& site = left[static_cast<size_t>(bins.type)];
    const auto j = static_cast<size_t>(site.j);
    std::vector<ClusterBins::Adopted> loads;
    for (const PackedBins::Load& load : bins.loads) {
      const int32_t k = class_of_[static_cast<size_t>(load.item)];
      loads.push_back(
          {{k, load.per_bin, ++step, {}}, &instance_.DemandOf(static_cast<size_t>(k), j)});
    }
    for (int64_t todo = bins.count; todo > 0 && !loads.empty();) {
      auto& [group, count] = site.groups.back();
      const int64_t now = std::min(todo, count);
      out.bins[j].Fill(group, now, loads);
      todo -= now;
      count -= now;
      if (count == 0) site.groups.pop_back();
    }
  }
  out.shares = SharesOf(out.bins);
  out.placed = PlacedOf(instance_, out.shares);
  out.cost = Bill(instance_, out.shares, out.bins);
  return out;
}

}  // namespace stowage::scheduler::columns
