#include "app/solve/number_reader.h"

#include <algorithm>
#include <charconv>

namespace stowage::app {
namespace {

bool Numeric(std::string_view token) {
  return token.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
         token.find_first_of("0123456789") != std::string_view::npos;
}

std::string Range(int64_t min, int64_t max) {
  return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

// Past it nobody counts things: such a number is an amount in too small a unit.
constexpr int64_t kAmounts = int64_t{1} << 40;

std::string Advice(std::string_view token, int64_t min, int64_t max) {
  if (token.empty()) {
    return "; the file ends too early: compare it with the sizes that its first line promises";
  }
  if (token.find_first_of(",;") != std::string_view::npos) {
    return "; separate numbers by spaces alone";
  }
  if (!Numeric(token)) return "; remove it, or put a number in its place";
  if (token.find_first_of(".eE") != std::string_view::npos) {
    return "; numbers must be whole: multiply all costs, or all sizes and capacities, by 10, 100, "
           "...";
  }
  if (token.starts_with('+')) return "; write it without the sign";
  if (token.starts_with('-') && min >= 0) return "; it may not be negative";
  if (token.starts_with('-') || token.find_first_not_of('0') == std::string_view::npos) {
    return "; give at least " + std::to_string(min);
  }
  return max > kAmounts ? "; use a larger unit" : "; give at most " + std::to_string(max);
}

}  // namespace

NumberReader::NumberReader(Source source)
    : source_(source), at_(source.text.data()), end_(source.text.data() + source.text.size()) {}

std::string_view NumberReader::Token() const {
  const char* first = at_;
  while (first != end_ && IsSpace(*first)) ++first;
  const char* last = first;
  while (last != end_ && !IsSpace(*last)) ++last;
  return {first, static_cast<size_t>(last - first)};
}

bool NumberReader::NextSlow(int64_t min, int64_t max, int64_t& out) {
  const std::string_view token = Token();
  int64_t number = 0;
  const char* const last = token.data() + token.size();
  const auto [end, error] = std::from_chars(token.data(), last, number);
  if (token.empty() || error != std::errc() || end != last) return false;
  if (number < min || number > max) return false;
  out = number;
  at_ = last;
  return true;
}

Error NumberReader::Expected(std::string_view what, int64_t min, int64_t max) const {
  const std::string_view token = Token();
  return ErrorAtToken(token.data(), "expected " + std::string(what) + ", " + Range(min, max) +
                                        "; found " +
                                        (token.empty() ? "the end of the file" : Quoted(token)) +
                                        Advice(token, min, max));
}

Result<void> NumberReader::End(std::string_view expected, std::string_view advice) {
  SkipSpace();
  if (at_ == end_) return {};
  return Err(ErrorAtToken(at_, "expected the end of the file after " + std::string(expected) +
                                   "; found " + Quoted(Token()) + "; " + std::string(advice)));
}

Error NumberReader::ErrorAtToken(const char* at, std::string_view what) const {
  return ErrorAt(source_.name,
                 PositionOf(source_.text, static_cast<size_t>(at - source_.text.data())), what);
}

}  // namespace stowage::app
