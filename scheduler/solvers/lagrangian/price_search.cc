#include "scheduler/solvers/lagrangian/price_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::lagrangian {
namespace {

constexpr double kKeepMean = 0.9, kKeepSquare = 0.97, kAverage = 0.1;
constexpr int kLookEvery = 20;         // steps between looks at all rooms
constexpr int64_t kPairsPerUnit = 30;  // looked at in 100 ns
constexpr size_t kPairsOfPart = 200'000;
constexpr double kSpare = 3;          // candidates have room for so many times the pods
constexpr int kAveraged = 150;        // last steps that the shares are the mean of
constexpr double kLeastShare = 0.02;  // of a class
// What overload counts at most. A room that all of a crowd enters or leaves at once must not be
// held for emptier than it is on the average.
constexpr double kOverMax = 30;
constexpr double kPace = 0.1, kLeastPart = 0.05;  // of what resources pay of a node
constexpr size_t kOfDomain = 3;                   // candidates in each domain
constexpr size_t kManyPairs = 100'000;            // of classes and rooms: worth several threads
constexpr size_t kOfBlock = 256;                  // classes that one of them looks at

}  // namespace

PriceSearch::PriceSearch(const Tables& tables, std::vector<double> least, Parallel* parallel)
    : t_(tables), reduced_(tables), prices_(std::move(least)), parallel_(parallel) {
  // Money that all pods cost for all that they ask of a resource.
  std::vector<double> asked(t_.resources, 0);
  double money = 0;
  for (size_t k = 0; k < t_.classes; ++k) {
    double least = kNever;
    for (size_t s = 0; s < t_.rooms; ++s) least = std::min(least, t_.cost[k * t_.rooms + s]);
    if (least < kNever) money += t_.count[k] * least;
    for (size_t r = 0; r < t_.resources; ++r) asked[r] += t_.count[k] * t_.Demand(k, 0)[r];
  }
  for (size_t s = 0; s < t_.rooms; ++s) {
    for (size_t r = 0; r < t_.resources; ++r) {
      unit_.push_back(asked[r] > 0 ? std::max(money, 1.0) / asked[r] : 0);
    }
  }
  for (size_t row = 0; row < t_.quotas; ++row) {
    const size_t r = t_.quota_resource[row];
    unit_.push_back(asked[r] > 0 ? std::max(money, 1.0) / asked[r] : 0);
  }
  average_ = best_prices_ = prices_;
  SharePools();
  load_.assign(prices_.size(), 0), mean_ = square_ = load_;
  candidate_.assign(t_.classes * kWidth, -1);
  candidate_cost_.assign(t_.classes * kWidth, kNever);
  many_.resize(t_.classes);
  sums_.resize(t_.classes);
  if (parallel_ == nullptr || t_.classes * t_.rooms < kManyPairs) return;
  for (size_t k = 0; k < t_.classes; k += kOfBlock) {
    const size_t end = std::min(k + kOfBlock, t_.classes);
    blocks_.push_back({k, end, {}, {}, std::vector<double>(end - k, 0)});
  }
}

// At first the resources that all pods together would need most nodes for pay for them, by half of
// what the first of them does at least.
void PriceSearch::SharePools() {
  scarce_.assign(t_.rooms, 1);
  part_.assign(t_.rooms * t_.resources, 0);
  for (size_t s = 0; s < t_.rooms; ++s) {
    if (!t_.Pool(s) || t_.nodes[s] <= 0) continue;
    double most = 0, sum = 0;
    for (size_t r = 0; r < t_.resources; ++r) {
      const size_t at = s * t_.resources + r;
      if (t_.capacity[at] > 0 && unit_[at] > 0) part_[at] = 1 / (unit_[at] * t_.capacity[at]);
      most = std::max(most, part_[at]);
    }
    for (size_t r = 0; r < t_.resources; ++r) {
      double& part = part_[s * t_.resources + r];
      if (part < most / 2) part = 0;
      sum += part;
    }
    for (size_t r = 0; r < t_.resources && sum > 0; ++r) part_[s * t_.resources + r] /= sum;
  }
}

// Of all steps that are summed up.
double PriceSearch::Asked(size_t k) const { return t_.count[k] * std::min(kAveraged, steps_); }

void PriceSearch::Begin(double first, double last, int steps) {
  step_ = first;
  decay_ = gap::Exp(gap::Ln(last / first) / std::max(steps, 1));
  steps_ = steps, at_ = 0;
  looked_ = looking_ = false;
}

void PriceSearch::FindCandidates(size_t k, Scratch& scratch) {
  const std::vector<double>& reduced = scratch.reduced;
  reduced_.Find(k, &scratch.reduced);
  if (t_.spread[k] != nullptr) return FindInDomains(k, reduced);
  if (t_.per_node[k] != kNever) return FindMany(k, reduced);
  std::array<double, kWidth> value;
  value.fill(kNever);
  int32_t* found = candidate_.data() + k * kWidth;
  std::fill(found, found + kWidth, -1);
  int last = 0;  // the first free place, or the last
  for (size_t s = 0; s < t_.rooms; ++s) {
    const double v = reduced[s];
    if (v >= value[kWidth - 1]) continue;
    int at = last;
    for (; at > 0 && v < value[at - 1]; --at) value[at] = value[at - 1], found[at] = found[at - 1];
    value[at] = v, found[at] = static_cast<int32_t>(s);
    last = std::min(last + 1, kWidth - 1);
  }
  for (int i = 0; i < kWidth && found[i] >= 0; ++i) {
    candidate_cost_[k * kWidth + i] = t_.cost[k * t_.rooms + found[i]];
  }
}

// Rooms for some times as many pods as there are, where each takes a few only. A node is not opened
// for one pod: such classes use pools where nothing else is left.
void PriceSearch::FindMany(size_t k, const std::vector<double>& reduced) {
  std::vector<std::pair<double, int32_t>> order;
  for (size_t s = 0; s < t_.rooms; ++s) {
    if (reduced[s] == kNever || t_.Pool(s)) continue;
    order.emplace_back(reduced[s], static_cast<int32_t>(s));
  }
  std::sort(order.begin(), order.end());
  many_[k].clear();
  double room = 0;
  for (const auto& [value, s] : order) {
    if (many_[k].size() >= kWidth && room > kSpare * t_.count[k]) break;
    many_[k].push_back(s);
    room += t_.per_node[k] * t_.nodes[static_cast<size_t>(s)];
  }
}

// The best few of each domain, -1 where there are fewer.
void PriceSearch::FindInDomains(size_t k, const std::vector<double>& reduced) {
  many_[k].clear();
  std::vector<std::pair<double, int32_t>> order;
  for (const std::vector<int32_t>& rooms : t_.spread[k]->rooms) {
    order.clear();
    for (const int32_t s : rooms) {
      const auto room = static_cast<size_t>(s);
      if (reduced[room] != kNever && !t_.Pool(room)) order.emplace_back(reduced[room], s);
    }
    const size_t keep = std::min<size_t>(order.size(), kOfDomain);
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(keep), order.end());
    for (size_t i = 0; i < kOfDomain; ++i) {
      many_[k].push_back(i < keep ? order[i].second : -1);
    }
  }
}

double PriceSearch::Look(const std::vector<double>& prices) {
  BeginLook(prices);
  while (LookOn() > 0) continue;
  return EndLook(prices);
}

void PriceSearch::BeginLook(const std::vector<double>& prices) {
  reduced_.SetPrices(prices);
  look_next_ = 0;
}

int64_t PriceSearch::LookOn() {
  const size_t rooms = std::max<size_t>(t_.rooms, 1);
  const size_t part = blocks_.empty() ? kPairsOfPart / rooms + 1 : t_.classes;
  const size_t end = std::min(t_.classes, look_next_ + part);
  const auto pairs = static_cast<int64_t>((end - look_next_) * rooms);
  if (end == look_next_) return 0;
  if (blocks_.empty()) {
    for (size_t k = look_next_; k < end; ++k) FindCandidates(k, scratch_);
  } else {
    parallel_->Run(blocks_.size(), [this](size_t b) {
      for (size_t k = blocks_[b].begin; k < blocks_[b].end; ++k) {
        FindCandidates(k, blocks_[b].scratch);
      }
    });
  }
  look_next_ = end;
  return 1 + pairs / kPairsPerUnit;
}

double PriceSearch::EndLook(const std::vector<double>& prices) {
  const double value = Choose(prices, nullptr) - Worth(prices);
  if (value > best_) best_ = value, best_prices_ = prices;
  return value;
}

// What all capacity is worth at the prices.
double PriceSearch::Worth(const std::vector<double>& prices) const {
  double worth = 0;
  for (size_t s = 0; s < t_.rooms; ++s) {
    double room = 0;
    for (size_t r = 0; r < t_.resources; ++r) {
      room += prices[s * t_.resources + r] * t_.capacity[s * t_.resources + r];
    }
    worth += t_.Pool(s) ? std::max(0.0, room - t_.node_hour[s] * t_.nodes[s]) : room;
  }
  for (size_t row = 0; row < t_.quotas; ++row) {
    worth += prices[t_.PriceOfQuota(row)] * t_.quota_room[row];
  }
  return worth;
}

void PriceSearch::Add(size_t k, size_t s, double pods, Scratch& scratch) {
  const RoomShare share{static_cast<int32_t>(k), static_cast<int32_t>(s), pods};
  if (scratch.later != nullptr) return scratch.later->push_back(share);
  const double* demand = t_.Demand(k, s);
  for (size_t r = 0; r < t_.resources; ++r) load_[s * t_.resources + r] += pods * demand[r];
  for (size_t i = 0; t_.quotas > 0 && i < t_.quotas_of[k].size(); ++i) {
    const auto row = static_cast<size_t>(t_.quotas_of[k][i]);
    if (t_.Covered(row, s)) load_[t_.PriceOfQuota(row)] += pods * demand[t_.quota_resource[row]];
  }
  if (scratch.shares != nullptr) scratch.shares->push_back(share);
}

double PriceSearch::Choose(const std::vector<double>& prices, std::vector<RoomShare>* shares) {
  std::fill(load_.begin(), load_.end(), 0);
  if (!blocks_.empty()) return ChooseInBlocks(prices, shares);
  scratch_.shares = shares;
  double value = 0;
  for (size_t k = 0; k < t_.classes; ++k) value += ChooseClass(k, prices, scratch_);
  return value;
}

// The sums are made in the order of the classes, as if one thread had done it all.
double PriceSearch::ChooseInBlocks(const std::vector<double>& prices,
                                   std::vector<RoomShare>* shares) {
  parallel_->Run(blocks_.size(), [&](size_t b) {
    Block& block = blocks_[b];
    block.taken.clear();
    block.scratch.later = &block.taken;
    for (size_t k = block.begin; k < block.end; ++k) {
      block.values[k - block.begin] = ChooseClass(k, prices, block.scratch);
    }
  });
  scratch_.shares = shares;
  double value = 0;
  for (const Block& block : blocks_) {
    for (const double v : block.values) value += v;
    for (const RoomShare& share : block.taken) {
      Add(static_cast<size_t>(share.k), static_cast<size_t>(share.s), share.pods, scratch_);
    }
  }
  return value;
}

double PriceSearch::ChooseClass(size_t k, const std::vector<double>& prices, Scratch& scratch) {
  if (t_.spread[k] != nullptr) return ChooseDomains(k, prices, scratch);
  if (t_.per_node[k] != kNever) return ChooseMany(k, prices, scratch);
  const int32_t* candidates = Candidates(k);
  const double* cost = candidate_cost_.data() + k * kWidth;
  std::array<double, kWidth> value;
  int size = 0, best = 0;
  for (; size < kWidth && candidates[size] >= 0; ++size) {
    value[size] = Reduced(cost[size], k, static_cast<size_t>(candidates[size]), prices);
    if (value[size] < value[best]) best = size;
  }
  double left = t_.count[k], sum = 0;
  while (size > 0 && value[best] < t_.ceiling[k]) {
    const auto s = static_cast<size_t>(candidates[best]);
    const double pods = HoldsAll(k, s, left) ? left : std::min(left, Holds(k, s));
    Add(k, s, pods, scratch);
    sum += pods * value[best];
    left -= pods;
    if (left <= 0) return sum;
    value[best] = kNever;
    best = static_cast<int>(std::min_element(value.begin(), value.begin() + size) - value.begin());
  }
  return sum + left * t_.ceiling[k];
}

// The usual case, without a division.
bool PriceSearch::HoldsAll(size_t k, size_t s, double pods) const {
  const double* demand = t_.Demand(k, s);
  for (size_t r = 0; r < t_.resources; ++r) {
    if (demand[r] * pods > t_.capacity[s * t_.resources + r]) return false;
  }
  return true;
}

double PriceSearch::Holds(size_t k, size_t s) const {
  double pods = kNever;
  const double* demand = t_.Demand(k, s);
  for (size_t r = 0; r < t_.resources; ++r) {
    if (demand[r] > 0) pods = std::min(pods, t_.capacity[s * t_.resources + r] / demand[r]);
  }
  return pods;
}

// Takes the cheapest in turn, as much as each has, and gives the rest up.
double PriceSearch::Take(size_t k, Scratch& scratch) {
  std::sort(scratch.offers.begin(), scratch.offers.end(), [](const Offer& a, const Offer& b) {
    return std::tie(a.value, a.s) < std::tie(b.value, b.s);
  });
  double left = t_.count[k], sum = 0;
  for (const Offer& o : scratch.offers) {
    const double pods = std::min(left, o.pods);
    if (pods <= 0 || o.value >= t_.ceiling[k]) break;
    Add(k, static_cast<size_t>(o.s), pods, scratch);
    sum += pods * o.value;
    left -= pods;
  }
  return sum + left * t_.ceiling[k];
}

double PriceSearch::ChooseMany(size_t k, const std::vector<double>& prices, Scratch& scratch) {
  scratch.offers.clear();
  for (const int32_t s : many_[k]) {
    const auto room = static_cast<size_t>(s);
    scratch.offers.push_back({Reduced(k, room, prices), t_.per_node[k] * t_.nodes[room], s});
  }
  return Take(k, scratch);
}

// Where each domain has a room that is worth it.
bool PriceSearch::ChooseLevel(size_t k, const std::vector<double>& prices, Scratch& scratch) {
  const SpreadDomains& spread = *t_.spread[k];
  const int32_t* room = many_[k].data();
  scratch.domains.clear();
  for (size_t d = 0; d < spread.must.size(); ++d, room += kOfDomain) {
    DomainOffer<double> best{t_.ceiling[k], spread.must[d] != 0};
    for (size_t i = 0; i < kOfDomain && room[i] >= 0; ++i) {
      const double value = Reduced(k, static_cast<size_t>(room[i]), prices);
      if (value < best.each) best.each = value, best.s = room[i];
    }
    if (best.s < 0 && best.must) return false;
    if (best.s >= 0) scratch.domains.push_back(best);
  }
  double cost = 0;
  return SpreadAtBestLevel(scratch.domains, static_cast<int64_t>(t_.count[k]), spread.max_skew,
                           &cost);
}

double PriceSearch::ChooseDomains(size_t k, const std::vector<double>& prices, Scratch& scratch) {
  const SpreadDomains& spread = *t_.spread[k];
  if (spread.levels && ChooseLevel(k, prices, scratch)) {
    double sum = 0;
    for (const DomainOffer<double>& d : scratch.domains) {
      if (d.pods > 0) Add(k, static_cast<size_t>(d.s), static_cast<double>(d.pods), scratch);
      sum += d.each * static_cast<double>(d.pods);
    }
    return sum;
  }
  scratch.offers.clear();
  const std::vector<int32_t>& rooms = many_[k];
  for (size_t d = 0; d < rooms.size(); d += kOfDomain) {
    Offer best{kNever, static_cast<double>(t_.spread[k]->most), -1};
    for (size_t i = d; i < d + kOfDomain && rooms[i] >= 0; ++i) {
      const double value = Reduced(k, static_cast<size_t>(rooms[i]), prices);
      if (value < best.value) best.value = value, best.s = rooms[i];
    }
    if (best.s >= 0) scratch.offers.push_back(best);
  }
  return Take(k, scratch);
}

void PriceSearch::Collect() {
  for (const RoomShare& share : shares_) {
    std::vector<RoomShare>& of = sums_[share.k];
    const auto known =
        std::find_if(of.begin(), of.end(), [&](const RoomShare& o) { return o.s == share.s; });
    if (known == of.end()) {
      of.push_back(share);
    } else {
      known->pods += share.pods;
    }
  }
}

// Whole pods: what is left of the means after rounding goes to the largest of them.
std::vector<RoomShare> PriceSearch::Mean() const {
  std::vector<RoomShare> out;
  for (size_t k = 0; k < t_.classes; ++k) {
    std::vector<RoomShare> of = sums_[k];
    std::sort(of.begin(), of.end(), [](const RoomShare& a, const RoomShare& b) {
      return std::tie(b.pods, a.s) < std::tie(a.pods, b.s);
    });
    double all = 0, given = 0;
    for (const RoomShare& o : of) all += o.pods;
    if (all <= 0) continue;
    const double count = std::floor(t_.count[k] * std::min(1.0, all / Asked(k)) + 0.5);
    for (RoomShare& o : of) {
      const double part = o.pods / all;
      o.pods = part < kLeastShare ? 0 : std::floor(count * part);
      given += o.pods;
    }
    of.front().pods += count - given;
    for (const RoomShare& o : of) {
      if (o.pods > 0) out.push_back(o);
    }
  }
  return out;
}

int64_t PriceSearch::Step() {
  int64_t work = 1 + static_cast<int64_t>(t_.classes) * kWidth / kPairsPerUnit;
  if (!looked_ && (at_ % kLookEvery == 0 || at_ == steps_)) {
    if (!std::exchange(looking_, true)) BeginLook(average_);
    if (const int64_t part = LookOn(); part > 0) return part;
    EndLook(average_);
    looking_ = false;
    looked_ = true;
    return work;
  }
  if (at_ == steps_) return 1;
  shares_.clear();
  const bool late = at_ >= steps_ - kAveraged;
  Choose(prices_, late ? &shares_ : nullptr);
  if (late) Collect();
  Move();
  ++at_;
  looked_ = false;
  return work;
}

void PriceSearch::Move() {
  keep_mean_ *= kKeepMean, keep_square_ *= kKeepSquare;
  for (size_t s = 0; s < t_.rooms; ++s) {
    if (t_.Pool(s)) {
      MovePool(s);
      continue;
    }
    for (size_t r = 0; r < t_.resources; ++r) {
      const size_t at = s * t_.resources + r;
      const double have = std::max(t_.capacity[at], 1.0);
      prices_[at] = std::max(0.0, prices_[at] + unit_[at] * Direction(at, load_[at] / have - 1));
    }
  }
  MoveQuotas();
  for (size_t at = 0; at < prices_.size(); ++at) {
    average_[at] += kAverage * (prices_[at] - average_[at]);
  }
  step_ *= decay_;
}

void PriceSearch::MoveQuotas() {
  for (size_t row = 0; row < t_.quotas; ++row) {
    const size_t at = t_.PriceOfQuota(row);
    const double over = load_[at] / std::max(t_.quota_room[row], 1.0) - 1;
    prices_[at] = std::max(0.0, prices_[at] + unit_[at] * Direction(at, over));
  }
}

// A step after the mean of the overloads lately, in parts of their size.
double PriceSearch::Direction(size_t at, double over) {
  over = std::min(over, kOverMax);
  mean_[at] = kKeepMean * mean_[at] + (1 - kKeepMean) * over;
  square_[at] = kKeepSquare * square_[at] + (1 - kKeepSquare) * over * over;
  const double mean = mean_[at] / (1 - keep_mean_), square = square_[at] / (1 - keep_square_);
  return square > 0 ? step_ * mean / std::sqrt(square) : 0;
}

// Room on nodes that can be opened is worth what they cost, and more once all are wanted. What each
// resource pays of it shrinks where the others are asked for more, but never to nothing: all pods
// that want little else would come.
void PriceSearch::MovePool(size_t s) {
  const size_t first = s * t_.resources;
  double most = 0, sum = 0;
  for (size_t r = 0; r < t_.resources; ++r) {
    if (t_.capacity[first + r] > 0) {
      most = std::max(most, load_[first + r] / t_.capacity[first + r]);
    }
  }
  scarce_[s] = std::max(1.0, scarce_[s] + Direction(first, most - 1));
  const double pace = std::min(step_, kPace);
  for (size_t r = 0; r < t_.resources; ++r) {
    double& part = part_[first + r];
    if (part <= 0) continue;
    if (most > 0) part *= 1 + pace * (load_[first + r] / t_.capacity[first + r] / most - 1);
    part = std::max(part, kLeastPart);
    sum += part;
  }
  for (size_t r = 0; r < t_.resources && sum > 0; ++r) {
    double& part = part_[first + r];
    if (part <= 0) continue;
    part /= sum;
    const double node = t_.capacity[first + r] / std::max(t_.nodes[s], 1.0);
    prices_[first + r] = scarce_[s] * part * t_.node_hour[s] / node;
  }
}

}  // namespace stowage::scheduler::lagrangian
