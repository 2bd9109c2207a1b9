#include "kube/api/utf8.h"

#include <cstdint>
#include <cstring>

namespace stowage::kube {
namespace {

// Bytes at the front that are ASCII; at least looked at in eights, since most text is nothing else.
size_t AsciiPrefix(std::string_view s) {
  size_t n = 0;
  for (uint64_t eight; n + 8 <= s.size(); n += 8) {
    std::memcpy(&eight, s.data() + n, 8);
    if (eight & 0x8080808080808080) break;
  }
  while (n < s.size() && static_cast<unsigned char>(s[n]) < 0x80) ++n;
  return n;
}

// Of the character of several bytes at the front; 0 if there is none: a byte is missing or wrong,
// it is written longer than needed, a surrogate, or past U+10FFFF.
size_t CharacterLength(std::string_view s) {
  const auto byte = [&](size_t i) { return uint32_t{static_cast<unsigned char>(s[i])}; };
  const uint32_t first = byte(0);
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || s.size() < length) return 0;
  uint32_t code = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  if (length == 3 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) return 0;
  if (length == 4 && (code < 0x10000 || code > 0x10FFFF)) return 0;
  return length;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (true) {
    text.remove_prefix(AsciiPrefix(text));
    if (text.empty()) return true;
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  while (true) {
    const size_t ascii = AsciiPrefix(text);
    out += text.substr(0, ascii);
    text.remove_prefix(ascii);
    if (text.empty()) return out;
    const size_t length = CharacterLength(text);
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace stowage::kube
