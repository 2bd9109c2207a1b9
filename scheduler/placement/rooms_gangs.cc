// Gangs that no placement can have.
#include <algorithm>
#include <map>

#include "scheduler/placement/layout.h"
#include "scheduler/placement/rooms.h"

namespace stowage::scheduler {

// How many pods of these classes fit into cluster `j`, at the most: each class alone, and by the
// sum of each resource, the smallest pods first. `alone`: by class, added to.
int64_t Rooms::FitTogether(const std::vector<size_t>& classes, size_t j,
                           std::vector<int64_t>& alone) const {
  int64_t most = 0;
  for (size_t i = 0; i < classes.size(); ++i) {
    const size_t k = classes[i];
    const int64_t count = instance_.classes()[k]->count;
    int64_t here = 0;
    for (size_t s = first_[j]; s < first_[j + 1] && here < count; ++s) {
      if (Admits(k, s)) here += Fit(k, s, count - here);
    }
    most += here;
    alone[i] = std::min(count, alone[i] + here);
  }
  std::vector<std::pair<int64_t, int64_t>> sizes;  // of a pod, and how many
  for (size_t r = 0; r < resources() && most > 0; ++r) {
    Wide capacity = 0;
    for (size_t s = first_[j]; s < first_[j + 1]; ++s) capacity += rooms_[s].capacity[r];
    sizes.clear();
    for (const size_t k : classes) {
      sizes.emplace_back(AmountOf(instance_.DemandOf(k, j), r), instance_.classes()[k]->count);
    }
    std::sort(sizes.begin(), sizes.end());
    int64_t fit = 0;
    for (const auto& [each, pods] : sizes) {
      const Wide take = each > 0 ? std::min<Wide>(pods, capacity / each) : pods;
      capacity -= take * each;
      fit += static_cast<int64_t>(take);
    }
    most = std::min(most, fit);
  }
  return most;
}

void Rooms::FindHopeless() {
  std::map<const Gang*, std::vector<size_t>> gangs;
  hopeless_.assign(instance_.classes().size(), 0);
  for (size_t k = 0; k < hopeless_.size() && !instance_.gangs().empty(); ++k) {
    if (const Gang* gang = instance_.GangOf(k)) gangs[gang].push_back(k);
  }
  for (const auto& [gang, classes] : gangs) {
    const std::map<int32_t, int64_t> bound = BoundOfGang(instance_, gang->name);
    std::vector<int64_t> alone(classes.size(), 0);
    int64_t all = 0, in_one = 0;
    for (size_t j = 0; j + 1 < first_.size(); ++j) {
      const auto runs = bound.find(static_cast<int32_t>(j));
      const int64_t running = runs == bound.end() ? 0 : runs->second;
      const int64_t fit = FitTogether(classes, j, alone);
      all += fit + running;
      const bool here = bound.empty() || (running > 0 && bound.size() == 1);
      if (here) in_one = std::max(in_one, fit + running);
    }
    int64_t pods = 0;
    for (const int64_t n : alone) pods += n;
    for (const auto& [j, n] : bound) pods += n;
    if ((gang->one_cluster ? in_one : std::min(all, pods)) >= gang->min_count) continue;
    for (const size_t k : classes) hopeless_[k] = 1;
  }
}

}  // namespace stowage::scheduler
