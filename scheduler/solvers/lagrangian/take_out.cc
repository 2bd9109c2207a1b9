#include "scheduler/solvers/lagrangian/take_out.h"

#include <map>
#include <utility>

namespace stowage::scheduler::lagrangian {
namespace {

int64_t LoadOf(const NodeGroup& nodes, const Spot& spot) {
  for (size_t i = 0; i < nodes.loads.size() && nodes.count > 0; ++i) {
    if (nodes.loads[i].id == spot.k && nodes.loads[i].step == spot.step) {
      return static_cast<int64_t>(i);
    }
  }
  return -1;
}

}  // namespace

// Nodes that are given back change the places of others: those are looked for.
void TakeOut(Solution& solution, const std::vector<Spot>& spots,
             const std::function<const Amounts&(int32_t k, int32_t j)>& demand_of) {
  std::map<std::pair<int32_t, int32_t>, int64_t> gone;
  for (const Spot& spot : spots) {
    ClusterBins& bins = solution.bins[static_cast<size_t>(spot.j)];
    const Amounts& demand = demand_of(spot.k, spot.j);
    for (int64_t n = 0; n < spot.pods; ++n) {
      auto group = static_cast<size_t>(spot.group);
      int64_t load = group < bins.groups().size() ? LoadOf(bins.groups()[group], spot) : -1;
      for (size_t i = bins.groups().size(); load < 0 && i-- > 0;) {
        if (const int64_t found = LoadOf(bins.groups()[i], spot); found >= 0) {
          group = i, load = found;
        }
      }
      if (load < 0) break;
      bins.Remove(group, static_cast<size_t>(load), demand);
      ++gone[{spot.k, spot.j}];
    }
  }
  for (Share& s : solution.shares) {
    const auto it = gone.find({s.k, s.j});
    if (it != gone.end()) s.count -= it->second;
  }
  std::erase_if(solution.shares, [](const Share& s) { return s.count == 0; });
}

}  // namespace stowage::scheduler::lagrangian
