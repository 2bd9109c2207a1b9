#include "scheduler/solvers/gap/fills.h"

#include <algorithm>
#include <numeric>

namespace stowage::scheduler::gap {
namespace {

constexpr int64_t kMostPairs = 20'000, kMostHeld = 20;
constexpr int kNear = 12;
constexpr int64_t kFirstCases = 20, kProofCases = 600, kDiveCases = 12;
constexpr int64_t kMissing = 6;  // what an item that is left out costs, in its worths
constexpr int kMostRounds = 60;
constexpr int kLookBack = 4;  // rounds
constexpr double kClose = 0.008;
constexpr double kSlow = 7e-4;  // that gained no more than this part are the last
constexpr int kFirstDiveRounds = 12, kDiveRounds = 2;
constexpr int32_t kPart = 8;  // one in so many agents is fixed at a time
constexpr double kGrow = 1.03;
constexpr double kMost = 40, kFirstWish = 12, kRepairWish = 25, kHope = 1e-6;
constexpr int kMostPatterns = 12;  // of an agent, that dives begin with

}  // namespace

bool Fills::Suits(const GapInstance& g) {
  return Fill::Suits(g) && static_cast<int64_t>(g.classes) * g.agents <= kMostPairs &&
         g.items <= kMostHeld * g.agents;
}

Fills::Fills(const GapInstance& instance, const std::vector<double>& prices, Rng rng)
    : g_(instance),
      rng_(rng),
      fill_(g_),
      near_width_(std::min(kNear, static_cast<int>(g_.agents))),
      cases_(kFirstCases),
      at_(g_.agents),
      left_(g_.counts),
      missing_(g_.items),
      wish_(kFirstWish) {
  near_.resize(static_cast<size_t>(g_.classes) * near_width_), near_count_.resize(g_.classes);
  std::vector<int64_t> worth;
  std::vector<std::pair<double, int32_t>> values;
  const auto scale = static_cast<double>(int64_t{1} << fill_.shift());
  for (int32_t k = 0; k < g_.classes; ++k) {
    values.clear();
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (!g_.Allowed(k, j)) continue;
      double value = static_cast<double>(g_.Cost(k, j));
      for (int32_t r = 0; r < g_.resources; ++r) {
        value += prices[j * g_.resources + r] * static_cast<double>(g_.Sizes(k, j)[r]);
      }
      values.emplace_back(value, j);
    }
    std::sort(values.begin(), values.end());
    near_count_[k] = std::min<int32_t>(near_width_, static_cast<int32_t>(values.size()));
    for (int32_t i = 0; i < near_count_[k]; ++i) near_[k * near_width_ + i] = values[i].second;
    const auto most = static_cast<double>(fill_.most_worth());
    worth.push_back(static_cast<int64_t>(std::min(values[0].first * scale, most)));
  }
  std::vector<int32_t> agents(g_.agents);
  std::iota(agents.begin(), agents.end(), 0);
  for (int64_t w : worth) penalty_.push_back(kMissing * ((w >> fill_.shift()) + 1));
  root_.emplace(g_, &fill_, g_.counts, agents, worth, penalty_);
}

int64_t Fills::CostOf(int32_t j, const Loads& loads) const {
  int64_t cost = 0;
  for (const auto& [k, count] : loads) cost += g_.Cost(k, j) * count;
  return cost;
}

void Fills::Offer(const std::vector<GapShare>& shares) {
  std::vector<Loads> at(g_.agents);
  for (const GapShare& share : shares) at[share.j].emplace_back(share.k, share.count);
  int64_t cost = 0;
  for (int32_t j = 0; j < g_.agents; ++j) {
    std::sort(at[j].begin(), at[j].end());
    cost += CostOf(j, at[j]);
    root_->Add({j, at[j]});
  }
  if (found_ && cost >= best_cost_) return;
  at_ = at, left_.assign(g_.classes, 0);
  NoteBest();
  dive_.reset();
}

std::vector<GapShare> Fills::best() const {
  std::vector<GapShare> shares;
  for (int32_t j = 0; j < g_.agents; ++j) {
    for (const auto& [k, count] : best_[j]) shares.push_back({k, j, count});
  }
  std::sort(shares.begin(), shares.end(), [](const GapShare& a, const GapShare& b) {
    return a.k != b.k ? a.k < b.k : a.j < b.j;
  });
  return shares;
}

// What stands has changed.
void Fills::NoteBest() {
  int64_t cost = 0;
  for (int32_t j = 0; j < g_.agents; ++j) cost += CostOf(j, at_[j]);
  missing_ = std::accumulate(left_.begin(), left_.end(), int64_t{0});
  if (missing_ > 0 || (found_ && cost >= best_cost_)) return;
  found_ = true, best_cost_ = cost, best_ = at_;
}

// The relaxation until it is close to its bound; then the bound with more cases.
void Fills::PriceRoot(int64_t* work) {
  if (root_->Step(cases_, work)) return;
  if (stage_ == Stage::kProof) {
    stage_ = Stage::kDives;
    return;
  }
  relaxed_.push_back(root_->relaxed());
  const size_t n = relaxed_.size();
  const double now = relaxed_.back();
  const bool close = now - static_cast<double>(root_->bound()) < kClose * now;
  const bool slow = n > kLookBack && now > (1 - kSlow) * relaxed_[n - 1 - kLookBack];
  if ((slow && close) || root_->idle() || root_->rounds() >= kMostRounds) {
    stage_ = Stage::kProof, cases_ = kProofCases;
    root_->Prove();
  }
}

int32_t Fills::Neighbour(int32_t k) {
  const auto count = static_cast<uint64_t>(near_count_[k]);
  return near_[k * near_width_ +
               static_cast<int32_t>(std::min(rng_.Below(count), rng_.Below(count)))];
}

// Agents that have items to exchange.
void Fills::ChooseMembers() {
  const double mean = missing_ > 0 ? std::max(wish_, kRepairWish) : wish_;
  const auto low = static_cast<int64_t>(mean / 2), high = static_cast<int64_t>(mean * 3 / 2);
  const auto wish = static_cast<size_t>(std::min<int64_t>(g_.agents, rng_.Between(low, high)));
  members_.clear();
  const auto join = [&](int32_t j) {
    if (std::find(members_.begin(), members_.end(), j) == members_.end()) members_.push_back(j);
  };
  for (int32_t k = 0; k < g_.classes; ++k) {
    for (int n = 0; left_[k] > 0 && n < 3; ++n) join(Neighbour(k));
  }
  if (members_.empty()) members_.push_back(static_cast<int32_t>(rng_.Below(g_.agents)));
  for (size_t tries = 0; members_.size() < wish && tries < 20 * wish; ++tries) {
    const Loads& loads = at_[members_[rng_.Below(members_.size())]];
    if (loads.empty()) {
      join(static_cast<int32_t>(rng_.Below(g_.agents)));
    } else {
      join(Neighbour(loads[rng_.Below(loads.size())].first));
    }
  }
  std::sort(members_.begin(), members_.end());
}

void Fills::OpenDive() {
  std::vector<int64_t> left = left_;
  if (dives_ == 0) {
    members_.resize(g_.agents);
    std::iota(members_.begin(), members_.end(), 0);
    left = g_.counts;
  } else {
    ChooseMembers();
    for (int32_t j : members_) {
      for (const auto& [k, count] : at_[j]) left[k] += count;
    }
  }
  dive_.emplace(g_, &fill_, left, members_, root_->worth(), penalty_);
  dive_->PriceByMaster();
  rounds_ = 0;
  for (int32_t j : members_) dive_->Add({j, at_[j]});
  // Of each agent those that the root's master likes best.
  std::vector<std::pair<int64_t, size_t>> order;
  for (size_t p = 0; p < root_->patterns().size(); ++p) {
    order.emplace_back(root_->ReducedCost(root_->patterns()[p]), p);
  }
  std::sort(order.begin(), order.end());
  std::vector<int> added(g_.agents, 0);
  for (const auto& [cost, p] : order) {
    const auto& pattern = root_->patterns()[p];
    if (added[pattern.j] < kMostPatterns) added[pattern.j] += dive_->Add(pattern);
  }
}

void Fills::StepDive(int64_t* work) {
  if (!dive_) OpenDive();
  if (dive_->Step(kDiveCases, work)) return;
  const bool first = dive_->fixed().empty();
  if (++rounds_ < (first ? kFirstDiveRounds : kDiveRounds) && !dive_->idle()) return;
  rounds_ = 0;
  if (dive_->idle() && Hopeless()) return CloseDive();
  const int most = std::max(1, dive_->open() / kPart);
  if (dive_->open() == 0 || !dive_->Fix(most, work)) CloseDive();
}

// What the items of the dive's agents cost, and those that are missing.
int64_t Fills::KnownCost() const {
  int64_t cost = 0;
  for (int32_t j : members_) cost += CostOf(j, at_[j]);
  for (int32_t k = 0; k < g_.classes; ++k) cost += left_[k] * penalty_[k];
  return cost;
}

int64_t Fills::DiveCost() const {
  int64_t cost = 0;
  for (const auto& pattern : dive_->fixed()) cost += CostOf(pattern.j, pattern.loads);
  return cost;
}

// The relaxation says that nothing is to be gained.
bool Fills::Hopeless() {
  const auto known = static_cast<double>(KnownCost());
  const double hope = static_cast<double>(DiveCost()) + dive_->relaxed();
  if (known - hope > kHope * known) return false;
  wish_ = std::min(wish_ * kGrow, kMost);
  return true;
}

void Fills::CloseDive() {
  int64_t cost = DiveCost();
  for (int32_t k = 0; k < g_.classes; ++k) cost += dive_->left()[k] * penalty_[k];
  ++dives_;
  if (cost < KnownCost()) {
    for (int32_t j : members_) at_[j].clear();
    for (const auto& pattern : dive_->fixed()) at_[pattern.j] = pattern.loads;
    left_ = dive_->left();
    NoteBest();
  }
  dive_.reset();
}

int64_t Fills::Step() {
  int64_t work = 1;
  if (stage_ != Stage::kDives) {
    PriceRoot(&work);
  } else {
    StepDive(&work);
  }
  return work;
}

}  // namespace stowage::scheduler::gap
