// The cheapest way to spread pods over domains under a hard constraint.
//
// Where no other pods count, a domain ends with at most maxSkew more than any other that is there:
// so at some level m every domain that counts has m pods or more, and none has more than
// m + maxSkew. What that leaves out can only make it dearer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace stowage::scheduler {

template <typename Value>
struct DomainOffer {
  Value each;      // of one pod
  bool must;       // the domain is there whatever happens: it has at least the level
  int32_t s = -1;  // the room
  int64_t pods = 0;
};

// Sorts `domains` by (each, s) and sets `pods` so that `count` pods cost least, at the best level.
// False: no level has room for them. Cost in `Sum`, which holds count * each. O(levels * domains),
// and the levels that are looked at are mostly no more than maxSkew.
template <typename Sum, typename Value>
bool SpreadAtBestLevel(std::vector<DomainOffer<Value>>& domains, int64_t count, int64_t max_skew,
                       Sum* cost) {
  std::sort(domains.begin(), domains.end(), [](const auto& a, const auto& b) {
    return a.each < b.each || (!(b.each < a.each) && a.s < b.s);
  });
  const auto all = static_cast<int64_t>(domains.size());
  int64_t must = 0;
  for (const auto& d : domains) must += d.must ? 1 : 0;
  if (all == 0) return false;
  bool any = false;
  // The cost is convex in the level: past the best one it only grows.
  for (int64_t level = std::max<int64_t>(0, (count + all - 1) / all - max_skew);
       level * must <= count; ++level) {
    int64_t left = count - level * must;
    Sum sum = 0;
    for (const auto& d : domains) {
      const int64_t more = std::min(left, d.must ? max_skew : level + max_skew);
      sum += static_cast<Sum>(d.each) * static_cast<Sum>(more + (d.must ? level : 0));
      left -= more;
    }
    if (left > 0) continue;
    if (any && !(sum < *cost)) break;
    any = true;
    *cost = sum;
    left = count - level * must;
    for (auto& d : domains) {
      const int64_t more = std::min(left, d.must ? max_skew : level + max_skew);
      d.pods = more + (d.must ? level : 0);
      left -= more;
    }
    if (must == 0) break;
  }
  return any;
}

}  // namespace stowage::scheduler
