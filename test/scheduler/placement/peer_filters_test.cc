// What pods say of one another, by the examples of Kubernetes' documentation, through the engine:
// where pods go, and in which words the others are refused.
#include <gtest/gtest.h>

#include <map>

#include "scheduler/placement/engine.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

using Op = LabelRequirement::Op;

const std::string kZone = "topology.kubernetes.io/zone";
const std::string kHostname{kTopologyHostname};
const std::string kCluster{kTopologyCluster};

LabelSelector Label(const std::string& key, const std::string& value) {
  return {false, {{key, Op::kIn, {value}}}};
}

class PeerFilters : public testing::Test {
 protected:
  // Nodes of a zone, `cpus` pods of one core fit onto each.
  static NodeShape Zone(const std::string& zone, int64_t count, int64_t cpus = 8) {
    return Nodes(count, Room(cpus * 1000, 64), {{kZone, zone}});
  }
  static PodClass Of(const std::string& key, int64_t count, PodRelations relations,
                     PodConstraints constraints = {}) {
    PodClass k = Pods(key, count, Demand(1000, 1), std::move(constraints));
    k.relations = std::make_shared<const PodRelations>(std::move(relations));
    return k;
  }
  static void Bind(ClusterView& cluster, int64_t count, PodRelations relations,
                   Labels selector = {}, bool terminating = false) {
    cluster.bound.push_back({std::make_shared<const PodConstraints>(
                                 PodConstraints{.node_selector = std::move(selector)}),
                             Demand(1000, 1), count,
                             std::make_shared<const PodRelations>(std::move(relations)),
                             terminating});
  }

  void Solve() {
    const auto valid = Validate(problem_);
    ASSERT_TRUE(valid) << valid.error().message;
    session_ = engine_->Start(problem_, {});
    for (int i = 0; i < 10000 && !session_->Step({1000}).complete; ++i) {
    }
    incumbent_ = session_->Step({0});
    const auto ok = CheckPlacement(problem_, incumbent_.placement);
    EXPECT_TRUE(ok) << ok.error().message;
  }
  // By shape's zone, else by cluster.
  std::map<std::string, int64_t> Where(const std::string& key) const {
    std::map<std::string, int64_t> out;
    for (const ClusterWitness& w : incumbent_.placement.witness) {
      for (const ClusterView& c : problem_.clusters) {
        if (c.name != w.cluster) continue;
        for (const PackedNodes& n : w.nodes) {
          const Labels& labels = n.shape >= 0 ? c.shapes[n.shape].labels : c.pools[n.pool].labels;
          const auto zone = labels.find(kZone);
          for (const PackedNodes::Load& load : n.loads) {
            if (load.key == key) {
              out[zone == labels.end() ? c.name : zone->second] += load.per_node * n.count;
            }
          }
        }
      }
    }
    return out;
  }
  std::string Refusal(const std::string& key, const std::string& cluster) const {
    const auto why = session_->Explain(key);
    return why && why->Of(cluster)->refusal ? why->Of(cluster)->refusal->reason : "";
  }
  using Counts = std::map<std::string, int64_t>;

  GreedySolver solver_;
  std::unique_ptr<PlacementEngine> engine_ = MakeEngine(solver_);
  Problem problem_;
  Incumbent incumbent_;
  std::unique_ptr<SolveSession> session_;
};

constexpr const char* kSkewed = "node(s) didn't match pod topology spread constraints";

// The documentation's first example: zones with 2 and 1 pods; the next must go to the second.
TEST_F(PeerFilters, SpreadSendsTheNextPodToTheZoneWithFewer) {
  problem_.clusters = {Cluster("a", {Zone("zoneA", 2)}), Cluster("b", {Zone("zoneB", 2)}, 0.5)};
  Bind(problem_.clusters[0], 2, {.labels = {{"foo", "bar"}}});
  Bind(problem_.clusters[1], 1, {.labels = {{"foo", "bar"}}});
  problem_.classes = {Of("mypod", 1,
                         {.labels = {{"foo", "bar"}},
                          .spread = {{.topology_key = kZone, .selector = Label("foo", "bar")}}})};
  Solve();
  EXPECT_EQ(Where("mypod"), (Counts{{"zoneB", 1}}));
  EXPECT_EQ(Refusal("mypod", "a"), "");  // two and two now
}

TEST_F(PeerFilters, FullDomainsStillCountForTheLeast) {
  problem_.clusters = {Cluster("a", {Zone("zoneA", 1)}), Cluster("b", {Zone("zoneB", 1, 1)})};
  problem_.classes = {Of("web", 6,
                         {.labels = {{"app", "web"}},
                          .spread = {{.topology_key = kZone, .selector = Label("app", "web")}}})};
  Solve();
  EXPECT_EQ(Where("web"), (Counts{{"zoneA", 2}, {"zoneB", 1}}));
  EXPECT_EQ(Refusal("web", "a"), kSkewed);
  EXPECT_EQ(Refusal("web", "b"), "Insufficient cpu");
}

TEST_F(PeerFilters, SkewThatBoundPodsHaveMadeIsNotMadeWorse) {
  problem_.clusters = {Cluster("a", {Zone("zoneA", 1)}), Cluster("b", {Zone("zoneB", 1)}, 1)};
  Bind(problem_.clusters[0], 5, {.labels = {{"app", "web"}}});
  Bind(problem_.clusters[1], 3, {.labels = {{"app", "web"}}}, {},
       true);  // terminating: not counted
  problem_.classes = {Of("web", 4,
                         {.labels = {{"app", "web"}},
                          .spread = {{.topology_key = kZone, .selector = Label("app", "web")}}})};
  Solve();
  EXPECT_EQ(Where("web"), (Counts{{"zoneB", 4}}));
}

TEST_F(PeerFilters, WithFewerDomainsThanMinDomainsTheLeastIsZero) {
  problem_.clusters = {Cluster("a", {Zone("zoneA", 1), Zone("zoneB", 1)})};
  problem_.classes = {Of("web", 6,
                         {.labels = {{"app", "web"}},
                          .spread = {{.topology_key = kZone,
                                      .max_skew = 2,
                                      .min_domains = 3,
                                      .selector = Label("app", "web")}}})};
  Solve();
  EXPECT_EQ(Where("web"), (Counts{{"zoneA", 2}, {"zoneB", 2}}));
}

// The documentation's example of zoneC that the pod may not choose: it does not count, unless
// nodeAffinityPolicy says so.
TEST_F(PeerFilters, DomainsThatThePodMayNotChooseCountOnlyIfIgnored) {
  for (const bool honor : {true, false}) {
    problem_.clusters = {Cluster("abc", {Zone("zoneA", 1), Zone("zoneB", 1), Zone("zoneC", 1)})};
    problem_.classes = {Of("web", 6,
                           {.labels = {{"foo", "bar"}},
                            .spread = {{.topology_key = kZone,
                                        .selector = Label("foo", "bar"),
                                        .honor_affinity = honor}}},
                           {.required = {{{{{kZone, Op::kNotIn, {"zoneC"}}}, {}}}}})};
    Solve();
    const int64_t each = honor ? 3 : 1;
    EXPECT_EQ(Where("web"), (Counts{{"zoneA", each}, {"zoneB", each}})) << honor;
  }
}

TEST_F(PeerFilters, TaintedDomainsCountUnlessTaintsAreHonoured) {
  for (const bool honor : {true, false}) {
    problem_.clusters = {Cluster("ab", {Zone("zoneA", 1), Zone("zoneB", 1)})};
    problem_.clusters[0].shapes[1].taints = {{"dedicated", "gpu", Taint::Effect::kNoSchedule}};
    problem_.classes = {
        Of("web", 4,
           {.labels = {{"app", "web"}},
            .spread = {
                {.topology_key = kZone, .selector = Label("app", "web"), .honor_taints = honor}}})};
    Solve();
    EXPECT_EQ(Where("web"), (Counts{{"zoneA", honor ? 4 : 1}})) << honor;
  }
}

TEST_F(PeerFilters, MatchLabelKeysCountTheOwnRevisionOnly) {
  problem_.clusters = {Cluster("a", {Zone("zoneA", 1)}), Cluster("b", {Zone("zoneB", 1)}, 1)};
  Bind(problem_.clusters[1], 3, {.labels = {{"app", "web"}, {"pod-template-hash", "old"}}});
  problem_.classes = {Of("web", 2,
                         {.labels = {{"app", "web"}, {"pod-template-hash", "new"}},
                          .spread = {{.topology_key = kZone,
                                      .selector = Label("app", "web"),
                                      .match_label_keys = {"pod-template-hash", "absent"}}}})};
  Solve();
  EXPECT_EQ(Where("web"), (Counts{{"zoneA", 1}, {"zoneB", 1}}));
}

TEST_F(PeerFilters, NodesWithoutTheKeyAreRefused) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(8000, 64))})};
  problem_.classes = {Of("web", 1, {.spread = {{.topology_key = kZone}}})};
  Solve();
  EXPECT_EQ(Refusal("web", "a"),
            "node(s) didn't match pod topology spread constraints (missing required label)");
}

TEST_F(PeerFilters, SpreadOverClustersAndOverNodes) {
  problem_.clusters = {Cluster("a", {Nodes(3, Room(8000, 64))}),
                       Cluster("b", {Nodes(1, Room(8000, 64))}, 1)};
  PodRelations over_clusters{
      .labels = {{"app", "web"}},
      .spread = {{.topology_key = kCluster, .selector = Label("app", "web")}}};
  PodRelations over_nodes = over_clusters;
  over_nodes.spread[0].topology_key = kHostname;
  problem_.classes = {Of("web", 8, over_clusters)};
  Solve();
  EXPECT_EQ(Where("web"), (Counts{{"a", 4}, {"b", 4}}));
  problem_.classes = {Of("web", 8, over_nodes)};
  Solve();
  EXPECT_EQ(Where("web"), (Counts{{"a", 6}, {"b", 2}}));
}

TEST_F(PeerFilters, ScheduleAnywayBendsToMoneyButNotToLittle) {
  for (const auto& [price, in_b] : {std::pair{0.0005, 2}, std::pair{0.5, 0}}) {
    problem_.clusters = {Cluster("a", {Zone("zoneA", 1)}), Cluster("b", {Zone("zoneB", 1)}, price)};
    problem_.classes = {
        Of("web", 5,
           {.labels = {{"app", "web"}},
            .spread = {{.topology_key = kZone, .hard = false, .selector = Label("app", "web")}}})};
    Solve();
    EXPECT_EQ(Where("web")["zoneB"], in_b) << price;
    EXPECT_EQ(Where("web")["zoneA"], 5 - in_b) << price;
  }
}

// The documentation's cache and web servers: one cache on a node, each server beside a cache, and
// no two servers together.
TEST_F(PeerFilters, WebServersStandBesideTheirCaches) {
  problem_.clusters = {Cluster("a", {Nodes(4, Room(8000, 64))})};
  const PodAffinityTerm of_store{kHostname, Label("app", "store")};
  const PodAffinityTerm of_web{kHostname, Label("app", "web-store")};
  problem_.classes = {
      Of("store", 3, {.labels = {{"app", "store"}}, .anti_affinity = {of_store}}),
      Of("web", 4,
         {.labels = {{"app", "web-store"}}, .affinity = {of_store}, .anti_affinity = {of_web}})};
  Solve();
  EXPECT_EQ(Where("store")["a"], 3);
  EXPECT_EQ(Where("web")["a"], 3);
  EXPECT_EQ(Refusal("web", "a"), "node(s) didn't match pod affinity rules");
}

TEST_F(PeerFilters, AntiAffinityOfBoundPodsKeepsNewOnesAway) {
  problem_.clusters = {Cluster("a", {Nodes(4, Room(8000, 64))}),
                       Cluster("b", {Nodes(1, Room(8000, 64))}, 1)};
  Bind(problem_.clusters[0], 1, {.anti_affinity = {{kCluster, Label("noisy", "yes")}}});
  problem_.classes = {Of("noisy", 1, {.labels = {{"noisy", "yes"}}})};
  Solve();
  EXPECT_EQ(Where("noisy"), (Counts{{"b", 1}}));
  EXPECT_EQ(Refusal("noisy", "a"), "node(s) didn't satisfy existing pods anti-affinity rules");
}

// Its labels have changed since: the pod runs there all the same, and keeps others off its node.
TEST_F(PeerFilters, BoundPodsThatNoNodeWouldLetInAnyMoreStillCount) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(8000, 64), {{"disk", "hdd"}})}),
                       Cluster("b", {Nodes(1, Room(8000, 64))}, 1)};
  Bind(problem_.clusters[0], 1, {.labels = {{"noisy", "yes"}}, .ports = {{.port = 80}}},
       {{"disk", "ssd"}});
  problem_.classes = {
      Of("quiet", 1, {.anti_affinity = {{kHostname, Label("noisy", "yes")}}}),
      Of("web", 1, {.ports = {{.port = 80}}}),
      Of("near", 1, {.affinity = {{kHostname, Label("noisy", "yes")}}}),
  };
  Solve();
  EXPECT_EQ(Where("quiet"), (Counts{{"b", 1}}));
  EXPECT_EQ(Where("web"), (Counts{{"b", 1}}));
  EXPECT_EQ(Where("near"), (Counts{{"a", 1}}));
  EXPECT_EQ(incumbent_.placement.witness[0].bound_unpacked, 0);
}

// Two of three pods have no room on the only node any more, which has shrunk: they are on it.
TEST_F(PeerFilters, BoundPodsBeyondTheRoomOfAnOnlyNodeStillCount) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(1000, 64))}),
                       Cluster("b", {Nodes(1, Room(8000, 64))}, 1)};
  Bind(problem_.clusters[0], 2, {.labels = {{"app", "web"}}});
  Bind(problem_.clusters[0], 1, {.labels = {{"app", "web"}, {"noisy", "yes"}}});
  Bind(problem_.clusters[1], 1, {.labels = {{"app", "web"}}});
  problem_.classes = {
      Of("quiet", 1, {.anti_affinity = {{kHostname, Label("noisy", "yes")}}}),
      Of("web", 4,
         {.labels = {{"app", "web"}},
          .spread = {{.topology_key = kHostname, .selector = Label("app", "web")}}}),
  };
  for (PodClass& k : problem_.classes) k.demand = Demand(0, 1);
  Solve();
  EXPECT_EQ(Where("quiet"), (Counts{{"b", 1}}));
  EXPECT_EQ(Where("web"), (Counts{{"a", 1}, {"b", 3}}));  // three and one, four and four
}

TEST_F(PeerFilters, TheFirstOfAGroupThatWantsToBeTogetherGoesAnywhere) {
  problem_.clusters = {Cluster("a", {Zone("zoneA", 1, 2)}), Cluster("b", {Zone("zoneB", 1)}, 1)};
  problem_.classes = {
      Of("web", 4, {.labels = {{"app", "web"}}, .affinity = {{kZone, Label("app", "web")}}})};
  Solve();
  EXPECT_EQ(Where("web").size(), 1u);
  EXPECT_EQ(Refusal("web", "b"), "node(s) didn't match pod affinity rules");
  problem_.classes[0] = Of("other", 1, {.affinity = {{kZone, Label("app", "web")}}});
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 0);
}

TEST_F(PeerFilters, TermsSpeakOfTheOwnNamespaceUnlessTheyNameOthers) {
  problem_.namespaces = {{"prod", {{"team", "x"}}}, {"test", {}}};
  problem_.clusters = {Cluster("a", {Nodes(1, Room(8000, 64))})};
  Bind(problem_.clusters[0], 1, {.ns = "prod", .labels = {{"app", "db"}}});
  PodAffinityTerm term{kCluster, Label("app", "db")};
  const auto placed = [&] {
    problem_.classes = {Of("web", 1, {.ns = "test", .affinity = {term}})};
    Solve();
    return incumbent_.tiers[0].placed;
  };
  EXPECT_EQ(placed(), 0);
  term.namespaces = {"prod"};
  EXPECT_EQ(placed(), 1);
  term.namespaces.clear();
  term.namespace_selector = Label("team", "x");
  EXPECT_EQ(placed(), 1);
  term.namespace_selector = Label("team", "y");
  EXPECT_EQ(placed(), 0);
  term.namespace_selector = LabelSelector{};
  EXPECT_EQ(placed(), 1);
}

TEST_F(PeerFilters, PreferredAffinityWeighsLikePreferredNodes) {
  for (const int weight : {100, -100}) {
    problem_.clusters = {Cluster("a", {Nodes(1, Room(8000, 64))}),
                         Cluster("b", {Nodes(1, Room(8000, 64))})};
    problem_.clusters[weight > 0 ? 1 : 0].charge_back = {
        {ResourceTable::kCpu, Dollars(0.001), 1000}};
    const int with = weight > 0 ? 1 : 0;
    Bind(problem_.clusters[with], 1, {.labels = {{"app", "db"}}});
    problem_.classes = {Of("web", 1, {.preferred = {{weight, {kCluster, Label("app", "db")}}}})};
    Solve();
    EXPECT_EQ(Where("web"), (Counts{{"b", 1}})) << weight;
  }
}

TEST_F(PeerFilters, AHostPortIsTakenOncePerNode) {
  problem_.clusters = {Cluster("a", {Nodes(3, Room(8000, 64))})};
  Bind(problem_.clusters[0], 1, {.ports = {{.ip = "10.0.0.1", .port = 443}}});
  problem_.classes = {Of("any", 3, {.ports = {{.port = 443}}}),
                      Of("udp", 3, {.ports = {{.protocol = "UDP", .port = 443}}})};
  Solve();
  EXPECT_EQ(Where("any")["a"], 2);
  EXPECT_EQ(Where("udp")["a"], 3);
  EXPECT_EQ(Refusal("any", "a"), "node(s) didn't have free ports for the requested pod ports");
}

TEST_F(PeerFilters, AddressesThatDifferShareAPort) {
  problem_.clusters = {Cluster("a", {Nodes(1, Room(8000, 64))})};
  problem_.classes = {Of("one", 1, {.ports = {{.ip = "10.0.0.1", .port = 443}}}),
                      Of("two", 1, {.ports = {{.ip = "10.0.0.2", .port = 443}}})};
  Solve();
  EXPECT_EQ(incumbent_.tiers[0].placed, 2);
}

TEST_F(PeerFilters, WhatTheBoundLeavesOutIsNamed) {
  problem_.clusters = {Cluster("a", {Zone("zoneA", 1)})};
  problem_.classes = {Of("web", 1, {.spread = {{.topology_key = kZone}}, .ports = {{.port = 1}}})};
  Solve();
  EXPECT_EQ(incumbent_.relaxed,
            (std::vector<std::string>{"classes compete for room", "elastic nodes are whole",
                                      "topology spread", "host ports"}));
}

}  // namespace
}  // namespace stowage::scheduler
