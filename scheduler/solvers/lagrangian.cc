#include "scheduler/solvers/lagrangian.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian/packer.h"
#include "scheduler/solvers/lagrangian/planner.h"
#include "scheduler/solvers/lagrangian/price_search.h"

namespace stowage::scheduler {
namespace {

using lagrangian::Packer;
using lagrangian::Planner;
using lagrangian::PriceSearch;
using lagrangian::Tables;

// Looks at a group of nodes that greedy takes at the least: up to here it is worth a try.
constexpr int64_t kSmall = 3'000'000;
constexpr double kFirstStep = 0.5, kLastStep = 0.002;
constexpr double kPriceMax = 1e18;
constexpr int kSteps = 800;

// Prices for a unit, one after the other.
std::vector<double> InUnits(const std::vector<std::vector<int64_t>>& prices, const Rooms& rooms) {
  std::vector<double> out;
  for (const std::vector<int64_t>& of : prices) {
    for (size_t r = 0; r < of.size(); ++r) {
      out.push_back(static_cast<double>(of[r]) / static_cast<double>(Wide{1} << rooms.shift(r)));
    }
  }
  return out;
}

std::vector<std::vector<int64_t>> InFixedPoint(const std::vector<double>& prices,
                                               const Rooms& rooms) {
  std::vector<std::vector<int64_t>> out;
  for (size_t s = 0; s < rooms.size(); ++s) {
    std::vector<int64_t>& of = out.emplace_back();
    for (size_t r = 0; r < rooms.resources(); ++r) {
      const double units = static_cast<double>(Wide{1} << rooms.shift(r));
      of.push_back(
          static_cast<int64_t>(std::min(prices[s * rooms.resources() + r] * units, kPriceMax)));
    }
  }
  return out;
}

class LagrangianSearch : public Search {
 public:
  LagrangianSearch(const Instance& instance, const SolveOptions& options)
      : instance_(instance),
        options_(options),
        rooms_(instance),
        tables_(instance, rooms_),
        search_(tables_, InUnits(rooms_.Least(), rooms_)) {
    search_.Begin(kFirstStep, kLastStep, kSteps);
  }

  bool Step(Work& work) override {
    for (;;) {
      if (work.over()) return false;
      switch (phase_) {
        case Phase::kPrices:
          work.Spend(search_.Step());
          if (search_.done()) Priced();
          break;
        case Phase::kPlan:
          MakePlan(work);
          break;
        case Phase::kPack:
          if (!packer_->Step(work)) return false;
          if (packer_->needs_plan()) {
            phase_ = Phase::kPlan;
            break;
          }
          Keep(std::move(*layout_).Take());
          if (!AllPlaced(instance_, *best_) && !by_tier_ && instance_.tiers().size() > 1) {
            StartPacking(true);
          } else {
            phase_ = Small() || !AllPlaced(instance_, *best_) ? Phase::kGreedy : Phase::kDone;
          }
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

 private:
  enum class Phase { kPrices, kPlan, kPack, kGreedy, kDone };

  void Priced() {
    prices_ = rooms_.Tell(InFixedPoint(search_.prices(), rooms_));
    bool gangs = false;
    for (size_t k = 0; k < instance_.classes().size(); ++k) {
      gangs = gangs || instance_.GangOf(k) != nullptr;
    }
    phase_ = Phase::kGreedy;
    if (!gangs) StartPacking(false);
  }

  // Pods whose rules look at others are where they are: what is planned goes beside them.
  void MakePlan(Work& work) {
    std::vector<char> placed(instance_.classes().size(), 0);
    for (size_t k = 0; k < placed.size(); ++k) {
      placed[k] = instance_.rules().Of(k).care == PodRules::Care::kEach ? 1 : 0;
    }
    search_.Look(search_.prices());
    Planner planner(tables_, search_);
    plan_ = planner.Make(placed, Placed());
    work.Spend(planner.work());
    packer_->SetPlan(plan_);
    phase_ = Phase::kPack;
  }

  // What the layout has of each class in each room.
  std::vector<lagrangian::RoomShare> Placed() const {
    std::vector<lagrangian::RoomShare> out;
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      for (const NodeGroup& g : layout_->bins(j).groups()) {
        const int32_t s = g.open && g.count > 0 ? rooms_.RoomOf(j, g) : -1;
        for (const NodeGroup::Load& load : g.loads) {
          if (s < 0 || load.id < 0) continue;
          out.push_back({load.id, s, static_cast<double>(load.per_node * g.count)});
        }
      }
    }
    return out;
  }

  void StartPacking(bool by_tier) {
    layout_.emplace(instance_);
    packer_.emplace(instance_, rooms_, tables_, search_.prices(), by_tier, *layout_);
    packer_->Begin();
    if (by_tier) packer_->SetPlan(plan_);
    by_tier_ = by_tier;
    phase_ = Phase::kPack;
  }

  void Keep(Solution solution) {
    if (!best_ || Better(solution, *best_)) best_ = std::move(solution);
  }

  bool Small() const { return PairsOf(instance_) <= kSmall; }

  const Instance& instance_;
  const SolveOptions options_;
  Rooms rooms_;
  Tables tables_;
  PriceSearch search_;
  Phase phase_ = Phase::kPrices;
  std::optional<ShadowPrices> prices_;
  std::optional<Layout> layout_;
  std::optional<Packer> packer_;
  std::vector<lagrangian::RoomShare> plan_;
  bool by_tier_ = false;
  std::unique_ptr<Search> greedy_;
  std::optional<Solution> best_;
};

}  // namespace

std::unique_ptr<Search> LagrangianSolver::Start(const Instance& instance,
                                                const SolveOptions& options) const {
  return std::make_unique<LagrangianSearch>(instance, options);
}

}  // namespace stowage::scheduler
