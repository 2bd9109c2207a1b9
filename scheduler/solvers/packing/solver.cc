#include "scheduler/solvers/packing/solver.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "scheduler/solvers/packing/builder.h"
#include "scheduler/solvers/packing/columns.h"
#include "scheduler/solvers/packing/core.h"
#include "scheduler/solvers/packing/improve.h"
#include "scheduler/solvers/packing/rounding.h"

namespace stowage::scheduler {
namespace packing {
namespace {

constexpr int64_t kUnit = 100;  // nanoseconds: one iteration

class PackingSearch : public AnytimeSearch<PackingSolution> {
 public:
  PackingSearch(const PackingProblem& problem, const SearchOptions& options)
      : core_(problem), rng_(options.seed) {}

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
  void Round();
  void SyncGuide();
  void Offer(const std::vector<Bins>& bins);
  void Account(int64_t nanoseconds) { iterations_ += nanoseconds / kUnit + 1; }

  const Core core_;
  const Rng rng_;
  std::unique_ptr<Columns> columns_;
  std::unique_ptr<Improve> improve_;
  std::unique_ptr<Rounding> rounding_;
  std::optional<PackingSolution> best_;
  int64_t bound_ = 0, missing_ = INT64_MAX, iterations_ = 0, guide_bound_ = -1;
  int64_t rounded_at_ = 0;
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
  bound_ = std::max(bound_, columns_->bound());
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
  Offer(bins);
}

void PackingSearch::SyncGuide() {
  if (columns_->bound() == guide_bound_) return;
  guide_bound_ = columns_->bound();
  Guide guide{columns_->value(), {}};
  for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
    guide.prices.push_back(columns_->prices(t));
  }
  improve_->SetGuide(std::move(guide));
}

void PackingSearch::Offer(const std::vector<Bins>& bins) {
  int64_t missing = 0;
  for (const Core::Item& item : core_.items) missing += item.demand;
  for (const Bins& group : bins) {
    columns_->Add(group.type, group.loads);
    for (const Load& load : group.loads) missing -= load.count * group.count;
  }
  missing_ = std::min(missing_, missing);
  if (missing > 0) return;
  PackingSolution solution = core_.Translate(bins);
  if (!best_ || solution.cost < best_->cost) best_ = std::move(solution);
}

void PackingSearch::Search() {
  // Half of the work each, as long as both have something to do.
  const int64_t on_columns = columns_->work(), on_solutions = improve_->work() + rounding_->work();
  if (!columns_->converged() && on_columns <= on_solutions) {
    columns_->Step();
    Account(columns_->work() - on_columns);
    return;
  }
  if (columns_->converged() && rounded_at_ < on_solutions / 2) return Round();
  SyncGuide();
  const int64_t before = improve_->missing() > 0 ? INT64_MAX : improve_->cost();
  for (int n = 0; n < 10; ++n) improve_->Step();
  Account(improve_->work() + rounding_->work() - on_solutions);
  const int64_t after = improve_->missing() > 0 ? INT64_MAX : improve_->cost();
  missing_ = std::min(missing_, improve_->missing());
  if (after < before && (!best_ || after < best_->cost)) Offer(improve_->Everything());
}

void PackingSearch::Round() {
  const int64_t before = rounding_->work();
  rounded_at_ = improve_->work() + rounding_->work();
  SyncGuide();
  const std::vector<Bins> bins = rounding_->Build(*columns_, improve_->guide());
  int64_t cost = 0;
  for (const Bins& group : bins) cost += core_.types[group.type].cost * group.count;
  Account(rounding_->work() - before);
  if (!best_ || cost < improve_->cost()) {
    improve_->Start(bins);
    Offer(bins);
  }
}

}  // namespace
}  // namespace packing

std::unique_ptr<AnytimeSearch<PackingSolution>> StartPackingSearch(const PackingProblem& problem,
                                                                   const SearchOptions& options) {
  return std::make_unique<packing::PackingSearch>(problem, options);
}

}  // namespace stowage::scheduler
