#include "scheduler/solvers/choice.h"

#include <utility>

#include "scheduler/solvers/columns.h"
#include "scheduler/solvers/exact.h"
#include "scheduler/solvers/flow.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"

namespace stowage::scheduler {
namespace {

// Pairs of a class and a cluster: from the first on classes mostly compete for the same room,
// beyond the second the tables of all pairs are too large.
constexpr size_t kManyPairs = 10'000, kPairsMax = 20'000'000;
// Fewer pods than that, or fewer classes, hardly compete: rounds of them are for the fastest.
constexpr int64_t kPodsOfRound = 100;
constexpr size_t kClassesOfRound = 4;
// Classes times groups of nodes: from there on prices take long, and greedy is asked before them.
constexpr int64_t kLarge = 20'000'000;

// What to buy is worth a search from so many pods on bought nodes on; rounds have about a second.
constexpr ColumnsSolver::Limits kPurchaseOfRound{.bought_least = 8, .iterations_max = 10'000'000};

const Solver& BestFor(const Instance& instance, ChosenSolver::Aim aim) {
  static const ExactSolver exact;
  static const FlowSolver flow;
  static const ColumnsSolver columns;
  static const LagrangianSolver lagrangian;
  static const GreedySolver greedy;
  const size_t classes = instance.classes().size(), clusters = instance.clusters().size();
  const size_t pairs = classes * clusters;
  if (aim == ChosenSolver::Aim::kRounds) {
    const bool compete = classes >= kClassesOfRound && clusters > 1 && pairs <= kPairsMax &&
                         PodsOf(instance) >= kPodsOfRound;
    return compete ? static_cast<const Solver&>(lagrangian) : greedy;
  }
  if (ExactSolver::Suits(instance)) return exact;
  if (FlowSolver::Suits(instance)) return flow;
  if (ColumnsSolver::Suits(instance)) return columns;
  if (pairs >= kManyPairs && pairs <= kPairsMax) return lagrangian;
  return greedy;
}

bool Buys(const Instance& instance, ChosenSolver::Aim aim) {
  return aim == ChosenSolver::Aim::kRounds && ColumnsSolver::Suits(instance);
}

class ChosenSearch : public Search {
 public:
  ChosenSearch(const Instance& instance, const SolveOptions& options, ChosenSolver::Aim aim)
      : instance_(instance),
        aim_(aim),
        solver_(&BestFor(instance, aim)),
        buys_(Buys(instance, aim)),
        search_(solver_->Start(instance, options)) {
    if (buys_) {
      search_ = ColumnsSolver::After(std::move(search_), instance, kPurchaseOfRound);
    }
    const bool large = aim == ChosenSolver::Aim::kRounds && PairsOf(instance) > kLarge;
    if (large && solver_->name() != GreedySolver().name()) {
      first_ = GreedySolver().Start(instance, options);
    }
  }

  std::string_view solver() const override {
    const std::string_view of = search_->solver();
    return of.empty() ? solver_->name() : of;
  }
  bool Step(Work& work) override {
    if (first_ != nullptr && !first_done_ && !(first_done_ = first_->Step(work))) return false;
    return search_->Step(work);
  }
  const Solution* best() const override {
    const Solution* first = first_ != nullptr ? first_->best() : nullptr;
    const Solution* best = search_->best();
    return best == nullptr || (first != nullptr && Better(*first, *best)) ? first : best;
  }
  const ShadowPrices* prices() const override { return search_->prices(); }
  const Rooms* rooms() const override { return search_->rooms(); }
  // A round's pods are others than those of the last one, which are bound by now, whatever their
  // classes are called: there is nothing to go on from.
  bool Resume() override {
    if (aim_ == ChosenSolver::Aim::kRounds) return false;
    return solver_ == &BestFor(instance_, aim_) && search_->Resume();
  }
  bool Restart() override { return search_->Restart(); }
  bool buying() const override { return search_->buying(); }
  std::optional<Proof> proof() const override { return search_->proof(); }

 private:
  const Instance& instance_;
  const ChosenSolver::Aim aim_;
  const Solver* const solver_;
  const bool buys_;  // the search goes on with what to buy
  std::unique_ptr<Search> search_;
  std::unique_ptr<Search> first_;  // so that there is an answer soon, whatever becomes of the other
  bool first_done_ = false;
};

}  // namespace

std::unique_ptr<Search> ChosenSolver::Start(const Instance& instance,
                                            const SolveOptions& options) const {
  return std::make_unique<ChosenSearch>(instance, options, aim_);
}

}  // namespace stowage::scheduler
