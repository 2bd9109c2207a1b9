#include "scheduler/model/money.h"

#include <gtest/gtest.h>

#include <limits>

namespace stowage::scheduler {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(Money, MultipliesInAsManyBitsAsItTakes) {
  EXPECT_EQ(MulDivFloor(1'000'000'000'000'000, int64_t{1} << 52, 1, int64_t{1} << 52),
            1'000'000'000'000'000);
  EXPECT_EQ(MulDivFloor(int64_t{1} << 60, int64_t{1} << 60, 8, int64_t{1} << 62), int64_t{1} << 61);
}

TEST(Money, RoundsOnceDownOrUp) {
  EXPECT_EQ(MulDivFloor(1, 1, 2, 3), 0);
  EXPECT_EQ(MulDivCeil(1, 1, 2, 3), 1);
  EXPECT_EQ(MulDivFloor(10, 1, 3, 3), 10);
  EXPECT_EQ(MulDivCeil(10, 1, 3, 3), 10);
}

TEST(Money, IsCappedWhereNothingWouldFit) {
  EXPECT_EQ(MulDivFloor(kMax, kMax, 1, 1), kMax);
  EXPECT_EQ(MulDivCeil(kMax, 1, kMax, 2), kMax);
}

TEST(Money, IsWrittenExactlyOrRounded) {
  EXPECT_EQ(FormatDollars({42'500'000}), "$0.0425");
  EXPECT_EQ(FormatDollars({12 * kNanoPerUnit}), "$12");
  EXPECT_EQ(FormatDollars({-500'000'000}), "-$0.5");
  EXPECT_EQ(FormatDollars({1}), "$0.000000001");
  EXPECT_EQ(FormatDollars({1'499}, 6), "$0.000001");
  EXPECT_EQ(FormatDollars({1'500}, 6), "$0.000002");
  EXPECT_EQ(FormatDollars({999'999'999}, 2), "$1");
  EXPECT_EQ(FormatDollars({std::numeric_limits<int64_t>::min()}), "-$9223372036.854775808");
}

TEST(Money, ReadsPricesAndRefusesAllElse) {
  EXPECT_EQ(ParsePrice("0.0425")->nano, 42'500'000);
  EXPECT_EQ(ParsePrice("12")->nano, 12 * kNanoPerUnit);
  EXPECT_EQ(ParsePrice(".5")->nano, 500'000'000);
  EXPECT_EQ(ParsePrice("1000000")->nano, 1'000'000 * kNanoPerUnit);
  for (const char* bad : {"", ".", "-1", "1e3", "0.0000000001", "1000001", "99999999999999999999",
                          "1,5", " 1", "1.2.3"}) {
    const auto price = ParsePrice(bad);
    ASSERT_FALSE(price) << bad;
    EXPECT_EQ(price.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace stowage::scheduler
