#include "scheduler/solvers/lagrangian/repair.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "scheduler/solvers/lagrangian/adoption.h"
#include "scheduler/solvers/lagrangian/sieve.h"

namespace stowage::scheduler::lagrangian {
namespace {}  // namespace

Repair::Repair(const Instance& instance, const Rooms& rooms, const Tables& tables,
               const std::vector<double>& prices, const Past& past, const Difference& difference)
    : instance_(instance),
      rooms_(rooms),
      t_(tables),
      prices_(prices),
      past_(past),
      difference_(difference) {}

bool Repair::CountLeaving(const Solution& solution) {
  leaving_.assign(past_.classes.size(), 0);
  std::vector<int64_t> missing(instance_.classes().size(), 0);
  int64_t all = 0, moving = 0;
  for (size_t k = 0; k < missing.size(); ++k) all += missing[k] = instance_.classes()[k]->count;
  for (const Share& s : solution.shares) {
    const int32_t now = difference_.to[s.k];
    if (now < 0) {
      leaving_[s.k] += s.count;
    } else {
      missing[now] -= s.count;
    }
  }
  for (size_t was = 0; was < leaving_.size(); ++was) {
    const int32_t now = difference_.to[was];
    if (now >= 0) leaving_[was] = std::max<int64_t>(0, -missing[now]);
    const bool stays = past_.may_leave[was] == 0 || !past_.classes[was].gang.empty();
    others_need_ = others_need_ || (leaving_[was] > 0 && stays);
    moving += leaving_[was];
  }
  const std::vector<int64_t> left = LeftBefore(past_, difference_);
  for (size_t k = 0; k < missing.size(); ++k) moving += std::max<int64_t>(0, missing[k] - left[k]);
  return moving <= all / kPartMost;
}

std::vector<Spot> Repair::FindSpots(const Solution& solution) const {
  std::vector<Spot> spots;
  for (size_t j = 0; j < solution.bins.size(); ++j) {
    const std::vector<NodeGroup>& groups = solution.bins[j].groups();
    for (size_t i = 0; i < groups.size(); ++i) {
      for (const NodeGroup::Load& load : groups[i].loads) {
        if (load.id < 0 || leaving_[load.id] == 0 || groups[i].count == 0) continue;
        double key = 0;
        const int32_t now = difference_.to[load.id];
        const int32_t s = now < 0 ? -1 : rooms_.RoomOf(j, groups[i]);
        if (s >= 0 && instance_.rules().Of(now).care == PodRules::Care::kNone) {
          const auto k = static_cast<size_t>(now), room = static_cast<size_t>(s);
          key = t_.cost[k * t_.rooms + room] + t_.Pays(k, room, prices_);
        }
        spots.push_back({load.id, -key, load.step, static_cast<int32_t>(j), static_cast<int32_t>(i),
                         load.per_node * groups[i].count});
      }
    }
  }
  std::sort(spots.begin(), spots.end(), [](const Spot& a, const Spot& b) {
    return std::tie(a.k, a.key, b.step, a.j, a.group) < std::tie(b.k, b.key, a.step, b.j, b.group);
  });
  return spots;
}

void Repair::Leave(Solution& solution, std::vector<Spot> spots) {
  for (Spot& spot : spots) {
    spot.pods = std::min(spot.pods, leaving_[spot.k]);
    leaving_[spot.k] -= spot.pods;
  }
  TakeOut(solution, spots, [this](int32_t k, int32_t j) -> const Amounts& {
    return past_.classes[k].DemandIn(instance_.clusters()[static_cast<size_t>(j)]->name);
  });
}

void Repair::Renumber(Solution& solution) {
  if (difference_.same_list) return;
  for (ClusterBins& bins : solution.bins) bins.Renumber(difference_.to);
  for (Share& s : solution.shares) s.k = difference_.to[s.k];
  std::sort(solution.shares.begin(), solution.shares.end(),
            [](const Share& a, const Share& b) { return std::tie(a.k, a.j) < std::tie(b.k, b.j); });
}

bool Repair::TakeOver(Solution& solution) {
  if (difference_.clusters_touched > 0) Adoption(instance_, past_, difference_).Adopt(solution);
  if (!CountLeaving(solution)) return false;
  Leave(solution, FindSpots(solution));
  Renumber(solution);
  if (!difference_.fleet && !others_need_) return true;
  return Sieve(instance_, rooms_, t_, prices_).Sift(solution);
}

}  // namespace stowage::scheduler::lagrangian
