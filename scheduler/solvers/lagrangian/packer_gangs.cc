// Gangs: enough of the pods or none of them, and all in one cluster if the gang asks for it.
#include <algorithm>
#include <tuple>
#include <utility>

#include "scheduler/solvers/lagrangian/packer.h"

namespace stowage::scheduler::lagrangian {

// What the layout has of a gang already is enough of it.
void Packer::FindGangs() {
  gang_of_.assign(t_.classes, -1);
  std::map<const Gang*, int32_t> known;
  for (size_t k = 0; k < t_.classes; ++k) {
    const Gang* gang = instance_.GangOf(k);
    if (gang == nullptr) continue;
    const auto [at, first] = known.emplace(gang, static_cast<int32_t>(gangs_.size()));
    if (first) gangs_.push_back({gang, {}, BoundOfGang(instance_, gang->name)});
    gang_of_[k] = at->second;
    GangEntry& entry = gangs_[at->second];
    entry.classes.push_back(k);
    const int32_t there = layout_.FirstClusterOf(k);
    if (there < 0) continue;
    entry.placed = true;
    if (gang->one_cluster) entry.cluster = there;
  }
}

// What is left of a gang that has enough goes where it fits.
void Packer::PlaceOfGang(size_t k, Work& work) {
  GangEntry& gang = gangs_[gang_of_[k]];
  if (!gang.placed) return PlaceGang(gang, work);
  only_ = gang.cluster;
  PlaceAnywhere(k, work);
  only_ = -1;
}

void Packer::PlaceGang(GangEntry& gang, Work& work) {
  if (gang.gang->one_cluster) return PlaceInOneCluster(gang, work);
  int64_t running = 0;
  for (const auto& [j, pods] : gang.bound) running += pods;
  const bool moved = moved_;
  layout_.Begin();
  const GangTry result = TryGang(gang, -1, work);
  gang.placed = result.pods > 0 && result.pods + running >= gang.gang->min_count;
  if (gang.placed) return layout_.Commit();
  layout_.RollBack();
  moved_ = moved;
}

// Most pods, then the least that they cost and pay.
void Packer::PlaceInOneCluster(GangEntry& gang, Work& work) {
  const bool moved = moved_;
  GangTry best;
  for (const Site& site : SitesOf(gang, work)) {
    if (std::pair(-site.pods, site.least) >= std::pair(-best.pods, best.price)) break;
    const auto running = gang.bound.find(site.j);
    const int64_t runs = running == gang.bound.end() ? 0 : running->second;
    if (site.pods + runs < gang.gang->min_count) continue;
    layout_.Begin();
    const GangTry result = TryGang(gang, site.j, work);
    layout_.RollBack();
    if (result.pods == 0 || result.pods + runs < gang.gang->min_count) continue;
    if (std::pair(-result.pods, result.price) >= std::pair(-best.pods, best.price)) continue;
    best = result;
    gang.cluster = site.j;
  }
  moved_ = moved;
  if (best.pods == 0) return;
  TryGang(gang, gang.cluster, work);
  gang.placed = true;
}

// In the order in which they are worth a try.
std::vector<Packer::Site> Packer::SitesOf(const GangEntry& gang, Work& work) {
  std::vector<Site> sites;
  for (size_t j = 0; j < instance_.clusters().size(); ++j) {
    sites.push_back({0, 0, static_cast<int32_t>(j)});
  }
  std::vector<double> least(sites.size());
  for (const size_t k : gang.classes) {
    std::fill(least.begin(), least.end(), kNever);
    for (const auto& [value, s] : ReducedCostsOf(k, work)) {
      double& of = least[static_cast<size_t>(rooms_[static_cast<size_t>(s)].j)];
      of = std::min(of, value);
    }
    for (size_t j = 0; j < sites.size(); ++j) {
      if (least[j] == kNever) continue;
      sites[j].pods += layout_.left(k);
      sites[j].least += least[j] * static_cast<double>(layout_.left(k));
    }
  }
  std::erase_if(sites, [&](const Site& site) {  // where the pods that run are, and only there
    const size_t here = gang.bound.count(site.j);
    return site.pods == 0 || gang.bound.size() != here;
  });
  std::sort(sites.begin(), sites.end(), [](const Site& a, const Site& b) {
    return std::tie(b.pods, a.least, a.j) < std::tie(a.pods, b.least, b.j);
  });
  return sites;
}

// As many as fit, pods of one class may wait for those of another. To be called in a transaction,
// or again after one that was taken back.
Packer::GangTry Packer::TryGang(const GangEntry& gang, int32_t cluster, Work& work) {
  GangTry result;
  only_ = cluster;
  trying_ = true;
  tried_price_ = 0;
  for (bool any = true; std::exchange(any, false);) {
    for (const size_t k : gang.classes) {
      const int64_t before = layout_.left(k);
      if (before > 0) PlaceAnywhere(k, work);
      any = any || layout_.left(k) < before;
      result.pods += before - layout_.left(k);
    }
  }
  result.price = tried_price_;
  trying_ = false;
  only_ = -1;
  return result;
}

}  // namespace stowage::scheduler::lagrangian
