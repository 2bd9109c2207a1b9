#include "app/solve/canonical.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random/rng.h"

namespace stowage::app {
namespace {

using scheduler::GapProblem;
using scheduler::GapSolution;
using scheduler::PackingProblem;
using scheduler::PackingSolution;

GapProblem RandomGap(Rng& rng, bool uniform) {
  GapProblem p{.classes = 12, .agents = 5, .resources = 2, .uniform = uniform};
  for (int k = 0; k < p.classes; ++k) p.counts.push_back(rng.Between(1, 3));
  for (int i = 0; i < p.classes * p.agents; ++i) p.costs.push_back(rng.Between(-1, 9));
  const int rows = uniform ? p.classes : p.classes * p.agents;
  for (int i = 0; i < rows * p.resources; ++i) p.sizes.push_back(rng.Between(0, 4));
  for (int i = 0; i < p.agents * p.resources; ++i) p.capacities.push_back(rng.Between(20, 22));
  return p;
}

std::vector<int32_t> Shuffled(Rng& rng, size_t n) {
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = n; i > 1; --i) std::swap(order[i - 1], order[rng.Below(i)]);
  return order;
}

bool Same(const GapProblem& a, const GapProblem& b) {
  return a.counts == b.counts && a.costs == b.costs && a.sizes == b.sizes &&
         a.capacities == b.capacities && a.uniform == b.uniform;
}

TEST(CanonicalTest, AShuffledFileIsTheSameProblem) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Rng rng(seed);
    const GapProblem p = RandomGap(rng, seed % 2 == 0);
    const GapProblem shuffled = InOrder(p, {Shuffled(rng, p.classes), Shuffled(rng, p.agents)});
    EXPECT_TRUE(Same(InOrder(p, CanonicalOrder(p)), InOrder(shuffled, CanonicalOrder(shuffled))))
        << seed;
  }
}

TEST(CanonicalTest, AgentsAreToldApartByTheirColumnsAlone) {
  // Two agents of equal capacity and equal costs as a set; which job costs what differs.
  GapProblem p{.classes = 3, .agents = 2, .resources = 1};
  p.counts = {1, 1, 1};
  p.costs = {1, 2, 2, 1, 5, 6};
  p.sizes = {1, 1, 1, 1, 1, 1};
  p.capacities = {3, 3};
  const GapProblem swapped = InOrder(p, {{2, 1, 0}, {1, 0}});
  EXPECT_TRUE(Same(InOrder(p, CanonicalOrder(p)), InOrder(swapped, CanonicalOrder(swapped))));
}

TEST(CanonicalTest, AnAnswerGoesToTheFileAndBack) {
  Rng rng(7);
  const GapProblem p = RandomGap(rng, true);
  const GapOrder order = CanonicalOrder(p);
  const GapSolution s{.shares = {{0, 2, 1}, {3, 1, 2}, {3, 4, 1}, {11, 0, 3}}, .cost = 5};
  const GapSolution in_file = InFile(s, order);
  EXPECT_NE(in_file.shares, s.shares);
  EXPECT_EQ(InCanonical(in_file, order).shares, s.shares);
  // Share 0 of the canonical answer is on the agent with the same costs in the file.
  const GapProblem canonical = InOrder(p, order);
  EXPECT_EQ(p.Cost(order.classes[0], order.agents[2]), canonical.Cost(0, 2));
}

TEST(CanonicalTest, TheHashSeesEveryPartOfAnAnswer) {
  const GapSolution s{.shares = {{0, 2, 1}, {3, 1, 2}}, .cost = 5};
  EXPECT_EQ(HashOf(s), HashOf(GapSolution(s)));
  EXPECT_NE(HashOf(s), HashOf(GapSolution{.shares = {{0, 2, 1}, {3, 1, 2}}, .cost = 6}));
  EXPECT_NE(HashOf(s), HashOf(GapSolution{.shares = {{0, 2, 1}, {3, 1, 3}}, .cost = 5}));
  EXPECT_NE(HashOf(s), HashOf(GapSolution{.shares = {{0, 2, 1}, {3, 0, 2}}, .cost = 5}));
  EXPECT_NE(HashOf(s), HashOf(GapSolution{.shares = {{0, 2, 1}}, .cost = 5}));
}

TEST(CanonicalTest, TheHashOfAnAnswerIsTheSameOnEveryMachine) {
  EXPECT_EQ(HashOf(GapSolution{.shares = {{0, 2, 1}, {3, 1, 2}}, .cost = 5}), 892891869879325893u);
}

TEST(CanonicalTest, ShuffledItemsAndTypesAreTheSamePackingProblem) {
  Rng rng(3);
  PackingProblem p{.dimensions = 2};
  for (int t = 0; t < 5; ++t) {
    p.bins.push_back(
        {{rng.Between(5, 9), rng.Between(5, 9)}, rng.Between(1, 9), t % 2 == 0 ? -1 : 3});
  }
  for (int i = 0; i < 9; ++i) {
    p.items.push_back({rng.Between(1, 4), {{rng.Between(0, 3), rng.Between(0, 3)}}});
  }
  const PackingProblem q = InOrder(p, {Shuffled(rng, 5), Shuffled(rng, 9)});
  const PackingProblem a = InOrder(p, CanonicalOrder(p)), b = InOrder(q, CanonicalOrder(q));
  for (size_t t = 0; t < a.bins.size(); ++t) {
    EXPECT_EQ(a.bins[t].capacity, b.bins[t].capacity);
    EXPECT_EQ(a.bins[t].cost, b.bins[t].cost);
    EXPECT_EQ(a.bins[t].quantity, b.bins[t].quantity);
  }
  for (size_t i = 0; i < a.items.size(); ++i) {
    EXPECT_EQ(a.items[i].incarnations, b.items[i].incarnations);
    EXPECT_EQ(a.items[i].demand, b.items[i].demand);
  }
}

TEST(CanonicalTest, BinsThatAreFilledAlikeCountAsOneGroup) {
  const PackingOrder same{{0, 1}, {0, 1}};
  const PackingSolution one{.bins = {{1, 3, {{0, 0, 2}, {1, 0, 1}}}}, .cost = 9};
  const PackingSolution split{
      .bins = {{1, 2, {{1, 0, 1}, {0, 0, 2}}}, {1, 1, {{0, 0, 2}, {1, 0, 1}}}}, .cost = 9};
  EXPECT_EQ(HashOf(InCanonical(split, same)), HashOf(InCanonical(one, same)));
}

}  // namespace
}  // namespace stowage::app
