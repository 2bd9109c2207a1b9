#include "scheduler/solvers/packing/candidates.h"

#include <algorithm>

namespace stowage::scheduler::packing {

void Candidates::Collect(const Core& core, const FillTask& task) {
  options.clear();
  groups.clear();
  empty = PriceOf(core.room(task.type), task.prices);
  relaxed = empty;
  for (const int32_t i : task.items) {
    const int64_t left = task.left[i], value = task.value[i] - core.toll(task.type, i);
    if (left == 0 || value <= 0) continue;
    const auto first = static_cast<int32_t>(options.size());
    int64_t most = 0;
    for (int32_t k = core.items[i].first; k < core.items[i].last; ++k) {
      const int64_t fit = std::min<int64_t>(core.fit(task.type, k), left);
      if (fit == 0) continue;
      options.push_back({k, value - PriceOf(core.size(k), task.prices), fit});
      most += fit;
    }
    const auto last = static_cast<int32_t>(options.size());
    if (first == last) continue;
    if (last - first > 1) {
      std::sort(options.begin() + first, options.end(), [](const Option& a, const Option& b) {
        return a.gain != b.gain ? a.gain > b.gain : a.choice < b.choice;
      });
    }
    groups.push_back({first, last, std::min(most, left), options[first].gain, 1});
    relaxed += std::max<int64_t>(groups.back().gain, 0) * groups.back().most;
  }
}

void Candidates::Order(int64_t budget) {
  std::erase_if(groups, [&](const Group& g) { return -g.gain > budget; });
  std::sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
    if (a.certainty() != b.certainty()) return a.certainty() > b.certainty();
    return a.first != b.first ? a.first < b.first : a.unit > b.unit;
  });
}

std::vector<int64_t> Candidates::Rest() const {
  std::vector<int64_t> rest(groups.size() + 1, 0);
  for (size_t g = groups.size(); g-- > 0;) {
    rest[g] = rest[g + 1] + std::max<int64_t>(groups[g].gain, 0) * groups[g].most;
  }
  return rest;
}

}  // namespace stowage::scheduler::packing
