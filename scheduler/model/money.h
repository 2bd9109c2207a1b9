// Money: nano units of one currency, in integers. 1 dollar = 1,000,000,000.
//
// A price is per hour of something; a cost is per hour. Products are made in 128 bits and rounded
// once; every input is range-checked when a Problem is loaded (problem.h), so that sums fit.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage::scheduler {

struct Money {
  int64_t nano = 0;

  friend constexpr auto operator<=>(Money, Money) = default;
  friend constexpr Money operator+(Money a, Money b) { return {a.nano + b.nano}; }
  friend constexpr Money operator-(Money a, Money b) { return {a.nano - b.nano}; }
  Money& operator+=(Money b) {
    nano += b.nano;
    return *this;
  }
};

inline constexpr int64_t kNanoPerUnit = 1'000'000'000;

// No whole bill may be larger: 4 thousand million units an hour.
inline constexpr Money kMaxBill{4'000'000'000'000'000'000};

// floor and ceil of a * b * c / divisor in 128 bits, capped at the limits of int64. All >= 0,
// divisor > 0, and a * b < 2^126.
int64_t MulDivFloor(int64_t a, int64_t b, int64_t c, int64_t divisor);
int64_t MulDivCeil(int64_t a, int64_t b, int64_t c, int64_t divisor);

// "$0.0425", "$12", "-$0.5": exact, without trailing zeros; `digits` > 0 rounds half up to so many.
std::string FormatDollars(Money m, int digits = 0);

// "0.0425", "12", "1e-3" is refused: digits, one point, at most 9 places. kInvalid says what is
// wrong; negative amounts and amounts over a million are refused (a price per hour).
Result<Money> ParsePrice(std::string_view text);

}  // namespace stowage::scheduler
