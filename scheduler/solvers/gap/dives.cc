#include "scheduler/solvers/gap/dives.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace stowage::scheduler::gap {
namespace {

constexpr int kNear = 12;
constexpr int kWholeAtFirst = 2;
constexpr int32_t kFewest = 6, kMost = 30;       // agents of a dive over some
constexpr double kMildest = 0.8, kSpread = 0.8;  // temperatures, in units

}  // namespace

Dives::Dives(const GapInstance& instance, const std::vector<double>& prices, double unit, Rng rng)
    : g_(instance), prices_(prices), unit_(unit), rng_(rng) {
  FindNear();
}

// The agents where an item costs least at the prices.
void Dives::FindNear() {
  near_width_ = std::min(kNear, static_cast<int>(g_.agents));
  near_.assign(static_cast<size_t>(g_.classes) * near_width_, 0);
  near_count_.assign(g_.classes, 0);
  std::vector<double> value(g_.agents, 0);
  std::vector<int32_t> order;
  for (int32_t k = 0; k < g_.classes; ++k) {
    order.clear();
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (!g_.Allowed(k, j)) continue;
      value[j] = static_cast<double>(g_.Cost(k, j));
      for (int32_t r = 0; r < g_.resources; ++r) {
        value[j] += prices_[static_cast<size_t>(j) * g_.resources + r] *
                    static_cast<double>(g_.Sizes(k, j)[r]);
      }
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

void Dives::Start(const std::vector<int32_t>& at) {
  if (dive_ && !All()) dive_.reset();  // what its agents hold may be another
  Take(at);
}

void Dives::Take(const std::vector<int32_t>& at) {
  at_ = at, cost_ = 0;
  items_on_.assign(g_.agents, {});
  for (int32_t k = 0; k < g_.classes; ++k) {
    items_on_[at_[k]].push_back(k);
    cost_ += g_.Cost(k, at_[k]);
  }
}

// Where an item of agent `j` would rather, or almost as well, be.
int32_t Dives::Neighbour(int32_t j) {
  if (items_on_[j].empty()) return static_cast<int32_t>(rng_.Below(g_.agents));
  const int32_t k = items_on_[j][rng_.Below(items_on_[j].size())];
  const uint64_t draw = rng_.Next();
  const uint64_t least = std::min(draw & 0x3ff, (draw >> 10) & 0x3ff);
  const size_t rank = (least * static_cast<uint64_t>(near_count_[k])) >> 10;
  return near_[static_cast<size_t>(k) * near_width_ + rank];
}

void Dives::ChooseMembers() {
  const int32_t most = std::min(kMost, g_.agents), fewest = std::min(kFewest, most);
  const size_t wish = static_cast<size_t>(rng_.Between(fewest, most));
  members_ = {static_cast<int32_t>(rng_.Below(g_.agents))};
  for (size_t tries = 0; members_.size() < wish && tries < 20 * wish; ++tries) {
    const int32_t j = Neighbour(members_[rng_.Below(members_.size())]);
    if (std::find(members_.begin(), members_.end(), j) == members_.end()) members_.push_back(j);
  }
  std::sort(members_.begin(), members_.end());
}

void Dives::Open() {
  ++dives_;
  if (whole_ < kWholeAtFirst || at_.empty()) {
    members_.resize(g_.agents), items_.resize(g_.classes);
    std::iota(members_.begin(), members_.end(), 0);
    std::iota(items_.begin(), items_.end(), 0);
  } else {
    ChooseMembers();
    items_.clear(), members_cost_ = 0;
    for (int32_t j : members_) {
      items_.insert(items_.end(), items_on_[j].begin(), items_on_[j].end());
    }
    std::sort(items_.begin(), items_.end());
    for (int32_t k : items_) members_cost_ += g_.Cost(k, at_[k]);
  }
  std::vector<double> prices;
  for (int32_t j : members_) {
    const auto row = prices_.begin() + static_cast<std::ptrdiff_t>(j) * g_.resources;
    prices.insert(prices.end(), row, row + g_.resources);
  }
  part_.emplace(g_, items_, members_);
  const double temperature = unit_ * (kMildest + kSpread * rng_.Uniform());
  dive_.emplace(*part_, prices, rng_.Stream(std::to_string(dives_)),
                Dive::Options{.temperature = temperature});
}

// Takes what was found if it is better.
void Dives::Close() {
  whole_ += All();
  const int64_t known = All() ? cost_ : members_cost_;
  if (dive_->found() && (at_.empty() || dive_->cost() < known)) {
    std::vector<int32_t> at = at_;
    at.resize(g_.classes);
    for (size_t i = 0; i < items_.size(); ++i) at[items_[i]] = members_[dive_->at()[i]];
    Take(at);
  }
  dive_.reset();
}

int64_t Dives::Step() {
  int64_t work = 1;
  if (!dive_) Open();
  if (!dive_->Step(&work)) Close();
  return work;
}

}  // namespace stowage::scheduler::gap
