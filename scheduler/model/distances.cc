#include "scheduler/model/distances.h"

#include <algorithm>

namespace stowage::scheduler {
namespace {

bool Shorten(std::map<std::string, int64_t>& row, const std::string& from, const std::string& to,
             int64_t us) {
  const auto known = row.find(from);
  if (known == row.end()) return false;
  const int64_t distance = known->second + us;
  const auto [cell, is_new] = row.emplace(to, distance);
  if (is_new) return true;
  if (cell->second <= distance) return false;
  cell->second = distance;
  return true;
}

}  // namespace

Distances::Distances(const std::vector<RegionLink>& links) {
  for (const RegionLink& link : links) us_[link.a][link.a] = us_[link.b][link.b] = 0;
  for (auto& [from, row] : us_) {
    for (bool changed = true; changed;) {
      changed = false;
      for (const RegionLink& link : links) {
        changed = Shorten(row, link.a, link.b, link.latency_us) || changed;
        changed = Shorten(row, link.b, link.a, link.latency_us) || changed;
      }
    }
    for (auto& [to, us] : row) {
      us = std::min(us, kMaxLatencyUs);
      unknown_us_ = std::max(unknown_us_, us);
    }
  }
}

std::optional<int64_t> Distances::Between(const std::string& a, const std::string& b) const {
  if (a.empty() || b.empty()) return std::nullopt;
  if (a == b) return 0;
  const auto row = us_.find(a);
  if (row == us_.end()) return std::nullopt;
  const auto cell = row->second.find(b);
  return cell == row->second.end() ? std::nullopt : std::optional(cell->second);
}

}  // namespace stowage::scheduler
