#include "scheduler/solvers/exact/walk.h"

#include <algorithm>
#include <utility>

namespace stowage::scheduler::exact {
namespace {

constexpr size_t kOrdered = static_cast<size_t>(-1);

// Seven bits a byte, small amounts in few.
void Append(std::string& out, int64_t value) {
  auto rest = static_cast<uint64_t>(value);
  for (; rest >= 128; rest /= 128) out += static_cast<char>(rest % 128 + 128);
  out += static_cast<char>(rest);
}

}  // namespace

Walk::Walk(const Instance& instance, std::vector<int64_t> placed, Money cost, size_t states_max)
    : instance_(instance),
      states_max_(states_max),
      costs_(instance),
      layout_(instance),
      best_placed_(std::move(placed)),
      best_cost_(cost.nano) {
  const size_t classes = instance.classes().size();
  in_cluster_.assign(classes, std::vector<int64_t>(instance.clusters().size(), 0));
  placed_.assign(instance.tiers().size(), 0);
  tier_of_.resize(classes);
  for (size_t t = 0; t < instance.tiers().size(); ++t) {
    for (size_t k = instance.tiers()[t].begin; k < instance.tiers()[t].end; ++k) tier_of_[k] = t;
  }
  FindOrder();
  FindGangs();
}

// The order matters to pods that topology spread or affinity look at, and to their readers; with
// spread also to pods that open nodes, since these make domains.
void Walk::FindOrder() {
  const Rules& rules = instance_.rules();
  std::vector<char> watched(rules.counters().size(), 0);
  bool spread = false, pools = false;
  for (size_t k = 0; k < tier_of_.size(); ++k) {
    for (const PodRules::Spread& s : rules.Of(k).spread) watched[s.counter] = 1;
    for (const int32_t c : rules.Of(k).affinity) watched[c] = 1;
    spread = spread || !rules.Of(k).spread.empty();
  }
  for (const ClusterView* view : instance_.clusters()) pools = pools || !view->pools.empty();
  free_at_.assign(tier_of_.size(), kOrdered);
  for (size_t k = 0; k < tier_of_.size(); ++k) {
    const PodRules& of = rules.Of(k);
    bool ordered = (spread && pools) || !of.spread.empty() || !of.affinity.empty();
    if (!rules.empty() && !instance_.clusters().empty()) {
      for (const int32_t c : rules.RaisedBy(0, static_cast<int32_t>(k))) {
        ordered = ordered || watched[c] != 0;
      }
    }
    if (!ordered) free_at_[k] = free_.size();
    (ordered ? ordered_ : free_).push_back(k);
  }
}

void Walk::FindGangs() {
  for (size_t k = 0; k < tier_of_.size(); ++k) {
    const Gang* gang = instance_.GangOf(k);
    if (gang == nullptr) continue;
    auto known = std::find_if(gangs_.begin(), gangs_.end(),
                              [&](const GangRule& g) { return g.gang == gang; });
    if (known == gangs_.end()) {
      gangs_.push_back({gang, {}, std::vector<int64_t>(instance_.clusters().size(), 0)});
      known = gangs_.end() - 1;
      for (const auto& [j, pods] : BoundOfGang(instance_, gang->name)) known->bound[j] = pods;
    }
    known->classes.push_back(k);
  }
}

bool Walk::GangsAreWhole() const {
  for (const GangRule& g : gangs_) {
    int64_t fresh = 0, all = 0, clusters = 0;
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      int64_t here = g.bound[j];
      for (const size_t k : g.classes) {
        here += in_cluster_[k][j];
        fresh += in_cluster_[k][j];
      }
      all += here;
      clusters += here > 0;
    }
    if (fresh > 0 && (all < g.gang->min_count || (g.gang->one_cluster && clusters > 1))) {
      return false;
    }
  }
  return true;
}

bool Walk::Step(Work& work) {
  if (!std::exchange(started_, true)) {
    if (instance_.HasDevices()) {
      whole_ = false;
      return true;
    }
    frames_.push_back({std::nullopt, phase_, j_});
    if (!Enter()) Leave();
  }
  while (!frames_.empty()) {
    if (work.over()) return false;
    if (seen_.size() > states_max_) {
      whole_ = false;
      return true;
    }
    if (!Next(work)) Leave();
  }
  return true;
}

// The state is new, and something better may follow from it.
bool Walk::Enter() {
  if (!seen_.insert(Key()).second) return false;
  const bool better = placed_ > best_placed_ || (placed_ == best_placed_ && cost_ < best_cost_);
  if (better && GangsAreWhole()) {
    best_placed_ = placed_;
    best_cost_ = cost_;
    found_ = layout_.Copy();
  }
  return !Hopeless();
}

// Goes on to one more state.
bool Walk::Next(Work& work) {
  Frame& frame = frames_.back();
  work.Spend(20);
  if (TryOne(frame)) {
    work.Spend(static_cast<int64_t>(instance_.clusters().size() * tier_of_.size()) * 4);
    if (!Enter()) Leave();
    return true;
  }
  if (frame.went_on || phase_ + 1 >= static_cast<int32_t>(free_.size())) return false;
  frame.went_on = true;
  frames_.push_back({std::nullopt, phase_, j_});
  ++phase_;
  j_ = 0;
  if (!Enter()) Leave();
  return true;
}

// Places the next pod that can be placed from the frame's state.
bool Walk::TryOne(Frame& frame) {
  const bool ordered = phase_ < 0;
  const size_t classes = ordered ? ordered_.size() : 1;
  for (; frame.at < classes; ++frame.at, frame.j = 0) {
    const size_t k = ordered ? ordered_[frame.at] : free_[static_cast<size_t>(phase_)];
    if (!ordered) frame.j = std::max(frame.j, j_);
    for (; layout_.left(k) > 0 && frame.j < instance_.clusters().size(); ++frame.j) {
      while (frame.group < layout_.bins(frame.j).groups().size()) {
        const NodeGroup& nodes = layout_.bins(frame.j).groups()[frame.group];
        const int32_t where = ClusterBins::WhereOf(nodes);
        auto single = layout_.PlaceOne(k, frame.j, frame.group++);
        if (!single) continue;
        Count(*single, where, 1);
        const size_t j = ordered ? 0 : frame.j;
        frames_.push_back({std::move(single), phase_, j_, where});
        j_ = j;
        return true;
      }
      frame.group = 0;
    }
  }
  return false;
}

void Walk::Leave() {
  Frame& frame = frames_.back();
  phase_ = frame.phase_before;
  j_ = frame.j_before;
  if (frame.came) {
    Count(*frame.came, frame.where, -1);
    layout_.TakeBack(*std::move(frame.came));
  }
  frames_.pop_back();
}

// The pod has come to nodes of `where` (1), or is about to leave them (-1).
void Walk::Count(const Layout::Single& single, int32_t where, int64_t pods) {
  const size_t k = single.move.k;
  const auto j = static_cast<size_t>(single.move.j);
  int64_t& all = in_cluster_[k][j];
  cost_ += costs_.ForCluster(k, j, all + pods) - costs_.ForCluster(k, j, all);
  all += pods;
  int64_t& here = in_room_[{k, j, where}];
  cost_ += costs_.ForRoom(k, j, where, here + pods) - costs_.ForRoom(k, j, where, here);
  here += pods;
  placed_[tier_of_[k]] += pods;
  shared_ += pods * costs_.Shared(k, j, where);
  if (where < 0) return;
  const int64_t opened = layout_.bins(j).bought(where) - single.before.bought(where);
  cost_ += pods * opened * instance_.NodeHour(j, where).nano;
}

// Its turn is not over.
bool Walk::MayStillCome(size_t k) const {
  if (free_at_[k] == kOrdered) return phase_ < 0;
  return static_cast<int32_t>(free_at_[k]) >= phase_;
}

int64_t Walk::StillFits(size_t k) const {
  const int64_t left = layout_.left(k);
  int64_t fit = 0;
  const size_t first = free_at_[k] == static_cast<size_t>(phase_) ? j_ : 0;
  for (size_t j = first; fit < left && j < instance_.clusters().size(); ++j) {
    const Verdict& verdict = instance_.VerdictOf(k, j);
    if (verdict.refusal) continue;
    for (const NodeGroup& g : layout_.bins(j).groups()) {
      if (fit >= left) break;
      if (g.count == 0 || !Admits(verdict.admission, g)) continue;
      const int64_t each = PodsPerNode(g, instance_.DemandOf(k, j));
      fit += std::min(left, each) * std::min(left, g.count);
    }
  }
  return std::min(fit, left);
}

// Neither more pods nor as many for less can follow.
bool Walk::Hopeless() const {
  std::vector<int64_t> most = placed_;
  int64_t shared = shared_, free = cost_;
  for (size_t k = 0; k < tier_of_.size(); ++k) {
    if (layout_.left(k) == 0 || !MayStillCome(k)) continue;
    const int64_t more = StillFits(k);
    most[tier_of_[k]] += more;
    shared += more * costs_.LeastShared(k);
    free += more * costs_.LeastFree(k);
  }
  if (most != best_placed_) return most < best_placed_;
  return std::max(shared, free) >= best_cost_;
}

// Where pods are, whatever the names of nodes that are alike.
std::string Walk::Key() const {
  std::string key;
  Append(key, phase_ + 1);
  for (size_t j = 0; j < instance_.clusters().size(); ++j) {
    std::vector<std::pair<std::string, int64_t>> nodes;
    for (const NodeGroup& g : layout_.bins(j).groups()) {
      const bool ours = std::any_of(g.loads.begin(), g.loads.end(),
                                    [](const NodeGroup::Load& load) { return load.id >= 0; });
      if (g.count == 0 || !ours) continue;
      std::string node;
      Append(node, g.kind);
      for (const int64_t free : g.free) Append(node, free);
      std::vector<std::pair<int32_t, int64_t>> loads;
      for (const NodeGroup::Load& load : g.loads) loads.emplace_back(load.id, load.per_node);
      std::sort(loads.begin(), loads.end());
      for (size_t i = 0; i < loads.size(); ++i) {
        int64_t pods = loads[i].second;
        while (i + 1 < loads.size() && loads[i + 1].first == loads[i].first) {
          pods += loads[++i].second;
        }
        Append(node, static_cast<uint32_t>(loads[i].first));
        Append(node, pods);
      }
      nodes.emplace_back(std::move(node), g.count);
    }
    std::sort(nodes.begin(), nodes.end());
    Append(key, static_cast<int64_t>(nodes.size()));
    for (size_t i = 0; i < nodes.size(); ++i) {
      int64_t count = nodes[i].second;
      while (i + 1 < nodes.size() && nodes[i + 1].first == nodes[i].first) {
        count += nodes[++i].second;
      }
      Append(key, static_cast<int64_t>(nodes[i].first.size()));
      key += nodes[i].first;
      Append(key, count);
    }
  }
  return key;
}

}  // namespace stowage::scheduler::exact
