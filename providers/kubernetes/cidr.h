// Addresses of a member as the host sees them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "providers/kubernetes/options.h"

namespace stowage::providers {

class CidrMap {
 public:
  CidrMap() = default;
  // kInvalid: not a CIDR, families or lengths differ, or two ranges overlap on either side.
  static Result<CidrMap> Parse(const std::vector<CidrMapping>& mappings);

  // The host's view of `ip`; `ip` itself if no range holds it.
  std::string Map(std::string_view ip) const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Range {
    int family = 0;
    std::string bytes;  // 4 or 16
    int length = 0;     // of the prefix, in bits
  };
  struct Entry {
    Range member, host;
  };
  static Result<Range> ParseRange(std::string_view text);
  static bool Overlap(const Range& a, const Range& b);

  std::vector<Entry> entries_;
};

}  // namespace stowage::providers
