// The network simplex against another library's algorithm, and placement by flows.
#include "scheduler/solvers/flow.h"

#include <gtest/gtest.h>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/cycle_canceling.hpp>
#include <boost/graph/edmonds_karp_max_flow.hpp>
#include <cstdio>
#include <limits>
#include <memory>

#include "base/random/rng.h"
#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "scheduler/solvers/lagrangian.h"
#include "scheduler/solvers/network/network.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using Weight = boost::property<boost::edge_weight_t, int64_t>;
using Reverse = boost::property<boost::edge_reverse_t, Traits::edge_descriptor, Weight>;
using Residual = boost::property<boost::edge_residual_capacity_t, int64_t, Reverse>;
using Capacity = boost::property<boost::edge_capacity_t, int64_t, Residual>;
using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Capacity>;

class Oracle {
 public:
  explicit Oracle(const FlowNetwork& network) : graph_(network.supply.size() + 2) {
    const size_t source = network.supply.size(), sink = source + 1;
    for (const FlowNetwork::Arc& a : network.arcs) {
      Add(static_cast<size_t>(a.from), static_cast<size_t>(a.to), a.capacity, a.cost);
    }
    int64_t supply = 0, sent = 0;
    for (size_t n = 0; n < network.supply.size(); ++n) {
      if (network.supply[n] > 0) Add(source, n, network.supply[n], 0);
      if (network.supply[n] < 0) Add(n, sink, -network.supply[n], 0);
      supply += std::max<int64_t>(network.supply[n], 0);
    }
    // Successive shortest paths add up infinite distances where a node is out of reach.
    boost::edmonds_karp_max_flow(graph_, source, sink);
    boost::cycle_canceling(graph_);
    for (auto [e, end] = boost::out_edges(source, graph_); e != end; ++e) {
      sent += boost::get(boost::edge_capacity, graph_, *e) -
              boost::get(boost::edge_residual_capacity, graph_, *e);
    }
    feasible_ = sent == supply;
  }

  bool feasible() const { return feasible_; }
  int64_t cost() const {
    int64_t sum = 0;
    for (auto [e, end] = boost::edges(graph_); e != end; ++e) {
      const int64_t on = boost::get(boost::edge_capacity, graph_, *e) -
                         boost::get(boost::edge_residual_capacity, graph_, *e);
      if (on > 0) sum += on * boost::get(boost::edge_weight, graph_, *e);
    }
    return sum;
  }

 private:
  void Add(size_t from, size_t to, int64_t capacity, int64_t cost) {
    const auto there = boost::add_edge(from, to, graph_).first;
    const auto back = boost::add_edge(to, from, graph_).first;
    boost::put(boost::edge_capacity, graph_, there, capacity);
    boost::put(boost::edge_capacity, graph_, back, 0);
    boost::put(boost::edge_weight, graph_, there, cost);
    boost::put(boost::edge_weight, graph_, back, -cost);
    boost::put(boost::edge_reverse, graph_, there, back);
    boost::put(boost::edge_reverse, graph_, back, there);
  }

  Graph graph_;
  bool feasible_ = false;
};

FlowNetwork RandomNetwork(Rng& rng) {
  FlowNetwork network;
  const int64_t nodes = rng.Between(4, 25);
  network.supply.assign(static_cast<size_t>(nodes), 0);
  for (int64_t i = rng.Between(1, 6); i > 0; --i) {
    const int64_t amount = rng.Between(1, 30);
    network.supply[rng.Below(network.supply.size())] += amount;
    network.supply[rng.Below(network.supply.size())] -= amount;
  }
  for (int64_t i = nodes * rng.Between(2, 6); i > 0; --i) {
    const auto from = static_cast<int32_t>(rng.Below(network.supply.size()));
    const auto to = static_cast<int32_t>(rng.Below(network.supply.size()));
    if (from == to) continue;
    const int64_t capacity = rng.Between(0, 40);
    network.arcs.push_back({from, to, capacity, rng.Between(0, 1'000'000'000)});
  }
  return network;
}

void ExpectOptimal(const FlowNetwork& network, const NetworkFlow& flow) {
  std::vector<int64_t> balance = network.supply;
  for (size_t a = 0; a < network.arcs.size(); ++a) {
    const FlowNetwork::Arc& arc = network.arcs[a];
    const auto from = static_cast<size_t>(arc.from), to = static_cast<size_t>(arc.to);
    EXPECT_GE(flow.on[a], 0);
    EXPECT_LE(flow.on[a], arc.capacity);
    balance[from] -= flow.on[a];
    balance[to] += flow.on[a];
    const int64_t reduced = arc.cost + flow.potential[from] - flow.potential[to];
    EXPECT_TRUE(reduced <= 0 || flow.on[a] == 0);
    EXPECT_TRUE(reduced >= 0 || flow.on[a] == arc.capacity);
  }
  for (const int64_t b : balance) EXPECT_EQ(b, 0);
}

bool Suits(const Problem& problem) {
  Instance instance({});
  instance.Apply(Whole(problem));
  Work work(int64_t{1} << 60);
  EXPECT_TRUE(instance.Prepare(work));
  return FlowSolver::Suits(instance);
}

TEST(MinCostFlowTest, CostsAreThoseOfAnotherAlgorithm) {
  Rng rng(20261121);
  int feasible = 0, infeasible = 0;
  for (int i = 0; i < 600; ++i) {
    SCOPED_TRACE("network " + std::to_string(i));
    const FlowNetwork network = RandomNetwork(rng);
    const auto flow = MinCostFlow(network);
    const Oracle oracle(network);
    ASSERT_EQ(flow.has_value(), oracle.feasible());
    ++(flow ? feasible : infeasible);
    if (!flow) continue;
    int64_t cost = 0;
    for (size_t a = 0; a < network.arcs.size(); ++a) cost += network.arcs[a].cost * flow->on[a];
    EXPECT_EQ(cost, oracle.cost());
    ExpectOptimal(network, *flow);
  }
  EXPECT_GT(feasible, 200);
  EXPECT_GT(infeasible, 50);
}

TEST(MinCostFlowTest, WhatCouldOverflowIsRefused) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const auto with = [](int64_t amount, int64_t cost) {
    return FlowNetwork{{amount, -amount}, {{0, 1, amount, cost}}};
  };
  EXPECT_TRUE(MinCostFlow(with(10, 5)));
  EXPECT_FALSE(MinCostFlow(with(kMost / 2, 5)));
  EXPECT_FALSE(MinCostFlow(with(10, kMost / 2)));
  EXPECT_FALSE(MinCostFlow(with(10, -1)));
}

Incumbent Solve(const Problem& problem, const Solver& solver) {
  const auto valid = Validate(problem);
  EXPECT_TRUE(valid) << valid.error().message;
  const Incumbent answer = RunToTheEnd(*MakeEngine(solver)->Start(problem, {}));
  ExpectRight(problem, answer);
  return answer;
}

Amounts Free(int64_t milli_cpu, int64_t gib) { return Room(milli_cpu, gib); }

// One core each and different memory, of which nodes have more than enough. Clusters have prices,
// classes a region; nine in ten cores are wanted.
Problem UnitProblem(uint64_t seed) {
  Rng rng(seed);
  Problem p;
  int64_t room = 0;
  for (int j = 0; j < 12; ++j) {
    ClusterView c =
        Cluster("c" + std::to_string(j), {}, 0.01 * static_cast<double>(rng.Between(1, 9)));
    c.region = "r" + std::to_string(j % 4);
    for (int s = 0; s < 6; ++s) {
      const int64_t cores = rng.Between(1, 9), count = rng.Between(1, 3);
      const bool ssd = rng.Chance(0.4);
      c.shapes.push_back(
          Nodes(count, Free(cores * 1000 + 700, 80), {{"disk", ssd ? "ssd" : "hdd"}}));
      room += cores * count;
    }
    p.clusters.push_back(std::move(c));
  }
  p.links = {{"r0", "r1", 20'000}, {"r1", "r2", 50'000}, {"r2", "r3", 30'000}};
  int64_t left = room * 9 / 10;
  for (int k = 0; left > 0; ++k) {
    const int64_t count = std::min(left, rng.Between(1, 15));
    left -= count;
    PodConstraints constraints;
    if (rng.Chance(0.2)) constraints.node_selector["disk"] = "ssd";
    constraints.latency_sources = {{"r" + std::to_string(rng.Below(4))}};
    constraints.cost_per_ms = Dollars(0.0001 * static_cast<double>(rng.Between(1, 20)));
    p.classes.push_back(
        Pods("k" + std::to_string(k), count, Demand(1000, rng.Between(1, 8)), constraints));
  }
  return p;
}

struct Rival {
  std::unique_ptr<Solver> solver;
  int dearer = 0, fewer = 0;
  double excess = 0;  // in all, where as many pods are placed
};

TEST(Flow, PodsOfOneSizeArePlacedOptimallyWhereOthersLeaveAGap) {
  constexpr int kProblems = 12;
  std::vector<Rival> rivals(2);
  rivals[0].solver = std::make_unique<GreedySolver>();
  rivals[1].solver = std::make_unique<LagrangianSolver>();
  for (uint64_t seed = 1; seed <= kProblems; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Problem problem = UnitProblem(seed);
    ASSERT_TRUE(Suits(problem));
    const Incumbent ours = Solve(problem, FlowSolver());
    const TierResult& tier = ours.tiers[0];
    EXPECT_EQ(tier.placed, tier.pods);
    EXPECT_LE(ours.cost.nano - ours.lower_bound.nano, tier.pods) << "but for rounding";
    for (Rival& rival : rivals) {
      const Incumbent theirs = Solve(problem, *rival.solver);
      EXPECT_LE(theirs.tiers[0].placed, tier.placed);
      if (theirs.tiers[0].placed < tier.placed) {
        ++rival.fewer;
        continue;
      }
      EXPECT_LE(ours.cost.nano, theirs.cost.nano + tier.pods);
      rival.dearer += ours.cost < theirs.cost;
      rival.excess +=
          static_cast<double>(theirs.cost.nano) / static_cast<double>(ours.cost.nano) - 1;
    }
  }
  for (const Rival& r : rivals) {
    std::printf("[ %s ] fewer pods %d, dearer %d of %d, %.3f %% on the average\n",
                std::string(r.solver->name()).c_str(), r.fewer, r.dearer, kProblems,
                100 * r.excess / std::max(1, kProblems - r.fewer));
    EXPECT_GT(r.fewer + r.dearer, kProblems / 2);
  }
}

TEST(Flow, WhatHasNoPlaceIsProvenToHaveNone) {
  Problem p;
  p.classes = {Pods("a", 3, Demand(2000, 1)), Pods("b", 2, Demand(2000, 1))};
  p.clusters = {Cluster("c", {Nodes(4, Free(3000, 64))})};
  const Incumbent answer = Solve(p, FlowSolver());
  EXPECT_EQ(answer.tiers[0].placed, 4);
  EXPECT_EQ(answer.tiers[0].placed_max, 4);
}

TEST(Flow, SuitsOnlyWhereItIsExact) {
  const Problem p = UnitProblem(1);
  EXPECT_TRUE(Suits(p));
  Problem sizes = p, memory = p, pools = p;
  sizes.classes[0].demand[ResourceTable::kCpu] = 500;
  memory.clusters[0].shapes[0].free[ResourceTable::kMemory] = kGi / 2;
  pools.clusters[0].pools = {Pool("m", 1, Free(4000, 16), 0.1)};
  EXPECT_FALSE(Suits(memory));
  EXPECT_FALSE(Suits(pools));
  EXPECT_FALSE(Suits(Problem()));
  // Every pod is one of `pods`, but nodes have far more of those than of cores.
  EXPECT_FALSE(Suits(sizes));
}

}  // namespace
}  // namespace stowage::scheduler
