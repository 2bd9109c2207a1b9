#include "scheduler/solvers/columns.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "scheduler/placement/bound.h"
#include "scheduler/solvers/columns/purchase.h"
#include "scheduler/solvers/lagrangian.h"
#include "scheduler/solvers/packing/solver.h"

namespace stowage::scheduler {
namespace {

using columns::Purchase;

// Iterations: about 100 ns each.
constexpr int64_t kChunk = 5'000;
constexpr int64_t kLeast = 300'000, kLeastPerPair = 4'000;
// It goes on for so many times what the last gain took.
constexpr int64_t kPatience = 3;
constexpr int64_t kGain = 2'000;  // parts of the cost: less is no gain
// Of a class and a pool, and a class and a shape of standing nodes: with more it takes too long,
// and of many standing nodes prices of room make good use.
constexpr size_t kPairsToBuy = 60'000, kPairsStanding = 20'000;

// One packing, and when its search last got better.
struct PackingRun {
  PackingRun(Purchase p, int64_t most) : purchase(std::move(p)), iterations_max(most) {}
  const Purchase purchase;
  const int64_t iterations_max;
  PackingSolution start;
  std::unique_ptr<AnytimeSearch<PackingSolution>> search;
  int64_t cost = INT64_MAX, gained = 0;
  int64_t cost_then = INT64_MAX, bound_then = 0;  // at the last gain
  bool done = false;

  // True: it found a better solution.
  bool Step() {
    if (search == nullptr) search = StartPackingSearchFrom(start, purchase.problem(), {});
    done = !search->Step(kChunk);
    const PackingSolution* best = search->best();
    const bool better = best != nullptr && best->cost < cost;
    if (better) cost = best->cost;
    const int64_t bound = search->bound();
    if (cost < cost_then - cost_then / kGain || bound > bound_then + bound_then / kGain) {
      gained = search->iterations();
      bound_then = bound;
      cost_then = cost;
    }
    const PackingProblem& problem = purchase.problem();
    const auto pairs = static_cast<int64_t>(problem.bins.size() * problem.items.size());
    const int64_t patience = std::max(kPatience * gained, kLeast + kLeastPerPair * pairs);
    done = done || search->iterations() >= std::min(patience, iterations_max);
    return better;
  }
};

class ColumnsSearch : public Search {
 public:
  ColumnsSearch(const Instance& instance, std::unique_ptr<Search> first,
                ColumnsSolver::Limits limits)
      : instance_(instance), limits_(limits), first_(std::move(first)) {}

  bool Step(Work& work) override {
    while (phase_ != Phase::kDone) {
      if (work.over()) return false;
      switch (phase_) {
        case Phase::kFirst:
          if (!first_->Step(work)) return false;
          Begin(work);
          break;
        case Phase::kPack:
          Pack(work);
          break;
        case Phase::kDone:
          break;
      }
    }
    return true;
  }

  const Solution* best() const override { return best_ ? &*best_ : first_->best(); }
  const ShadowPrices* prices() const override { return first_->prices(); }
  const Rooms* rooms() const override { return first_->rooms(); }
  std::string_view solver() const override { return best_ ? "columns" : first_->solver(); }
  bool buying() const override { return phase_ == Phase::kPack; }
  bool Resume() override {
    if (!first_->Resume()) return false;
    best_.reset();
    Again();
    return true;
  }
  bool Restart() override {
    if (!first_->Restart()) return false;
    Again();
    return true;
  }

  std::optional<Proof> proof() const override {
    const PackingRun* whole = whole_ ? &*whole_ : same_ ? &*some_ : nullptr;
    if (whole == nullptr || whole->search == nullptr || best() == nullptr) return std::nullopt;
    if (!AllPlaced(instance_, *best())) return std::nullopt;
    Proof proof;
    for (const Instance::Tier& tier : instance_.tiers()) proof.placed_max.push_back(tier.pods);
    proof.lower_bound = Money{whole->search->bound()};
    proof.relaxed = relaxed_;
    return proof;
  }

 private:
  enum class Phase { kFirst, kPack, kDone };

  void Again() {
    phase_ = Phase::kFirst;
    some_.reset();
    whole_.reset();
    same_ = false;
  }

  // Pods on bought nodes, up to so many.
  static int64_t Bought(const Solution& solution, int64_t most) {
    int64_t pods = 0;
    for (const ClusterBins& bins : solution.bins) {
      for (const NodeGroup& g : bins.groups()) {
        if (!g.bought || pods >= most) continue;
        for (const NodeGroup::Load& load : g.loads) pods += load.per_node * g.count;
      }
    }
    return pods;
  }

  void Begin(Work& work) {
    phase_ = Phase::kDone;
    const Solution& from = *first_->best();
    if (!HasPools() || DomainsAsked(instance_)) return;
    if (Bought(from, limits_.bought_least) < limits_.bought_least) return;
    const std::vector<char> free = FreeClasses();
    for (const auto nodes : {Purchase::Nodes::kAll, Purchase::Nodes::kToBuy}) {
      if (some_ && some_->purchase.usable()) break;
      std::vector<ClusterBins> bins = from.bins;
      const std::vector<int64_t> pods = Clear(free, nodes, bins);
      some_.emplace(Purchase(instance_, std::move(bins), pods, nodes), limits_.iterations_max);
      same_ = nodes == Purchase::Nodes::kAll && pods == AllPods();
      work.Spend(PairsOf(instance_));
    }
    if (!some_->purchase.usable()) return;
    relaxed_ = RulesOfMany(instance_);
    some_->start = some_->purchase.Found(from.bins);
    phase_ = Phase::kPack;
    if (same_ || !AllPlaced(instance_, from)) return;
    std::vector<ClusterBins> base;
    for (size_t j = 0; j < from.bins.size(); ++j) base.push_back(instance_.Base(j));
    whole_.emplace(Purchase(instance_, std::move(base), AllPods(), Purchase::Nodes::kAll),
                   limits_.iterations_max);
    if (!whole_->purchase.usable()) whole_.reset();
  }

  // Takes pods off their nodes; says how many, by class.
  std::vector<int64_t> Clear(const std::vector<char>& free, Purchase::Nodes nodes,
                             std::vector<ClusterBins>& bins) const {
    std::vector<int64_t> pods(free.size(), 0);
    for (size_t j = 0; j < bins.size(); ++j) {
      const auto demand_of = [&](int32_t k) -> const Amounts& {
        return instance_.DemandOf(static_cast<size_t>(k), j);
      };
      const bool only_bought = nodes == Purchase::Nodes::kToBuy;
      for (const auto& [k, count] : bins[j].Clear(free, only_bought, demand_of)) {
        pods[static_cast<size_t>(k)] += count;
      }
    }
    return pods;
  }

  std::vector<int64_t> AllPods() const {
    std::vector<int64_t> all;
    for (const PodClass* k : instance_.classes()) all.push_back(k->count);
    return all;
  }

  bool HasPools() const {
    const auto& clusters = instance_.clusters();
    return std::any_of(clusters.begin(), clusters.end(),
                       [](const ClusterView* view) { return !view->pools.empty(); });
  }

  std::vector<char> FreeClasses() const {
    std::vector<char> free;
    const bool devices = instance_.HasDevices();
    for (size_t k = 0; k < instance_.classes().size(); ++k) {
      const PodClass& pods = *instance_.classes()[k];
      const bool capped =
          std::any_of(instance_.quotas().begin(), instance_.quotas().end(),
                      [&](const Quota& q) { return Covers(q.namespaces, pods.Relations().ns); });
      const bool held = capped || (devices && OnDevices(k));
      free.push_back(!held && MovesFreely(instance_, k) ? 1 : 0);
    }
    return free;
  }

  bool OnDevices(size_t k) const {
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      for (const NodeGroup& g : instance_.Base(j).groups()) {
        if (g.devices.Concern(instance_.DemandOf(k, j))) return true;
      }
    }
    return false;
  }

  // Both take turns by their work.
  void Pack(Work& work) {
    const bool prove = whole_ && !whole_->done &&
                       (some_->done || whole_->search == nullptr ||
                        (some_->search != nullptr &&
                         whole_->search->iterations() < some_->search->iterations() / 2));
    PackingRun& packing = prove ? *whole_ : *some_;
    const int64_t before = packing.search != nullptr ? packing.search->iterations() : 0;
    const bool better = packing.Step();
    work.Spend(packing.search->iterations() - before);
    if (better && !prove) Keep(some_->purchase.Place(*some_->search->best()));
    if (some_->done && (!whole_ || whole_->done)) phase_ = Phase::kDone;
  }

  void Keep(Solution solution) {
    if (Better(solution, *best())) best_ = std::move(solution);
  }

  const Instance& instance_;
  const ColumnsSolver::Limits limits_;
  const std::unique_ptr<Search> first_;
  Phase phase_ = Phase::kFirst;
  std::optional<PackingRun> some_;    // pods that may move, for a better answer
  std::optional<PackingRun> whole_;   // all pods, for a proof
  bool same_ = false;                 // some_ is of all pods
  std::vector<std::string> relaxed_;  // by the proof
  std::optional<Solution> best_;
};

}  // namespace

std::unique_ptr<Search> ColumnsSolver::Start(const Instance& instance,
                                             const SolveOptions& options) const {
  return After(LagrangianSolver().Start(instance, options), instance, {.bought_least = 0});
}

std::unique_ptr<Search> ColumnsSolver::After(std::unique_ptr<Search> first,
                                             const Instance& instance, Limits limits) {
  return std::make_unique<ColumnsSearch>(instance, std::move(first), limits);
}

bool ColumnsSolver::Suits(const Instance& instance) {
  size_t pools = 0, shapes = 0;
  for (const ClusterView* view : instance.clusters()) {
    pools += view->pools.size();
    shapes += view->shapes.size();
  }
  const size_t classes = instance.classes().size();
  return pools > 0 && pools * classes <= kPairsToBuy && shapes * classes <= kPairsStanding;
}

}  // namespace stowage::scheduler
