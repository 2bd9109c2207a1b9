#include "kube/api/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace stowage::kube {
namespace {

using Int = __int128;

constexpr Int kNano = 1'000'000'000;
constexpr Int kMaxWhole = std::numeric_limits<int64_t>::max();
// Decimal amounts have no limit in Kubernetes; ours is 10^28, far above any that means something.
constexpr Int kMaxNano = kNano * 10'000'000'000 * 10'000'000'000 * 100'000'000;

struct Suffix {
  std::string_view text;
  int base;
  int exponent;
};
constexpr std::array<Suffix, 16> kSuffixes = {{{"n", 10, -9},
                                               {"u", 10, -6},
                                               {"m", 10, -3},
                                               {"", 10, 0},
                                               {"k", 10, 3},
                                               {"M", 10, 6},
                                               {"G", 10, 9},
                                               {"T", 10, 12},
                                               {"P", 10, 15},
                                               {"E", 10, 18},
                                               {"Ki", 2, 10},
                                               {"Mi", 2, 20},
                                               {"Gi", 2, 30},
                                               {"Ti", 2, 40},
                                               {"Pi", 2, 50},
                                               {"Ei", 2, 60}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view TakeDigits(std::string_view& s) {
  const size_t n = static_cast<size_t>(std::find_if_not(s.begin(), s.end(), IsDigit) - s.begin());
  const std::string_view digits = s.substr(0, n);
  s.remove_prefix(n);
  return digits;
}

// What a text means: digits * base^exponent / 10^fraction_digits.
struct Parts {
  bool negative = false;
  std::string digits;  // without leading zeros; whole part and fraction
  int64_t fraction_digits = 0;
  int base = 10;
  int64_t exponent = 0;
  Quantity::Format format = Quantity::Format::kDecimalSI;
};

bool ReadSuffix(std::string_view text, Parts& parts) {
  for (const Suffix& s : kSuffixes) {
    if (s.text != text) continue;
    parts.base = s.base;
    parts.exponent = s.exponent;
    if (s.base == 2) parts.format = Quantity::Format::kBinarySI;
    return true;
  }
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return false;
  text.remove_prefix(1);
  if (text[0] == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts.exponent);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return false;
  if (parts.exponent > std::numeric_limits<int32_t>::max()) return false;
  if (parts.exponent < std::numeric_limits<int32_t>::min()) return false;
  parts.format = Quantity::Format::kDecimalExponent;
  return true;
}

bool Split(std::string_view s, Parts& parts) {
  if (s.empty() || s.size() > 4096) return false;
  if (s[0] == '-' || s[0] == '+') {
    parts.negative = s[0] == '-';
    s.remove_prefix(1);
  }
  parts.digits = TakeDigits(s);
  if (!s.empty() && s[0] == '.') {
    s.remove_prefix(1);
    const std::string_view fraction = TakeDigits(s);
    parts.digits += fraction;
    parts.fraction_digits = static_cast<int64_t>(fraction.size());
  }
  parts.digits.erase(0, std::min(parts.digits.find_first_not_of('0'), parts.digits.size()));
  return ReadSuffix(s, parts);
}

// amount * 10^power, rounded up where power is negative, capped at `cap`.
Int ScaleByTen(Int amount, int64_t power, Int cap) {
  bool lost = false;
  for (; power < 0 && amount > 0; ++power) {
    lost |= amount % 10 != 0;
    amount /= 10;
  }
  if (lost) return amount + 1;
  for (; power > 0 && amount > 0; --power) {
    if (amount > cap / 10) return cap;
    amount *= 10;
  }
  return std::min(amount, cap);
}

Int DecimalNano(const Parts& parts) {
  // 38 digits fit; of a longer tail only its being there counts, since the result rounds up.
  constexpr size_t kDigits = 37;
  Int value = 0;
  int64_t power = parts.exponent - parts.fraction_digits + 9;
  const size_t used = std::min(parts.digits.size(), kDigits);
  for (size_t i = 0; i < used; ++i) value = value * 10 + (parts.digits[i] - '0');
  const std::string_view tail = std::string_view(parts.digits).substr(used);
  if (tail.find_first_not_of('0') != std::string_view::npos) {
    value = value * 10 + 1;
    power += static_cast<int64_t>(tail.size()) - 1;
  } else {
    power += static_cast<int64_t>(tail.size());
  }
  return ScaleByTen(value, power, kMaxNano);
}

// Multiplies the digits with the power of two before the fraction is cut, so that nothing is lost.
Int BinaryNano(const Parts& parts) {
  std::string digits = parts.digits;  // decimal, most significant first
  for (int64_t i = 0; i < parts.exponent; ++i) {
    int carry = 0;
    for (size_t d = digits.size(); d-- > 0;) {
      const int twice = (digits[d] - '0') * 2 + carry;
      digits[d] = static_cast<char>('0' + twice % 10);
      carry = twice / 10;
    }
    if (carry) digits.insert(digits.begin(), '1');
  }
  Parts decimal = parts;
  decimal.digits = std::move(digits);
  decimal.exponent = 0;
  return std::min(DecimalNano(decimal), kMaxWhole * kNano);
}

Int Saturate(Int nano) { return std::clamp(nano, -kMaxNano, kMaxNano); }

// Away from zero, and into int64.
int64_t DivideUp(Int nano, Int unit) {
  Int value = nano / unit;
  if (nano % unit != 0) value += nano > 0 ? 1 : -1;
  return static_cast<int64_t>(
      std::clamp<Int>(value, std::numeric_limits<int64_t>::min(), kMaxWhole));
}

std::string Digits(Int value) {
  std::string out;
  for (; value > 0; value /= 10) out.insert(out.begin(), static_cast<char>('0' + int(value % 10)));
  return out;
}

std::string_view SuffixFor(int base, int exponent) {
  for (const Suffix& s : kSuffixes) {
    if (s.base == base && s.exponent == exponent) return s.text;
  }
  return {};
}

std::string Binary(Int whole) {
  int exponent = 0;
  for (; whole % 1024 == 0 && exponent < 60; exponent += 10) whole /= 1024;
  return Digits(whole) + std::string(exponent == 0 ? "" : SuffixFor(2, exponent));
}

std::string Decimal(Int nano, bool as_exponent) {
  int exponent = -9;
  while (nano % 1000 == 0 && (exponent < 18 || as_exponent)) {
    nano /= 1000;
    exponent += 3;
  }
  if (exponent == 0) return Digits(nano);
  if (as_exponent) return Digits(nano) + "e" + std::to_string(exponent);
  return Digits(nano) + std::string(SuffixFor(10, exponent));
}

}  // namespace

Quantity Quantity::FromMilli(int64_t milli, Format format) {
  Quantity q;
  q.nano_ = Int{milli} * 1'000'000;
  q.format_ = format;
  return q;
}

Quantity Quantity::FromWhole(int64_t whole, Format format) {
  Quantity q;
  q.nano_ = Int{whole} * kNano;
  q.format_ = format;
  return q;
}

Result<Quantity> Quantity::Parse(std::string_view text) {
  Parts parts;
  if (!Split(text, parts)) {
    return MakeError(ErrorCode::kInvalid, "\"" + std::string(text.substr(0, 64)) +
                                              "\" is not a quantity such as 500m, 2 or 1.5Gi");
  }
  Quantity q;
  q.format_ = parts.format;
  q.nano_ = parts.base == 2 ? BinaryNano(parts) : DecimalNano(parts);
  // Less than one cannot be told in powers of 1024.
  if (q.format_ == Format::kBinarySI && q.nano_ > 0 && q.nano_ < kNano)
    q.format_ = Format::kDecimalSI;
  if (parts.negative) q.nano_ = -q.nano_;
  return q;
}

int64_t Quantity::Milli() const { return DivideUp(nano_, 1'000'000); }
int64_t Quantity::Whole() const { return DivideUp(nano_, kNano); }

std::string Quantity::ToString() const {
  if (nano_ == 0) return "0";
  const std::string sign = nano_ < 0 ? "-" : "";
  const Int size = nano_ < 0 ? -nano_ : nano_;
  if (format_ == Format::kBinarySI && size >= 1024 * kNano && size % kNano == 0) {
    return sign + Binary(size / kNano);
  }
  return sign + Decimal(size, format_ == Format::kDecimalExponent);
}

Quantity Quantity::operator+(const Quantity& other) const {
  Quantity sum = zero() ? other : *this;  // the format of what there is
  sum.nano_ = Saturate(nano_ + other.nano_);
  return sum;
}

Quantity Quantity::operator-(const Quantity& other) const {
  Quantity difference = zero() ? other : *this;
  difference.nano_ = Saturate(nano_ - other.nano_);
  return difference;
}

int64_t ResourceAmount(std::string_view name, const Quantity& quantity) {
  return name == "cpu" ? quantity.Milli() : quantity.Whole();
}

Quantity ResourceQuantity(std::string_view name, int64_t amount) {
  if (name == "cpu") return Quantity::FromMilli(amount);
  const bool bytes = name == "memory" || name == "ephemeral-storage" || name == "storage" ||
                     name.starts_with("hugepages-");
  return Quantity::FromWhole(amount,
                             bytes ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI);
}

}  // namespace stowage::kube
