#include "scheduler/placement/costs/latency_table.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <limits>

namespace stowage::scheduler {

LatencyTable::LatencyTable(const std::vector<RegionLink>& links) {
  for (const RegionLink& link : links) {
    regions_.emplace(link.a, 0);
    regions_.emplace(link.b, 0);
  }
  size_t next = 0;
  for (auto& [name, number] : regions_) number = next++;

  using Weight = boost::property<boost::edge_weight_t, int64_t>;
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS,
                                      boost::no_property, Weight>;
  Graph graph(regions_.size());
  for (const RegionLink& link : links) {
    boost::add_edge(regions_.at(link.a), regions_.at(link.b), Weight(link.latency_us), graph);
  }
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  for (size_t from = 0; from < regions_.size(); ++from) {
    std::vector<int64_t> distance(regions_.size(), kNone);
    boost::dijkstra_shortest_paths(graph, from, boost::distance_map(distance.data()));
    for (int64_t& us : distance) {
      if (us == kNone) us = -1;
      us = std::min(us, kMaxLatencyUs);
      unknown_us_ = std::max(unknown_us_, us);
    }
    us_.push_back(std::move(distance));
  }
}

std::optional<int64_t> LatencyTable::Between(const std::string& a, const std::string& b) const {
  if (a.empty() || b.empty()) return std::nullopt;
  if (a == b) return 0;
  const auto from = regions_.find(a), to = regions_.find(b);
  if (from == regions_.end() || to == regions_.end()) return std::nullopt;
  const int64_t us = us_[from->second][to->second];
  return us < 0 ? std::nullopt : std::optional<int64_t>(us);
}

}  // namespace stowage::scheduler
