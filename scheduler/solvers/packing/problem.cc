#include "scheduler/solvers/packing/problem.h"

#include <algorithm>
#include <string>

namespace stowage::scheduler {
namespace {

constexpr int64_t kMaxSum = int64_t{1} << 62;
constexpr int32_t kMaxDimensions = 1000;

Result<void> Invalid(const std::string& where, const std::string& what) {
  return MakeError(ErrorCode::kInvalid, where + ": " + what);
}

Result<void> InRange(const std::string& where, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return {};
  return Invalid(where, std::to_string(value) + " is not between " + std::to_string(min) + " and " +
                            std::to_string(max));
}

Result<void> ValidateBins(const PackingProblem& p) {
  for (size_t t = 0; t < p.bins.size(); ++t) {
    const BinType& type = p.bins[t];
    const std::string where = "bin type " + std::to_string(t + 1);
    if (type.capacity.size() != static_cast<size_t>(p.dimensions)) {
      return Invalid(where, std::to_string(type.capacity.size()) + " capacities for " +
                                std::to_string(p.dimensions) + " dimensions");
    }
    for (const int64_t c : type.capacity) RETURN_IF_ERROR(InRange(where, c, 0, kMaxSum));
    RETURN_IF_ERROR(InRange(where + " cost", type.cost, 0, kMaxSum));
    RETURN_IF_ERROR(InRange(where + " quantity", type.quantity, BinType::kAny, kMaxSum));
  }
  return {};
}

Result<void> ValidateItem(const PackingProblem& p, size_t i) {
  const PackingItem& item = p.items[i];
  const std::string where = "item " + std::to_string(i + 1);
  RETURN_IF_ERROR(InRange(where + " demand", item.demand, 0, kMaxSum));
  if (item.incarnations.empty()) return Invalid(where, "no incarnation");
  if (!item.terms.empty() && item.terms.size() != p.bins.size()) {
    return Invalid(where, std::to_string(item.terms.size()) + " terms for " +
                              std::to_string(p.bins.size()) + " bin types");
  }
  for (const PackingItem::Terms& terms : item.terms) {
    RETURN_IF_ERROR(InRange(where + " incarnation", terms.incarnation, PackingItem::Terms::kNever,
                            static_cast<int64_t>(item.incarnations.size()) - 1));
    RETURN_IF_ERROR(InRange(where + " cost", terms.cost, 0, kMaxSum));
  }
  for (const std::vector<int64_t>& sizes : item.incarnations) {
    if (sizes.size() != static_cast<size_t>(p.dimensions)) {
      return Invalid(where, std::to_string(sizes.size()) + " sizes for " +
                                std::to_string(p.dimensions) + " dimensions");
    }
    for (const int64_t size : sizes) RETURN_IF_ERROR(InRange(where + " size", size, 0, kMaxSum));
  }
  return {};
}

// Sizes times demands by dimension, and the cost of one bin of the costliest type for each item.
Result<void> ValidateSums(const PackingProblem& p) {
  std::vector<__int128> totals(p.dimensions, 0);
  __int128 items = 0;
  for (size_t i = 0; i < p.items.size(); ++i) {
    const std::string where = "item " + std::to_string(i + 1);
    items += p.items[i].demand;
    if (items > kMaxSum) return Invalid(where, "the demands add up to too much");
    for (int32_t r = 0; r < p.dimensions; ++r) {
      int64_t largest = 0;
      for (const auto& sizes : p.items[i].incarnations) largest = std::max(largest, sizes[r]);
      totals[r] += static_cast<__int128>(largest) * p.items[i].demand;
      if (totals[r] > kMaxSum) {
        return Invalid(where, "the sizes in dimension " + std::to_string(r + 1) +
                                  " times the demands add up to too much");
      }
    }
  }
  int64_t costliest = 0, dearest = 0;
  for (const BinType& type : p.bins) costliest = std::max(costliest, type.cost);
  for (const PackingItem& item : p.items) {
    for (const PackingItem::Terms& terms : item.terms) dearest = std::max(dearest, terms.cost);
  }
  if (items * (static_cast<__int128>(costliest) + dearest) > kMaxSum) {
    return Invalid("costs", "a bin for each item costs too much");
  }
  return {};
}

std::string GroupName(size_t g) { return "bins " + std::to_string(g + 1); }

Result<void> CheckLoads(const PackingProblem& p, const PackedBins& group, const std::string& where,
                        std::vector<__int128>& packed, __int128& cost) {
  const BinType& type = p.bins[group.type];
  std::vector<__int128> used(p.dimensions, 0);
  for (size_t l = 0; l < group.loads.size(); ++l) {
    const PackedBins::Load& load = group.loads[l];
    if (load.item < 0 || load.item >= static_cast<int32_t>(p.items.size())) {
      return Invalid(where, "no item " + std::to_string(load.item + 1));
    }
    const PackingItem& item = p.items[load.item];
    const std::string at = where + " item " + std::to_string(load.item + 1);
    if (load.incarnation < 0 || load.incarnation >= static_cast<int32_t>(item.incarnations.size()))
      return Invalid(at, "no incarnation " + std::to_string(load.incarnation + 1));
    if (l > 0 && std::pair(group.loads[l - 1].item, group.loads[l - 1].incarnation) >=
                     std::pair(load.item, load.incarnation)) {
      return Invalid(at, "the loads are not in the order of items and incarnations");
    }
    if (!item.terms.empty()) {
      const PackingItem::Terms& terms = item.terms[group.type];
      if (terms.incarnation != load.incarnation) {
        return Invalid(at, "not in this incarnation on bins of this type");
      }
      cost += static_cast<__int128>(terms.cost) * load.per_bin * group.count;
    }
    RETURN_IF_ERROR(InRange(at + " count in a bin", load.per_bin, 1, item.demand));
    packed[load.item] += static_cast<__int128>(load.per_bin) * group.count;
    if (packed[load.item] > item.demand) return Invalid(at, "more are packed than demanded");
    for (int32_t r = 0; r < p.dimensions; ++r) {
      used[r] += static_cast<__int128>(item.incarnations[load.incarnation][r]) * load.per_bin;
      if (used[r] > type.capacity[r]) {
        return Invalid(where, "the load passes the capacity in dimension " + std::to_string(r + 1));
      }
    }
  }
  return {};
}

}  // namespace

Result<void> Validate(const PackingProblem& problem) {
  RETURN_IF_ERROR(InRange("dimensions", problem.dimensions, 1, kMaxDimensions));
  constexpr auto kMaxCount = static_cast<size_t>(INT32_MAX);
  if (problem.bins.size() > kMaxCount) return Invalid("bin types", "there are too many");
  if (problem.items.size() > kMaxCount) return Invalid("items", "there are too many");
  RETURN_IF_ERROR(ValidateBins(problem));
  for (size_t i = 0; i < problem.items.size(); ++i) RETURN_IF_ERROR(ValidateItem(problem, i));
  return ValidateSums(problem);
}

Result<void> Check(const PackingProblem& problem, const PackingSolution& solution) {
  std::vector<__int128> packed(problem.items.size(), 0);
  std::vector<__int128> opened(problem.bins.size(), 0);
  __int128 cost = 0;
  for (size_t g = 0; g < solution.bins.size(); ++g) {
    const PackedBins& group = solution.bins[g];
    const std::string where = GroupName(g);
    if (group.type < 0 || group.type >= static_cast<int32_t>(problem.bins.size())) {
      return Invalid(where, "no bin type " + std::to_string(group.type + 1));
    }
    RETURN_IF_ERROR(InRange(where + " count", group.count, 1, kMaxSum));
    const BinType& type = problem.bins[group.type];
    opened[group.type] += group.count;
    if (type.quantity != BinType::kAny && opened[group.type] > type.quantity) {
      return Invalid(where, "more bins of type " + std::to_string(group.type + 1) +
                                " are opened than there are");
    }
    cost += static_cast<__int128>(type.cost) * group.count;
    RETURN_IF_ERROR(CheckLoads(problem, group, where, packed, cost));
    if (cost > kMaxSum) return Invalid(where, "the cost passes 2^62");
  }
  for (size_t i = 0; i < problem.items.size(); ++i) {
    if (packed[i] != problem.items[i].demand) {
      return Invalid("item " + std::to_string(i + 1),
                     std::to_string(static_cast<int64_t>(packed[i])) + " of " +
                         std::to_string(problem.items[i].demand) + " are packed");
    }
  }
  if (cost != solution.cost) {
    return Invalid("cost", "the bins cost " + std::to_string(static_cast<int64_t>(cost)) +
                               ", the solution says " + std::to_string(solution.cost));
  }
  return {};
}

}  // namespace stowage::scheduler
