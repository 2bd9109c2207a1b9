// Explanation as data: for one class, what each cluster said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/placement/filters/filter.h"
#include "scheduler/placement/pod_state.h"
#include "scheduler/placement/quotas.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

struct ClusterVerdict {
  std::string cluster;
  std::optional<Refusal> refusal;  // why no (further) pod of the class can go there
  std::vector<std::pair<std::string, Money>>
      terms;  // of one pod an hour: "capacity", "latency" ...
  Money total;
  int64_t preference = 0;  // weight of preferred affinity
  std::string pool;        // nodes of this pool would have to be (or were) opened; "" none
  int64_t placed = 0;
};

struct ClassExplanation {
  std::string key;
  int64_t count = 0;
  int64_t placed = 0;
  std::vector<ClusterVerdict> clusters;  // by name
  // The cheapest other cluster that could take a pod of the class now; nullptr: none. It may be
  // cheaper than `cluster`, where preference or the pods of other classes decided.
  const ClusterVerdict* RunnerUp(const std::string& cluster) const;
  const ClusterVerdict* Of(const std::string& cluster) const;
};

// What the pods of a solution leave to others; neither may change while it lives.
struct SolutionView {
  SolutionView(const Instance& instance, const Solution& solution);
  PodState pods;
  QuotaState quotas;
};

// What one more pod of the class, which cluster `j` has room for in `bins`, would cost there the
// cheapest way: terms, total and pool of `verdict`.
void PriceNextPod(const Instance& instance, const ClusterBins& bins, const PodState& pods, size_t k,
                  size_t j, ClusterVerdict& verdict);

// Class `k`, of which `placed` pods are in each cluster, in the light of what is packed in `bins`.
ClassExplanation ExplainClass(const Instance& instance, const std::vector<ClusterBins>& bins,
                              const PodState& pods, const QuotaState& quotas, size_t k,
                              const std::vector<int64_t>& placed);
// The same in the light of `solution`, of which `view` was made.
ClassExplanation ExplainClass(const Instance& instance, const Solution& solution,
                              const SolutionView& view, size_t k);

}  // namespace stowage::scheduler
