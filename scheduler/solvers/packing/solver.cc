#include "scheduler/solvers/packing/solver.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "scheduler/solvers/packing/branching.h"
#include "scheduler/solvers/packing/builder.h"
#include "scheduler/solvers/packing/columns.h"
#include "scheduler/solvers/packing/core.h"
#include "scheduler/solvers/packing/dive.h"
#include "scheduler/solvers/packing/improve.h"
#include "scheduler/solvers/packing/rounding.h"

namespace stowage::scheduler {
namespace packing {
namespace {

constexpr int64_t kUnit = 100;  // nanoseconds: one iteration
constexpr int64_t kRoundsPerGuide = 10;
constexpr size_t kMany = 250;
constexpr int64_t kFirstRounding = 16, kPerRounding = 10;

class PackingSearch : public AnytimeSearch<PackingSolution> {
 public:
  PackingSearch(const PackingProblem& problem, const SearchOptions& options,
                const PackingSolution& start)
      : core_(problem), rng_(options.seed), given_(core_.Read(start)) {}

  bool Step(int64_t iterations) override {
    const int64_t target = iterations_ + std::max<int64_t>(iterations, 1);
    while (iterations_ < target && !done_) Advance();
    return !done_;
  }
  SearchStatus status() const override {
    if (infeasible_) return SearchStatus::kInfeasible;
    if (!best_) return SearchStatus::kUnknown;
    return bound() == best_->cost ? SearchStatus::kOptimal : SearchStatus::kFeasible;
  }
  const PackingSolution* best() const override { return best_ ? &*best_ : nullptr; }
  int64_t bound() const override { return bound_; }
  std::string violation() const override {
    return best_ ? "" : std::to_string(missing_) + " items are left out";
  }
  int64_t iterations() const override { return iterations_; }

 private:
  void Advance();
  void Begin();
  void First();
  void Search();
  void Plunge();
  void Round();
  void Price(Columns& columns);
  void Tinker();
  void StartProver();
  void SyncGuide();
  void Take(const std::vector<Bins>& bins);
  void Offer(const std::vector<Bins>& bins);
  void Account(int64_t nanoseconds) { iterations_ += nanoseconds / kUnit + 1; }

  const Core core_;
  const Rng rng_;
  std::vector<Bins> given_;  // a solution to begin with
  std::unique_ptr<Columns> columns_;
  std::unique_ptr<Columns> prover_;  // the same with fractions
  std::unique_ptr<Improve> improve_;
  std::unique_ptr<Rounding> rounding_;
  std::vector<int64_t> demand_;
  std::optional<PackingSolution> best_;
  int64_t bound_ = 0, missing_ = INT64_MAX, iterations_ = 0, guide_bound_ = -1, guide_version_ = -1;
  int64_t dive_work_ = 0, dives_ = 0;
  int64_t next_rounding_ = kFirstRounding;  // when the master was solved so often
  std::unique_ptr<Dive> dive_;
  std::unique_ptr<Branching> branching_;
  bool divided_ = false;
  bool started_ = false, first_ = false, done_ = false, infeasible_ = false;
};

void PackingSearch::Advance() {
  if (!started_) {
    started_ = true;
    return Begin();
  }
  if (!first_) {
    first_ = true;
    return First();
  }
  Search();
  bound_ = std::max({bound_, columns_->bound(), prover_ ? prover_->bound() : 0});
  if (columns_->infeasible()) infeasible_ = done_ = true;
  if (best_ && bound_ >= best_->cost) done_ = true;
}

void PackingSearch::Begin() {
  if (core_.misfit() >= 0) {
    infeasible_ = done_ = true;
  } else if (core_.items.empty()) {
    best_ = core_.Translate({});
    bound_ = best_->cost;
    done_ = true;
  } else {
    for (const Core::Item& item : core_.items) demand_.push_back(item.demand);
    columns_ = std::make_unique<Columns>(core_);
    improve_ = std::make_unique<Improve>(core_, rng_.Stream("improve"));
    rounding_ = std::make_unique<Rounding>(core_, rng_.Stream("rounding"));
    Account(columns_->work());
  }
}

void PackingSearch::First() {
  SyncGuide();
  const std::vector<Bins> bins = rounding_->Build(*columns_, improve_->guide());
  Account(rounding_->work());
  improve_->Start(bins);
  for (const Bins& group : bins) columns_->Add(group.type, group.loads);
  Offer(bins);
  for (const Bins& group : given_) columns_->Add(group.type, group.loads);
  if (!given_.empty()) Take(given_);
  bound_ = columns_->bound();
}

// Goes on from a solution, if it is a better one.
void PackingSearch::Take(const std::vector<Bins>& bins) {
  int64_t cost = 0, missing = 0;
  for (const Core::Item& item : core_.items) missing += item.demand;
  for (const Bins& group : bins) {
    cost += core_.CostOf(group.type, group.loads) * group.count;
    for (const Load& load : group.loads) missing -= load.count * group.count;
  }
  if (missing > improve_->missing() ||
      (missing == improve_->missing() && cost > improve_->cost())) {
    return;
  }
  improve_->Start(bins);
  Offer(bins);
}

void PackingSearch::SyncGuide() {
  const Columns& best = prover_ && prover_->bound() > columns_->bound() ? *prover_ : *columns_;
  const int64_t version = columns_->rounds() / kRoundsPerGuide + 1000 * columns_->stage();
  if (best.bound() == guide_bound_ && version == guide_version_) return;
  guide_bound_ = best.bound();
  Guide guide{columns_->duals(), best.value(), improve_->guide().prices, best.price(), {}};
  if (version != guide_version_) {
    Knapsack knapsack(core_);
    guide.prices.clear();
    for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
      guide.prices.push_back(knapsack.Prices(t, guide.value, demand_));
    }
    Account(knapsack.work());
  }
  guide_version_ = version;
  improve_->SetGuide(std::move(guide));
}

void PackingSearch::Offer(const std::vector<Bins>& bins) {
  int64_t missing = 0;
  for (const Core::Item& item : core_.items) missing += item.demand;
  for (const Bins& group : bins) {
    columns_->Offer(group.type, group.loads);
    for (const Load& load : group.loads) missing -= load.count * group.count;
  }
  missing_ = std::min(missing_, missing);
  if (missing > 0) return;
  PackingSolution solution = core_.Translate(bins);
  if (!best_ || solution.cost < best_->cost) best_ = std::move(solution);
}

// Whoever has done least for its share goes on. Before the patterns are settled nothing else is
// worth much; the quick proof comes next; then diving finds most.
void PackingSearch::Search() {
  constexpr int64_t kNever = INT64_MAX;
  const bool settled = columns_->stage() > 0;
  // Of very many items without costs of their own the first dive is not far, and as good.
  const bool rounds = core_.has_tolls() || core_.items.size() <= kMany;
  if (rounds && columns_->rounds() >= next_rounding_ &&
      columns_->work() / kPerRounding > rounding_->work()) {
    return Round();
  }
  // Of many different items the first bound is good, and thoroughness costs most.
  const bool many = settled && core_.items.size() > kMany;
  if (settled && !prover_) StartProver();
  const int64_t proving = prover_ && !prover_->converged() ? prover_->work() / 4 : kNever;
  const int64_t pricing =
      columns_->converged() ? kNever : columns_->work() / (settled ? 1 : 8) * (many ? 4 : 1);
  const int64_t diving = settled ? dive_work_ / 3 : kNever;
  const int64_t improving = improve_->work() + rounding_->work();
  if (best_ && !branching_ && prover_ && prover_->converged()) {
    branching_ = std::make_unique<Branching>(core_, *prover_);
  }
  const int64_t dividing =
      branching_ && !divided_ ? branching_->work() / 3 * (many ? 12 : 1) : kNever;
  const int64_t least = std::min({proving, pricing, diving, improving, dividing});
  if (least == dividing) {
    const int64_t before = branching_->work();
    divided_ = !branching_->Step(best_->cost);
    Account(branching_->work() - before);
    bound_ = std::max(bound_, branching_->bound());
  } else if (least == proving) {
    Price(*prover_);
  } else if (least == pricing) {
    Price(*columns_);
  } else if (least == diving) {
    Plunge();
  } else {
    Tinker();
  }
}

// What the master takes, in whole bins: before the patterns are settled, and dives are worth while,
// this is the best there is.
void PackingSearch::Round() {
  next_rounding_ = columns_->stage() > 0 ? INT64_MAX : 2 * next_rounding_;
  SyncGuide();
  const int64_t before = rounding_->work();
  const std::vector<Bins> bins = rounding_->Build(*columns_, improve_->guide());
  Account(rounding_->work() - before);
  Take(bins);
}

void PackingSearch::Price(Columns& columns) {
  const int64_t before = columns.work();
  columns.Step();
  Account(columns.work() - before);
}

void PackingSearch::StartProver() {
  prover_ = std::make_unique<Columns>(core_, *columns_);
  for (int32_t p = 0; p < static_cast<int32_t>(columns_->patterns().size()); ++p) {
    const Pattern& pattern = columns_->patterns()[p];
    if (columns_->level(p) > 0 || columns_->Nearly(pattern)) {
      prover_->Add(pattern.type, pattern.loads);
    }
  }
  prover_->Seed();
  prover_->UseFractions();
  Account(prover_->work());
}

void PackingSearch::Tinker() {
  SyncGuide();
  const int64_t work = improve_->work();
  const int64_t before = improve_->missing() > 0 ? INT64_MAX : improve_->cost();
  for (int n = 0; n < 10; ++n) improve_->Step();
  Account(improve_->work() - work);
  const int64_t after = improve_->missing() > 0 ? INT64_MAX : improve_->cost();
  missing_ = std::min(missing_, improve_->missing());
  if (after < before && (!best_ || after < best_->cost)) Offer(improve_->Everything());
}

void PackingSearch::Plunge() {
  if (!dive_) {
    const int64_t n = dives_++;
    Rng rng = rng_.Stream("dive " + std::to_string(n));
    // Most dives go around a part of the best solution; some begin anew.
    if (n >= 2 && n % 8 != 0 && improve_->missing() == 0) {
      dive_ = std::make_unique<Dive>(core_, *columns_, improve_->Keep(rng), rng.Stream("rest"));
    } else {
      dive_ = std::make_unique<Dive>(core_, *columns_, n == 0, rng);
    }
  }
  const int64_t before = dive_->work();
  const bool more = dive_->Step();
  Account(dive_->work() - before);
  dive_work_ += dive_->work() - before;
  if (more) return;
  Take(dive_->bins());
  dive_.reset();
}

}  // namespace
}  // namespace packing

std::unique_ptr<AnytimeSearch<PackingSolution>> StartPackingSearch(const PackingProblem& problem,
                                                                   const SearchOptions& options) {
  return StartPackingSearchFrom({}, problem, options);
}

std::unique_ptr<AnytimeSearch<PackingSolution>> StartPackingSearchFrom(
    const PackingSolution& start, const PackingProblem& problem, const SearchOptions& options) {
  return std::make_unique<packing::PackingSearch>(problem, options, start);
}

}  // namespace stowage::scheduler
