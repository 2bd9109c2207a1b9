#include "providers/kubernetes/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace stowage::providers {
namespace {

// The address in network byte order, or "" if `text` is none.
std::string AddressBytes(std::string_view text, int* family) {
  const std::string address(text);
  *family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  std::array<char, 16> bytes{};
  if (inet_pton(*family, address.c_str(), bytes.data()) != 1) return "";
  return std::string(bytes.data(), *family == AF_INET ? 4 : 16);
}

std::string AddressText(int family, const std::string& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, bytes.data(), text.data(), text.size());
  return text.data();
}

bool BitAt(const std::string& bytes, int bit) {
  return (static_cast<unsigned char>(bytes[bit / 8]) >> (7 - bit % 8)) & 1;
}

bool SamePrefix(const std::string& a, const std::string& b, int bits) {
  for (int i = 0; i < bits; ++i) {
    if (BitAt(a, i) != BitAt(b, i)) return false;
  }
  return true;
}

}  // namespace

Result<CidrMap::Range> CidrMap::ParseRange(std::string_view text) {
  Range range;
  const size_t slash = text.find('/');
  const std::string_view digits = slash == text.npos ? "" : text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), range.length);
  range.bytes = AddressBytes(text.substr(0, slash), &range.family);
  if (error != std::errc() || end != digits.data() + digits.size() || range.bytes.empty() ||
      range.length < 0 || range.length > static_cast<int>(range.bytes.size()) * 8) {
    return MakeError(ErrorCode::kInvalid,
                     "\"" + std::string(text) + "\" is not a CIDR; write it as 10.244.0.0/16");
  }
  return range;
}

bool CidrMap::Overlap(const Range& a, const Range& b) {
  return a.family == b.family && SamePrefix(a.bytes, b.bytes, std::min(a.length, b.length));
}

Result<CidrMap> CidrMap::Parse(const std::vector<CidrMapping>& mappings) {
  CidrMap map;
  for (const CidrMapping& mapping : mappings) {
    const std::string where = "CIDR map " + mapping.member + " -> " + mapping.host;
    auto member = ParseRange(mapping.member);
    if (!member) return Err(WithContext(member.error(), where));
    auto host = ParseRange(mapping.host);
    if (!host) return Err(WithContext(host.error(), where));
    if (member->family != host->family || member->length != host->length) {
      return MakeError(ErrorCode::kInvalid,
                       where + ": both sides must be of one IP family and prefix length");
    }
    for (const Entry& other : map.entries_) {
      if (Overlap(other.member, *member) || Overlap(other.host, *host)) {
        return MakeError(ErrorCode::kInvalid, where + " overlaps another range of the map");
      }
    }
    map.entries_.push_back({std::move(*member), std::move(*host)});
  }
  return map;
}

std::string CidrMap::Map(std::string_view ip) const {
  int family = 0;
  const std::string bytes = entries_.empty() ? "" : AddressBytes(ip, &family);
  for (const Entry& entry : entries_) {
    if (bytes.empty() || entry.member.family != family ||
        !SamePrefix(entry.member.bytes, bytes, entry.member.length)) {
      continue;
    }
    std::string mapped = bytes;
    for (int bit = 0; bit < entry.member.length; ++bit) {
      const unsigned char mask = 1u << (7 - bit % 8);
      unsigned char byte = mapped[bit / 8];
      byte = BitAt(entry.host.bytes, bit) ? (byte | mask) : (byte & ~mask);
      mapped[bit / 8] = static_cast<char>(byte);
    }
    return AddressText(family, mapped);
  }
  return std::string(ip);
}

}  // namespace stowage::providers
