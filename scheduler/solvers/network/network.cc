// LEMON's headers are C++17: this folder is compiled as such.
#include "scheduler/solvers/network/network.h"

#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <algorithm>
#include <limits>

namespace stowage::scheduler {
namespace {

using Graph = lemon::SmartDigraph;
using Simplex = lemon::NetworkSimplex<Graph, int64_t, int64_t>;

// Potentials grow up to (largest cost + 1) times nodes; supplies meet in one node.
bool Fits(const FlowNetwork& network) {
  constexpr __int128 kMost = std::numeric_limits<int64_t>::max() / 8;
  __int128 supply = 0, cost = 1;
  for (const int64_t s : network.supply) supply += s < 0 ? -static_cast<__int128>(s) : s;
  for (const FlowNetwork::Arc& a : network.arcs) {
    if (a.capacity > kMost || a.capacity < 0 || a.cost < 0) return false;
    cost = std::max<__int128>(cost, static_cast<__int128>(a.cost) + 1);
  }
  return supply <= kMost && cost * (static_cast<__int128>(network.supply.size()) + 2) <= kMost;
}

}  // namespace

std::optional<NetworkFlow> MinCostFlow(const FlowNetwork& network) {
  if (!Fits(network)) return std::nullopt;
  Graph graph;
  graph.reserveNode(static_cast<int>(network.supply.size()));
  graph.reserveArc(static_cast<int>(network.arcs.size()));
  for (size_t n = 0; n < network.supply.size(); ++n) graph.addNode();
  Graph::ArcMap<int64_t> capacity(graph), cost(graph);
  Graph::NodeMap<int64_t> supply(graph);
  for (const FlowNetwork::Arc& a : network.arcs) {
    const Graph::Arc arc = graph.addArc(Graph::nodeFromId(a.from), Graph::nodeFromId(a.to));
    capacity[arc] = a.capacity;
    cost[arc] = a.cost;
  }
  for (size_t n = 0; n < network.supply.size(); ++n) {
    supply[Graph::nodeFromId(static_cast<int>(n))] = network.supply[n];
  }
  Simplex simplex(graph);
  simplex.upperMap(capacity).costMap(cost).supplyMap(supply);
  if (simplex.run() != Simplex::OPTIMAL) return std::nullopt;
  NetworkFlow flow;
  for (size_t a = 0; a < network.arcs.size(); ++a) {
    flow.on.push_back(simplex.flow(Graph::arcFromId(static_cast<int>(a))));
  }
  for (size_t n = 0; n < network.supply.size(); ++n) {
    flow.potential.push_back(simplex.potential(Graph::nodeFromId(static_cast<int>(n))));
  }
  return flow;
}

}  // namespace stowage::scheduler
