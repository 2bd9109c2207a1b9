#include "scheduler/placement/spread_level.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/random/rng.h"

namespace stowage::scheduler {
namespace {

using Domains = std::vector<DomainOffer<int64_t>>;

// The least cost of all ways to spread `count` pods; -1: there is none.
int64_t ByTryingAll(const Domains& domains, int64_t count, int64_t max_skew) {
  int64_t best = -1;
  std::vector<int64_t> pods(domains.size());
  std::function<void(size_t, int64_t, int64_t)> try_from = [&](size_t d, int64_t left,
                                                               int64_t cost) {
    if (d < domains.size()) {
      for (pods[d] = 0; pods[d] <= left; ++pods[d]) {
        try_from(d + 1, left - pods[d], cost + pods[d] * domains[d].each);
      }
      return;
    }
    if (left > 0) return;
    int64_t least = count;
    bool must = false;
    for (size_t i = 0; i < domains.size(); ++i) {
      if (!domains[i].must) continue;
      least = std::min(least, pods[i]);
      must = true;
    }
    for (const int64_t n : pods) {
      if (n - (must ? least : 0) > max_skew && must) return;
    }
    if (best < 0 || cost < best) best = cost;
  };
  try_from(0, count, 0);
  return best;
}

TEST(SpreadLevel, CostsAsLittleAsTheBestOfAllSpreads) {
  Rng rng(3);
  for (int i = 0; i < 3000; ++i) {
    SCOPED_TRACE(i);
    Domains domains;
    for (int64_t d = rng.Between(1, 4); d > 0; --d) {
      DomainOffer<int64_t> offer{rng.Between(0, 20), domains.empty() || rng.Chance(0.7)};
      offer.s = static_cast<int32_t>(d);
      domains.push_back(offer);
    }
    const int64_t count = rng.Between(0, 9), max_skew = rng.Between(1, 4);
    const int64_t expected = ByTryingAll(domains, count, max_skew);
    int64_t cost = -1;
    ASSERT_EQ(SpreadAtBestLevel(domains, count, max_skew, &cost), expected >= 0);
    if (expected < 0) continue;
    EXPECT_EQ(cost, expected);
    int64_t sum = 0, pods = 0;
    for (const auto& d : domains) sum += d.each * d.pods, pods += d.pods;
    EXPECT_EQ(sum, cost);
    EXPECT_EQ(pods, count);
  }
}

}  // namespace
}  // namespace stowage::scheduler
