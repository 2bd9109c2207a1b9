#include "scheduler/solvers/gap/regions.h"

#include <algorithm>

namespace stowage::scheduler::gap {
namespace {

constexpr int kNear = 12;
constexpr int64_t kMostWork = 400'000;  // on one region
constexpr double kFirstWish = 4;

}  // namespace

Regions::Regions(const GapInstance& instance, const std::vector<double>& prices, Rng rng)
    : g_(instance),
      rng_(rng),
      rewards_(Branching::RewardsAt(g_, prices)),
      wish_(std::min<double>(kFirstWish, g_.agents)) {
  FindNear(prices);
}

// The agents where an item costs least at the prices.
void Regions::FindNear(const std::vector<double>& prices) {
  near_width_ = std::min(kNear, static_cast<int>(g_.agents));
  near_.assign(static_cast<size_t>(g_.classes) * near_width_, 0);
  near_count_.assign(g_.classes, 0);
  std::vector<double> value(g_.agents, 0);
  std::vector<int32_t> order;
  for (int32_t k = 0; k < g_.classes; ++k) {
    order.clear();
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (!g_.Allowed(k, j)) continue;
      value[j] =
          static_cast<double>(g_.Cost(k, j)) + prices[j] * static_cast<double>(g_.Sizes(k, j)[0]);
      order.push_back(j);
    }
    const size_t keep = std::min<size_t>(near_width_, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(keep), order.end(),
        [&](int32_t a, int32_t b) { return value[a] != value[b] ? value[a] < value[b] : a < b; });
    std::copy_n(order.begin(), keep, &near_[static_cast<size_t>(k) * near_width_]);
    near_count_[k] = static_cast<int32_t>(keep);
  }
}

void Regions::Start(const std::vector<int32_t>& at) {
  at_ = at, cost_ = 0;
  items_on_.assign(g_.agents, {});
  for (int32_t k = 0; k < g_.classes; ++k) {
    items_on_[at_[k]].push_back(k);
    cost_ += g_.Cost(k, at_[k]);
  }
  search_.reset();
}

// Where an item of agent `j` would rather, or almost as well, be.
int32_t Regions::Neighbour(int32_t j) {
  if (items_on_[j].empty()) return static_cast<int32_t>(rng_.Below(g_.agents));
  const int32_t k = items_on_[j][rng_.Below(items_on_[j].size())];
  const uint64_t draw = rng_.Next();
  const uint64_t least = std::min({draw & 0x3ff, (draw >> 10) & 0x3ff, (draw >> 20) & 0x3ff});
  const size_t rank = (least * static_cast<uint64_t>(near_count_[k])) >> 10;
  return near_[static_cast<size_t>(k) * near_width_ + rank];
}

void Regions::ChooseMembers() {
  const size_t wish = std::clamp<size_t>(static_cast<size_t>(wish_ + rng_.Uniform()),
                                         std::min(2, g_.agents), g_.agents);
  members_ = {static_cast<int32_t>(rng_.Below(g_.agents))};
  for (size_t tries = 0; members_.size() < wish && tries < 20 * wish; ++tries) {
    const int32_t j = Neighbour(members_[rng_.Below(members_.size())]);
    if (std::find(members_.begin(), members_.end(), j) == members_.end()) members_.push_back(j);
  }
  std::sort(members_.begin(), members_.end());
}

void Regions::Open() {
  ChooseMembers();
  items_.clear();
  for (int32_t j : members_) items_.insert(items_.end(), items_on_[j].begin(), items_on_[j].end());
  std::sort(items_.begin(), items_.end());
  int64_t cost = 0;
  std::vector<double> rewards;
  for (int32_t k : items_) cost += g_.Cost(k, at_[k]), rewards.push_back(rewards_[k]);
  part_.emplace(g_, items_, members_);
  search_.emplace(*part_, rewards, Branching::Options{.staged = false});
  search_->Improve(cost);
  spent_ = 0;
}

// Takes what was found; regions grow while they are searched to the end.
void Regions::Finish(bool whole) {
  const auto most = static_cast<double>(g_.agents);
  if (!whole) {
    wish_ = std::max(2.0, wish_ - 0.2);
  } else if (spent_ < kMostWork / 4) {
    wish_ = std::min(most, wish_ + 0.15);
  }
  if (search_->found()) {
    for (int32_t j : members_) items_on_[j].clear();
    for (size_t i = 0; i < items_.size(); ++i) {
      const int32_t k = items_[i], j = members_[search_->best()[i]];
      cost_ += g_.Cost(k, j) - g_.Cost(k, at_[k]);
      at_[k] = j;
      items_on_[j].push_back(k);
    }
  }
  search_.reset();
}

int64_t Regions::Step() {
  int64_t work = 1;
  if (!search_) {
    Open();
    work += static_cast<int64_t>(items_.size() * members_.size()) / 10;
  }
  bool more = true;
  while (more && work < 2000) more = !items_.empty() && search_->Step(&work);
  spent_ += work;
  if (!more || spent_ > kMostWork) Finish(!more);
  return work;
}

}  // namespace stowage::scheduler::gap
