#include "scheduler/placement/engine.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "scheduler/placement/bound.h"
#include "scheduler/placement/lagrangian_bound.h"

namespace stowage::scheduler {
namespace {

// Classes times groups of nodes: where they are fewer, everything is tried.
constexpr int64_t kLarge = 3'000'000;
constexpr int64_t kDriftPpm = 1'000;
// After changes of clusters, quotas or gangs: many pods would move.
constexpr int64_t kFleetDriftPpm = 3'000;
constexpr int64_t kLooks = 100'000'000;  // for remedies of pods that do not exist

Placement Describe(const Instance& instance, const Solution& solution) {
  Placement placement;
  for (const PodClass* k : instance.classes()) {
    placement.classes.push_back({k->key, {}, k->count});
  }
  for (const Share& s : solution.shares) {
    ClassPlacement& k = placement.classes[s.k];
    k.assignments.push_back({instance.clusters()[s.j]->name, s.count});
    k.unplaced -= s.count;
  }
  std::sort(placement.classes.begin(), placement.classes.end(),
            [](const ClassPlacement& a, const ClassPlacement& b) { return a.key < b.key; });
  for (size_t j = 0; j < solution.bins.size(); ++j) {
    placement.witness.push_back(
        solution.bins[j].Witness(*instance.clusters()[j], instance.classes()));
  }
  return placement;
}

// `instance` with these classes set, prepared.
void Copy(const Instance& instance, std::vector<PodClass> classes, Instance& copy) {
  copy.Apply(instance.Copy());
  copy.Apply({.set_classes = std::move(classes)});
  Work work(std::numeric_limits<int64_t>::max());
  while (!copy.Prepare(work)) {
  }
}

// `copy` is made of the instance with `pods` as its last classes, so that all other places stay.
Result<void> CopyWith(const Instance& instance, std::vector<PodClass> pods, Instance& copy) {
  Problem added{.resources = instance.resources(), .classes = std::move(pods)};
  for (size_t i = 0; i < added.classes.size(); ++i) {
    added.classes[i].key = "new pod " + std::to_string(i + 1);
    added.classes[i].count = 0;
    added.classes[i].priority = std::numeric_limits<int32_t>::min();
  }
  RETURN_IF_ERROR(Validate(added));
  for (size_t i = 0; i < added.classes.size(); ++i) {
    char behind_all[24];
    std::snprintf(behind_all, sizeof behind_all, "\xff%08zu", i);
    added.classes[i].key = behind_all;
  }
  Copy(instance, std::move(added.classes), copy);
  return {};
}

class Session : public SolveSession {
 public:
  Session(const Solver& solver, Problem problem, SolveOptions options, std::optional<Hint> hint)
      : solver_(solver), options_(options), instance_(options), hint_(std::move(hint)) {
    instance_.Apply(Whole(std::move(problem)));
    ForgetBound();
  }

  Result<void> Apply(const ProblemDelta& delta) override {
    Problem changed{delta.resources.value_or(instance_.resources()), delta.set_classes,
                    delta.set_clusters, delta.links.value_or(std::vector<RegionLink>())};
    changed.quotas = delta.quotas.value_or(std::vector<Quota>());
    changed.gangs = delta.gangs.value_or(std::vector<Gang>());
    changed.budgets = delta.budgets.value_or(std::vector<DisruptionBudget>());
    changed.carbon_per_tonne = delta.carbon_per_tonne.value_or(instance_.carbon_per_tonne());
    changed.horizon_seconds = delta.horizon_seconds.value_or(instance_.horizon_seconds());
    RETURN_IF_ERROR(Validate(changed));
    view_.reset();
    const bool done = searched_ && incumbent_.complete;
    if (done) drift_ppm_ = kDriftPpm;
    if (MovesRoom(delta)) drift_ppm_ = kFleetDriftPpm;
    resume_ = done;
    if (!resume_) search_.reset();
    hint_.reset();
    hinted_.reset();
    incumbent_ = {};
    prepared_ = lane_open_ = false;
    ForgetBound();
    instance_.Apply(delta);
    return {};
  }

  const Incumbent& Step(Iterations iterations) override {
    Work work(iterations.count);
    if (!incumbent_.complete && !lane_open_) Advance(work);
    incumbent_.iterations += iterations.count - work.left();
    return incumbent_;
  }

  std::optional<ClassExplanation> Explain(const std::string& class_key) const override {
    if (Best() == nullptr) return std::nullopt;
    const auto k = instance_.PlaceOf(class_key);
    if (!k) return std::nullopt;
    return ExplainClass(instance_, *Best(), View(), *k);
  }

  Result<std::vector<ClassExplanation>> ExplainNew(std::vector<PodClass> pods) const override {
    if (Best() == nullptr) return MakeError(ErrorCode::kInvalid, "nothing is placed yet");
    Instance copy(instance_.options());
    RETURN_IF_ERROR(CopyWith(instance_, std::move(pods), copy));
    const SolutionView view(copy, *Best());
    std::vector<ClassExplanation> out;
    for (size_t k = instance_.classes().size(); k < copy.classes().size(); ++k) {
      out.push_back(ExplainClass(copy, *Best(), view, k));
    }
    return out;
  }

  Result<std::vector<std::vector<Remedy>>> RemediesNew(std::vector<PodClass> pods,
                                                       size_t most) const override {
    if (Best() == nullptr) return MakeError(ErrorCode::kInvalid, "nothing is placed yet");
    Instance copy(instance_.options());
    RETURN_IF_ERROR(CopyWith(instance_, std::move(pods), copy));
    const SolutionView view(copy, *Best());
    std::vector<std::vector<Remedy>> out;
    Work work(kLooks);
    for (size_t k = instance_.classes().size(); k < copy.classes().size(); ++k) {
      const bool alone = copy.GangOf(k) == nullptr;
      out.emplace_back();
      if (alone) out.back() = RemediesFor(copy, *Best(), view, k, 1, most, work);
    }
    return out;
  }

  std::vector<Remedy> Remedies(const std::string& class_key, int64_t pods, size_t most,
                               Work& work) const override {
    const auto k = Best() != nullptr ? instance_.PlaceOf(class_key) : std::nullopt;
    if (!k) return {};
    return RemediesFor(instance_, *Best(), View(), *k, pods, most, work);
  }

  Result<ClassExplanation> ExplainChanged(PodClass changed) const override {
    const auto k = Best() != nullptr ? instance_.PlaceOf(changed.key) : std::nullopt;
    if (!k) {
      return MakeError(ErrorCode::kInvalid, "class " + changed.key + " is not placed yet");
    }
    RETURN_IF_ERROR(Validate({.resources = instance_.resources(), .classes = {changed}}));
    Instance copy(instance_.options());
    Copy(instance_, {std::move(changed)}, copy);
    const Solution& best = *Best();
    return ExplainClass(copy, best, SolutionView(copy, best), *k);
  }

  std::optional<Preemption> Preempt(const std::string& class_key) const override {
    const auto k = Best() != nullptr ? instance_.PlaceOf(class_key) : std::nullopt;
    if (!k) return std::nullopt;
    return ProposePreemption(instance_, *Best(), *k);
  }

  std::unique_ptr<FastLane> OpenLane() override {
    if (Best() == nullptr) return nullptr;
    lane_open_ = true;
    const ShadowPrices* prices = search_->prices();
    return std::make_unique<FastLane>(instance_, *Best(),
                                      prices != nullptr ? *prices : ShadowPrices{});
  }

 private:
  static bool MovesRoom(const ProblemDelta& delta) {
    return !delta.set_clusters.empty() || !delta.remove_clusters.empty() || delta.links ||
           delta.namespaces || delta.quotas || delta.gangs || delta.carbon_per_tonne ||
           delta.horizon_seconds;
  }

  // Of the best solution, which must be there.
  const SolutionView& View() const {
    if (!view_ || lane_open_) view_.emplace(instance_, *Best());  // a lane may learn of classes
    return *view_;
  }

  // nullptr: none of the problem as it is now.
  const Solution* Best() const {
    if (!prepared_) return nullptr;
    const Solution* found = search_->best();
    const bool hinted = hinted_ && (found == nullptr || Better(*hinted_, *found));
    return hinted ? &*hinted_ : found;
  }

  void ForgetBound() {
    searched_ = bound_done_ = alone_ = false;
    bound_ = std::make_unique<BoundSearch>(instance_);
    priced_.reset();
    rooms_.reset();
  }

  void Advance(Work& work) {
    if (!prepared_) {
      if (!instance_.Prepare(work)) return;
      prepared_ = true;
      if (hint_) hinted_ = SolutionOf(instance_, *hint_);
      hint_.reset();
      if (hinted_) Publish(*hinted_);
      resume_ = resume_ && search_->Resume();
      if (!resume_) search_ = solver_.Start(instance_, options_);
    }
    if (!searched_) {
      view_.reset();
      const Solution* before = Best();
      const Money cost = before != nullptr ? before->cost : Money{};
      searched_ = search_->Step(work);
      incumbent_.buying = search_->buying();
      const Solution* best = Best();
      if (best != nullptr && (best != before || best->cost != cost || searched_)) Publish(*best);
      if (!searched_) CertifyEarly();
    }
    if (searched_ && !bound_done_ && StepAlone(work) && StepPriced(work)) {
      bound_done_ = true;
      Certify();
      KeepUp();
    }
    incumbent_.complete = searched_ && bound_done_;
  }

  // The bound without competition: dear, and of little use, where all pods have a place and prices
  // are known.
  bool StepAlone(Work& work) {
    if (search_->prices() != nullptr && AllPlaced(instance_, *Best()) && Large()) return true;
    alone_ = bound_->Step(work);
    return alone_;
  }

  bool Large() const { return PairsOf(instance_) > kLarge; }

  // The bound at the search's prices, if it has any.
  bool StepPriced(Work& work) {
    const ShadowPrices* prices = search_->prices();
    if (prices == nullptr) return true;
    if (!priced_) {
      if (search_->rooms() == nullptr) rooms_.emplace(instance_);
      priced_.emplace(instance_, rooms_ ? *rooms_ : *search_->rooms(), *prices);
    }
    return priced_->Step(work);
  }

  void Publish(const Solution& best) {
    incumbent_.placement = Describe(instance_, best);
    incumbent_.cost = best.cost;
    incumbent_.solver = search_ != nullptr ? search_->solver() : std::string_view();
    if (incumbent_.solver.empty()) incumbent_.solver = solver_.name();
    incumbent_.tiers.clear();
    for (size_t t = 0; t < instance_.tiers().size(); ++t) {
      const Instance::Tier& tier = instance_.tiers()[t];
      incumbent_.tiers.push_back({tier.priority, tier.pods, best.placed[t], tier.pods});
    }
  }

  // By what the search itself has proven so far.
  void CertifyEarly() {
    auto proof = search_->proof();
    if (!proof || Best() == nullptr) return;
    TakeOver(*std::move(proof));
    incumbent_.bound_known = true;
  }

  void Certify() {
    std::vector<int64_t> placed;
    for (size_t t = 0; t < incumbent_.tiers.size(); ++t) {
      incumbent_.tiers[t].placed_max = alone_ ? bound_->PlacedMax(t) : incumbent_.tiers[t].pods;
      placed.push_back(incumbent_.tiers[t].placed);
    }
    const Money alone = alone_ ? bound_->CostOf(placed) : Money{};
    const Money priced = priced_ ? priced_->CostOf(placed) : Money{};
    incumbent_.lower_bound = std::max(alone, priced);
    incumbent_.bound_known = true;
    incumbent_.relaxed = bound_->Relaxed();
    if (priced > alone) {
      incumbent_.relaxed[0] = "room is a sum over nodes";
      std::erase(incumbent_.relaxed, "quotas");  // they have prices
    }
    if (auto proof = search_->proof()) TakeOver(*std::move(proof));
  }

  void TakeOver(Proof proof) {
    for (size_t t = 0; t < incumbent_.tiers.size(); ++t) {
      int64_t& most = incumbent_.tiers[t].placed_max;
      most = std::min(most, proof.placed_max[t]);
    }
    // It speaks of as many pods as the search has placed.
    if (Best()->placed != search_->best()->placed) return;
    if (proof.lower_bound < incumbent_.lower_bound) return;
    incumbent_.lower_bound = proof.lower_bound;
    incumbent_.relaxed = std::move(proof.relaxed);
  }

  // What follows small changes must not drift away from what a search from nothing finds.
  void KeepUp() {
    const int64_t gap = incumbent_.GapPpm();
    if (resume_ && gap <= gap_ + drift_ppm_) return;
    if (resume_ && search_->Restart()) {
      ForgetBound();
      resume_ = false;
    } else {
      gap_ = gap;
    }
  }

  const Solver& solver_;
  SolveOptions options_;
  Instance instance_;
  std::unique_ptr<Search> search_;
  std::unique_ptr<BoundSearch> bound_;
  std::optional<Rooms> rooms_;
  std::optional<LagrangianBound> priced_;
  bool searched_ = false, bound_done_ = false, lane_open_ = false;
  bool alone_ = false;  // bound_ is done
  bool prepared_ = false;
  bool resume_ = false;  // the search goes on from what was found before the last changes
  int64_t gap_ = 0;      // of the last search from nothing
  int64_t drift_ppm_ = kDriftPpm;
  Incumbent incumbent_;
  std::optional<Hint> hint_;                  // not looked at yet
  std::optional<Solution> hinted_;            // what it is worth
  mutable std::optional<SolutionView> view_;  // of the best solution
};

class Engine : public PlacementEngine {
 public:
  explicit Engine(const Solver& solver) : solver_(solver) {}
  std::unique_ptr<SolveSession> Start(Problem problem, SolveOptions options,
                                      std::optional<Hint> hint) const override {
    return std::make_unique<Session>(solver_, std::move(problem), options, std::move(hint));
  }

 private:
  const Solver& solver_;
};

}  // namespace

std::unique_ptr<PlacementEngine> MakeEngine(const Solver& solver) {
  return std::make_unique<Engine>(solver);
}

}  // namespace stowage::scheduler
