#include "scheduler/placement/layout.h"

#include <algorithm>

#include "scheduler/placement/sites.h"

namespace stowage::scheduler {
namespace {

std::vector<ClusterBins> Bases(const Instance& instance) {
  std::vector<ClusterBins> bins;
  for (size_t j = 0; j < instance.clusters().size(); ++j) bins.push_back(instance.Base(j));
  return bins;
}

const NodeLimit* LimitOf(const PodRules& rules, const PeerLimit& peers) {
  return rules.care == PodRules::Care::kNone ? nullptr : &peers;
}

}  // namespace

std::map<int32_t, int64_t> BoundOfGang(const Instance& instance, const std::string& gang) {
  std::map<int32_t, int64_t> pods;
  for (size_t j = 0; j < instance.clusters().size(); ++j) {
    for (const BoundPods& b : instance.clusters()[j]->bound) {
      if (b.gang == gang && !b.terminating && b.count > 0) pods[static_cast<int32_t>(j)] += b.count;
    }
  }
  return pods;
}

Layout::Layout(const Instance& instance)
    : instance_(instance),
      bins_(Bases(instance)),
      state_(instance.rules(), instance.clusters(), bins_),
      quotas_(instance) {
  for (const PodClass* k : instance.classes()) left_.push_back(k->count);
}

Layout::Layout(const Instance& instance, std::vector<ClusterBins> bins,
               const std::vector<Share>& shares)
    : instance_(instance),
      bins_(std::move(bins)),
      state_(instance.rules(), instance.clusters(), bins_),
      quotas_(instance),
      step_(LastStep(bins_)) {
  for (const PodClass* k : instance.classes()) left_.push_back(k->count);
  for (const Share& s : shares) {
    left_[s.k] -= s.count;
    quotas_.Use(s.k, s.j, s.count);
    shares_.emplace_hint(shares_.end(), std::pair(s.k, s.j), s.count);
  }
}

uint64_t Layout::VersionFor(size_t k, size_t j) const {
  const bool each = instance_.rules().Of(k).care == PodRules::Care::kEach;
  return each ? state_.version() : bins_[j].version();
}

Layout::Offer Layout::Ask(size_t k, size_t j, int32_t pool, const std::vector<char>* kinds) const {
  const PodRules& rules = instance_.rules().Of(k);
  if (rules.care == PodRules::Care::kEach) {
    const auto opening =
        BestOpening(instance_, state_, bins_[j], k, j, pool, left_[k], nullptr, kinds);
    return opening ? Offer{opening->pods, opening->points} : Offer{};
  }
  const PeerLimit peers(rules, state_, j);
  return {bins_[j].Fit(instance_.DemandOf(k, j), instance_.VerdictOf(k, j).admission, pool,
                       left_[k], LimitOf(rules, peers), kinds),
          0};
}

int32_t Layout::FirstClusterOf(size_t k) const {
  const auto share = shares_.lower_bound({static_cast<int32_t>(k), 0});
  const bool found = share != shares_.end() && share->first.first == static_cast<int32_t>(k);
  return found ? share->first.second : -1;
}

int64_t Layout::LevelOf(size_t k) const {
  int64_t level = 0;
  for (const PodRules::Spread& spread : instance_.rules().Of(k).spread) {
    if (!state_.OnNode(spread.counter)) level += state_.LeastNow(spread.counter);
  }
  return level;
}

int64_t Layout::Place(size_t k, size_t j, int32_t pool, int64_t n, const std::vector<char>* kinds,
                      const NodeLimit* few) {
  n = std::min({n, left_[k], quotas_.Room(k, j)});
  if (n <= 0) return 0;
  ClusterBins& bins = bins_[j];
  if (undo_) undo_->bins.try_emplace(static_cast<int32_t>(j), bins);
  const PodRules& rules = instance_.rules().Of(k);
  const PeerLimit peers(rules, state_, j);
  const NodeLimit* limit = LimitOf(rules, peers);
  if (limit == nullptr) limit = few;
  const Packing packing{.id = static_cast<int32_t>(k),
                        .demand = instance_.DemandOf(k, j),
                        .admission = instance_.VerdictOf(k, j).admission,
                        .step = ++step_,
                        .limit = limit,
                        .kinds = kinds};
  landed_.clear();
  if (rules.care == PodRules::Care::kEach) {
    const auto opening = BestOpening(instance_, state_, bins, k, j, pool, n, nullptr, kinds);
    if (!opening) return 0;
    const NodeGroup& nodes = bins.groups()[opening->group];
    Landing landing{nodes.shape, nodes.pool, 0};
    landing.pods = bins.PlaceOn(opening->group, packing, opening->per_node, opening->pods);
    landed_.push_back(landing);
  } else {
    bins.Place(packing, pool, n, &landed_);
  }
  int64_t placed = 0;
  for (const Landing& landing : landed_) {
    const bool opened = !state_.Shown(j, landing);
    state_.Add(k, j, landing);
    Book(k, j, landing, opened);
    placed += landing.pods;
  }
  return placed;
}

void Layout::Book(size_t k, size_t j, const Landing& landing, bool opened) {
  left_[k] -= landing.pods;
  shares_[{static_cast<int32_t>(k), static_cast<int32_t>(j)}] += landing.pods;
  quotas_.Use(k, j, landing.pods);
  if (undo_) undo_->moves.push_back({k, static_cast<int32_t>(j), landing, opened});
}

void Layout::Begin() { undo_ = UndoLog{{}, {}, step_}; }

void Layout::RollBack() {
  UndoLog log = std::move(*undo_);
  undo_.reset();
  step_ = log.step;
  for (auto& [j, earlier] : log.bins) bins_[j].Restore(std::move(earlier));
  for (auto move = log.moves.rbegin(); move != log.moves.rend(); ++move) Unbook(*move);
}

void Layout::Unbook(const Move& move) {
  const auto j = static_cast<size_t>(move.j);
  state_.Undo(move.k, j, move.landing, move.opened);
  quotas_.Use(move.k, j, -move.landing.pods);
  left_[move.k] += move.landing.pods;
  const auto share = shares_.find({static_cast<int32_t>(move.k), move.j});
  share->second -= move.landing.pods;
  if (share->second == 0) shares_.erase(share);
}

bool Layout::MayCome(size_t k, size_t j, size_t group) const {
  const NodeGroup& nodes = bins_[j].groups()[group];
  const Verdict& verdict = instance_.VerdictOf(k, j);
  if (left_[k] == 0 || nodes.count == 0 || verdict.refusal) return false;
  if (!Admits(verdict.admission, nodes) || quotas_.Room(k, j) < 1) return false;
  const PodRules& rules = instance_.rules().Of(k);
  return rules.care == PodRules::Care::kNone || !AllowanceAt(rules, state_, {j, nodes}).none();
}

std::optional<Layout::Single> Layout::PlaceOne(size_t k, size_t j, size_t group) {
  const NodeGroup& nodes = bins_[j].groups()[group];
  const Amounts& demand = instance_.DemandOf(k, j);
  const Verdict& verdict = instance_.VerdictOf(k, j);
  if (!MayCome(k, j, group) || PodsPerNode(nodes, demand) < 1) return std::nullopt;
  Single single{{k, static_cast<int32_t>(j), {nodes.shape, nodes.pool, 1}, false}, bins_[j]};
  single.move.opened = !state_.Shown(j, single.move.landing);
  const Packing packing{.id = static_cast<int32_t>(k),
                        .demand = demand,
                        .admission = verdict.admission,
                        .step = ++step_};
  bins_[j].PlaceOn(group, packing, 1, 1);
  state_.Add(k, j, single.move.landing);
  Book(k, j, single.move.landing, single.move.opened);
  return single;
}

void Layout::TakeBack(Single single) {
  --step_;
  bins_[static_cast<size_t>(single.move.j)].Restore(std::move(single.before));
  Unbook(single.move);
}

void Layout::Withdraw(size_t j, size_t group, size_t load) {
  const NodeGroup& nodes = bins_[j].groups()[group];
  const auto k = static_cast<size_t>(nodes.loads[load].id);
  const Landing landing{nodes.shape, nodes.pool, 1};
  bins_[j].Remove(group, load, instance_.DemandOf(k, j));
  const std::vector<NodeGroup>& groups = bins_[j].groups();
  const bool closed =
      landing.pool >= 0 && std::none_of(groups.begin(), groups.end(), [&](const NodeGroup& g) {
        return g.pool == landing.pool && g.open && g.count > 0;
      });
  Unbook({k, static_cast<int32_t>(j), landing, closed});
}

Solution Layout::Take() && {
  Solution s = Describe();
  s.bins = std::move(bins_);
  return s;
}

Solution Layout::Copy() const {
  Solution s = Describe();
  s.bins = bins_;
  return s;
}

Solution Layout::Describe() const {
  Solution s;
  for (const auto& [kj, count] : shares_) s.shares.push_back({kj.first, kj.second, count});
  s.placed = PlacedOf(instance_, s.shares);
  s.cost = Bill(instance_, s.shares, bins_);
  return s;
}

}  // namespace stowage::scheduler
