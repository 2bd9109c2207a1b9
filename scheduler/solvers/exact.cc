#include "scheduler/solvers/exact.h"

#include <optional>
#include <utility>

#include "scheduler/solvers/exact/walk.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"

namespace stowage::scheduler {
namespace {

// Where a search mostly comes to its end.
constexpr int64_t kFewPods = 24, kFewPlaces = 48;

bool HasPreferences(const Instance& instance) {
  for (size_t k = 0; k < instance.classes().size(); ++k) {
    const PodRules& rules = instance.rules().Of(k);
    if (!rules.soft_spread.empty() || !rules.preferences.empty()) return true;
    if (!instance.classes()[k]->constraints->preferred.empty()) return true;
  }
  return false;
}

class ExactSearch : public Search {
 public:
  ExactSearch(const Instance& instance, const SolveOptions& options)
      : instance_(instance),
        pods_(PodsOf(instance)),
        greedy_(GreedySolver().Start(instance, options)),
        priced_(LagrangianSolver().Start(instance, options)) {}

  bool Step(Work& work) override {
    if (!walk_) {
      greedy_done_ = greedy_done_ || greedy_->Step(work);
      if (!greedy_done_ || !priced_->Step(work)) return false;
      if (pods_ > ExactSolver::kPodsMax) return true;
      const Solution& start = *best();
      walk_.emplace(instance_, start.placed, start.cost, ExactSolver::kStatesMax);
    }
    const bool done = walk_->Step(work);
    if (auto found = walk_->Take()) {
      const bool more = found->placed > best()->placed;
      if (more || !HasPreferences(instance_)) best_ = std::move(found);
    }
    proven_ = done && walk_->whole();
    return done;
  }

  const Solution* best() const override {
    if (best_) return &*best_;
    const Solution *first = greedy_->best(), *second = priced_->best();
    return first != nullptr && second != nullptr && Better(*second, *first) ? second : first;
  }
  const ShadowPrices* prices() const override { return priced_->prices(); }

  std::optional<Proof> proof() const override {
    if (!proven_) return std::nullopt;
    Proof proof{walk_->placed(), walk_->cost(), {}};
    for (const ClusterView* view : instance_.clusters()) {
      if (view->bound.empty()) continue;
      proof.relaxed = {"bound pods are where the witness has them"};
      break;
    }
    return proof;
  }

 private:
  const Instance& instance_;
  const int64_t pods_;
  std::unique_ptr<Search> greedy_, priced_;
  std::optional<exact::Walk> walk_;
  std::optional<Solution> best_;
  bool greedy_done_ = false, proven_ = false;
};

}  // namespace

std::unique_ptr<Search> ExactSolver::Start(const Instance& instance,
                                           const SolveOptions& options) const {
  return std::make_unique<ExactSearch>(instance, options);
}

bool ExactSolver::Suits(const Instance& instance) {
  int64_t places = 0;
  for (const ClusterView* c : instance.clusters()) {
    places += static_cast<int64_t>(c->shapes.size() + c->pools.size());
  }
  return PodsOf(instance) <= kFewPods && places <= kFewPlaces;
}

}  // namespace stowage::scheduler
