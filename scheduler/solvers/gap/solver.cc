#include "scheduler/solvers/gap/solver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/annealer.h"
#include "scheduler/solvers/gap/instance.h"
#include "scheduler/solvers/gap/prices.h"

namespace stowage::scheduler {
namespace {

using gap::Annealer;
using gap::GapInstance;
using gap::PriceSearch;

constexpr int kPriceSteps = 1000;

class GapSearch : public AnytimeSearch<GapSolution> {
 public:
  GapSearch(const GapProblem& problem, const SearchOptions& options)
      : instance_(problem), rng_(options.seed), prices_(instance_) {
    for (int32_t k = 0; k < instance_.classes; ++k) {
      int64_t most = 0;
      for (int32_t j = 0; j < instance_.agents; ++j) most = std::max(most, instance_.Cost(k, j));
      dearest_ += most * instance_.counts[k];
    }
    if (instance_.hopeless) infeasible_ = true;
    if (instance_.classes == 0) best_.emplace();
  }

  bool Step(int64_t iterations) override {
    const int64_t end = spent_ + std::max<int64_t>(iterations, 1);
    while (spent_ < end && !Settled()) {
      if (!annealer_) {
        StepPrices();
      } else {
        StepAnnealer();
      }
    }
    return !Settled();
  }

  SearchStatus status() const override {
    if (infeasible_) return SearchStatus::kInfeasible;
    if (!best_) return SearchStatus::kUnknown;
    return best_->cost <= bound() ? SearchStatus::kOptimal : SearchStatus::kFeasible;
  }
  const GapSolution* best() const override { return best_ ? &*best_ : nullptr; }
  int64_t bound() const override { return prices_.bound(); }
  int64_t iterations() const override { return spent_; }

  std::string violation() const override {
    if (best_ || !annealer_) return "";
    return std::to_string(annealer_->violated()) + " capacities are passed";
  }

 private:
  bool Settled() const {
    const SearchStatus s = status();
    return s == SearchStatus::kInfeasible || s == SearchStatus::kOptimal;
  }

  void StepPrices() {
    if (price_steps_ == 0) prices_.Begin(kPriceSteps, 0.03, 0.0003);
    if (price_steps_ % 25 == 0) {
      spent_ += prices_.Evaluate();
      if (prices_.bound() > dearest_) infeasible_ = true;
      if (price_steps_ >= kPriceSteps) StartAnnealer();
    }
    ++price_steps_;
    spent_ += prices_.Iterate();
  }

  void StartAnnealer() {
    annealer_.emplace(instance_, prices_.prices(), rng_.Stream("annealer"));
    spent_ += 1 + static_cast<int64_t>(annealer_->lots());
    TakeBest();
    BeginRun();
  }

  void BeginRun() {
    const auto lots = static_cast<int64_t>(annealer_->lots());
    const int64_t moves = std::max<int64_t>(lots, 4096) * (int64_t{32} << std::min(runs_, 20));
    annealer_->Begin({.hot = 0.6,
                      .cold = 0.1,
                      .loose = 0.03,
                      .strict = strictness_,
                      .moves = moves,
                      .from_best = runs_ % 4 != 0});
  }

  void StepAnnealer() {
    if (annealer_->Advance(&spent_)) return;
    TakeBest();
    ++runs_;
    if (annealer_->violated() > 0) strictness_ *= 1.5;
    BeginRun();
  }

  void TakeBest() {
    if (!annealer_->found()) return;
    if (best_ && best_->cost <= annealer_->best_cost()) return;
    GapSolution solution;
    solution.cost = annealer_->best_cost();
    solution.shares = annealer_->BestShares();
    for (GapShare& share : solution.shares) {
      share.k = instance_.class_at[share.k];
      share.j = instance_.agent_at[share.j];
    }
    std::sort(
        solution.shares.begin(), solution.shares.end(),
        [](const GapShare& a, const GapShare& b) { return a.k != b.k ? a.k < b.k : a.j < b.j; });
    best_ = std::move(solution);
  }

  GapInstance instance_;
  Rng rng_;
  PriceSearch prices_;
  std::optional<Annealer> annealer_;
  std::optional<GapSolution> best_;
  int64_t dearest_ = 0, spent_ = 0;
  int price_steps_ = 0, runs_ = 0;
  double strictness_ = 4;
  bool infeasible_ = false;
};

}  // namespace

std::unique_ptr<AnytimeSearch<GapSolution>> StartGapSearch(const GapProblem& problem,
                                                           const SearchOptions& options) {
  return std::make_unique<GapSearch>(problem, options);
}

}  // namespace stowage::scheduler
