// NumberReader: the whole numbers of a text, one after the other, separated by white space.
// Made for files of millions of them: 5 to 10 ns each; a position is worked out for errors only.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "app/solve/source.h"
#include "base/result/result.h"

namespace stowage::app {

class NumberReader {
 public:
  explicit NumberReader(Source source);

  // The next number, if it is one and lies in [min, max]. False: see Expected(); nothing was taken.
  bool Next(int64_t min, int64_t max, int64_t& out) {
    SkipSpace();
    const char* at = at_;
    const bool negative = at != end_ && *at == '-';
    at += negative;
    uint64_t value = 0;
    const char* const digits = at;
    while (at != end_ && static_cast<unsigned char>(*at - '0') <= 9) {
      value = value * 10 + static_cast<unsigned char>(*at++ - '0');
    }
    // More than 18 digits may have wrapped round.
    if (at == digits || at - digits > kSafeDigits || (at != end_ && !IsSpace(*at))) {
      return NextSlow(min, max, out);
    }
    const int64_t number = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
    if (number < min || number > max) return false;
    out = number;
    at_ = at;
    return true;
  }

  // After Next() failed: what was expected, what was found in its place, and what to do.
  // `what` completes "expected ...": "the cost of job 3 on agent 2".
  Error Expected(std::string_view what, int64_t min, int64_t max) const;

  // Nothing but white space may follow. `advice` says what to do with what does.
  Result<void> End(std::string_view expected, std::string_view advice);

  // How many numbers can follow at most: each takes a digit and a space.
  int64_t MostLeft() const { return (end_ - at_) / 2 + 1; }

  const char* at() const { return at_; }
  Error ErrorAtToken(const char* at, std::string_view what) const;

 private:
  static constexpr int kSafeDigits = 18;
  static bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  void SkipSpace() {
    while (at_ != end_ && IsSpace(*at_)) ++at_;
  }
  bool NextSlow(int64_t min, int64_t max, int64_t& out);
  std::string_view Token() const;

  Source source_;
  const char* at_;
  const char* end_;
};

}  // namespace stowage::app
