#include "scheduler/placement/flip.h"

#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

ClusterVerdict Says(std::string cluster, std::vector<std::pair<std::string, Money>> terms,
                    int64_t placed = 0) {
  ClusterVerdict v{.cluster = std::move(cluster), .terms = std::move(terms), .placed = placed};
  for (const auto& [name, money] : v.terms) v.total += money;
  return v;
}

TEST(FlipTest, TheSmallestRelativeChangeOfOneTermIsTold) {
  ClassExplanation e{.key = "web", .count = 1, .placed = 1};
  e.clusters = {Says("a", {{"capacity", {100}}, {"latency", {20}}}, 1),
                Says("b", {{"capacity", {90}}, {"latency", {39}}})};
  // b costs 9 more: its capacity would have to fall by 10 of 90, its latency by 10 of 39; or a's
  // capacity rise by 10 of 100.
  const auto flip = SmallestFlip(e, {0});
  ASSERT_TRUE(flip);
  EXPECT_EQ(flip->to_cluster, "b");
  EXPECT_EQ(flip->cluster, "a");
  EXPECT_EQ(flip->term, "capacity");
  EXPECT_EQ(flip->after.nano, 110);
  EXPECT_EQ(flip->ppm, 100'000);
}

TEST(FlipTest, WhoRefusesOrIsCheaperAlreadyDoesNotCount) {
  ClassExplanation e{.key = "web", .count = 1, .placed = 1};
  e.clusters = {Says("a", {{"capacity", {100}}}, 1), Says("b", {{"capacity", {101}}}),
                Says("c", {{"capacity", {99}}})};
  e.clusters[1].refusal = Refusal{"NodeResourcesFit", "Insufficient cpu", ""};
  EXPECT_FALSE(SmallestFlip(e, {0}));
  e.clusters[1].refusal.reset();
  EXPECT_EQ(SmallestFlip(e, {0})->to_cluster, "b");
}

TEST(FlipTest, PreferenceCountsAtItsPrice) {
  ClassExplanation e{.key = "web", .count = 1, .placed = 1};
  e.clusters = {Says("a", {{"capacity", {1000}}}, 1), Says("b", {{"capacity", {900}}})};
  e.clusters[0].preference = 50;  // worth 150: b would be chosen only if it cost 51 less
  const auto flip = SmallestFlip(e, {3});
  ASSERT_TRUE(flip);
  EXPECT_EQ(flip->cluster, "a");
  EXPECT_EQ(flip->after.nano, 1051);
}

TEST(FlipTest, NothingPlacedOrNobodyElseGivesNone) {
  ClassExplanation e{.key = "web", .count = 1};
  e.clusters = {Says("a", {{"capacity", {1}}})};
  EXPECT_FALSE(SmallestFlip(e, {0}));
  e.placed = e.clusters[0].placed = 1;
  EXPECT_FALSE(SmallestFlip(e, {0}));
}

// One pod of a whole core among clusters with a price per core: the change of a term is a change of
// a price.
struct OnePod {
  explicit OnePod(uint64_t seed) {
    Rng rng(seed);
    problem.classes = {Pods("web", 1, Demand(1000, 1))};
    for (int j = 0; j < 5; ++j) {
      problem.clusters.push_back(Cluster("c" + std::to_string(j), {Nodes(1, Room(4000, 16))}, 1));
      problem.clusters[j].charge_back[0].price = {rng.Between(1'000'000, 90'000'000)};
    }
  }
  ClassExplanation Solve() const {
    GreedySolver solver;
    const auto engine = MakeEngine(solver);
    const auto session = engine->Start(problem, {});
    while (!session->Step({1000}).complete) {
    }
    return *session->Explain("web");
  }
  void Price(const std::string& cluster, Money price) {
    for (ClusterView& c : problem.clusters) {
      if (c.name == cluster) c.charge_back[0].price = price;
    }
  }
  Problem problem;
};

TEST(FlipTest, AtTheNewPriceThePodMovesAndJustBeforeItDoesNot) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    OnePod world(seed);
    const auto flip = SmallestFlip(world.Solve(), SolveOptions{}.preference_point);
    ASSERT_TRUE(flip) << seed;
    world.Price(flip->cluster, flip->after);
    EXPECT_EQ(DearestPlaced(world.Solve())->cluster, flip->to_cluster) << seed;
    const int64_t back = flip->after.nano > flip->before.nano ? -2 : 2;
    world.Price(flip->cluster, {flip->after.nano + back});
    EXPECT_EQ(DearestPlaced(world.Solve())->cluster, flip->from_cluster) << seed;
  }
}

}  // namespace
}  // namespace stowage::scheduler
