#include "scheduler/solvers/gap/dive.h"

#include <algorithm>
#include <numeric>

#include "scheduler/solvers/gap/prices.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int kFirstSteps = 60, kSteps = 4;  // of the prices
constexpr double kCold = 0.3;                // the agent's own temperature, in parts
constexpr double kWarmest = 4;               // temperature of the end, in those of the start
constexpr double kFirstScale = 10;           // in temperatures
constexpr double kMargin = 1.5, kKeepScale = 0.8;
constexpr size_t kMostOffers = 128;
constexpr int kTailSteps = 600, kTailSampled = 240;
constexpr int kMostTailRuns = 5, kTailRuns = 3;
constexpr int64_t kTailMoves = 100'000;

}  // namespace

bool Dive::Suits(const GapInstance& g) {
  return SoftPrices::Suits(g) && std::all_of(g.capacities.begin(), g.capacities.end(),
                                             [](int64_t c) { return c < int64_t{1} << 22; });
}

Dive::Dive(const GapInstance& instance, const std::vector<double>& prices, Rng rng, Options options)
    : g_(instance),
      options_(options),
      rng_(rng),
      soft_(g_, prices),
      fit_(g_.resources, options.subsets),
      order_(g_.agents),
      temperature_(options.temperature),
      steps_left_(kFirstSteps),
      scale_(kFirstScale * options.temperature),
      at_(g_.classes, -1) {
  soft_.SetTemperature(options.temperature);
  std::iota(order_.begin(), order_.end(), 0);
  for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[rng_.Below(i)]);
}

// What agent `j` takes: as the gains say, but for a subset of the offers.
bool Dive::Fit(int32_t j, const std::vector<double>& prices, std::vector<Offer>* offers,
               std::vector<int32_t>* held, int64_t* work) {
  std::vector<int64_t> room(g_.Capacities(j), g_.Capacities(j) + g_.resources);
  std::sort(offers->begin(), offers->end(), [](const Offer& a, const Offer& b) {
    return a.loss != b.loss ? a.loss < b.loss : a.k < b.k;
  });
  fit_.Clear();
  for (size_t i = 0; i < offers->size(); ++i) {
    const Offer& offer = (*offers)[i];
    std::vector<int64_t> size(g_.Sizes(offer.k, j), g_.Sizes(offer.k, j) + g_.resources);
    for (int32_t r = 0; r < g_.resources; ++r) {
      if (offer.taken) room[r] -= size[r], size[r] = -size[r];
    }
    if (i < kMostOffers) fit_.Add(offer.loss, size.data());
  }
  const bool fits = fit_.Solve(room, prices, scale_);
  *work += fit_.TakeWork();
  if (!fits) return false;
  scale_ = kKeepScale * scale_ + (1 - kKeepScale) * kMargin * fit_.value();
  scale_ = std::max(scale_, options_.temperature);
  for (int32_t i : fit_.chosen()) (*offers)[i].taken = !(*offers)[i].taken;
  for (const Offer& offer : *offers) {
    if (offer.taken) held->push_back(offer.k);
  }
  std::sort(held->begin(), held->end());
  return true;
}

bool Dive::FillNext(int64_t* work) {
  const int32_t j = order_.back();
  order_.pop_back();
  const std::vector<int32_t>& items = soft_.items();
  std::vector<double> worth;
  for (size_t i = 0; i < items.size(); ++i) worth.push_back(soft_.Otherwise(i, j));
  const std::vector<double> prices = soft_.PricesAlone(j, worth, kCold * temperature_, work);
  std::vector<Offer> offers;
  for (size_t i = 0; i < items.size(); ++i) {
    const int32_t k = items[i];
    if (!g_.Allowed(k, j)) continue;
    double gain = worth[i] - static_cast<double>(g_.Cost(k, j));
    for (int32_t r = 0; r < g_.resources; ++r) {
      gain -= prices[r] * static_cast<double>(g_.Sizes(k, j)[r]);
    }
    offers.push_back({gain > 0 ? gain : -gain, k, gain > 0});
  }
  std::vector<int32_t> held;
  if (!Fit(j, prices, &offers, &held, work)) return false;
  filled_.push_back(j);
  for (int32_t k : held) at_[k] = j, cost_ += g_.Cost(k, j);
  soft_.Leave(j, held);
  // Fewer agents are further apart in what items cost.
  const double fewer = static_cast<double>(g_.agents) / static_cast<double>(order_.size());
  temperature_ = options_.temperature * std::min(fewer, kWarmest);
  soft_.SetTemperature(temperature_);
  steps_left_ = kSteps;
  return true;
}

bool Dive::BeginTail(int64_t* work) {
  tail_items_ = soft_.items(), tail_agents_ = soft_.agents();
  filled_.insert(filled_.end(), tail_agents_.begin(), tail_agents_.end());
  if (tail_items_.empty()) return false;
  for (int32_t k : tail_items_) {
    const auto allowed = [&](int32_t j) { return g_.Allowed(k, j); };
    if (std::none_of(tail_agents_.begin(), tail_agents_.end(), allowed)) return false;
  }
  part_.emplace(g_, tail_items_, tail_agents_);
  PriceSearch prices(*part_);
  prices.Begin(kTailSteps, 0.1, 3e-5);
  for (int i = 0; i < kTailSteps; ++i) {
    if (i >= kTailSampled && i % 20 == 0) *work += prices.Evaluate();
    *work += prices.Iterate();
  }
  *work += prices.Evaluate();
  annealer_.emplace(*part_, prices.prices(), rng_.Stream("tail"));
  return true;
}

// Some moves of the annealer; false at its end.
bool Dive::StepTail(int64_t* work) {
  if (annealer_->Advance(work)) return true;
  ++runs_;
  const bool known = annealer_->found();
  if (runs_ >= (known ? kTailRuns : kMostTailRuns)) {
    for (size_t i = 0; known && i < tail_items_.size(); ++i) {
      const int32_t k = tail_items_[i], j = tail_agents_[annealer_->best()[i]];
      at_[k] = j, cost_ += g_.Cost(k, j);
    }
    found_ = known;
    return false;
  }
  BeginRun();
  return true;
}

// After a run that found nothing the next one insists.
void Dive::BeginRun() {
  const bool calm = runs_ == 0 || annealer_->found();
  annealer_->Begin({.hot = calm ? 1.0 : 0.3,
                    .cold = calm ? 0.05 : 0.1,
                    .loose = calm ? 0.02 : 4.0,
                    .strict = 4,
                    .moves = kTailMoves << std::min(runs_, 3),
                    .from_best = runs_ % 2 == 1,
                    .insist = !calm,
                    .gentle = true});
}

bool Dive::Step(int64_t* work) {
  if (annealer_) return StepTail(work);
  if (static_cast<int32_t>(order_.size()) <= options_.tail) {
    if (!BeginTail(work)) {
      found_ = tail_items_.empty();
      return false;
    }
    BeginRun();
    return true;
  }
  if (steps_left_ > 0) {
    --steps_left_;
    *work += soft_.Iterate();
    return true;
  }
  return FillNext(work);
}

}  // namespace stowage::scheduler::gap
