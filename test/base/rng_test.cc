#include "base/random/rng.h"

#include <gtest/gtest.h>

#include <set>

namespace stowage {
namespace {

// Golden values: a run must be repeatable from its seed on every machine and in every version.
TEST(Rng, DrawsTheSameEverywhere) {
  Rng rng(1);
  EXPECT_EQ(rng.Next(), 0xb3f2af6d0fc710c5ull);
  EXPECT_EQ(rng.Next(), 0x853b559647364ceaull);
  EXPECT_EQ(Rng(1).Stream("faults").Next(), 0xc50e5c9de2362243ull);
  EXPECT_EQ(StableHash("stowage"), 0xf4639300c90cb0b3ull);
  EXPECT_EQ(Rng(7).Uuid(), "a260894c-0378-47ab-bebd-9cdaa037bd4a");
  EXPECT_EQ(Rng(7).Name(5), "qsjr6");
}

TEST(Rng, StreamsDoNotDependOnWhatWasDrawn) {
  Rng used(5);
  for (int i = 0; i < 10; ++i) used.Next();
  EXPECT_EQ(used.Stream("a").Next(), Rng(5).Stream("a").Next());
  EXPECT_NE(Rng(5).Stream("a").Next(), Rng(5).Stream("b").Next());
  EXPECT_NE(Rng(5).Stream("a").Next(), Rng(6).Stream("a").Next());
}

TEST(Rng, DrawsWithinBounds) {
  Rng rng(3);
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(rng.Between(-2, 2));
    const double u = rng.Uniform();
    EXPECT_GE(u, 0.0);
    EXPECT_LT(u, 1.0);
    EXPECT_GE(rng.Exponential(3), 0.0);
  }
  EXPECT_EQ(seen, (std::set<int64_t>{-2, -1, 0, 1, 2}));
  EXPECT_EQ(rng.Below(1), 0u);
  rng.Between(INT64_MIN, INT64_MAX);
  EXPECT_FALSE(rng.Chance(0));
  EXPECT_TRUE(rng.Chance(1));
}

TEST(Rng, DistributionsHaveTheirMeans) {
  Rng rng(4);
  double exponential = 0, normal = 0, square = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    exponential += rng.Exponential(5);
    const double n = rng.Normal(10, 2);
    normal += n;
    square += (n - 10) * (n - 10);
  }
  EXPECT_NEAR(exponential / kDraws, 5, 0.1);
  EXPECT_NEAR(normal / kDraws, 10, 0.05);
  EXPECT_NEAR(square / kDraws, 4, 0.1);
}

TEST(Rng, UuidsAreVersionFour) {
  Rng rng(9);
  for (int i = 0; i < 100; ++i) {
    const std::string u = rng.Uuid();
    ASSERT_EQ(u.size(), 36u);
    EXPECT_EQ(u[14], '4');
    EXPECT_NE(std::string("89ab").find(u[19]), std::string::npos);
  }
}

}  // namespace
}  // namespace stowage
