#include "scheduler/model/money.h"

#include <limits>

namespace stowage::scheduler {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMaxPriceUnits = 1'000'000;

// (a * b * c) div divisor and whether something was left; a * b * c may need 189 bits, so it is
// divided in two steps: (a * b) = q * divisor + r.
struct Quotient {
  unsigned __int128 value;
  bool rest;
};

Quotient MulDiv(int64_t a, int64_t b, int64_t c, int64_t divisor) {
  uint64_t product = 0;  // most are small: dividing 64 bits is several times as fast
  if (!__builtin_mul_overflow(static_cast<uint64_t>(a), static_cast<uint64_t>(b), &product) &&
      !__builtin_mul_overflow(product, static_cast<uint64_t>(c), &product)) {
    const auto by = static_cast<uint64_t>(divisor);
    return {product / by, product % by != 0};
  }
  const auto d = static_cast<unsigned __int128>(divisor);
  const unsigned __int128 ab =
      static_cast<unsigned __int128>(a) * static_cast<unsigned __int128>(b);
  const unsigned __int128 q = ab / d;
  const unsigned __int128 r = ab % d;  // < 2^63
  const auto n = static_cast<unsigned __int128>(c);
  if (n != 0 && q > static_cast<unsigned __int128>(kMax) / n)
    return {static_cast<unsigned __int128>(kMax), true};
  const unsigned __int128 tail = r * n;  // < 2^126
  return {q * n + tail / d, tail % d != 0};
}

int64_t Cap(unsigned __int128 v) {
  return v > static_cast<unsigned __int128>(kMax) ? kMax : static_cast<int64_t>(v);
}

}  // namespace

int64_t MulDivFloor(int64_t a, int64_t b, int64_t c, int64_t divisor) {
  return Cap(MulDiv(a, b, c, divisor).value);
}

int64_t MulDivCeil(int64_t a, int64_t b, int64_t c, int64_t divisor) {
  const Quotient q = MulDiv(a, b, c, divisor);
  return Cap(q.value + (q.rest ? 1 : 0));
}

std::string FormatDollars(Money m, int digits) {
  const bool negative = m.nano < 0;
  uint64_t nano = negative ? 0 - static_cast<uint64_t>(m.nano) : static_cast<uint64_t>(m.nano);
  if (digits > 0 && digits < 9) {
    uint64_t unit = 1;
    for (int i = digits; i < 9; ++i) unit *= 10;
    nano = (nano + unit / 2) / unit * unit;
  }
  std::string out = negative && nano != 0 ? "-$" : "$";
  out += std::to_string(nano / kNanoPerUnit);
  std::string fraction = std::to_string(nano % kNanoPerUnit);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) out += "." + fraction;
  return out;
}

Result<Money> ParsePrice(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return MakeError(ErrorCode::kInvalid,
                     "price \"" + std::string(text) + "\": " + std::string(why));
  };
  int64_t units = 0, nano = 0, scale = kNanoPerUnit;
  bool point = false, any = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return invalid("expected a decimal number such as 0.0425");
    any = true;
    if (!point) {
      units = units * 10 + (c - '0');
      if (units > kMaxPriceUnits) return invalid("more than 1000000 an hour");
    } else {
      if (scale == 1) return invalid("more than 9 decimal places");
      scale /= 10;
      nano += (c - '0') * scale;
    }
  }
  if (!any) return invalid("expected a decimal number such as 0.0425");
  return Money{units * kNanoPerUnit + nano};
}

}  // namespace stowage::scheduler
