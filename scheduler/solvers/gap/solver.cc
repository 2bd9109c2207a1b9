#include "scheduler/solvers/gap/solver.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/annealer.h"
#include "scheduler/solvers/gap/branching.h"
#include "scheduler/solvers/gap/bundle_tree.h"
#include "scheduler/solvers/gap/dives.h"
#include "scheduler/solvers/gap/exchange.h"
#include "scheduler/solvers/gap/fills.h"
#include "scheduler/solvers/gap/instance.h"
#include "scheduler/solvers/gap/interior.h"
#include "scheduler/solvers/gap/knapsacks.h"
#include "scheduler/solvers/gap/prices.h"
#include "scheduler/solvers/gap/regions.h"
#include "scheduler/solvers/gap/sample.h"

namespace stowage::scheduler {
namespace {

using gap::Annealer;
using gap::Branching;
using gap::BundleTree;
using gap::Dives;
using gap::Exchange;
using gap::Fills;
using gap::GapInstance;
using gap::InteriorPoint;
using gap::KnapsackBound;
using gap::PriceSearch;
using gap::Regions;

constexpr int kPriceSteps = 1000, kLaterPriceSteps = 4000;
constexpr int kRoughSteps = 60;                           // where an interior point method follows
constexpr int64_t kMostPairs = 90'000;                    // of it: else it begins with a sample
constexpr std::array<int32_t, 2> kSampled = {300, 1000};  // classes
constexpr size_t kFleetUnitRank = 4;
constexpr int64_t kBranchingWork = 1'500'000;  // before bundles are listed
constexpr int kLeadersShare = 7;
constexpr int64_t kKnapsackWork = 15'000'000;  // for one schedule of sweeps
constexpr int kMostSweeps = 400;
constexpr int64_t kFirstRun = 200'000, kMovesPerLot = 8;
constexpr int64_t kFirstFleetRun = 20'000, kFleetMovesPerLot = 3;
constexpr int kLaterDives = 3, kLaterRegions = 12, kLaterKnapsacks = 16;  // shares of work
constexpr int kFillsShare = 60, kHastyDoublings = 4;
constexpr int kRunsBeforeFills = 6;  // where agents hold more, and answers come sooner so
constexpr int64_t kFewHeld = 12;     // items of an agent
constexpr int64_t kVainWork = 3'000'000, kStaleWork = 15'000'000;
constexpr int64_t kManyLots = 20'000, kMovesAtFirst = 2;  // of those: an answer soon

// Shares the work among its parts: first the prices; then by turns the annealer and the exchange
// (solutions), the knapsacks and finer prices (the bound).
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
    fleet_ = InteriorPoint::Suits(instance_);
    first_steps_ = fleet_ ? kRoughSteps : kPriceSteps;
    prices_.Begin(first_steps_, 0.1, fleet_ ? 1e-2 : 3e-5);
  }

  bool Step(int64_t iterations) override {
    const int64_t end = spent_ + std::max<int64_t>(iterations, 1);
    while (spent_ < end && !Settled()) {
      if (!annealer_) {
        StepFirstPrices();
      } else {
        StepParts();
      }
    }
    return !Settled();
  }

  SearchStatus status() const override {
    if (infeasible_) return SearchStatus::kInfeasible;
    const std::optional<int64_t> cost = BestCost();
    if (!cost) return SearchStatus::kUnknown;
    return *cost <= bound() ? SearchStatus::kOptimal : SearchStatus::kFeasible;
  }
  const GapSolution* best() const override {
    const std::optional<int64_t> cost = BestCost();
    if (!cost) return nullptr;
    if (!best_ || best_->cost > *cost) best_ = MakeBest();
    return &*best_;
  }
  int64_t bound() const override {
    return std::max({prices_.bound(), knapsacks_ ? knapsacks_->bound() : 0,
                     tree_ ? tree_->bound() : 0, bundles_ ? bundles_->bound() : 0,
                     fills_ ? fills_->bound() : 0});
  }
  std::vector<NamedBound> bounds() const override {
    std::vector<NamedBound> out = {{"linear", prices_.bound()}};
    if (knapsacks_) out.push_back({"knapsacks", knapsacks_->bound()});
    if (tree_) out.push_back({"tree", tree_->bound()});
    if (bundles_) out.push_back({"bundles", bundles_->bound()});
    if (fills_) out.push_back({"fills", fills_->bound()});
    return out;
  }
  int64_t iterations() const override { return spent_; }

  std::string violation() const override {
    if (BestCost() || !annealer_) return "";
    return std::to_string(annealer_->violated()) + " capacities are passed";
  }

 private:
  // A part works while its work, divided by its share, is the least.
  struct Part {
    int64_t work = 0;
    int share = 1;
    bool on = true;
  };
  enum { kAnneal, kDives, kExchange, kRegions, kKnapsacks, kPrices, kFills, kParts };

  bool Settled() const {
    const SearchStatus s = status();
    return s == SearchStatus::kInfeasible || s == SearchStatus::kOptimal;
  }

  void StepPrices(int steps) {
    const int sampled = steps * 2 / 5, refresh = price_steps_ < steps * 3 / 5 ? 20 : 50;
    if (price_steps_ >= sampled && (price_steps_ - sampled) % refresh == 0) {
      Spend(kPrices, prices_.Evaluate());
      if (prices_.bound() > dearest_) infeasible_ = true;
    }
    ++price_steps_;
    Spend(kPrices, prices_.Iterate());
  }

  void StepFirstPrices() {
    if (interior_) {
      if (StepInterior()) return;
      if (sample_ && samples_ < kSampled.size()) {
        StartInterior(InteriorPoint::From::kSample);
      } else {
        StartParts();
      }
      return;
    }
    StepPrices(first_steps_);
    if (price_steps_ <= first_steps_) return;
    if (!fleet_) return StartParts();
    Spend(kPrices, prices_.Evaluate());
    StartInterior(InteriorPoint::From::kGuess);
  }

  // Where there are too many pairs: over one sample after the other.
  void StartInterior(InteriorPoint::From from) {
    interior_.reset();
    if (static_cast<int64_t>(instance_.classes) * instance_.agents > kMostPairs) {
      sample_.emplace(SampleOf(instance_, prices_, kSampled[samples_++]));
    }
    interior_.emplace(sample_ ? *sample_ : instance_, prices_.prices(), from);
  }

  bool StepInterior() {
    int64_t work = 0;
    const bool more = interior_->Step(&work);
    if (!more) work += prices_.EvaluateAt(interior_->prices());
    Spend(kPrices, work);
    if (prices_.bound() > dearest_) infeasible_ = true;
    return more;
  }

  void Spend(int part, int64_t work) { spent_ += work, parts_[part].work += work; }

  void StartParts() {
    annealer_.emplace(instance_, prices_.prices(), rng_.Stream("annealer"),
                      fleet_ ? kFleetUnitRank : 1);
    Spend(kAnneal, 1 + static_cast<int64_t>(annealer_->lots()) / 2);
    const bool many = instance_.resources > 1;  // then bounds are weak, and parts slow to solve
    const bool single = KnapsackBound::Suits(instance_);
    const bool dives = single && Dives::Suits(instance_);
    if (dives) dives_.emplace(instance_, prices_.prices(), annealer_->unit(), rng_.Stream("dives"));
    const int resources = instance_.resources;
    parts_[kDives].on = dives, parts_[kDives].share = resources == 1 ? 16 : resources == 2 ? 4 : 8;
    parts_[kAnneal].share = !many || !single ? 5 : !dives ? 8 : resources == 2 ? 4 : 2;
    parts_[kExchange].share = !many ? 5 : single ? 1 : 2, parts_[kExchange].on = false;
    parts_[kRegions].on = false;
    parts_[kKnapsacks].share = many ? 1 : 2;
    if (Branching::Suits(instance_)) {
      tree_.emplace(instance_, Branching::RewardsAt(instance_, prices_.prices()),
                    Branching::Options{.unit = annealer_->unit()});
      parts_[kAnneal].share = parts_[kRegions].share = 4;
      parts_[kExchange].share = 2, parts_[kKnapsacks].share = 5;
    }
    parts_[kKnapsacks].on = tree_ || single;
    parts_[kPrices].share = 1;
    if (fleet_) parts_[kPrices].on = false;
    parts_[kFills].share = kFillsShare, parts_[kFills].on = false;
    if (fleet_ && Fills::Suits(instance_)) {
      fills_.emplace(instance_, prices_.prices(), rng_.Stream("fills"));
    }
    interior_.reset(), sample_.reset();
    for (Part& part : parts_) part.work = 0;
    if (parts_[kKnapsacks].on && !tree_) knapsacks_.emplace(instance_, prices_.prices());
    price_steps_ = 0;
    prices_.Begin(kLaterPriceSteps, 0.01, 3e-6);
    BeginRun();
  }

  void StepParts() {
    int next = -1;
    for (int part = 0; part < kParts; ++part) {
      if (!parts_[part].on) continue;
      if (next < 0 ||
          parts_[part].work * parts_[next].share < parts_[next].work * parts_[part].share) {
        next = part;
      }
    }
    switch (next) {
      case kAnneal:
        return StepAnnealer();
      case kDives:
        return StepDives();
      case kExchange:
        return StepExchange();
      case kRegions:
        return StepRegions();
      case kFills:
        return StepFills();
      case kKnapsacks:
        return tree_ ? StepTree() : StepKnapsacks();
      default:
        return StepFinerPrices();
    }
  }

  void BeginRun() {
    const auto lots = static_cast<int64_t>(annealer_->lots());
    if (fleet_) {
      const int64_t moves = std::max<int64_t>(lots * kFleetMovesPerLot, kFirstFleetRun);
      const bool hasty = fills_ && runs_ == 0;  // any answer will do, and soon
      annealer_->Begin({.hot = 0.3,
                        .cold = 0.03,
                        .loose = 0.01,
                        .strict = 4,
                        .moves = moves << (hasty ? kHastyDoublings : std::clamp(runs_ - 1, 0, 12)),
                        .from_best = runs_ % 2 == 1,
                        .insist = hasty || (runs_ % 2 == 1 && !annealer_->found())});
      return;
    }
    const int64_t per_lot = runs_ == 0 && lots > kManyLots ? kMovesAtFirst : kMovesPerLot;
    const int64_t moves = std::max<int64_t>(lots * per_lot, kFirstRun);
    const bool repair = runs_ > 0 && !annealer_->found();
    annealer_->Begin({.hot = repair ? 0.3 : 1.0,
                      .cold = repair ? 0.1 : 0.05,
                      .loose = repair ? 4.0 : 0.02,
                      .strict = 4,
                      .moves = moves << std::min(runs_ / 2 * 2, 10),
                      .from_best = runs_ % 2 == 1,
                      .insist = repair,
                      .gentle = true});
  }

  void StepAnnealer() {
    int64_t work = 0;
    const bool more = annealer_->Advance(&work);
    Spend(kAnneal, work);
    if (more) return;
    ++runs_;
    if (fleet_ && !fills_ && runs_ == 1 && !annealer_->found())
      TurnOn(kPrices);  // perhaps there is none
    const bool few = instance_.items <= kFewHeld * instance_.agents;
    const bool ready = runs_ >= (few || annealer_->found() ? 1 : kRunsBeforeFills);
    if (fills_ && ready && !parts_[kFills].on) TurnOn(kFills);
    const bool single = annealer_->lots() == static_cast<size_t>(instance_.items);
    if (single && !fills_ && annealer_->found()) {
      if (tree_ && !regions_) regions_.emplace(instance_, prices_.prices(), rng_.Stream("regions"));
      if (!exchange_) {
        exchange_.emplace(instance_, prices_.prices(), rng_.Stream("exchange"));
        shared_ = -1;  // it does not know the best
      }
      ShareBest();
      TurnOn(kExchange);
      if (regions_) TurnOn(kRegions);
    }
    BeginRun();
  }

  // Its turn is not before that of the annealer.
  void TurnOn(int part) {
    parts_[part].on = true;
    parts_[part].work = parts_[kAnneal].work * parts_[part].share / parts_[kAnneal].share;
  }

  // The parts that improve what others found begin with the best.
  void ShareBest() {
    const std::optional<int64_t> cost = BestCost();
    if (!cost || *cost == shared_) return;
    shared_ = *cost;
    const std::vector<int32_t> places = *BestPlaces();
    if (dives_ && dives_->best() != places) dives_->Start(places);
    if (exchange_ && exchange_->best() != places) exchange_->Start(places);
    if (regions_ && regions_->best() != places) regions_->Start(places);
  }

  void StepDives() {
    ShareBest();
    Spend(kDives, dives_->Step());
    // Others do better here, or from now on.
    if (dives_->whole() && !dives_->gained() && dives_->idle_work() > kVainWork) SetDivesShare(1);
    if (dives_->whole() && dives_->idle_work() > kStaleWork) SetDivesShare(kLaterDives);
  }

  void SetShare(int part, int share) {
    Part& p = parts_[part];
    p.work = p.work / p.share * share, p.share = share;
  }

  // What others do better from now on, or already.
  void SetDivesShare(int share) {
    if (share >= parts_[kDives].share) return;
    SetShare(kDives, share);
    if (!tree_) return;
    SetShare(kRegions, kLaterRegions);
    SetShare(kKnapsacks, kLaterKnapsacks);
  }

  void StepExchange() {
    ShareBest();
    Spend(kExchange, exchange_->Step(0.3 * annealer_->unit()));
  }

  void StepFills() {
    if (annealer_->found() && (!fills_->found() || annealer_->best_cost() < fills_->best_cost())) {
      fills_->Offer(annealer_->Shares(annealer_->best()));
    }
    Spend(kFills, fills_->Step());
    if (fills_->bound() > dearest_) infeasible_ = true;
  }

  void StepRegions() {
    ShareBest();
    if (!rooted_ && tree_->rooted()) regions_->SetRewards(tree_->rewards()), rooted_ = true;
    Spend(kRegions, regions_->Step());
  }

  void StepKnapsacks() {
    int64_t work = 0;
    const bool more = knapsacks_->Step(&work);
    Spend(kKnapsacks, work);
    sweep_work_ += work;
    if (more) return;
    if (knapsacks_->sweeps() == 1) {
      sweeps_ = static_cast<int>(std::clamp<int64_t>(kKnapsackWork / sweep_work_, 12, kMostSweeps));
      knapsacks_->Begin(sweeps_, 0.1 * annealer_->unit(), 0.005 * annealer_->unit());
    } else if (knapsacks_->sweeps() > sweeps_) {
      parts_[kKnapsacks].on = false;
    }
  }

  // Branching at first; then both trees, and whoever has raised the bound last more than the other.
  void StepTree() {
    const bool both = bundles_ && !bundles_->gave_up();
    const int share = bundles_lead_ ? kLeadersShare : 1, others = bundles_lead_ ? 1 : kLeadersShare;
    const bool bundles = both && bundles_work_ * others < tree_work_ * share;
    const int64_t known = BestCost().value_or(dearest_ + 1), before = bound();
    int64_t work = 0;
    bool more = true;
    if (bundles) {
      bundles_->Improve(known);
      more = bundles_->Step(&work) || bundles_->gave_up();
      bundles_work_ += work;
    } else {
      tree_->Improve(known);
      more = tree_->Step(&work);
      tree_work_ += work;
    }
    Spend(kKnapsacks, work);
    if (bound() > dearest_) infeasible_ = true;
    if (!more) parts_[kKnapsacks].on = false;
    if (!more || infeasible_) return;
    if (both && bound() > before) {
      bundles_lead_ = bundles;
      bundles_->Learn(bound()), tree_->Learn(bound());
    }
    if (!bundles_ && tree_->rooted() && tree_work_ > kBranchingWork &&
        BundleTree::Suits(instance_)) {
      bundles_.emplace(instance_, tree_->fixed_rewards(), tree_->shift(), bound());
      tree_work_ = 0;
    }
  }

  void StepFinerPrices() {
    StepPrices(kLaterPriceSteps);
    if (price_steps_ > kLaterPriceSteps) parts_[kPrices].on = false;
  }

  struct Holder {
    int64_t cost;
    const std::vector<int32_t>* places;
  };

  // Who has the best answer; no places: nobody.
  Holder BestHolder() const {
    Holder best{0, nullptr};
    const auto offer = [&](int64_t cost, const std::vector<int32_t>& places) {
      if (!places.empty() && (!best.places || cost < best.cost)) best = {cost, &places};
    };
    if (annealer_ && annealer_->found()) offer(annealer_->best_cost(), annealer_->best());
    if (dives_) offer(dives_->best_cost(), dives_->best());
    if (exchange_) offer(exchange_->best_cost(), exchange_->best());
    if (regions_) offer(regions_->best_cost(), regions_->best());
    if (tree_) offer(tree_->best_cost(), tree_->best());
    if (bundles_) offer(bundles_->best_cost(), bundles_->best());
    return best;
  }
  const std::vector<int32_t>* BestPlaces() const { return BestHolder().places; }

  std::optional<int64_t> BestCost() const {
    if (instance_.classes == 0) return 0;
    const Holder best = BestHolder();
    if (FillsAreBest(best)) return fills_->best_cost();
    return best.places ? std::optional<int64_t>(best.cost) : std::nullopt;
  }
  bool FillsAreBest(const Holder& best) const {
    return fills_ && fills_->found() && (!best.places || fills_->best_cost() < best.cost);
  }

  // In the problem's order. Only when asked for: a search may find better ones every few moves.
  GapSolution MakeBest() const {
    GapSolution solution;
    if (instance_.classes == 0) return solution;
    solution.cost = *BestCost();
    const Holder best = BestHolder();
    solution.shares = FillsAreBest(best) ? fills_->best() : annealer_->Shares(*best.places);
    for (GapShare& share : solution.shares) {
      share.k = instance_.class_at[share.k];
      share.j = instance_.agent_at[share.j];
    }
    std::sort(
        solution.shares.begin(), solution.shares.end(),
        [](const GapShare& a, const GapShare& b) { return a.k != b.k ? a.k < b.k : a.j < b.j; });
    return solution;
  }

  GapInstance instance_;
  Rng rng_;
  PriceSearch prices_;
  bool fleet_ = false;
  std::optional<GapInstance> sample_;
  size_t samples_ = 0;
  std::optional<InteriorPoint> interior_;
  std::optional<Annealer> annealer_;
  std::optional<Dives> dives_;  // where several resources suit
  std::optional<Exchange> exchange_;
  std::optional<Fills> fills_;  // where agents hold few items of classes of many
  std::optional<KnapsackBound> knapsacks_;
  std::optional<Regions> regions_;           // where tree_ suits
  std::optional<Branching> tree_;            // instead of knapsacks_ where it suits
  std::optional<BundleTree> bundles_;        // beside tree_
  mutable std::optional<GapSolution> best_;  // made by best()
  std::array<Part, kParts> parts_;
  int64_t dearest_ = 0, spent_ = 0, sweep_work_ = 0, tree_work_ = 0, bundles_work_ = 0;
  bool bundles_lead_ = true;
  int first_steps_ = 0, price_steps_ = 0, runs_ = 0, sweeps_ = 0;
  int64_t shared_ = -1;
  bool infeasible_ = false, rooted_ = false;
};

}  // namespace

std::unique_ptr<AnytimeSearch<GapSolution>> StartGapSearch(const GapProblem& problem,
                                                           const SearchOptions& options) {
  return std::make_unique<GapSearch>(problem, options);
}

}  // namespace stowage::scheduler
