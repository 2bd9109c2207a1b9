#include "scheduler/solvers/greedy.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "scheduler/placement/sites.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kNoRival = std::numeric_limits<int64_t>::max();

enum class Order { kRegret, kLargestFirst, kSmallestFirst };

// One way to place pods of a class: on standing nodes of a cluster, or by opening nodes of a pool.
struct Slot {
  int32_t j = 0;
  int32_t pool = ClusterBins::kStanding;
  int64_t linear = 0;    // nano an hour for one pod, preference taken off; for room on nodes apart
  int64_t floor = 0;     // nothing cheaper is possible here
  int64_t per_node = 1;  // of pools: pods of the class on one node
  uint64_t version = 0;  // of the bins (of the pods' state, with Care::kEach), for those below
  int64_t fit = -1;
  int64_t points = 0;  // of peer preference
};

struct Choice {
  Slot* slot = nullptr;
  int64_t price = 0;
  int64_t utilisation = 0;
  int64_t rival = kNoRival;  // price of the best other cluster
};

class Run {
 public:
  Run(const Instance& instance, const SolveOptions& options, Order order)
      : instance_(instance), options_(options), order_(order) {
    for (size_t j = 0; j < instance.clusters().size(); ++j) bins_.push_back(instance.Base(j));
    slots_.resize(instance.classes().size());
    placed_.assign(instance.tiers().size(), 0);
    tier_of_.assign(instance.classes().size(), 0);
    for (const PodClass* k : instance.classes()) left_.push_back(k->count);
    state_.emplace(instance.rules(), instance.clusters(), bins_);
    Weigh();
  }

  bool Step(Work& work) {
    for (;;) {
      if (loading_) {  // all of a tier, before the first of it is placed
        if (!LoadTier(work)) return false;
        loading_ = false;
        ++tier_;
      } else if (current_ || !queue_.empty()) {
        if (work.over()) return false;
        if (current_) {
          PlaceSome(*current_, work);
        } else {
          PlaceNext(work);
        }
      } else if (next_retry_ < retrying_.size()) {
        if (work.over()) return false;
        const size_t k = retrying_[next_retry_++];
        PushOrWait(k, Choose(k, work));
      } else if (moved_ && !waiting_.empty()) {
        retrying_ = std::exchange(waiting_, {});
        next_retry_ = 0;
        moved_ = false;
      } else if (tier_ == instance_.tiers().size()) {
        return true;
      } else {
        loading_ = true;
      }
    }
  }

  Solution Take() && {
    Solution s;
    for (const auto& [kj, count] : shares_) s.shares.push_back({kj.first, kj.second, count});
    s.cost = Bill(instance_, s.shares, bins_);
    s.bins = std::move(bins_);
    s.placed = std::move(placed_);
    return s;
  }

 private:
  struct Entry {
    int64_t urgency;
    int64_t size;
    size_t k;
    bool operator<(const Entry& o) const {  // the top is the largest
      return std::tie(urgency, size, o.k) < std::tie(o.urgency, o.size, k);
    }
  };

  // The size of one pod of each class: its largest share of what the fleet has, in 10^-9.
  void Weigh() {
    std::vector<__int128> total(instance_.resources().size(), 0);
    for (const ClusterBins& bins : bins_) {
      for (const NodeGroup& g : bins.groups()) {
        for (size_t r = 0; r < g.free.size(); ++r) {
          total[r] += static_cast<__int128>(g.free[r]) * g.count;
        }
      }
    }
    for (const PodClass* k : instance_.classes()) {
      int64_t size = 1;
      for (size_t r = 0; r < k->demand.size(); ++r) {
        if (k->demand[r] <= 0 || total[r] <= 0) continue;
        const __int128 part = static_cast<__int128>(k->demand[r]) * 1'000'000'000 / total[r];
        size = std::max(size, part > 1'000'000'000 ? 1'000'000'000 : static_cast<int64_t>(part));
      }
      sizes_.push_back(size);
    }
  }

  bool LoadTier(Work& work) {
    const Instance::Tier& tier = instance_.tiers()[tier_];
    next_ = std::max(next_, tier.begin);
    for (; next_ < tier.end; ++next_) {
      if (work.over()) return false;
      MakeSlots(next_);
      work.Spend(static_cast<int64_t>(instance_.clusters().size()) + 1);
      tier_of_[next_] = tier_;
      if (left_[next_] > 0) PushOrWait(next_, Choose(next_, work));
    }
    return true;
  }

  void MakeSlots(size_t k) {
    std::vector<Slot>& slots = slots_[k];
    const PodRules& rules = RulesOf(k);
    const int64_t liking = MostPeerPreference(rules) * options_.preference_point.nano;
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      const Verdict& verdict = instance_.VerdictOf(k, j);
      if (verdict.refusal) continue;
      const int64_t wish = verdict.preference * options_.preference_point.nano;
      Slot slot{.j = static_cast<int32_t>(j)};
      slot.linear = instance_.StandingCost(k, j, 1, Rounding::kUp).nano - wish;
      slot.floor = slot.linear - liking;
      slots.push_back(slot);
      const int64_t apart = instance_.ClusterCost(k, j, 1, Rounding::kUp).nano - wish;
      // Open nodes of pools are used through the standing slot, and cost less than it says.
      const auto& pools = instance_.clusters()[j]->pools;
      for (size_t p = 0; p < pools.size(); ++p) {
        const int64_t per_node = std::min(
            rules.per_node_most, PodsPerNode(pools[p].allocatable, instance_.DemandOf(k, j)));
        if (per_node == 0 || !verdict.admission.pools[p]) continue;
        slot.pool = static_cast<int32_t>(p);
        slot.per_node = per_node;
        slot.linear = apart;
        slot.floor = apart + pools[p].node_hour.nano / per_node - liking;
        slots.push_back(slot);
      }
    }
    std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) {
      return std::tie(a.floor, a.j, a.pool) < std::tie(b.floor, b.j, b.pool);
    });
  }

  const PodRules& RulesOf(size_t k) const { return instance_.rules().Of(k); }
  bool OneByOne(size_t k) const { return RulesOf(k).care == PodRules::Care::kEach; }

  // Of one pod, but for peer preference.
  int64_t Price(size_t k, const Slot& slot) const {
    if (slot.pool == ClusterBins::kStanding) return slot.linear;
    const int64_t sharing = std::min(slot.per_node, left_[k]);
    const Money node = instance_.clusters()[slot.j]->pools[slot.pool].node_hour;
    return slot.linear + MulDivCeil(node.nano, 1, 1, sharing);
  }

  int64_t Fit(size_t k, Slot& slot, Work& work) {
    const ClusterBins& bins = bins_[slot.j];
    const PodRules& rules = RulesOf(k);
    const bool each = rules.care == PodRules::Care::kEach;
    const uint64_t version = each ? state_->version() : bins.version();
    if (slot.fit >= 0 && slot.version == version) return slot.fit;
    slot.version = version;
    work.Spend(static_cast<int64_t>(bins.groups().size()));
    if (each) {
      const auto opening = BestOpening(instance_, *state_, bins, k, slot.j, slot.pool, left_[k]);
      slot.fit = opening ? opening->pods : 0;
      slot.points = opening ? opening->points : 0;
      return slot.fit;
    }
    const PeerLimit peers(rules, *state_, slot.j);
    slot.fit = bins.Fit(instance_.DemandOf(k, slot.j), instance_.VerdictOf(k, slot.j).admission,
                        slot.pool, left_[k], LimitOf(rules, peers));
    return slot.fit;
  }

  static const NodeLimit* LimitOf(const PodRules& rules, const PeerLimit& peers) {
    return rules.care == PodRules::Care::kNone ? nullptr : &peers;
  }

  // Slots come by their floor, so the search ends where no later one can be the best or the rival.
  Choice Choose(size_t k, Work& work) {
    Choice best;
    const bool each = OneByOne(k);
    for (Slot& slot : slots_[k]) {
      if (best.slot != nullptr && slot.floor > best.price && slot.floor >= best.rival) break;
      work.Spend(1);
      int64_t price = Price(k, slot);
      if (!each && best.slot != nullptr && price > best.price && price >= best.rival) continue;
      if (Fit(k, slot, work) == 0) continue;
      price -= slot.points * options_.preference_point.nano;
      const int64_t utilisation = bins_[slot.j].UtilisationPpm();
      if (best.slot == nullptr) {
        best = {&slot, price, utilisation, kNoRival};
      } else if (std::tie(price, utilisation, slot.j) <
                 std::tie(best.price, best.utilisation, best.slot->j)) {
        const int64_t rival = best.slot->j == slot.j ? best.rival : best.price;
        best = {&slot, price, utilisation, rival};
      } else if (slot.j != best.slot->j) {
        best.rival = std::min(best.rival, price);
      }
    }
    return best;
  }

  int64_t Urgency(size_t k, const Choice& choice) const {
    switch (order_) {
      case Order::kLargestFirst:
        return sizes_[k];
      case Order::kSmallestFirst:
        return -sizes_[k];
      case Order::kRegret:
        break;
    }
    if (choice.rival == kNoRival) return kNoRival;
    return MulDivFloor(choice.rival - choice.price, 1'000'000, 1, sizes_[k]);
  }

  void Push(size_t k, const Choice& choice) {
    if (choice.slot != nullptr) queue_.push({Urgency(k, choice), sizes_[k], k});
  }

  // What keeps a class away that looks at other pods may pass as these arrive.
  void PushOrWait(size_t k, const Choice& choice) {
    if (choice.slot == nullptr && OneByOne(k)) waiting_.push_back(k);
    Push(k, choice);
  }

  void PlaceNext(Work& work) {
    const Entry entry = queue_.top();
    queue_.pop();
    const size_t k = entry.k;
    const Choice choice = Choose(k, work);
    if (choice.slot == nullptr) return PushOrWait(k, choice);
    const Entry now{Urgency(k, choice), sizes_[k], k};
    if (!queue_.empty() && now < queue_.top() && now < entry) return queue_.push(now);
    if (OneByOne(k)) {
      current_ = k;
      return;
    }
    const int64_t placed = PlaceAll(k, *choice.slot, work);
    if (left_[k] > 0 && placed > 0) Push(k, Choose(k, work));
  }

  // Opening one node at a time would be slow, and opening too many at once is what a remainder
  // that would be cheaper elsewhere is spared: whole nodes first, then it is priced anew.
  int64_t WholeNodes(const Slot& slot, int64_t n) const {
    if (slot.pool != ClusterBins::kStanding && n > slot.per_node) n -= n % slot.per_node;
    return n;
  }

  int64_t PlaceAll(size_t k, const Slot& slot, Work& work) {
    const PodRules& rules = RulesOf(k);
    const PeerLimit peers(rules, *state_, slot.j);
    ClusterBins& bins = bins_[slot.j];
    const bool told = !instance_.rules().empty();
    landed_.clear();
    const int64_t placed =
        bins.Place({.id = static_cast<int32_t>(k),
                    .demand = instance_.DemandOf(k, slot.j),
                    .admission = instance_.VerdictOf(k, slot.j).admission,
                    .step = ++step_,
                    .limit = LimitOf(rules, peers)},
                   slot.pool, WholeNodes(slot, left_[k]), told ? &landed_ : nullptr);
    work.Spend(static_cast<int64_t>(bins.groups().size()) * 2);
    for (const Landing& landing : landed_) state_->Add(k, slot.j, landing);
    Book(k, slot.j, placed);
    return placed;
  }

  void Book(size_t k, int32_t j, int64_t pods) {
    moved_ = moved_ || pods > 0;
    left_[k] -= pods;
    placed_[tier_of_[k]] += pods;
    shares_[{static_cast<int32_t>(k), j}] += pods;
  }

  // Pods whose rules move with every one of them: as many as may go to one site, then the next
  // choice, until the class is done.
  void PlaceSome(size_t k, Work& work) {
    const Choice choice = left_[k] > 0 ? Choose(k, work) : Choice{};
    if (choice.slot == nullptr) {
      if (left_[k] > 0) waiting_.push_back(k);
      current_.reset();
      return;
    }
    const Slot& slot = *choice.slot;
    ClusterBins& bins = bins_[slot.j];
    const auto opening =
        BestOpening(instance_, *state_, bins, k, slot.j, slot.pool, WholeNodes(slot, left_[k]));
    const NodeGroup& nodes = bins.groups()[opening->group];
    Landing landing{nodes.shape, nodes.pool, 0};
    landing.pods = bins.PlaceOn(opening->group,
                                {.id = static_cast<int32_t>(k),
                                 .demand = instance_.DemandOf(k, slot.j),
                                 .admission = instance_.VerdictOf(k, slot.j).admission,
                                 .step = ++step_},
                                opening->per_node, opening->pods);
    work.Spend(static_cast<int64_t>(bins.groups().size()));
    state_->Add(k, slot.j, landing);
    Book(k, slot.j, landing.pods);
  }

  const Instance& instance_;
  const SolveOptions& options_;
  const Order order_;
  std::vector<ClusterBins> bins_;
  std::optional<PodState> state_;
  std::vector<Landing> landed_;
  std::optional<size_t> current_;         // the class that is being placed one by one
  int64_t step_ = 0;                      // of the bind order
  std::vector<std::vector<Slot>> slots_;  // by class
  std::vector<int64_t> left_, sizes_;
  std::vector<int64_t> placed_;  // by tier
  std::map<std::pair<int32_t, int32_t>, int64_t> shares_;
  size_t tier_ = 0, next_ = 0;
  std::vector<size_t> tier_of_;  // by class
  std::priority_queue<Entry> queue_;
  std::vector<size_t> waiting_, retrying_;  // classes that found no place, for now
  size_t next_retry_ = 0;
  bool loading_ = false;
  bool moved_ = false;  // pods were placed since `waiting_` was tried
};

class GreedySearch : public Search {
 public:
  GreedySearch(const Instance& instance, const SolveOptions& options)
      : instance_(instance), options_(options) {}

  bool Step(Work& work) override {
    while (next_order_ < 3) {
      if (work.over()) return false;
      if (!run_) run_.emplace(instance_, options_, static_cast<Order>(next_order_));
      if (!run_->Step(work)) return false;
      Solution solution = std::move(*run_).Take();
      run_.reset();
      ++next_order_;
      if (!best_ || Better(solution, *best_)) best_ = std::move(solution);
      if (AllPlaced()) next_order_ = 3;
    }
    return true;
  }

  const Solution* best() const override { return best_ ? &*best_ : nullptr; }

 private:
  bool AllPlaced() const {
    for (size_t t = 0; t < best_->placed.size(); ++t) {
      if (best_->placed[t] != instance_.tiers()[t].pods) return false;
    }
    return true;
  }

  const Instance& instance_;
  const SolveOptions options_;
  int next_order_ = 0;
  std::optional<Run> run_;
  std::optional<Solution> best_;
};

}  // namespace

std::unique_ptr<Search> GreedySolver::Start(const Instance& instance,
                                            const SolveOptions& options) const {
  return std::make_unique<GreedySearch>(instance, options);
}

}  // namespace stowage::scheduler
