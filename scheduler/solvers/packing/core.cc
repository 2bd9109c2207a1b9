#include "scheduler/solvers/packing/core.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "scheduler/solvers/packing/reach.h"

namespace stowage::scheduler::packing {
namespace {

using Sizes = std::vector<int64_t>;

bool NoLarger(const Sizes& a, const Sizes& b) {
  for (size_t r = 0; r < a.size(); ++r) {
    if (a[r] > b[r]) return false;
  }
  return true;
}

// The incarnations worth having: no other one is as small everywhere. Sorted by size; of equal ones
// the first.
std::vector<int32_t> UsefulIncarnations(const PackingItem& item) {
  std::vector<int32_t> order(item.incarnations.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return std::tie(item.incarnations[a], a) < std::tie(item.incarnations[b], b);
  });
  std::vector<int32_t> useful;
  for (const int32_t k : order) {
    const bool beaten = std::any_of(useful.begin(), useful.end(), [&](int32_t other) {
      return NoLarger(item.incarnations[other], item.incarnations[k]);
    });
    if (!beaten) useful.push_back(k);
  }
  return useful;
}

bool IsZero(const Sizes& sizes) {
  return std::all_of(sizes.begin(), sizes.end(), [](int64_t s) { return s == 0; });
}

}  // namespace

void Merge(Loads& loads) {
  std::stable_sort(loads.begin(), loads.end(),
                   [](const Load& a, const Load& b) { return a.choice < b.choice; });
  size_t kept = 0;
  for (const Load& load : loads) {
    if (kept > 0 && loads[kept - 1].choice == load.choice) {
      loads[kept - 1].count += load.count;
    } else {
      loads[kept++] = load;
    }
  }
  loads.resize(kept);
}

Core::Core(const PackingProblem& problem) : dimensions(problem.dimensions), problem_(problem) {
  ReadItems();
  ReadTypes();
  Reduce();
  DropTypes();
  CountFits();
  AddTolls();
}

void Core::ReadItems() {
  std::map<std::pair<std::vector<Sizes>, std::vector<PackingItem::Terms>>, std::vector<Member>>
      merged;
  for (size_t i = 0; i < problem_.items.size(); ++i) {
    const PackingItem& item = problem_.items[i];
    if (item.demand == 0) continue;
    Member member{static_cast<int32_t>(i), item.demand, {}};
    any_terms_ = any_terms_ || !item.terms.empty();
    if (item.terms.empty()) {
      member.incarnations = UsefulIncarnations(item);
    } else {
      member.incarnations.resize(item.incarnations.size());
      std::iota(member.incarnations.begin(), member.incarnations.end(), 0);
    }
    std::vector<Sizes> key;
    for (const int32_t k : member.incarnations) key.push_back(item.incarnations[k]);
    if (IsZero(key.front()) && item.terms.empty()) {
      sizeless_.push_back(std::move(member));
    } else {
      merged[{std::move(key), item.terms}].push_back(std::move(member));
    }
  }
  std::vector<std::vector<Sizes>> sizes;
  for (auto& [key, members] : merged) {
    sizes.push_back(key.first);
    members_.push_back(std::move(members));
  }
  ReadSizes(sizes);
}

void Core::ReadSizes(const std::vector<std::vector<Sizes>>& merged) {
  for (size_t i = 0; i < merged.size(); ++i) {
    Item item;
    item.first = static_cast<int32_t>(item_of.size());
    for (const Member& m : members_[i]) item.demand += m.demand;
    for (const Sizes& s : merged[i]) {
      sizes_.insert(sizes_.end(), s.begin(), s.end());
      item_of.push_back(static_cast<int32_t>(i));
    }
    item.last = static_cast<int32_t>(item_of.size());
    items.push_back(item);
  }
}

void Core::ReadTypes() {
  std::vector<int32_t> order;
  for (size_t t = 0; t < problem_.bins.size(); ++t) {
    if (problem_.bins[t].quantity != 0) order.push_back(static_cast<int32_t>(t));
  }
  const auto key = [&](int32_t t) {
    const BinType& type = problem_.bins[t];
    return std::tie(type.capacity, type.cost, type.quantity);
  };
  std::sort(order.begin(), order.end(),
            [&](int32_t a, int32_t b) { return key(a) != key(b) ? key(a) < key(b) : a < b; });
  int64_t demand = 1;
  for (const Item& item : items) demand += item.demand;
  for (const int32_t t : order) {
    const BinType& type = problem_.bins[t];
    const bool limited = type.quantity != BinType::kAny && type.quantity < demand;
    types.push_back({type.cost, limited ? type.quantity : demand, limited});
    original_type_.push_back(t);
    rooms_.insert(rooms_.end(), type.capacity.begin(), type.capacity.end());
  }
}

void Core::Reduce() {
  std::vector<int32_t> used;
  for (int32_t r = 0; r < dimensions; ++r) {
    int64_t divisor = 0;
    for (int32_t k = 0; k < choices(); ++k) {
      divisor = std::gcd(divisor, sizes_[static_cast<size_t>(k) * dimensions + r]);
    }
    if (divisor == 0) continue;
    used.push_back(r);
    std::vector<Sized> sized;
    for (int32_t k = 0; k < choices(); ++k) {
      int64_t& s = sizes_[static_cast<size_t>(k) * dimensions + r];
      s /= divisor;
      sized.push_back({s, items[item_of[k]].demand});
    }
    std::vector<int64_t> rooms;
    for (size_t t = 0; t < types.size(); ++t) rooms.push_back(rooms_[t * dimensions + r] / divisor);
    LowerToReachable(std::move(sized), rooms);
    for (size_t t = 0; t < types.size(); ++t) rooms_[t * dimensions + r] = rooms[t];
  }
  const auto keep = [&](std::vector<int64_t>& rows) {
    std::vector<int64_t> kept;
    for (size_t row = 0; row < rows.size(); row += dimensions) {
      for (const int32_t r : used) kept.push_back(rows[row + r]);
    }
    rows = std::move(kept);
  };
  keep(sizes_);
  keep(rooms_);
  dimensions = static_cast<int>(used.size());
}

Core Core::With(std::span<const int64_t> left, std::span<const int64_t> quota) const {
  Core core = *this;
  for (size_t i = 0; i < items.size(); ++i) core.items[i].demand = left[i];
  for (size_t t = 0; t < types.size(); ++t) core.types[t].quantity = quota[t];
  for (size_t t = 0; t < types.size(); ++t) {
    for (int32_t k = 0; k < choices(); ++k) {
      int32_t& n = core.fits_[t * item_of.size() + static_cast<size_t>(k)];
      n = static_cast<int32_t>(std::min<int64_t>(n, left[item_of[k]]));
    }
  }
  return core;
}

bool Core::Replaces(int32_t a, int32_t b) const {
  if (types[a].limited || types[a].cost > types[b].cost || any_terms_) return false;
  for (int r = 0; r < dimensions; ++r) {
    if (room(a)[r] < room(b)[r]) return false;
  }
  const bool same = types[a].cost == types[b].cost && !types[b].limited &&
                    std::equal(room(a).begin(), room(a).end(), room(b).begin());
  return !same || a < b;
}

void Core::DropTypes() {
  std::vector<int32_t> kept;
  for (int32_t b = 0; b < static_cast<int32_t>(types.size()); ++b) {
    bool replaced = false;
    for (int32_t a = 0; a < static_cast<int32_t>(types.size()) && !replaced; ++a) {
      replaced = a != b && Replaces(a, b);
    }
    bool useful = items.empty();
    for (int32_t k = 0; k < choices() && !useful; ++k) {
      useful = std::equal(size(k).begin(), size(k).end(), room(b).begin(), std::less_equal<>());
    }
    if (!replaced && useful) kept.push_back(b);
  }
  Keep(kept);
}

void Core::Keep(const std::vector<int32_t>& kept) {
  std::vector<Type> types_kept;
  std::vector<int32_t> original_kept;
  std::vector<int64_t> rooms_kept;
  for (const int32_t t : kept) {
    types_kept.push_back(types[t]);
    original_kept.push_back(original_type_[t]);
    rooms_kept.insert(rooms_kept.end(), room(t).begin(), room(t).end());
  }
  types = std::move(types_kept);
  original_type_ = std::move(original_kept);
  rooms_ = std::move(rooms_kept);
}

void Core::CountFits() {
  std::vector<bool> fits_somewhere(items.size(), false);
  fits_.reserve(types.size() * item_of.size());
  for (int32_t t = 0; t < static_cast<int32_t>(types.size()); ++t) {
    for (int32_t k = 0; k < choices(); ++k) {
      int64_t n = std::min<int64_t>(items[item_of[k]].demand, INT32_MAX);
      const PackingItem& item = problem_.items[members_[item_of[k]].front().item];
      if (!item.terms.empty() &&
          item.terms[original_type_[t]].incarnation != k - items[item_of[k]].first) {
        n = 0;
      }
      for (int r = 0; r < dimensions; ++r) {
        if (size(k)[r] > 0) n = std::min(n, room(t)[r] / size(k)[r]);
      }
      fits_.push_back(static_cast<int32_t>(n));
      if (n > 0) fits_somewhere[item_of[k]] = true;
    }
  }
  for (size_t i = 0; i < items.size(); ++i) {
    if (fits_somewhere[i]) continue;
    const int32_t item = members_[i].front().item;
    misfit_ = misfit_ < 0 ? item : std::min(misfit_, item);
  }
  if (types.empty() && !sizeless_.empty() && misfit_ < 0) misfit_ = sizeless_.front().item;
}

void Core::AddTolls() {
  if (any_terms_) tolls_.assign(types.size() * items.size(), 0);
  int64_t costliest = 1;
  for (const Type& t : types) costliest = std::max(costliest, t.cost);
  for (size_t t = 0; t < types.size() && any_terms_; ++t) {
    for (size_t i = 0; i < items.size(); ++i) {
      const PackingItem& item = problem_.items[members_[i].front().item];
      if (item.terms.empty()) continue;
      const PackingItem::Terms& terms = item.terms[original_type_[t]];
      if (terms.incarnation == PackingItem::Terms::kNever) continue;
      tolls_[t * items.size() + i] = terms.cost;
      costliest = std::max(costliest, terms.cost);
    }
  }
  while (costliest <= (int64_t{1} << 45) / scale && scale < (int64_t{1} << 40)) scale *= 2;
  for (int64_t& toll : tolls_) toll *= scale;
}

int64_t Core::highest_toll(int32_t item) const {
  int64_t most = 0;
  for (int32_t t = 0; t < static_cast<int32_t>(types.size()); ++t) {
    most = std::max(most, toll(t, item));
  }
  return most;
}

int64_t Core::TollsOf(int32_t type, const Loads& loads) const {
  int64_t tolls = 0;
  if (tolls_.empty()) return tolls;
  for (const Load& load : loads) tolls += toll(type, item_of[load.choice]) / scale * load.count;
  return tolls;
}

// Hands the items of the problem out, bin by bin, where the core knows only what they have in
// common.
class Core::Dealer {
 public:
  explicit Dealer(const Core& core) : core_(core), member_(core.items.size(), 0) {
    for (const auto& members : core.members_) left_.push_back(members.front().demand);
  }
  // At most `most` bins alike, at least one; says how many.
  int64_t Deal(const Bins& group, int64_t most, std::vector<PackedBins::Load>& out) {
    const int64_t alike = Alike(group.loads, most);
    for (const Load& load : group.loads) {
      const int32_t i = core_.item_of[load.choice];
      for (int64_t need = load.count * alike; need > 0;) {
        const Member& m = Current(i);
        const int64_t taken = std::min(need, left_[i]);
        out.push_back({m.item, m.incarnations[load.choice - core_.items[i].first], taken / alike});
        left_[i] -= taken;
        need -= taken;
      }
    }
    return alike;
  }

 private:
  const Member& Current(int32_t i) {
    if (left_[i] == 0) left_[i] = core_.members_[i][++member_[i]].demand;
    return core_.members_[i][member_[i]];
  }
  // More than one only where no member runs out.
  int64_t Alike(const Loads& loads, int64_t most) {
    for (size_t l = 0; l < loads.size();) {
      const int32_t i = core_.item_of[loads[l].choice];
      int64_t each = 0;
      for (; l < loads.size() && core_.item_of[loads[l].choice] == i; ++l) each += loads[l].count;
      Current(i);
      most = std::min(most, left_[i] / each);
    }
    return std::max<int64_t>(most, 1);
  }

  const Core& core_;
  std::vector<size_t> member_;
  std::vector<int64_t> left_;  // of the current member
};

void Core::AddSizeless(PackingSolution& solution) const {
  if (solution.bins.empty()) {
    const auto cheapest = std::min_element(
        types.begin(), types.end(), [](const Type& a, const Type& b) { return a.cost < b.cost; });
    solution.cost = cheapest->cost;
    solution.bins.push_back({original_type_[cheapest - types.begin()], 1, {}});
  }
  if (solution.bins.front().count > 1) {
    PackedBins one = solution.bins.front();
    one.count = 1;
    --solution.bins.front().count;
    solution.bins.insert(solution.bins.begin(), std::move(one));
  }
  for (const Member& m : sizeless_) {
    solution.bins.front().loads.push_back({m.item, m.incarnations.front(), m.demand});
  }
}

std::vector<Bins> Core::Read(const PackingSolution& solution) const {
  std::vector<int32_t> type_of(problem_.bins.size(), -1);
  for (size_t t = 0; t < types.size(); ++t) {
    type_of[static_cast<size_t>(original_type_[t])] = static_cast<int32_t>(t);
  }
  std::map<std::pair<int32_t, int32_t>, int32_t> choice_of;  // by item and incarnation
  for (size_t i = 0; i < items.size(); ++i) {
    for (const Member& m : members_[i]) {
      for (size_t n = 0; n < m.incarnations.size(); ++n) {
        choice_of[{m.item, m.incarnations[n]}] = items[i].first + static_cast<int32_t>(n);
      }
    }
  }
  std::vector<Bins> bins;
  for (const PackedBins& packed : solution.bins) {
    Bins group{type_of[static_cast<size_t>(packed.type)], packed.count, {}};
    if (group.type < 0) continue;
    for (const PackedBins::Load& load : packed.loads) {
      const auto choice = choice_of.find({load.item, load.incarnation});
      if (choice != choice_of.end()) group.loads.push_back({choice->second, load.per_bin});
    }
    Merge(group.loads);
    if (!group.loads.empty()) bins.push_back(std::move(group));
  }
  return bins;
}

PackingSolution Core::Translate(const std::vector<Bins>& bins) const {
  PackingSolution solution;
  Dealer dealer(*this);
  for (const Bins& group : bins) {
    solution.cost += CostOf(group.type, group.loads) * group.count;
    for (int64_t todo = group.count; todo > 0;) {
      PackedBins packed{original_type_[group.type], 0, {}};
      packed.count = dealer.Deal(group, todo, packed.loads);
      todo -= packed.count;
      solution.bins.push_back(std::move(packed));
    }
  }
  if (!sizeless_.empty()) AddSizeless(solution);
  for (PackedBins& packed : solution.bins) {
    std::sort(packed.loads.begin(), packed.loads.end(), [](const auto& a, const auto& b) {
      return std::tie(a.item, a.incarnation) < std::tie(b.item, b.incarnation);
    });
  }
  return solution;
}

}  // namespace stowage::scheduler::packing
