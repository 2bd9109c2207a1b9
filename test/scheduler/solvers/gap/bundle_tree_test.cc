#include "scheduler/solvers/gap/bundle_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "base/random/rng.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/solvers/gap/enumerate.h"
#include "test/scheduler/solvers/gap/small_gap.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int kShift = 8;

// Anything is a reward; good ones lose less.
std::vector<int32_t> SomeRewards(const GapInstance& g, uint64_t seed) {
  Rng rng = Rng(seed).Stream("rewards");
  std::vector<int32_t> rewards;
  for (int32_t k = 0; k < g.classes; ++k) {
    rewards.push_back(static_cast<int32_t>(rng.Between(0, 60 << kShift)));
  }
  return rewards;
}

// The bound that the rewards prove.
int64_t BoundAt(const GapInstance& g, const std::vector<int32_t>& rewards) {
  const int64_t value = BundleLister(g, rewards, kShift).value();
  return -((-value) >> kShift);
}

TEST(GapBundleListerTest, ListsExactlyTheBundlesThatLoseLittle) {
  size_t listed = 0, others = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const GapInstance g(Small(seed));
    if (g.hopeless) continue;
    const std::vector<int32_t> rewards = SomeRewards(g, seed);
    BundleLister lister(g, rewards, kShift);
    const int64_t cost = BoundAt(g, rewards) + Rng(seed).Stream("cost").Between(0, 30);
    const int64_t budget = (cost << kShift) - lister.value();
    int64_t value = std::accumulate(rewards.begin(), rewards.end(), int64_t{0});
    for (int32_t j = 0; j < g.agents; ++j) {
      std::map<uint32_t, int64_t> earnings;  // by set of items
      for (uint32_t set = 0; set < 1u << g.classes; ++set) {
        int64_t earning = 0, size = 0;
        bool allowed = true;
        for (int32_t k = 0; k < g.classes; ++k) {
          if ((set >> k & 1) == 0) continue;
          allowed &= g.Allowed(k, j);
          earning += rewards[k] - (g.Cost(k, j) << kShift);
          size += g.Sizes(k, j)[0];
        }
        if (allowed && size <= g.Capacities(j)[0]) earnings[set] = earning;
      }
      int64_t best = 0;
      for (const auto& [set, earning] : earnings) best = std::max(best, earning);
      value -= best;
      std::set<uint32_t> wanted;
      for (const auto& [set, earning] : earnings) {
        if (best - earning <= budget) wanted.insert(set);
      }
      Bundles bundles;
      int64_t work = 0;
      ASSERT_TRUE(lister.List(j, cost, 1'000'000, &bundles, &work));
      std::set<uint32_t> found;
      for (size_t f = 0; f < bundles.size(); ++f) {
        uint32_t set = 0;
        int64_t price = 0;
        for (int16_t k : bundles.Items(static_cast<int32_t>(f))) {
          set |= 1u << k, price += g.Cost(k, j);
        }
        EXPECT_EQ(bundles.cost[f], price);
        EXPECT_EQ(bundles.agent[f], j);
        EXPECT_TRUE(found.insert(set).second) << "twice";
      }
      ASSERT_EQ(found, wanted);
      listed += wanted.size(), others += earnings.size() - wanted.size();
      Bundles few;
      EXPECT_FALSE(lister.List(j, cost, wanted.size() - 1, &few, &work));
    }
    ASSERT_EQ(lister.value(), value);
  }
  EXPECT_GT(listed, 2000u);
  EXPECT_GT(others, 5000u);
}

TEST(GapBundleCutsTest, AFractionalAnswerIsCutOffAndNoWholeOneIs) {
  // Three items, every pair of which is a bundle, each taken by half; and bundles of one agent that
  // take one of two items by half, while another agent takes both by half.
  Bundles bundles;
  const auto add = [&](int32_t agent, std::vector<int16_t> items) {
    bundles.agent.push_back(agent), bundles.cost.push_back(0);
    bundles.items.insert(bundles.items.end(), items.begin(), items.end());
    bundles.starts.push_back(static_cast<uint32_t>(bundles.items.size()));
  };
  add(0, {1, 0}), add(1, {2, 1}), add(2, {2, 0});
  BundleCuts cuts(4, 4);
  int64_t work = 0;
  ASSERT_EQ(
      cuts.Separate(bundles, std::vector<std::pair<int32_t, double>>{{0, .5}, {1, .5}, {2, .5}}, 10,
                    &work),
      1);
  for (int32_t f = 0; f < 3; ++f) {
    int in = 0;
    cuts.Each(bundles, f, [&](int32_t) { ++in; });
    EXPECT_EQ(in, 1);
  }
  add(3, {0}), add(3, {1}), add(1, {1, 0});
  BundleCuts agents(4, 4);
  EXPECT_EQ(
      agents.Separate(bundles, std::vector<std::pair<int32_t, double>>{{3, .5}, {4, .5}, {5, .5}},
                      10, &work),
      1);
  EXPECT_EQ(agents.Separate(bundles, std::vector<std::pair<int32_t, double>>{{0, 1.}, {3, 0.}}, 10,
                            &work),
            0);
}

TEST(GapBundleTreeTest, SearchedToTheEndTheAnswerIsTheOptimumOrThereIsNone) {
  int solved = 0, impossible = 0;
  for (uint64_t seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const GapProblem p = Small(seed);
    const GapInstance g(p);
    if (g.hopeless || !BundleTree::Suits(g)) continue;
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    const int64_t upper = MoreThanAnyCost(g);
    const std::vector<int32_t> rewards = SomeRewards(g, seed);
    const int64_t bound = std::min(BoundAt(g, rewards), optimum.value_or(upper));
    BundleTree search(g, rewards, kShift, bound);
    search.Improve(upper);
    int64_t work = 0;
    do {
      ASSERT_LE(search.bound(), optimum.value_or(upper));
    } while (search.Step(&work));
    ASSERT_FALSE(search.gave_up());
    ASSERT_EQ(search.bound(), optimum.value_or(upper));
    ASSERT_EQ(search.found(), optimum.has_value());
    if (optimum) {
      ASSERT_EQ(search.best_cost(), *optimum);
      ASSERT_EQ(CostOf(g, search.best()), *optimum);
    }
    ++(optimum ? solved : impossible);
  }
  EXPECT_GT(solved, 200);
  EXPECT_GT(impossible, 20);
}

TEST(GapBundleTreeTest, AnAnswerThatIsOptimalIsProvenAndNotReplaced) {
  int proven = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const GapProblem p = Small(seed);
    const GapInstance g(p);
    const std::optional<int64_t> optimum = GapEnumeration(p).optimum();
    if (!optimum || !BundleTree::Suits(g)) continue;
    const std::vector<int32_t> rewards = SomeRewards(g, seed);
    BundleTree search(g, rewards, kShift, BoundAt(g, rewards));
    search.Improve(*optimum);
    int64_t work = 0;
    while (search.Step(&work)) {
    }
    EXPECT_EQ(search.bound(), *optimum);
    EXPECT_FALSE(search.found());
    ++proven;
  }
  EXPECT_GT(proven, 100);
}

TEST(GapBundleTreeTest, WhereBundlesAreTooManyItSaysSo) {
  const GapInstance g(MakeGap('E', 5, 200, 1, 1));
  const std::vector<int32_t> rewards(g.classes, 100 << kShift);  // poor ones
  const int64_t bound = BoundAt(g, rewards);
  BundleTree search(g, rewards, kShift, bound);
  search.Improve(MoreThanAnyCost(g));
  int64_t work = 0;
  for (int steps = 0; steps < 10'000 && search.Step(&work); ++steps) {
  }
  EXPECT_TRUE(search.gave_up());
  EXPECT_GE(search.bound(), bound);
  EXPECT_LE(search.bound(), 25093);  // the optimum
  EXPECT_FALSE(search.found());
}

}  // namespace
}  // namespace stowage::scheduler::gap
