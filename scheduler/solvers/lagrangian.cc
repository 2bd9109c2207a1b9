#include "scheduler/solvers/lagrangian.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian/improver.h"
#include "scheduler/solvers/lagrangian/packer.h"
#include "scheduler/solvers/lagrangian/planner.h"
#include "scheduler/solvers/lagrangian/price_search.h"
#include "scheduler/solvers/lagrangian/repair.h"
#include "scheduler/solvers/lagrangian/room_maker.h"

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
// After a change of clusters, from the prices of before.
constexpr double kNextStep = 0.02;
constexpr int kNextSteps = 60;
// One pod in so many may move then that need not.
constexpr int64_t kFewMove = 1000;

// What standing room that nobody knew before is worth: the mean of all that was known, for a unit.
std::vector<double> MeanOf(const ShadowPrices& prices, const Rooms& rooms) {
  std::vector<double> value(rooms.resources(), 0), amount(rooms.resources(), 0);
  for (size_t s = 0; s < rooms.size(); ++s) {
    const RoomPrices* known = rooms.PricesOf(prices, s);
    if (known == nullptr || rooms[s].Opens()) continue;
    for (size_t r = 0; r < std::min(rooms.resources(), known->of.size()); ++r) {
      const auto room = static_cast<double>(rooms[s].capacity[r]);
      value[r] += room * static_cast<double>(known->of[r].nano);
      amount[r] += room * static_cast<double>(Wide{1} << prices.shift[r]);
    }
  }
  for (size_t r = 0; r < value.size(); ++r) value[r] = amount[r] > 0 ? value[r] / amount[r] : 0;
  return value;
}

// Prices once told, in rooms as they are now.
std::vector<double> Carried(const ShadowPrices& prices, const Rooms& rooms) {
  const std::vector<std::vector<int64_t>> least = rooms.Least();
  const std::vector<double> mean = MeanOf(prices, rooms);
  std::vector<double> out;
  const auto in_units = [](int64_t price, int shift) {
    return static_cast<double>(price) / static_cast<double>(Wide{1} << shift);
  };
  for (size_t s = 0; s < rooms.size(); ++s) {
    const RoomPrices* known = rooms.PricesOf(prices, s);
    for (size_t r = 0; r < rooms.resources(); ++r) {
      if (known == nullptr) {
        out.push_back(rooms[s].Opens() ? in_units(least[s][r], rooms.shift(r)) : mean[r]);
      } else {
        out.push_back(r < known->of.size() ? in_units(known->of[r].nano, prices.shift[r]) : 0);
      }
    }
  }
  for (size_t row = 0; row < rooms.quotas().size(); ++row) {
    const size_t r = rooms.quotas()[row].resource;
    const int64_t price = rooms.QuotaPriceOf(prices, row);
    out.push_back(price > 0 ? in_units(price, prices.shift[r]) : 0);
  }
  return out;
}

// The least prices for a unit, one after the other, as Tables::prices().
std::vector<double> InUnits(const std::vector<std::vector<int64_t>>& prices, const Rooms& rooms) {
  std::vector<double> out;
  for (const std::vector<int64_t>& of : prices) {
    for (size_t r = 0; r < of.size(); ++r) {
      out.push_back(static_cast<double>(of[r]) / static_cast<double>(Wide{1} << rooms.shift(r)));
    }
  }
  out.resize(out.size() + rooms.quotas().size(), 0);
  return out;
}

ShadowPrices InFixedPoint(const std::vector<double>& prices, const Rooms& rooms) {
  const auto fixed = [&](double price, size_t r) {
    const double units = static_cast<double>(Wide{1} << rooms.shift(r));
    return static_cast<int64_t>(std::min(price * units, kPriceMax));
  };
  const double* next = prices.data();
  std::vector<std::vector<int64_t>> of_rooms;
  for (size_t s = 0; s < rooms.size(); ++s) {
    std::vector<int64_t>& of = of_rooms.emplace_back();
    for (size_t r = 0; r < rooms.resources(); ++r) of.push_back(fixed(*next++, r));
  }
  std::vector<int64_t> of_quotas;
  for (size_t row = 0; row < rooms.quotas().size(); ++row) {
    of_quotas.push_back(fixed(*next++, rooms.quotas()[row].resource));
  }
  return rooms.Tell(of_rooms, of_quotas);
}

class LagrangianSearch : public Search {
 public:
  LagrangianSearch(const Instance& instance, const SolveOptions& options)
      : instance_(instance), options_(options) {}

  bool Step(Work& work) override {
    while (phase_ != Phase::kDone) {
      if (work.over() || !Advance(work)) return false;
    }
    return true;
  }

  const Solution* best() const override { return best_ ? &*best_ : nullptr; }
  const ShadowPrices* prices() const override { return prices_ ? &*prices_ : nullptr; }
  const Rooms* rooms() const override { return rooms_ ? &*rooms_ : nullptr; }

  bool Resume() override {
    if (phase_ != Phase::kDone || !best_ || past_.classes.empty()) return false;
    difference_ = lagrangian::Compare(past_, instance_);
    if (!lagrangian::Alike(past_, difference_, instance_)) return false;
    phase_ = Phase::kFollow;
    same_rooms_ = true;
    resumed_ = false;
    before_ = *std::exchange(best_, std::nullopt);
    return true;
  }

  bool Restart() override {
    if (!std::exchange(resumed_, false)) return false;
    StartPrices();
    return true;
  }

 private:
  enum class Phase {
    kRooms,
    kTables,
    kFollow,  // after changes: the six from here, then kPack
    kFollowRooms,
    kFollowTables,
    kTakeOver,
    kNextPrices,
    kLayOut,
    kPrices,
    kLook,
    kBeginPlan,
    kPlan,
    kPack,
    kMakeRoom,
    kImprove,
    kGreedy,
    kDone
  };

  // One turn of work; false: it is over.
  bool Advance(Work& work) {
    switch (phase_) {
      case Phase::kRooms:
        if (!MakeRooms(work)) return false;
        phase_ = Phase::kTables;
        break;
      case Phase::kTables:
        if (!FillTables(work)) return false;
        StartPrices();
        break;
      case Phase::kPrices:
        work.Spend(search_->Step());
        if (search_->done()) Priced();
        break;
      case Phase::kLook: {
        if (!std::exchange(making_, true)) search_->BeginLook(room_prices_);
        const int64_t spent = search_->LookOn();
        work.Spend(spent);
        if (spent > 0) break;
        making_ = false;
        search_->EndLook(room_prices_);
        phase_ = Phase::kBeginPlan;
        break;
      }
      case Phase::kBeginPlan:
        BeginPlan(work);
        break;
      case Phase::kPlan:
        work.Spend(planner_->Step());
        if (planner_->done()) TakePlan();
        break;
      case Phase::kPack:
        if (!packer_->Step(work)) return false;
        Packed();
        break;
      case Phase::kMakeRoom:
        if (!maker_->Step(work)) return false;
        maker_.reset();
        PackWhatIsLeft();
        break;
      case Phase::kImprove:
        if (!improver_->Step(work)) return false;
        improver_.reset();
        Settle();
        break;
      case Phase::kGreedy:
        if (greedy_ == nullptr) greedy_ = GreedySolver().Start(instance_, options_);
        if (!greedy_->Step(work)) return false;
        Keep(*greedy_->best());
        greedy_.reset();
        Finish();
        break;
      case Phase::kDone:
        break;
      default:
        return AdvanceFromBefore(work);
    }
    return true;
  }

  // The same on the way from the last answer to one for what has changed.
  bool AdvanceFromBefore(Work& work) {
    switch (phase_) {
      case Phase::kFollow:
        Follow(work);
        break;
      case Phase::kFollowRooms:
        if (!FollowRooms(work)) return false;
        break;
      case Phase::kFollowTables:
        if (!FillTables(work)) return false;
        phase_ = Phase::kTakeOver;
        break;
      case Phase::kTakeOver:
        TakeOver(work);
        break;
      case Phase::kNextPrices:
        work.Spend(search_->Step());
        if (search_->done()) NextPriced();
        break;
      case Phase::kLayOut:
        LayOut(work);
        break;
      default:
        break;
    }
    return true;
  }

  bool MakeRooms(Work& work) {
    if (!std::exchange(making_, true)) rooms_.emplace(instance_, Rooms::Made::kInSteps);
    if (!rooms_->Make(work)) return false;
    making_ = false;
    return true;
  }

  bool FillTables(Work& work) {
    if (!std::exchange(making_, true)) {
      tables_.emplace(instance_, *rooms_, Tables::Filled::kInSteps);
    }
    if (!tables_->Fill(instance_, *rooms_, work)) return false;
    making_ = false;
    return true;
  }

  int64_t PairsOfRooms() const {
    return static_cast<int64_t>(instance_.classes().size() * rooms_->size()) / 8;
  }

  void StartPrices() {
    search_.emplace(*tables_, InUnits(rooms_->Least(), *rooms_), options_.parallel);
    search_->Begin(kFirstStep, kLastStep, kSteps);
    phase_ = Phase::kPrices;
  }

  void Priced() {
    room_prices_ = search_->prices();
    prices_ = InFixedPoint(room_prices_, *rooms_);
    StartPacking(false);
  }

  // Pods of gangs, or whose rules look at others, are where they are: what is planned goes beside
  // them.
  void BeginPlan(Work& work) {
    std::vector<char> placed(instance_.classes().size(), 0);
    for (size_t k = 0; k < placed.size(); ++k) {
      placed[k] = packer_->OutsidePlan(k) ? 1 : 0;
    }
    planner_.emplace(*tables_, *search_);
    planner_->Begin(placed, Placed());
    work.Spend(PairsOfRooms());
    phase_ = Phase::kPlan;
  }

  void TakePlan() {
    plan_ = planner_->Plan();
    planner_.reset();
    packer_->SetPlan(plan_);
    phase_ = Phase::kPack;
  }

  // What the layout has of each class in each room.
  std::vector<lagrangian::RoomShare> Placed() const {
    std::vector<lagrangian::RoomShare> out;
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      for (const NodeGroup& g : layout_->bins(j).groups()) {
        const int32_t s = g.open && g.count > 0 ? rooms_->RoomOf(j, g) : -1;
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
    StartPacker(by_tier);
    if (by_tier) packer_->SetPlan(plan_);
  }

  void StartPacker(bool by_tier) {
    packer_.emplace(instance_, *rooms_, *tables_, room_prices_, by_tier, *layout_);
    packer_->Begin();
    by_tier_ = by_tier;
    phase_ = Phase::kPack;
  }

  void Packed() {
    if (packer_->needs_plan()) {
      phase_ = Phase::kLook;
      return;
    }
    if (resumed_ && (!MoreLeft() || std::exchange(room_made_, true))) return Settle();
    if (resumed_) {
      maker_.emplace(instance_, *rooms_, *tables_, room_prices_, left_before_,
                     PodsOf(instance_) / kFewMove + 1, *layout_);
      phase_ = Phase::kMakeRoom;
      return;
    }
    Keep(layout_->Copy());
    improver_.emplace(instance_, *rooms_, *tables_, room_prices_, Placed(), *layout_);
    phase_ = Phase::kImprove;
  }

  // Than before.
  bool MoreLeft() const {
    for (size_t k = 0; k < instance_.classes().size(); ++k) {
      if (layout_->left(k) > left_before_[k]) return true;
    }
    return false;
  }

  void Settle() {
    const bool more_left = resumed_ && MoreLeft();
    Keep(std::move(*layout_).Take());
    packer_.reset();
    layout_.reset();
    const bool all = AllPlaced(instance_, *best_);
    if (resumed_) {
      if (!more_left) return Finish();
      resumed_ = false;
      return StartPrices();
    }
    if (!all && !by_tier_ && instance_.tiers().size() > 1) return StartPacking(true);
    if (!all || Small()) {
      phase_ = Phase::kGreedy;
    } else {
      Finish();
    }
  }

  void Follow(Work& work) {
    work.Spend(static_cast<int64_t>(instance_.classes().size()));
    search_.reset();
    if (!difference_.counts_only) {
      parts_before_ = rooms_->part_of_kind();
      rooms_before_ = rooms_->size();
      phase_ = Phase::kFollowRooms;
      return;
    }
    rooms_->CountsChanged();
    FollowTables(work);
  }

  bool FollowRooms(Work& work) {
    if (!MakeRooms(work)) return false;
    same_rooms_ = rooms_->size() == rooms_before_ && rooms_->part_of_kind() == parts_before_ &&
                  rooms_->resources() == tables_->resources;
    FollowTables(work);
    return true;
  }

  // Rooms are as they are now; tables may have to follow.
  void FollowTables(Work& work) {
    work.Spend(PairsOfRooms());
    if (difference_.fleet || !same_rooms_) room_prices_ = Carried(*prices_, *rooms_);
    if (difference_.same_list && !difference_.fleet && same_rooms_) {
      tables_->Follow(instance_, *rooms_, difference_.changed);
      phase_ = Phase::kTakeOver;
    } else {
      phase_ = Phase::kFollowTables;
    }
  }

  // The last answer, without what has no place in it any more.
  void TakeOver(Work& work) {
    Solution solution = std::move(before_);
    before_ = {};
    lagrangian::Repair repair(instance_, *rooms_, *tables_, room_prices_, past_, difference_);
    if (!repair.TakeOver(solution)) return StartPrices();
    work.Spend(PairsOfRooms());
    resumed_ = true;
    room_made_ = false;
    left_before_ = lagrangian::LeftBefore(past_, difference_);
    before_ = std::move(solution);
    if (difference_.fleet) {
      search_.emplace(*tables_, room_prices_, options_.parallel);
      search_->Begin(kNextStep, kLastStep, kNextSteps);
      phase_ = Phase::kNextPrices;
      return;
    }
    prices_ = InFixedPoint(room_prices_, *rooms_);
    phase_ = Phase::kLayOut;
  }

  void NextPriced() {
    room_prices_ = search_->prices();
    prices_ = InFixedPoint(room_prices_, *rooms_);
    search_.reset();
    phase_ = Phase::kLayOut;
  }

  void LayOut(Work& work) {
    layout_.emplace(instance_, std::move(before_.bins), before_.shares);
    before_ = {};
    work.Spend(PairsOfRooms());
    PackWhatIsLeft();
  }

  void PackWhatIsLeft() {
    const bool any_waited = std::any_of(left_before_.begin(), left_before_.end(),
                                        [](int64_t pods) { return pods > 0; });
    StartPacker(any_waited);
    packer_->SetPlan({});
  }

  void Keep(Solution solution) {
    if (!best_ || Better(solution, *best_)) best_ = std::move(solution);
  }

  void Finish() {
    phase_ = Phase::kDone;
    past_ = {};
    past_.Remember(instance_, *best_);
  }

  bool Small() const { return PairsOf(instance_) <= kSmall; }

  const Instance& instance_;
  const SolveOptions options_;
  std::optional<Rooms> rooms_;
  std::optional<Tables> tables_;
  std::optional<PriceSearch> search_;
  Phase phase_ = Phase::kRooms;
  bool making_ = false;  // what the phase is about has begun
  std::vector<double> room_prices_;
  std::optional<ShadowPrices> prices_;
  std::optional<Layout> layout_;
  std::optional<Planner> planner_;
  std::optional<Packer> packer_;
  std::optional<lagrangian::Improver> improver_;
  std::optional<lagrangian::RoomMaker> maker_;
  std::vector<lagrangian::RoomShare> plan_;
  bool by_tier_ = false, resumed_ = false, room_made_ = false;
  std::unique_ptr<Search> greedy_;
  std::optional<Solution> best_;
  lagrangian::Past past_;  // what best_ is of
  lagrangian::Difference difference_;
  std::vector<int64_t> left_before_;  // by class: pods without a place
  bool same_rooms_ = true;
  std::vector<std::vector<int32_t>> parts_before_;
  size_t rooms_before_ = 0;
  Solution before_;  // of the past, until it is taken over
};

}  // namespace

std::unique_ptr<Search> LagrangianSolver::Start(const Instance& instance,
                                                const SolveOptions& options) const {
  return std::make_unique<LagrangianSearch>(instance, options);
}

}  // namespace stowage::scheduler
