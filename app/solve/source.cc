#include "app/solve/source.h"

#include <algorithm>

namespace stowage::app {
namespace {

constexpr size_t kQuotedMax = 40;  // characters

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

Position PositionOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_end = before.rfind('\n');
  const std::string_view line =
      before.substr(line_end == std::string_view::npos ? 0 : line_end + 1);
  return {1 + std::count(before.begin(), before.end(), '\n'),
          1 + std::count_if(line.begin(), line.end(), StartsCharacter)};
}

Error ErrorAt(std::string_view name, Position at, std::string_view what) {
  return {ErrorCode::kInvalid,
          std::string(name) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
              ": " + std::string(what),
          std::nullopt};
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  size_t characters = 0;
  for (const char c : text) {
    if (StartsCharacter(c) && ++characters > kQuotedMax) return out + "...\"";
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return out + "\"";
}

}  // namespace stowage::app
