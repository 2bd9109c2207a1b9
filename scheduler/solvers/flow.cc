#include "scheduler/solvers/flow.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "scheduler/solvers/flow/model.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian/packer.h"

namespace stowage::scheduler {
namespace {

// Classes times rooms: beyond that the network is too large.
constexpr size_t kArcsMax = 20'000'000;

class FlowSearch : public Search {
 public:
  FlowSearch(const Instance& instance, const SolveOptions& options)
      : instance_(instance),
        options_(options),
        rooms_(instance),
        tables_(instance, rooms_),
        model_(instance, rooms_) {}

  bool Step(Work& work) override {
    for (;;) {
      if (work.over()) return false;
      switch (phase_) {
        case Phase::kFlow:
          Flow(work);
          break;
        case Phase::kPack:
          if (!packer_->Step(work)) return false;
          if (packer_->needs_plan()) {
            packer_->SetPlan(plan_);
            break;
          }
          Keep(std::move(*layout_).Take());
          phase_ = AllPlaced(instance_, *best_) ? Phase::kDone : Phase::kGreedy;
          break;
        case Phase::kGreedy:
          if (greedy_ == nullptr) greedy_ = GreedySolver().Start(instance_, options_);
          if (!greedy_->Step(work)) return false;
          Keep(*greedy_->best());
          phase_ = Phase::kDone;
          break;
        case Phase::kDone:
          return true;
      }
    }
  }

  const Solution* best() const override { return best_ ? &*best_ : nullptr; }
  const ShadowPrices* prices() const override { return prices_ ? &*prices_ : nullptr; }

  std::optional<Proof> proof() const override {
    if (!solved_ || instance_.tiers().empty()) return std::nullopt;
    Proof proof;
    for (const Instance::Tier& tier : instance_.tiers()) proof.placed_max.push_back(tier.pods);
    // Not all have a place: some of the last tier, if all of those above have one.
    const bool above = best_ && std::equal(best_->placed.begin(), best_->placed.end() - 1,
                                           proof.placed_max.begin());
    if (model_.incomplete() && above) --proof.placed_max.back();
    if (best_ && AllPlaced(instance_, *best_)) proof.lower_bound = model_.bound();
    proof.relaxed = {"all resources but " + instance_.resources().name(model_.surrogate()),
                     "elastic nodes are whole"};
    return proof;
  }

 private:
  enum class Phase { kFlow, kPack, kGreedy, kDone };

  void Flow(Work& work) {
    const size_t arcs = instance_.classes().size() * rooms_.size();
    solved_ = model_.usable() && arcs <= kArcsMax && model_.Solve();
    work.Spend(static_cast<int64_t>(arcs) * 10);
    if (solved_) prices_ = rooms_.Tell(model_.prices());
    phase_ = Phase::kGreedy;
    if (solved_) StartPacking();
  }

  void StartPacking() {
    for (const std::vector<int64_t>& of : model_.prices()) {
      for (size_t r = 0; r < of.size(); ++r) {
        per_unit_.push_back(static_cast<double>(of[r]) /
                            static_cast<double>(Wide{1} << rooms_.shift(r)));
      }
    }
    per_unit_.resize(tables_.prices(), 0);
    for (const flow::FlowModel::Share& share : model_.shares()) {
      plan_.push_back({static_cast<int32_t>(share.k), static_cast<int32_t>(share.s),
                       static_cast<double>(share.pods)});
    }
    layout_.emplace(instance_);
    packer_.emplace(instance_, rooms_, tables_, per_unit_, instance_.tiers().size() > 1, *layout_);
    packer_->Begin();
    if (instance_.tiers().size() > 1) packer_->SetPlan(plan_);
    phase_ = Phase::kPack;
  }

  void Keep(Solution solution) {
    if (!best_ || Better(solution, *best_)) best_ = std::move(solution);
  }

  const Instance& instance_;
  const SolveOptions options_;
  const Rooms rooms_;
  const lagrangian::Tables tables_;
  flow::FlowModel model_;
  Phase phase_ = Phase::kFlow;
  bool solved_ = false;
  std::optional<ShadowPrices> prices_;
  std::vector<double> per_unit_;  // prices, as Tables::prices()
  std::vector<lagrangian::RoomShare> plan_;
  std::optional<Layout> layout_;
  std::optional<lagrangian::Packer> packer_;
  std::unique_ptr<Search> greedy_;
  std::optional<Solution> best_;
};

bool Plain(const PodClass& k) {
  const PodRelations& r = k.Relations();
  return k.demand_in.empty() && k.gang.empty() && r.spread.empty() && r.affinity.empty() &&
         r.anti_affinity.empty() && r.preferred.empty() && r.ports.empty() &&
         k.constraints->preferred.empty();
}

// Nodes hold as many pods as resource `r` says, whatever pods these are.
bool OthersSuffice(const Instance& instance, size_t r, int64_t each, const Amounts& largest) {
  for (const ClusterView* c : instance.clusters()) {
    for (const NodeShape& s : c->shapes) {
      const int64_t pods = std::max<int64_t>(AmountOf(s.free, r), 0) / each;
      for (size_t other = 0; other < largest.size(); ++other) {
        if (static_cast<Wide>(pods) * largest[other] > AmountOf(s.free, other)) return false;
      }
    }
  }
  return true;
}

}  // namespace

std::unique_ptr<Search> FlowSolver::Start(const Instance& instance,
                                          const SolveOptions& options) const {
  return std::make_unique<FlowSearch>(instance, options);
}

bool FlowSolver::Suits(const Instance& instance) {
  if (instance.tiers().size() != 1 || !instance.quotas().empty() || !instance.gangs().empty()) {
    return false;
  }
  Amounts largest(instance.resources().size(), 0), least(largest.size(), kMaxAmount);
  for (const PodClass* k : instance.classes()) {
    if (!Plain(*k)) return false;
    for (size_t r = 0; r < largest.size(); ++r) {
      const int64_t demand = AmountOf(k->demand, r);
      largest[r] = std::max(largest[r], demand);
      least[r] = std::min(least[r], demand);
    }
  }
  for (const ClusterView* c : instance.clusters()) {
    if (!c->pools.empty() || !c->bound.empty()) return false;
  }
  for (size_t r = 0; r < largest.size(); ++r) {
    if (least[r] > 0 && least[r] == largest[r] && OthersSuffice(instance, r, least[r], largest)) {
      return true;
    }
  }
  return false;
}

}  // namespace stowage::scheduler
