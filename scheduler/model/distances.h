// Distances between regions over the known links, for those that verify answers: written apart from
// what solvers ask.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

class Distances {
 public:
  // Shortest paths by relaxing all links until nothing changes. O(regions x links x the longest
  // path's links).
  explicit Distances(const std::vector<RegionLink>& links);

  // In microseconds; 0 within a region; nullopt: nobody knows, or a region has no name.
  std::optional<int64_t> Between(const std::string& a, const std::string& b) const;
  // What costs take for those: the longest that is known, at least 100 ms.
  int64_t unknown_us() const { return unknown_us_; }

 private:
  std::map<std::string, std::map<std::string, int64_t>> us_;
  int64_t unknown_us_ = 100'000;
};

}  // namespace stowage::scheduler
