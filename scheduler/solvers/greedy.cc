#include "scheduler/solvers/greedy.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "scheduler/placement/filters/peer_filter.h"
#include "scheduler/placement/layout.h"

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
  int64_t points = 0;            // of peer preference
  uint64_t full = ~uint64_t{0};  // version of the bins that have no room, whatever the rules say
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
      : instance_(instance), options_(options), order_(order), layout_(instance) {
    slots_.resize(instance.classes().size());
    FindGangs();
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
        if (layout_.left(k) > 0) PushOrWait(k, Choose(k, work));  // else it came with its gang
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

  Solution Take() && { return std::move(layout_).Take(); }

 private:
  struct Entry {
    int64_t urgency;
    int64_t size;
    size_t k;
    bool operator<(const Entry& o) const {  // the top is the largest
      return std::tie(urgency, size, o.k) < std::tie(o.urgency, o.size, k);
    }
  };
  struct GangEntry {
    const Gang* gang;
    std::vector<size_t> classes;
    std::map<int32_t, int64_t> bound;  // pods that run, by cluster
    bool placed = false;
  };

  void FindGangs() {
    gang_of_.assign(instance_.classes().size(), -1);
    for (size_t k = 0; k < instance_.classes().size(); ++k) {
      const Gang* gang = instance_.GangOf(k);
      if (gang == nullptr) continue;
      const auto known = std::find_if(gangs_.begin(), gangs_.end(),
                                      [&](const GangEntry& g) { return g.gang == gang; });
      gang_of_[k] = static_cast<int32_t>(known - gangs_.begin());
      if (known == gangs_.end()) gangs_.push_back({gang, {}, {}});
      gangs_[gang_of_[k]].classes.push_back(k);
    }
    for (GangEntry& g : gangs_) g.bound = BoundOfGang(instance_, g.gang->name);
  }

  // The size of one pod of each class: its largest share of what the fleet has, in 10^-9.
  void Weigh() {
    std::vector<__int128> total(instance_.resources().size(), 0);
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      for (const NodeGroup& g : layout_.bins(j).groups()) {
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
      if (layout_.left(next_) > 0) PushOrWait(next_, Choose(next_, work));
    }
    return true;
  }

  void MakeSlots(size_t k) {
    std::vector<Slot>& slots = slots_[k];
    if (!slots.empty()) return;
    const PodRules& rules = RulesOf(k);
    const int64_t liking = MostPeerPreference(rules) * options_.preference_point.nano;
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      const Verdict& verdict = instance_.VerdictOf(k, j);
      if (verdict.refusal) continue;
      const int64_t wish = verdict.preference * options_.preference_point.nano;
      Slot slot{.j = static_cast<int32_t>(j)};
      slot.linear = instance_.PodCost(k, j, ClusterBins::kStanding, 1, Rounding::kUp).nano - wish;
      slot.floor = slot.linear - liking;
      slots.push_back(slot);
      // Open nodes of pools are used through the standing slot, and cost less than it says.
      const auto& pools = instance_.clusters()[j]->pools;
      for (size_t p = 0; p < pools.size(); ++p) {
        const int64_t per_node =
            std::min(rules.per_node_most, PodsPerNode(pools[p], instance_.DemandOf(k, j)));
        if (per_node == 0 || !verdict.admission.pools[p]) continue;
        slot.pool = static_cast<int32_t>(p);
        slot.per_node = per_node;
        slot.linear = instance_.PodCost(k, j, slot.pool, 1, Rounding::kUp).nano - wish;
        slot.floor = slot.linear + instance_.NodeHour(j, slot.pool).nano / per_node - liking;
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
    const int64_t sharing = std::min(slot.per_node, layout_.left(k));
    const Money node = instance_.NodeHour(slot.j, slot.pool);
    return slot.linear + MulDivCeil(node.nano, 1, 1, sharing);
  }

  int64_t Fit(size_t k, Slot& slot, Work& work) {
    if (slot.full == layout_.bins(slot.j).version()) return 0;
    const uint64_t version = layout_.VersionFor(k, slot.j);
    if (slot.fit < 0 || slot.version != version) {
      slot.version = version;
      const Layout::Offer offer = layout_.Ask(k, slot.j, slot.pool);
      slot.fit = offer.pods;
      slot.points = offer.points;
      if (slot.fit == 0 && OneByOne(k) && !layout_.HasRoom(k, slot.j, slot.pool)) {
        slot.full = layout_.bins(slot.j).version();
      }
      work.Spend(static_cast<int64_t>(layout_.bins(slot.j).groups().size()));
    }
    return slot.fit > 0 ? layout_.QuotaRoom(k, slot.j) : 0;
  }

  // Slots come by their floor, so the search ends where no later one can be the best or the rival.
  Choice Choose(size_t k, Work& work) {
    Choice best;
    const bool each = OneByOne(k);
    for (Slot& slot : slots_[k]) {
      if (best.slot != nullptr && slot.floor > best.price && slot.floor >= best.rival) break;
      if (only_ >= 0 && slot.j != only_) continue;
      work.Spend(1);
      int64_t price = Price(k, slot);
      if (!each && best.slot != nullptr && price > best.price && price >= best.rival) continue;
      if (Fit(k, slot, work) == 0) continue;
      price -= slot.points * options_.preference_point.nano;
      const int64_t utilisation = layout_.bins(slot.j).UtilisationPpm();
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
    if (layout_.left(k) == 0) return;  // with its gang
    const Choice choice = Choose(k, work);
    if (choice.slot == nullptr) return PushOrWait(k, choice);
    const Entry now{Urgency(k, choice), sizes_[k], k};
    if (!queue_.empty() && now < queue_.top() && now < entry) return queue_.push(now);
    if (gang_of_[k] >= 0 && !gangs_[gang_of_[k]].placed) return PlaceGang(k, work);
    if (gang_of_[k] >= 0 && gangs_[gang_of_[k]].gang->one_cluster)
      return;  // all that fitted is there
    if (OneByOne(k)) {
      current_ = k;
      return;
    }
    const int64_t placed = Place(k, *choice.slot, work);
    if (layout_.left(k) > 0 && placed > 0) Push(k, Choose(k, work));
  }

  // Opening one node at a time would be slow, and opening too many at once is what a remainder
  // that would be cheaper elsewhere is spared: whole nodes first, then it is priced anew.
  int64_t WholeNodes(const Slot& slot, int64_t n) const {
    if (slot.pool != ClusterBins::kStanding && n > slot.per_node) n -= n % slot.per_node;
    return n;
  }

  int64_t Place(size_t k, const Slot& slot, Work& work) {
    work.Spend(static_cast<int64_t>(layout_.bins(slot.j).groups().size()) * 2);
    const int64_t most = std::min(layout_.left(k), layout_.QuotaRoom(k, slot.j));
    const int64_t placed = layout_.Place(k, slot.j, slot.pool, WholeNodes(slot, most));
    moved_ = moved_ || placed > 0;
    return placed;
  }

  // Pods whose rules move with every one of them: as many as may go to one site, then the next
  // choice, until the class is done.
  void PlaceSome(size_t k, Work& work) {
    const Choice choice = layout_.left(k) > 0 ? Choose(k, work) : Choice{};
    if (choice.slot != nullptr) {
      Place(k, *choice.slot, work);
      return;
    }
    if (layout_.left(k) > 0) waiting_.push_back(k);
    current_.reset();
  }

  // ---- gangs: all of it in one go, or none
  // -------------------------------------------------------

  struct GangTry {
    int64_t pods = 0;  // with those that run
    __int128 price = 0;
  };

  GangTry TryGang(const GangEntry& gang, Work& work) {
    GangTry result;
    bool any = true;
    while (any) {  // pods of one class may wait for those of another
      any = false;
      for (const size_t k : gang.classes) {
        MakeSlots(k);
        while (layout_.left(k) > 0) {
          const Choice choice = Choose(k, work);
          if (choice.slot == nullptr) break;
          const int64_t placed = Place(k, *choice.slot, work);
          if (placed == 0) break;
          any = true;
          result.pods += placed;
          result.price += static_cast<__int128>(choice.price) * placed;
        }
      }
    }
    return result;
  }

  void PlaceGang(size_t k, Work& work) {
    GangEntry& gang = gangs_[gang_of_[k]];
    const bool moved = moved_;
    int32_t cluster = -1;
    if (gang.gang->one_cluster) {
      cluster = BestClusterFor(gang, work);
      if (cluster < 0) return GangWaits(k, moved);
    }
    only_ = cluster;
    layout_.Begin();
    const GangTry result = TryGang(gang, work);
    only_ = -1;
    int64_t running = 0;
    for (const auto& [j, pods] : gang.bound) running += cluster < 0 || j == cluster ? pods : 0;
    if (result.pods > 0 && result.pods + running >= gang.gang->min_count) {
      gang.placed = true;
      return layout_.Commit();
    }
    layout_.RollBack();
    GangWaits(k, moved);
  }

  void GangWaits(size_t k, bool moved) {
    moved_ = moved;
    waiting_.push_back(k);
  }

  // Most pods, then the least price, then the first name; -1: nowhere enough of them.
  int32_t BestClusterFor(const GangEntry& gang, Work& work) {
    int32_t best = -1;
    GangTry best_try;
    for (int32_t j = 0; j < static_cast<int32_t>(instance_.clusters().size()); ++j) {
      const auto running = gang.bound.find(j);
      if (!gang.bound.empty() && (running == gang.bound.end() || gang.bound.size() > 1)) continue;
      only_ = j;
      layout_.Begin();
      const GangTry result = TryGang(gang, work);
      layout_.RollBack();
      const int64_t runs = running == gang.bound.end() ? 0 : running->second;
      if (result.pods == 0 || result.pods + runs < gang.gang->min_count) continue;
      if (best >= 0 && std::make_pair(-result.pods, result.price) >=
                           std::make_pair(-best_try.pods, best_try.price)) {
        continue;
      }
      best = j;
      best_try = result;
    }
    only_ = -1;
    return best;
  }

  const Instance& instance_;
  const SolveOptions& options_;
  const Order order_;
  Layout layout_;
  std::optional<size_t> current_;         // the class that is being placed one by one
  std::vector<std::vector<Slot>> slots_;  // by class
  std::vector<int64_t> sizes_;
  std::vector<GangEntry> gangs_;
  std::vector<int32_t> gang_of_;  // by class; -1: none
  int32_t only_ = -1;             // the one cluster that counts; -1: all
  size_t tier_ = 0, next_ = 0;
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
      if (AllPlaced(instance_, *best_)) next_order_ = 3;
    }
    return true;
  }

  const Solution* best() const override { return best_ ? &*best_ : nullptr; }

 private:
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
