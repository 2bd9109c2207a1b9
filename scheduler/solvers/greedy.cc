#include "scheduler/solvers/greedy.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

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
  uint64_t version = 0;  // of the bins, for `fit`
  int64_t fit = -1;
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
    for (const PodClass* k : instance.classes()) left_.push_back(k->count);
    Weigh();
  }

  bool Step(Work& work) {
    while (tier_ < instance_.tiers().size()) {
      if (!LoadTier(work)) return false;
      while (!queue_.empty()) {
        if (work.over()) return false;
        PlaceNext(work);
      }
      ++tier_;
      tier_loaded_ = false;
    }
    return true;
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
    if (tier_loaded_) return true;
    const Instance::Tier& tier = instance_.tiers()[tier_];
    next_ = std::max(next_, tier.begin);
    for (; next_ < tier.end; ++next_) {
      if (work.over()) return false;
      MakeSlots(next_);
      work.Spend(static_cast<int64_t>(instance_.clusters().size()) + 1);
      if (left_[next_] > 0) Push(next_, Choose(next_, work));
    }
    tier_loaded_ = true;
    return true;
  }

  void MakeSlots(size_t k) {
    std::vector<Slot>& slots = slots_[k];
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      const Verdict& verdict = instance_.VerdictOf(k, j);
      if (verdict.refusal) continue;
      const int64_t wish = verdict.preference * options_.preference_point.nano;
      Slot slot{.j = static_cast<int32_t>(j)};
      slot.linear = instance_.StandingCost(k, j, 1, Rounding::kUp).nano - wish;
      slot.floor = slot.linear;
      slots.push_back(slot);
      const int64_t apart = instance_.ClusterCost(k, j, 1, Rounding::kUp).nano - wish;
      // Open nodes of pools are used through the standing slot, and cost less than it says.
      const auto& pools = instance_.clusters()[j]->pools;
      for (size_t p = 0; p < pools.size(); ++p) {
        const int64_t per_node = PodsPerNode(pools[p].allocatable, instance_.DemandOf(k, j));
        if (per_node == 0 || !verdict.admission.pools[p]) continue;
        slot.pool = static_cast<int32_t>(p);
        slot.per_node = per_node;
        slot.linear = apart;
        slot.floor = apart + pools[p].node_hour.nano / per_node;
        slots.push_back(slot);
      }
    }
    std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) {
      return std::tie(a.floor, a.j, a.pool) < std::tie(b.floor, b.j, b.pool);
    });
  }

  int64_t Price(size_t k, const Slot& slot) const {
    if (slot.pool == ClusterBins::kStanding) return slot.linear;
    const int64_t sharing = std::min(slot.per_node, left_[k]);
    const Money node = instance_.clusters()[slot.j]->pools[slot.pool].node_hour;
    return slot.linear + MulDivCeil(node.nano, 1, 1, sharing);
  }

  int64_t Fit(size_t k, Slot& slot, Work& work) {
    const ClusterBins& bins = bins_[slot.j];
    if (slot.fit >= 0 && slot.version == bins.version()) return slot.fit;
    slot.version = bins.version();
    slot.fit = bins.Fit(instance_.DemandOf(k, slot.j), instance_.VerdictOf(k, slot.j).admission,
                        slot.pool, left_[k]);
    work.Spend(static_cast<int64_t>(bins.groups().size()));
    return slot.fit;
  }

  // Slots come by their floor, so the search ends where no later one can be the best or the rival.
  Choice Choose(size_t k, Work& work) {
    Choice best;
    for (Slot& slot : slots_[k]) {
      if (best.slot != nullptr && slot.floor > best.price && slot.floor >= best.rival) break;
      work.Spend(1);
      const int64_t price = Price(k, slot);
      if (best.slot != nullptr && price > best.price && price >= best.rival) continue;
      if (Fit(k, slot, work) == 0) continue;
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

  void PlaceNext(Work& work) {
    const Entry entry = queue_.top();
    queue_.pop();
    const size_t k = entry.k;
    const Choice choice = Choose(k, work);
    if (choice.slot == nullptr) return;
    const Entry now{Urgency(k, choice), sizes_[k], k};
    if (!queue_.empty() && now < queue_.top() && now < entry) return queue_.push(now);
    const Slot& slot = *choice.slot;
    // Opening one node at a time would be slow, and opening too many at once is what a remainder
    // that would be cheaper elsewhere is spared: whole nodes first, then it is priced anew.
    int64_t n = left_[k];
    if (slot.pool != ClusterBins::kStanding && n > slot.per_node) n -= n % slot.per_node;
    const int64_t placed =
        bins_[slot.j].Place(static_cast<int32_t>(k), instance_.DemandOf(k, slot.j),
                            instance_.VerdictOf(k, slot.j).admission, slot.pool, n, true);
    work.Spend(static_cast<int64_t>(bins_[slot.j].groups().size()) * 2);
    left_[k] -= placed;
    placed_[tier_] += placed;
    shares_[{static_cast<int32_t>(k), slot.j}] += placed;
    if (left_[k] > 0 && placed > 0) Push(k, Choose(k, work));
  }

  const Instance& instance_;
  const SolveOptions& options_;
  const Order order_;
  std::vector<ClusterBins> bins_;
  std::vector<std::vector<Slot>> slots_;  // by class
  std::vector<int64_t> left_, sizes_;
  std::vector<int64_t> placed_;  // by tier
  std::map<std::pair<int32_t, int32_t>, int64_t> shares_;
  size_t tier_ = 0, next_ = 0;
  bool tier_loaded_ = false;
  std::priority_queue<Entry> queue_;
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
