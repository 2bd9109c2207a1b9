#include "scheduler/solvers/gap/problem.h"

#include <algorithm>
#include <string>

namespace stowage::scheduler {
namespace {

using Wide = __int128;

constexpr int64_t kLimit = int64_t{1} << 62;

tl::unexpected<Error> Wrong(std::string message) {
  return MakeError(ErrorCode::kInvalid, std::move(message));
}

// For people, who count from 1.
std::string ClassName(int64_t k) { return "class " + std::to_string(k + 1); }
std::string AgentName(int64_t j) { return "agent " + std::to_string(j + 1); }
std::string ResourceName(int64_t r) { return "resource " + std::to_string(r + 1); }

Result<void> CheckLength(const char* what, size_t found, Wide expected) {
  if (static_cast<Wide>(found) == expected) return {};
  return Wrong(std::string(what) + " has " + std::to_string(found) + " numbers; expected " +
               std::to_string(static_cast<int64_t>(expected)));
}

Result<void> CheckShape(const GapProblem& p) {
  if (p.classes < 0 || p.agents < 0 || p.resources < 0) return Wrong("a dimension is negative");
  const Wide classes = p.classes, agents = p.agents, resources = p.resources;
  if (classes * agents * std::max<Wide>(resources, 1) > kLimit) return Wrong("too many numbers");
  RETURN_IF_ERROR(CheckLength("counts", p.counts.size(), classes));
  RETURN_IF_ERROR(CheckLength("costs", p.costs.size(), classes * agents));
  RETURN_IF_ERROR(
      CheckLength("sizes", p.sizes.size(), classes * (p.uniform ? 1 : agents) * resources));
  return CheckLength("capacities", p.capacities.size(), agents * resources);
}

Result<void> CheckSigns(const GapProblem& p) {
  const auto negative = [](int64_t x) { return x < 0; };
  for (int32_t k = 0; k < p.classes; ++k) {
    if (p.counts[k] < 0) return Wrong("the count of " + ClassName(k) + " is negative");
  }
  for (size_t at = 0; at < p.costs.size(); ++at) {
    if (p.costs[at] >= 0 || p.costs[at] == GapProblem::kForbidden) continue;
    return Wrong("the cost of " + ClassName(static_cast<int32_t>(at / p.agents)) + " on " +
                 AgentName(static_cast<int32_t>(at % p.agents)) +
                 " is negative and not -1 (forbidden)");
  }
  if (std::any_of(p.sizes.begin(), p.sizes.end(), negative)) return Wrong("a size is negative");
  if (std::any_of(p.capacities.begin(), p.capacities.end(), negative)) {
    return Wrong("a capacity is negative");
  }
  return {};
}

Result<void> CheckSums(const GapProblem& p) {
  Wide dearest = 0, items = 0;
  std::vector<Wide> load(p.capacities.size(), 0);
  for (int32_t k = 0; k < p.classes; ++k) {
    items += p.counts[k];
    if (items > kLimit) return Wrong("the counts add up to more than 2^62");
    int64_t most = 0;
    for (int32_t j = 0; j < p.agents; ++j) {
      most = std::max(most, p.Cost(k, j));
      for (int32_t r = 0; r < p.resources; ++r) {
        Wide& sum = load[static_cast<size_t>(j) * p.resources + r];
        sum += static_cast<Wide>(p.counts[k]) * p.Sizes(k, j)[r];
        if (sum > kLimit) {
          return Wrong("the sizes on " + AgentName(j) + ", " + ResourceName(r) +
                       ", add up to more than 2^62: use a larger unit");
        }
      }
    }
    dearest += static_cast<Wide>(p.counts[k]) * most;
    if (dearest > kLimit) {
      return Wrong("the costs could add up to more than 2^62: use a larger unit");
    }
  }
  return {};
}

}  // namespace

Result<void> Validate(const GapProblem& problem) {
  RETURN_IF_ERROR(CheckShape(problem));
  RETURN_IF_ERROR(CheckSigns(problem));
  return CheckSums(problem);
}

Result<void> Check(const GapProblem& p, const GapSolution& solution) {
  Wide cost = 0;
  std::vector<Wide> placed(p.classes, 0), load(p.capacities.size(), 0);
  const GapShare* last = nullptr;
  for (const GapShare& share : solution.shares) {
    if (share.k < 0 || share.k >= p.classes) return Wrong("there is no " + ClassName(share.k));
    if (share.j < 0 || share.j >= p.agents) return Wrong("there is no " + AgentName(share.j));
    const auto wrong = [&](const char* what) {
      return Wrong(ClassName(share.k) + " on " + AgentName(share.j) + what);
    };
    if (share.count <= 0) return wrong(" has a count that is not positive");
    if (share.count > p.counts[share.k]) return wrong(" has more items than the class");
    if (p.Cost(share.k, share.j) < 0) return wrong(" is forbidden");
    if (last && (last->k > share.k || (last->k == share.k && last->j >= share.j))) {
      return wrong(" is out of order or given twice");
    }
    last = &share;
    placed[share.k] += share.count;
    cost += static_cast<Wide>(share.count) * p.Cost(share.k, share.j);
    for (int32_t r = 0; r < p.resources; ++r) {
      load[static_cast<size_t>(share.j) * p.resources + r] +=
          static_cast<Wide>(share.count) * p.Sizes(share.k, share.j)[r];
    }
  }
  for (int32_t k = 0; k < p.classes; ++k) {
    if (placed[k] == p.counts[k]) continue;
    return Wrong(ClassName(k) + (placed[k] < p.counts[k] ? " has items that are not placed"
                                                         : " has more items placed than it has"));
  }
  for (size_t at = 0; at < load.size(); ++at) {
    if (load[at] <= p.capacities[at]) continue;
    return Wrong(AgentName(static_cast<int32_t>(at / p.resources)) + " is over its capacity of " +
                 ResourceName(static_cast<int32_t>(at % p.resources)));
  }
  if (cost != solution.cost) return Wrong("the cost is not the sum of the costs of the shares");
  return {};
}

}  // namespace stowage::scheduler
