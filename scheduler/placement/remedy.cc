#include "scheduler/placement/remedy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "scheduler/placement/layout.h"
#include "scheduler/placement/trial.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kNodesMost = 100'000;  // that are proposed at once
constexpr int kDigits = 6;               // of dollars

int64_t Ppm(int64_t from, int64_t to) {
  const __int128 change = from < to ? static_cast<__int128>(to) - from : from - to;
  const __int128 ppm = (change * kPpm + from - 1) / std::max<int64_t>(from, 1);
  return static_cast<int64_t>(std::min<__int128>(ppm, kPpm * kPpm));
}

// Whoever makes `larger` has made all of `changes`.
bool Covered(const std::vector<Adjustment>& changes, const std::vector<Adjustment>& larger) {
  return std::all_of(changes.begin(), changes.end(), [&](Adjustment a) {
    return std::any_of(larger.begin(), larger.end(), [&](const Adjustment& b) {
      if (a.what != Adjustment::What::kGangMinimum && a.to < b.to) a.to = b.to;
      return a == b;
    });
  });
}

// What makes nodes alike, whatever their place in a list.
struct NodeLooks {
  std::string pool;           // "" of a shape
  std::vector<int64_t> room;  // by name of the resource
  Labels labels;
  std::vector<Taint> taints;
  auto operator<=>(const NodeLooks&) const = default;
};

std::string WordsOf(const Instance& instance, const Remedy& remedy, size_t j) {
  const ResourceTable& resources = instance.resources();
  const ClusterView& view = *instance.clusters()[j];
  std::string out;
  for (const Adjustment& a : remedy.changes) {
    if (!out.empty()) out += ", and ";
    const int64_t more = a.to - a.from;
    const std::string nodes = std::to_string(more) + (more == 1 ? " more node" : " more nodes");
    switch (a.what) {
      case Adjustment::What::kQuota:
        out += "quota " + a.name + ": " + resources.name(a.resource) + " from " +
               resources.FormatExactly(a.resource, a.from) + " to " +
               resources.FormatExactly(a.resource, a.to);
        break;
      case Adjustment::What::kPoolMaximum:
        out += nodes + " of pool " + view.pools[static_cast<size_t>(a.place)].name + " in " +
               a.name + ", " + FormatDollars(remedy.nodes, kDigits) + " an hour";
        break;
      case Adjustment::What::kNodes:
        out += nodes + " in " + a.name + " with " +
               resources.FormatRoom(view.shapes[static_cast<size_t>(a.place)].free);
        break;
      case Adjustment::What::kGangMinimum:
        out += "at least " + std::to_string(a.to) + " pods of pod group " + a.name +
               " at once, not " + std::to_string(a.from);
        break;
    }
  }
  return out;
}

struct Finding {
  Remedy remedy;
  int64_t ppm = 0;
  Extra extra;  // nodes, if there are any
  NodeLooks looks;
  auto Rank() const {
    return std::tuple<size_t, Money, int64_t, int64_t, const NodeLooks&, const std::string&>(
        remedy.changes.size(), remedy.nodes, extra.count, ppm, looks, remedy.cluster);
  }
};

class Finder {
 public:
  Finder(const Instance& instance, const Solution& solution, const SolutionView& view, size_t k,
         Work& work)
      : instance_(instance), solution_(solution), view_(view), k_(k), work_(work) {
    const ResourceTable& resources = instance.resources();
    for (size_t r = 0; r < resources.size(); ++r) by_name_.push_back(r);
    std::sort(by_name_.begin(), by_name_.end(),
              [&](size_t a, size_t b) { return resources.name(a) < resources.name(b); });
  }

  // `only`: the clusters that may have them, by place; empty: any.
  void ForPods(int64_t pods, const std::map<int32_t, int64_t>& only) {
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      if (!only.empty() && !only.contains(static_cast<int32_t>(j))) continue;
      Look({{{k_, pods}}, {j}, pods}, j);
    }
  }
  void ForGang(const Gang& gang, const std::map<int32_t, int64_t>& running);
  std::vector<Remedy> Take(size_t most);

 private:
  int64_t Look(const Trial::Wanted& wanted, size_t j);
  std::vector<Extra> NodesFor(const Trial::Wanted& wanted, size_t j) const;
  NodeLooks LooksOf(const Extra& extra) const;
  std::optional<std::pair<Extra, Trial::Outcome>> Enough(const Trial& trial, int64_t least,
                                                         Extra nodes, int64_t fit) const;
  void Keep(int64_t pods, size_t j, const Extra& nodes, const Trial::Outcome& outcome, int64_t fit);
  bool AddNodes(const Extra& nodes, Finding& finding) const;
  Money PriceWith(const Extra& nodes, size_t j) const;

  const Instance& instance_;
  const Solution& solution_;
  const SolutionView& view_;
  const size_t k_;
  Work& work_;
  std::vector<size_t> by_name_;  // resources
  std::vector<Finding> found_;
};

void Finder::ForGang(const Gang& gang, const std::map<int32_t, int64_t>& running) {
  int64_t pods = gang.min_count, best = 0;
  for (const auto& [j, n] : running) pods -= n;
  Trial::Wanted all{{}, {}, pods};
  for (size_t k = 0; k < instance_.classes().size(); ++k) {
    if (instance_.GangOf(k) == &gang) all.pods.emplace_back(k, instance_.classes()[k]->count);
  }
  for (size_t j = 0; j < instance_.clusters().size() && !gang.one_cluster; ++j) {
    all.clusters.push_back(j);
  }
  size_t best_in = 0;
  for (size_t j = 0; j < instance_.clusters().size(); ++j) {
    const bool elsewhere = running.size() > 1 || !running.contains(static_cast<int32_t>(j));
    if (gang.one_cluster && !running.empty() && elsewhere) continue;
    if (gang.one_cluster) all.clusters = {j};
    const int64_t fit = Look(all, j);
    if (fit > best) best_in = j;
    best = std::max(best, fit);
  }
  if (best == 0 || best >= pods) return;
  Finding fewer;
  const int64_t to = gang.min_count - pods + best;
  fewer.remedy.changes = {{Adjustment::What::kGangMinimum, gang.name, -1, 0, gang.min_count, to}};
  fewer.remedy.cluster = instance_.clusters()[best_in]->name;
  fewer.remedy.pods = best;
  fewer.remedy.missing = pods - best;
  fewer.ppm = Ppm(gang.min_count, to);
  fewer.extra.j = best_in;
  found_.push_back(std::move(fewer));
}

// Keeps what would have to be larger in cluster `j`, or for it. Says how many find room as it is.
int64_t Finder::Look(const Trial::Wanted& wanted, size_t j) {
  const auto refuses = [&](const auto& pods) { return instance_.VerdictOf(pods.first, j).refusal; };
  if (work_.over() || std::all_of(wanted.pods.begin(), wanted.pods.end(), refuses)) return 0;
  const Trial trial(instance_, solution_, view_, wanted);
  const int64_t least = wanted.pods_max;
  const int64_t fit = trial.Run({}, Trial::Quotas::kKept, work_).pods;
  if (fit >= least) return fit;
  const Trial::Outcome beyond = trial.Run({}, Trial::Quotas::kIgnored, work_);
  if (beyond.pods >= least) {
    Keep(least, j, {.j = j}, beyond, fit);
    return fit;
  }
  if (solution_.bins[j].bound_unpacked > 0) return fit;
  for (const Extra& nodes : NodesFor(wanted, j)) {
    if (work_.over()) break;
    const auto enough = Enough(trial, least, nodes, beyond.pods);
    if (enough) Keep(least, j, enough->first, enough->second, fit);
  }
  return fit;
}

// A node of each pool and of each kind of shapes that could take one of the pods: of shapes the one
// with the least room for one pod, for more the one that takes the most.
std::vector<Extra> Finder::NodesFor(const Trial::Wanted& wanted, size_t j) const {
  const ClusterView& view = *instance_.clusters()[j];
  const auto takes = [&](auto admits, const Amounts& free, const Devices& devices) {
    int64_t most = 0;
    for (const auto& [k, pods] : wanted.pods) {
      const Verdict& verdict = instance_.VerdictOf(k, j);
      if (verdict.refusal || !admits(verdict.admission)) continue;
      most = std::max(most, PodsPerNode(free, devices, instance_.DemandOf(k, j)));
    }
    return most;
  };
  std::vector<Extra> out;
  for (size_t p = 0; p < view.pools.size(); ++p) {
    const ElasticPool& pool = view.pools[p];
    const auto admits = [&](const Admission& a) { return a.pools[p] != 0; };
    if (takes(admits, pool.allocatable, pool.devices) == 0) continue;
    out.push_back({j, -1, static_cast<int32_t>(p), 0});
  }
  struct Best {
    int64_t takes;
    NodeLooks looks;
    Extra extra;
  };
  std::map<std::pair<Labels, std::vector<Taint>>, Best> kinds;
  for (size_t s = 0; s < view.shapes.size(); ++s) {
    const NodeShape& shape = view.shapes[s];
    const auto admits = [&](const Admission& a) { return a.shapes[s] != 0; };
    const int64_t most = shape.count > 0 ? takes(admits, shape.free, shape.devices) : 0;
    if (most == 0) continue;
    const Extra extra{j, static_cast<int32_t>(s), -1, 0};
    Best best{wanted.pods_max > 1 ? -most : 0, LooksOf(extra), extra};
    const auto [known, fresh] = kinds.try_emplace({shape.labels, shape.taints}, best);
    if (!fresh &&
        std::tie(best.takes, best.looks) < std::tie(known->second.takes, known->second.looks)) {
      known->second = std::move(best);
    }
  }
  for (const auto& [kind, best] : kinds) out.push_back(best.extra);
  return out;
}

NodeLooks Finder::LooksOf(const Extra& extra) const {
  const ClusterView& view = *instance_.clusters()[extra.j];
  NodeLooks looks;
  const bool buy = extra.pool >= 0;
  if (buy) looks.pool = view.pools[extra.pool].name;
  looks.labels = buy ? view.pools[extra.pool].labels : view.shapes[extra.shape].labels;
  looks.taints = buy ? view.pools[extra.pool].taints : view.shapes[extra.shape].taints;
  const Amounts& room = buy ? view.pools[extra.pool].allocatable : view.shapes[extra.shape].free;
  for (const size_t r : by_name_) looks.room.push_back(AmountOf(room, r));
  return looks;
}

// The fewest nodes with which `least` pods find room; nullopt: no number of them helps.
std::optional<std::pair<Extra, Trial::Outcome>> Finder::Enough(const Trial& trial, int64_t least,
                                                               Extra nodes, int64_t fit) const {
  std::optional<std::pair<Extra, Trial::Outcome>> good;
  int64_t too_few = 0;
  const auto enough = [&](int64_t n) {
    nodes.count = n;
    Trial::Outcome outcome = trial.Run(nodes, Trial::Quotas::kIgnored, work_);
    const bool more = outcome.pods > fit;
    fit = std::max(fit, outcome.pods);
    if (outcome.pods >= least) {
      good.emplace(nodes, std::move(outcome));
    } else {
      too_few = n;
    }
    return more;
  };
  for (int64_t n = 1; !good && n <= kNodesMost; n *= 2) {
    if (!enough(n)) return std::nullopt;
  }
  while (good && good->first.count - too_few > 1) {
    enough(too_few + (good->first.count - too_few) / 2);
  }
  return good;
}

void Finder::Keep(int64_t pods, size_t j, const Extra& nodes, const Trial::Outcome& outcome,
                  int64_t fit) {
  Finding finding{.extra = nodes};
  Remedy& remedy = finding.remedy;
  for (const QuotaState::Excess& e : outcome.passed) {
    const Quota& quota = instance_.quotas()[e.quota];
    const Quota::Cap& cap = quota.caps[e.cap];
    if (e.needed > kMaxAmount) return;
    remedy.changes.push_back(
        {Adjustment::What::kQuota, quota.name, -1, cap.resource, cap.most, e.needed});
    finding.ppm += Ppm(cap.most, e.needed);
  }
  if (nodes.count > 0 && !AddNodes(nodes, finding)) return;
  remedy.cluster = instance_.clusters()[j]->name;
  remedy.pods = pods;
  remedy.missing = pods - fit;
  found_.push_back(std::move(finding));
}

// False: there can never be so many.
bool Finder::AddNodes(const Extra& nodes, Finding& finding) const {
  const ClusterView& view = *instance_.clusters()[nodes.j];
  const bool buy = nodes.pool >= 0;
  const int64_t from = buy ? view.pools[nodes.pool].nodes_max : view.shapes[nodes.shape].count;
  if (from + nodes.count > kMaxPods) return false;
  finding.remedy.changes.push_back({buy ? Adjustment::What::kPoolMaximum : Adjustment::What::kNodes,
                                    view.name, buy ? nodes.pool : nodes.shape, 0, from,
                                    from + nodes.count});
  finding.looks = LooksOf(nodes);
  if (!buy) return true;
  const __int128 nano = static_cast<__int128>(instance_.NodeHour(nodes.j, nodes.pool).nano);
  if (nano * nodes.count > INT64_MAX) return false;
  finding.remedy.nodes = Money{static_cast<int64_t>(nano * nodes.count)};
  return true;
}

std::vector<Remedy> Finder::Take(size_t most) {
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Finding& a, const Finding& b) { return a.Rank() < b.Rank(); });
  std::vector<Finding> needed;
  for (Finding& f : found_) {
    const auto covered = [&](const Finding& other) {
      return Covered(other.remedy.changes, f.remedy.changes);
    };
    if (std::none_of(needed.begin(), needed.end(), covered)) needed.push_back(std::move(f));
  }
  found_ = std::move(needed);
  if (found_.size() > most) found_.resize(most);
  std::vector<Remedy> out;
  for (Finding& f : found_) {
    f.remedy.total = PriceWith(f.extra, f.extra.j);
    f.remedy.words = WordsOf(instance_, f.remedy, f.extra.j);
    out.push_back(std::move(f.remedy));
  }
  return out;
}

Money Finder::PriceWith(const Extra& nodes, size_t j) const {
  ClusterVerdict verdict;
  const bool plain = instance_.rules().Of(k_).care == PodRules::Care::kNone;
  std::vector<ClusterBins> bins;
  const ClusterBins* here = &solution_.bins[j];
  if (nodes.count > 0) {
    bins = plain ? std::vector<ClusterBins>{*here} : solution_.bins;
    ClusterBins& grown = bins[plain ? 0 : j];
    grown.Add(*instance_.clusters()[j], nodes.shape, nodes.pool, nodes.count);
    here = &grown;
  }
  if (plain || nodes.count == 0) {
    PriceNextPod(instance_, *here, view_.pods, k_, j, verdict);
  } else {
    PriceNextPod(instance_, *here, PodState(instance_.rules(), instance_.clusters(), bins), k_, j,
                 verdict);
  }
  return verdict.total;
}

}  // namespace

std::vector<Remedy> RemediesFor(const Instance& instance, const Solution& solution,
                                const SolutionView& view, size_t k, int64_t pods, size_t most,
                                Work& work) {
  Finder finder(instance, solution, view, k, work);
  std::map<int32_t, int64_t> only;
  if (const Gang* gang = instance.GangOf(k)) {
    std::map<int32_t, int64_t> running = BoundOfGang(instance, gang->name);
    for (const Share& s : solution.shares) {
      if (instance.GangOf(static_cast<size_t>(s.k)) == gang) running[s.j] += s.count;
    }
    int64_t runs = 0;
    for (const auto& [j, n] : running) runs += n;
    if (runs < gang->min_count) {
      finder.ForGang(*gang, running);
      return finder.Take(most);
    }
    if (gang->one_cluster) only = std::move(running);
  }
  finder.ForPods(pods, only);
  return finder.Take(most);
}

}  // namespace stowage::scheduler
