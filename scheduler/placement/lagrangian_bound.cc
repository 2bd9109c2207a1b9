#include "scheduler/placement/lagrangian_bound.h"

#include <algorithm>
#include <tuple>

namespace stowage::scheduler {
namespace {

constexpr int64_t kNotThere = -1;
constexpr int64_t kPriceMax = int64_t{1} << 60;
constexpr Wide kWideMax = static_cast<Wide>(~static_cast<unsigned __int128>(0) >> 1);

}  // namespace

LagrangianBound::LagrangianBound(const Instance& instance, const Rooms& rooms,
                                 const ShadowPrices& prices)
    : instance_(instance),
      rooms_(rooms),
      each_(rooms.size(), kNotThere),
      segments_(instance.tiers().size()),
      more_(instance.tiers().size(), 0) {
  for (size_t s = 0; s < rooms.size(); ++s) {
    std::vector<int64_t>& rate = rates_.emplace_back(rooms[s].charge);
    const RoomPrices* own = rooms.PricesOf(prices, s);
    for (size_t r = 0; own != nullptr && r < std::min(rate.size(), own->of.size()); ++r) {
      rate[r] += std::clamp<int64_t>(own->of[r].nano, 0, kPriceMax);
    }
  }
  Price();
  PriceQuotas(prices);
}

// What all quotas leave is worth, rounded up.
void LagrangianBound::PriceQuotas(const ShadowPrices& prices) {
  for (size_t row = 0; row < rooms_.quotas().size(); ++row) {
    const QuotaRows::Row& of = rooms_.quotas()[row];
    quota_prices_.push_back(std::clamp<int64_t>(rooms_.QuotaPriceOf(prices, row), 0, kPriceMax));
    room_value_ +=
        CeilShift(static_cast<Wide>(of.room) * quota_prices_[row], rooms_.shift(of.resource));
    unusable_ = unusable_ || room_value_ > Wide{kMaxBill.nano} * 16;
  }
}

// By room and resource. A rate that is cut only makes pods cheaper.
const std::vector<std::vector<int64_t>>& LagrangianBound::RatesOf(size_t k) {
  const std::vector<int32_t>& rows = rooms_.quotas().Of(k);
  if (rows.empty()) return rates_;
  const auto [of, fresh] = quota_rates_.try_emplace(rows);
  if (!fresh) return of->second;
  of->second = rates_;
  for (const int32_t row : rows) {
    const QuotaRows::Row& quota = rooms_.quotas()[static_cast<size_t>(row)];
    const int64_t price = quota_prices_[static_cast<size_t>(row)];
    for (size_t s = 0; s < rooms_.size() && price > 0; ++s) {
      if (quota.in_cluster[static_cast<size_t>(rooms_[s].j)] == 0) continue;
      int64_t& rate = of->second[s][quota.resource];
      rate = static_cast<int64_t>(std::min<Wide>(Wide{rate} + price, 2 * kPriceMax));
    }
  }
  return of->second;
}

// The value of all capacity, rounded up.
void LagrangianBound::Price() {
  for (size_t s = 0; s < rooms_.size() && !unusable_; ++s) {
    const Room& room = rooms_[s];
    Wide value = 0;
    for (size_t r = 0; r < rooms_.resources(); ++r) {
      const int64_t price = rates_[s][r] - room.charge[r];
      const Wide amount = room.Opens() ? Wide{room.node[r]} : room.capacity[r];
      if (price <= 0 || amount <= 0) continue;
      if (amount > kWideMax / price / 2) {
        unusable_ = true;
        return;
      }
      value += CeilShift(amount * price, rooms_.shift(r));
    }
    if (room.Opens()) value = std::max<Wide>(0, value - room.node_hour.nano) * room.nodes;
    room_value_ += value;
    unusable_ = room_value_ > Wide{kMaxBill.nano} * 16;
  }
}

bool LagrangianBound::Step(Work& work) {
  for (size_t t = 0; t < segments_.size(); ++t) {
    for (; next_class_ < instance_.tiers()[t].end; ++next_class_) {
      if (work.over()) return false;
      found_.clear();
      PriceClass(t, next_class_, work);
      segments_[t].insert(segments_[t].end(), found_.begin(), found_.end());
    }
  }
  return true;
}

void LagrangianBound::PriceClass(size_t tier, size_t k, Work& work) {
  if (rooms_.Hopeless(k)) return;
  work.Spend(1 + static_cast<int64_t>(rooms_.size()) / 16);
  const bool varied = !instance_.classes()[k]->demand_in.empty();
  const Amounts* demand = &instance_.classes()[k]->demand;
  const std::vector<std::vector<int64_t>>& rates = RatesOf(k);
  for (size_t s = 0; s < rooms_.size(); ++s) {
    each_[s] = kNotThere;
    if (!rooms_.Admits(k, s)) continue;
    if (varied) demand = &instance_.DemandOf(k, rooms_[s].j);
    Wide each = rooms_.FixedCost(k, s);
    const std::vector<int64_t>& rate = rates[s];
    for (size_t r = 0; r < std::min(demand->size(), rate.size()); ++r) {
      each += (static_cast<Wide>(rate[r]) * (*demand)[r]) >> rooms_.shift(r);
    }
    each_[s] = static_cast<int64_t>(std::min<Wide>(each, kMaxBill.nano));
  }
  const int64_t count = instance_.classes()[k]->count;
  if (const SpreadDomains* spread = rooms_.SpreadOf(k)) {
    FillDomains(tier, *spread, count);
  } else {
    FillRooms(k, count, work);
  }
}

void LagrangianBound::FillDomains(size_t tier, const SpreadDomains& spread, int64_t count) {
  domains_.clear();
  bool levels = spread.levels;
  const int64_t all = count;
  for (size_t d = 0; d < spread.rooms.size(); ++d) {
    int64_t least = kNotThere;
    for (const int32_t s : spread.rooms[d]) {
      if (each_[s] >= 0 && (least < 0 || each_[s] < least)) least = each_[s];
    }
    levels = levels && (least >= 0 || spread.must[d] == 0);
    if (least < 0) continue;
    found_.push_back({least, spread.most});
    domains_.push_back({least, spread.must[d] != 0});
  }
  std::sort(found_.begin(), found_.end(), [](const Segment& a, const Segment& b) {
    return std::tie(a.each, a.pods) < std::tie(b.each, b.pods);
  });
  Wide cost = 0, at_level = 0;
  for (Segment& s : found_) {
    s.pods = std::min(s.pods, count);
    count -= s.pods;
    cost += static_cast<Wide>(s.each) * s.pods;
  }
  if (levels && count == 0 && SpreadAtBestLevel(domains_, all, spread.max_skew, &at_level)) {
    more_[tier] += std::max<Wide>(0, at_level - cost);
  }
}

void LagrangianBound::FillRooms(size_t k, int64_t count, Work& work) {
  while (count > 0) {
    size_t best = rooms_.size();
    for (size_t s = 0; s < rooms_.size(); ++s) {
      if (each_[s] >= 0 && (best == rooms_.size() || each_[s] < each_[best])) best = s;
    }
    if (best == rooms_.size()) return;
    const int64_t pods = rooms_.Fit(k, best, count);
    work.Spend(1 + static_cast<int64_t>(rooms_.size()) / 64);
    if (pods > 0) found_.push_back({each_[best], pods});
    count -= pods;
    each_[best] = kNotThere;
  }
}

Money LagrangianBound::CostOf(const std::vector<int64_t>& placed) const {
  if (unusable_) return {};
  Wide sum = -room_value_;
  for (size_t t = 0; t < segments_.size(); ++t) {
    int64_t pods = 0;
    for (const Segment& s : segments_[t]) pods += s.pods;
    std::vector<Segment> cheapest;
    if (placed[t] < pods) {
      cheapest = segments_[t];
      std::sort(cheapest.begin(), cheapest.end(), [](const Segment& a, const Segment& b) {
        return std::tie(a.each, a.pods) < std::tie(b.each, b.pods);
      });
    }
    int64_t left = placed[t];
    for (const Segment& s : placed[t] < pods ? cheapest : segments_[t]) {
      const int64_t take = std::min(left, s.pods);
      sum += static_cast<Wide>(s.each) * take;
      left -= take;
    }
    if (placed[t] == instance_.tiers()[t].pods) sum += more_[t];
  }
  return {static_cast<int64_t>(std::clamp<Wide>(sum, 0, kMaxBill.nano))};
}

}  // namespace stowage::scheduler
