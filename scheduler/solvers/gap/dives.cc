#include "scheduler/solvers/gap/dives.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace stowage::scheduler::gap {
namespace {

constexpr int kWholeAtFirst = 2;
constexpr int32_t kFewest = 6, kMost = 30;       // agents of a dive over some
constexpr double kMildest = 0.5, kSpread = 0.5;  // temperatures, in units

// More where more resources have to fit at once.
size_t SubsetsFor(int32_t resources) {
  return resources == 1 ? 1'000 : resources == 2 ? 3'000 : resources == 3 ? 10'000 : 30'000;
}

}  // namespace

Dives::Dives(const GapInstance& instance, const std::vector<double>& prices, double unit, Rng rng)
    : g_(instance), prices_(prices), unit_(unit), rng_(rng), order_(g_.agents) {
  std::iota(order_.begin(), order_.end(), 0);
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

void Dives::ChooseMembers() {
  const int32_t most = std::min(kMost, g_.agents), fewest = std::min(kFewest, most);
  const auto wish = static_cast<std::ptrdiff_t>(rng_.Between(fewest, most));
  members_.assign(order_.end() - wish, order_.end());
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
                Dive::Options{.temperature = temperature, .subsets = SubsetsFor(g_.resources)});
}

// Takes what was found if it is better.
void Dives::Close() {
  whole_ += All();
  const int64_t known = All() ? cost_ : members_cost_;
  if (dive_->found() && (at_.empty() || dive_->cost() < known)) {
    std::vector<int32_t> at = at_;
    at.resize(g_.classes);
    for (size_t i = 0; i < items_.size(); ++i) at[items_[i]] = members_[dive_->at()[i]];
    ++gains_, idle_ = 0;
    Take(at);
    const size_t kept = order_.size() - members_.size();  // those chosen stand at the end
    for (size_t i = 0; i < members_.size(); ++i) order_[kept + i] = members_[dive_->filled()[i]];
  }
  dive_.reset();
}

int64_t Dives::Step() {
  int64_t work = 1;
  if (!dive_) Open();
  const bool more = dive_->Step(&work);
  idle_ += work;
  if (!more) Close();
  return work;
}

}  // namespace stowage::scheduler::gap
