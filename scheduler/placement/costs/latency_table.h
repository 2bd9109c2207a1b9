// Latencies between regions: shortest paths over the known links.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

class LatencyTable {
 public:
  LatencyTable() = default;
  // Dijkstra from every region (Boost.Graph); links work both ways, of parallel ones the shortest
  // counts. O(regions * links * log regions).
  explicit LatencyTable(const std::vector<RegionLink>& links);

  // 0 within a region; nullopt where no path is known, or a region is not named ("").
  std::optional<int64_t> Between(const std::string& a, const std::string& b) const;
  // What costs take for a distance that nobody knows: the longest known one, at least 100 ms.
  int64_t unknown_us() const { return unknown_us_; }

 private:
  static constexpr int64_t kUnknownUs = 100'000;
  std::map<std::string, size_t> regions_;
  std::vector<std::vector<int64_t>> us_;  // -1: no path
  int64_t unknown_us_ = kUnknownUs;
};

}  // namespace stowage::scheduler
