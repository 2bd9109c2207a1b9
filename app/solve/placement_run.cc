// Our own model under the placement engine.
#include <algorithm>

#include "app/solve/canonical.h"
#include "app/solve/explain_text.h"
#include "app/solve/solution_text.h"
#include "app/solve/solve_run.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/choice.h"
#include "scheduler/solvers/columns.h"
#include "scheduler/solvers/exact.h"
#include "scheduler/solvers/flow.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"

namespace stowage::app {
namespace {

using scheduler::Incumbent;
using scheduler::SearchStatus;
using scheduler::TierResult;

// "": the one that suits the problem.
std::unique_ptr<scheduler::Solver> SolverNamed(const std::string& name) {
  if (name == "columns") return std::make_unique<scheduler::ColumnsSolver>();
  if (name == "exact") return std::make_unique<scheduler::ExactSolver>();
  if (name == "flow") return std::make_unique<scheduler::FlowSolver>();
  if (name == "lagrangian") return std::make_unique<scheduler::LagrangianSolver>();
  if (name == "greedy") return std::make_unique<scheduler::GreedySolver>();
  return std::make_unique<scheduler::ChosenSolver>(scheduler::ChosenSolver::Aim::kBest);
}

class PlacementRun : public SolveRun {
 public:
  PlacementRun(scheduler::Problem problem, const RunOptions& options)
      : options_{.parallel = options.parallel},
        problem_(problem),
        solver_(SolverNamed(options.solver)),
        engine_(scheduler::MakeEngine(*solver_)),
        session_(engine_->Start(std::move(problem), options_)) {}

  bool Step(int64_t iterations) override {
    incumbent_ = &session_->Step({iterations});
    return !incumbent_->complete;
  }

  int64_t iterations() const override { return incumbent_ != nullptr ? incumbent_->iterations : 0; }
  std::optional<int64_t> cost() const override {
    if (!found()) return std::nullopt;
    return incumbent_->cost.nano;
  }
  std::optional<int64_t> bound() const override {
    if (!found() || !incumbent_->bound_known) return std::nullopt;
    return incumbent_->lower_bound.nano;
  }
  CostUnit unit() const override { return {.nano = true}; }

  Report MakeReport(bool with_answer) const override {
    Report report{.format = std::string(NameOf(Format::kStowage)),
                  .unit = unit(),
                  .cost = cost(),
                  .bound = bound(),
                  .iterations = iterations()};
    if (!found()) {
      report.violation = "no pod was looked at yet: the time was too short";
      return report;
    }
    report.tiers = incumbent_->tiers;
    report.relaxed = incumbent_->relaxed;
    report.solver = incumbent_->solver;
    report.hash = HashOf(incumbent_->placement, incumbent_->cost);
    for (const scheduler::ClusterView& c : problem_.clusters) report.pods_by_cluster[c.name] = 0;
    for (const scheduler::ClassPlacement& k : incumbent_->placement.classes) {
      for (const scheduler::Assignment& a : k.assignments) {
        report.pods_by_cluster[a.cluster] += a.count;
      }
    }
    Judge(report);
    if (with_answer) report.answer = WriteAnswer(problem_, incumbent_->placement);
    return report;
  }

  Result<std::string> Explain(const std::string& class_name) const override {
    if (!found()) {
      return MakeError(ErrorCode::kInvalid, "--explain: the time was too short for an answer");
    }
    const auto explanation = session_->Explain(class_name);
    const auto of = std::find_if(problem_.classes.begin(), problem_.classes.end(),
                                 [&](const auto& k) { return k.key == class_name; });
    if (explanation && of != problem_.classes.end()) {
      Advised advised{.flip = SmallestFlip(*explanation, options_.preference_point)};
      if (explanation->placed < explanation->count) {
        advised.preemption = session_->Preempt(class_name);
        ASSIGN_OR_RETURN(advised.relaxations,
                         Advise(*session_, problem_, incumbent_->placement, *of, kMostAdvice));
        const int64_t left = explanation->count - explanation->placed;
        if (left > 1 && of->gang.empty()) {
          advised.for_all = AdviseForAll(*session_, problem_, class_name, left, kMostAdvice);
        }
      }
      return ExplanationJson(*explanation, advised, "    ");
    }
    return MakeError(ErrorCode::kInvalid,
                     "--explain: expected a class of the problem, found " + Quoted(class_name));
  }

 private:
  bool found() const { return incumbent_ != nullptr && !incumbent_->solver.empty(); }

  // Solved means: every pod has a place.
  void Judge(Report& report) const {
    int64_t pods = 0, placed = 0;
    bool impossible = false;
    for (const TierResult& t : report.tiers) {
      pods += t.pods;
      placed += t.placed;
      impossible = impossible || (incumbent_->bound_known && t.placed_max < t.pods);
    }
    if (placed == pods) {
      const bool proven = incumbent_->bound_known && incumbent_->cost <= incumbent_->lower_bound;
      report.status = proven ? SearchStatus::kOptimal : SearchStatus::kFeasible;
      return;
    }
    report.status = impossible ? SearchStatus::kInfeasible : SearchStatus::kUnknown;
    report.violation =
        std::to_string(pods - placed) + " of " + std::to_string(pods) + " pods have no place";
  }

  static constexpr size_t kMostAdvice = 3;

  const scheduler::SolveOptions options_;
  scheduler::Problem problem_;
  const std::unique_ptr<scheduler::Solver> solver_;
  std::unique_ptr<scheduler::PlacementEngine> engine_;
  std::unique_ptr<scheduler::SolveSession> session_;
  const Incumbent* incumbent_ = nullptr;
};

}  // namespace

std::unique_ptr<SolveRun> StartPlacementRun(scheduler::Problem problem, const RunOptions& options) {
  return std::make_unique<PlacementRun>(std::move(problem), options);
}

}  // namespace stowage::app
