// The arithmetic cores: problems in canonical order under an AnytimeSearch.
#include <algorithm>
#include <numeric>

#include "app/solve/canonical.h"
#include "app/solve/solution_text.h"
#include "app/solve/solve_run.h"
#include "scheduler/solvers/gap/solver.h"
#include "scheduler/solvers/packing/solver.h"

namespace stowage::app {
namespace {

using scheduler::AnytimeSearch;
using scheduler::GapProblem;
using scheduler::GapSolution;
using scheduler::PackingProblem;
using scheduler::PackingSolution;
using scheduler::SearchStatus;

int64_t ItemsOf(const GapProblem& p) {
  return std::accumulate(p.counts.begin(), p.counts.end(), int64_t{0});
}

int64_t ItemsOf(const PackingProblem& p) {
  int64_t sum = 0;
  for (const auto& item : p.items) sum += item.demand;
  return sum;
}

std::string Answer(Format format, const GapSolution& s) { return WriteAnswer(format, s); }
std::string Answer(Format, const PackingSolution& s) { return WriteAnswer(s); }

template <class Problem, class Solution, class Order>
class CoreRun : public SolveRun {
 public:
  using Start = std::unique_ptr<AnytimeSearch<Solution>> (*)(const Problem&,
                                                             const scheduler::SearchOptions&);

  CoreRun(Format format, const Problem& problem, std::string solver, Start start,
          const RunOptions& options)
      : format_(format),
        order_(CanonicalOrder(problem)),
        problem_(InOrder(problem, order_)),
        solver_(std::move(solver)),
        search_(start(problem_, {.seed = options.seed, .threads = options.threads})) {}

  bool Step(int64_t iterations) override { return search_->Step(iterations); }
  int64_t iterations() const override { return search_->iterations(); }
  std::optional<int64_t> cost() const override {
    const Solution* best = search_->best();
    return best != nullptr ? std::optional<int64_t>(best->cost) : std::nullopt;
  }
  std::optional<int64_t> bound() const override { return search_->bound(); }
  CostUnit unit() const override { return {}; }

  Report MakeReport(bool with_answer) const override {
    const Solution* best = search_->best();
    const int64_t items = ItemsOf(problem_), placed = best != nullptr ? items : 0;
    Report report{.format = std::string(NameOf(format_)),
                  .status = search_->status(),
                  .cost = cost(),
                  .tiers = {{.pods = items, .placed = placed, .placed_max = items}},
                  .violation = search_->violation(),
                  .iterations = iterations(),
                  .solver = solver_};
    if (report.status != SearchStatus::kInfeasible) {
      report.bound = search_->bound();
      report.bounds = search_->bounds();
    }
    if (report.status == SearchStatus::kUnknown && report.violation.empty()) {
      report.violation = "no answer was found in so short a search";
    }
    if (best != nullptr) {
      report.hash = HashOf(InCanonical(InFile(*best, order_), order_));
      if (with_answer) report.answer = Answer(format_, InFile(*best, order_));
    }
    return report;
  }

 private:
  Format format_;
  Order order_;
  Problem problem_;
  std::string solver_;
  std::unique_ptr<AnytimeSearch<Solution>> search_;
};

}  // namespace

std::unique_ptr<SolveRun> StartGapRun(Format format, const GapProblem& problem,
                                      const RunOptions& options) {
  return std::make_unique<CoreRun<GapProblem, GapSolution, GapOrder>>(
      format, problem, "lagrangian", scheduler::StartGapSearch, options);
}

std::unique_ptr<SolveRun> StartPackingRun(const PackingProblem& problem,
                                          const RunOptions& options) {
  return std::make_unique<CoreRun<PackingProblem, PackingSolution, PackingOrder>>(
      Format::kMvp, problem, "columns", scheduler::StartPackingSearch, options);
}

}  // namespace stowage::app
