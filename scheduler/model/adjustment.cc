#include "scheduler/model/adjustment.h"

#include <vector>

namespace stowage::scheduler {
namespace {

template <class T>
T& Named(std::vector<T>& list, const std::string& name) {
  size_t at = 0;
  while (list[at].name != name) ++at;
  return list[at];
}

}  // namespace

void Apply(const Adjustment& a, Problem& problem) {
  switch (a.what) {
    case Adjustment::What::kQuota:
      for (Quota::Cap& cap : Named(problem.quotas, a.name).caps) {
        if (cap.resource == a.resource && cap.most == a.from) cap.most = a.to;
      }
      break;
    case Adjustment::What::kPoolMaximum:
      Named(problem.clusters, a.name).pools[static_cast<size_t>(a.place)].nodes_max = a.to;
      break;
    case Adjustment::What::kNodes:
      Named(problem.clusters, a.name).shapes[static_cast<size_t>(a.place)].count = a.to;
      break;
    case Adjustment::What::kGangMinimum:
      Named(problem.gangs, a.name).min_count = a.to;
      break;
  }
}

}  // namespace stowage::scheduler
