#include "scheduler/placement/hint.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace stowage::scheduler {
namespace {

// The outcome of every class of the instance, with all pods of it accounted for.
std::optional<Placement> Fitted(const Instance& instance, Placement placement) {
  std::map<std::string, ClassPlacement> known;
  for (ClassPlacement& k : placement.classes) known.emplace(k.key, std::move(k));
  placement.classes.clear();
  for (const PodClass* k : instance.classes()) {
    ClassPlacement outcome{k->key, {}, k->count};
    if (auto of = known.extract(k->key); !of.empty()) outcome = std::move(of.mapped());
    outcome.unplaced = k->count;
    for (const Assignment& a : outcome.assignments) outcome.unplaced -= a.count;
    if (outcome.unplaced < 0) return std::nullopt;
    placement.classes.push_back(std::move(outcome));
  }
  if (!known.empty()) return std::nullopt;
  std::sort(placement.classes.begin(), placement.classes.end(),
            [](const ClassPlacement& a, const ClassPlacement& b) { return a.key < b.key; });
  return placement;
}

// Packs the cluster as the witness says, which has passed the check.
std::optional<ClusterBins> Packed(const Instance& instance, size_t j,
                                  const ClusterWitness* witness) {
  const ClusterView& view = *instance.clusters()[j];
  ClusterBins bins(view);
  if (witness == nullptr) return bins;
  for (const PackedNodes& nodes : witness->nodes) {
    std::vector<ClusterBins::Adopted> loads;
    for (const PackedNodes::Load& load : nodes.loads) {
      if (load.bound >= 0) {
        loads.push_back({{~load.bound, load.per_node, 0, load.on}, &view.bound[load.bound].demand});
      } else {
        const size_t k = *instance.PlaceOf(load.key);
        loads.push_back({{static_cast<int32_t>(k), load.per_node, load.step, load.on},
                         &instance.DemandOf(k, j)});
      }
    }
    if (!bins.Adopt(nodes.shape, nodes.pool, nodes.count, loads)) return std::nullopt;
  }
  return bins;
}

}  // namespace

std::optional<Solution> SolutionOf(const Instance& instance, const Hint& hint) {
  const auto placement = Fitted(instance, hint.placement);
  if (!placement) return std::nullopt;
  std::map<std::string, const ClusterWitness*> witnesses;
  for (const ClusterWitness& w : placement->witness) {
    if (w.bound_unpacked > 0) return std::nullopt;
    witnesses.emplace(w.cluster, &w);
  }
  if (!CheckPlacement(ProblemOf(instance.Copy()), *placement)) return std::nullopt;
  Solution out;
  std::map<std::string, int32_t> place_of;
  for (size_t j = 0; j < instance.clusters().size(); ++j) {
    const std::string& name = instance.clusters()[j]->name;
    place_of[name] = static_cast<int32_t>(j);
    const auto witness = witnesses.find(name);
    auto bins = Packed(instance, j, witness == witnesses.end() ? nullptr : witness->second);
    if (!bins) return std::nullopt;
    out.bins.push_back(*std::move(bins));
  }
  std::map<std::string, const ClassPlacement*> outcomes;
  for (const ClassPlacement& k : placement->classes) outcomes.emplace(k.key, &k);
  for (size_t k = 0; k < instance.classes().size(); ++k) {
    std::map<int32_t, int64_t> shares;  // by place of the cluster
    for (const Assignment& a : outcomes.at(instance.classes()[k]->key)->assignments) {
      shares[place_of.at(a.cluster)] += a.count;
    }
    for (const auto& [j, count] : shares) {
      out.shares.push_back({static_cast<int32_t>(k), j, count});
    }
  }
  out.placed = PlacedOf(instance, out.shares);
  out.cost = Bill(instance, out.shares, out.bins);
  return out;
}

}  // namespace stowage::scheduler
