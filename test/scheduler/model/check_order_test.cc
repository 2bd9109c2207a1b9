// The checker finds pods that would have been refused in their turn.
#include <gtest/gtest.h>

#include "scheduler/model/placement.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

const std::string kHostname{kTopologyHostname};
const std::string kCluster{kTopologyCluster};

LabelSelector Web() { return {false, {{"app", LabelRequirement::Op::kIn, {"web"}}}}; }

// Two clusters of two nodes; four pods, two in each cluster, one on each node, in two steps.
struct Case {
  Problem problem;
  Placement placement;

  explicit Case(PodRelations relations) {
    relations.labels = {{"app", "web"}};
    problem.classes = {Pods("web", 4, Demand(1000, 1))};
    problem.classes[0].relations = std::make_shared<const PodRelations>(std::move(relations));
    problem.clusters = {Cluster("a", {Nodes(2, Room(4000, 16))}),
                        Cluster("b", {Nodes(2, Room(4000, 16))})};
    placement.classes = {{"web", {{"a", 2}, {"b", 2}}, 0}};
    placement.witness = {{"a", {Node(1), Node(3)}, 0}, {"b", {Node(2), Node(4)}, 0}};
  }
  static PackedNodes Node(int64_t step, int64_t pods = 1) {
    return {0, -1, 1, {{"web", -1, pods, step}}};
  }
  std::string Found() const {
    const auto valid = Validate(problem);
    if (!valid) return valid.error().message;
    const auto ok = CheckPlacement(problem, placement);
    return ok ? "" : ok.error().message;
  }
};

TEST(CheckBindOrder, SpreadIsCheckedPodByPodAndNotOnlyAtTheEnd) {
  Case c({.spread = {{.topology_key = kCluster, .selector = Web()}}});
  EXPECT_EQ(c.Found(), "");
  c.placement.witness = {{"a", {Case::Node(1), Case::Node(2)}, 0},
                         {"b", {Case::Node(3), Case::Node(4)}, 0}};
  EXPECT_EQ(c.Found(), "a: web in its turn: didn't match pod topology spread constraints");
}

TEST(CheckBindOrder, ALoadOfManyPodsMustPassInAnyOrder) {
  Case c({.spread = {{.topology_key = kCluster, .selector = Web()}}});
  c.placement.witness = {{"a", {{0, -1, 2, {{"web", -1, 1, 1}}}}, 0},
                         {"b", {{0, -1, 2, {{"web", -1, 1, 2}}}}, 0}};
  EXPECT_EQ(c.Found(), "a: web in its turn: didn't match pod topology spread constraints");
}

TEST(CheckBindOrder, AntiAffinityCountsThoseThatCameBefore) {
  Case c({.anti_affinity = {{kHostname, Web()}}});
  EXPECT_EQ(c.Found(), "");
  c.placement.witness[0].nodes = {Case::Node(1, 2)};
  EXPECT_EQ(c.Found(), "a: web in its turn: didn't match pod anti-affinity rules");
  c = Case({.anti_affinity = {{kCluster, Web()}}});
  EXPECT_NE(c.Found(), "");
}

TEST(CheckBindOrder, AntiAffinityOfBoundPodsIsSeen) {
  Case c({});
  c.problem.clusters[1].bound = {
      {std::make_shared<const PodConstraints>(), Demand(100, 1), 1,
       std::make_shared<const PodRelations>(PodRelations{.anti_affinity = {{kCluster, Web()}}})}};
  c.placement.witness[1].bound_unpacked = 1;
  EXPECT_EQ(c.Found(), "b: web in its turn: didn't satisfy existing pods anti-affinity rules");
}

TEST(CheckBindOrder, AffinityNeedsAPodThatIsThereAlready) {
  Case c({.affinity = {{kCluster, Web()}}});
  EXPECT_EQ(c.Found(), "b: web in its turn: didn't match pod affinity rules");
  c.placement.classes = {{"web", {{"a", 4}}, 0}};
  c.placement.witness = {{"a", {Case::Node(1), {0, -1, 1, {{"web", -1, 3, 2}}}}, 0}};
  EXPECT_EQ(c.Found(), "");
}

TEST(CheckBindOrder, HostPortsAreTakenOnce) {
  Case c({.ports = {{.port = 80}}});
  EXPECT_EQ(c.Found(), "");
  c.placement.witness[0].nodes = {Case::Node(1, 2)};
  EXPECT_EQ(c.Found(), "a: web in its turn: a host port is taken twice");
}

TEST(CheckBindOrder, NodesOfPoolsAreDomainsOnceTheyHavePods) {
  Case c({.spread = {{.topology_key = kHostname, .selector = Web()}}});
  c.problem.clusters.pop_back();
  c.problem.clusters[0].pools = {Pool("m", 1, Room(4000, 16), 0.1)};
  c.placement.classes = {{"web", {{"a", 4}}, 0}};
  c.placement.witness.pop_back();
  const PackedNodes bought{-1, 0, 1, {{"web", -1, 1, 4}}};
  c.placement.witness[0].nodes = {
      {0, -1, 1, {{"web", -1, 1, 1}, {"web", -1, 1, 3}}}, Case::Node(2), bought};
  EXPECT_EQ(c.Found(), "");  // two on the first node, before the bought one is there
  c.placement.witness[0].nodes[2].loads[0].step = 0;
  EXPECT_EQ(c.Found(), "");
  c.placement.witness[0].nodes[0].loads[1].step = 1;
  EXPECT_NE(c.Found(), "");  // two on the first node while the second has none
}

TEST(CheckPlacement, FindsResidencyAndVolumesThatWereIgnored) {
  using Op = LabelRequirement::Op;
  Case c({});
  c.problem.clusters[0].region = "eu";
  c.problem.clusters[1].region = "us";
  c.problem.classes[0].constraints =
      std::make_shared<const PodConstraints>(PodConstraints{.allowed_regions = {"eu"}});
  EXPECT_EQ(c.Found(), "b: outside the allowed regions");
  c.problem.classes[0].constraints =
      std::make_shared<const PodConstraints>(PodConstraints{.denied_regions = {"us"}});
  EXPECT_EQ(c.Found(), "b: a denied region");
  c.problem.classes[0].constraints = std::make_shared<const PodConstraints>(
      PodConstraints{.volumes = {{{{{"zone", Op::kIn, {"z"}}}, {}}}}});
  EXPECT_EQ(c.Found(), "a: a volume cannot be attached");
}

TEST(Problem, RelationsAreRangeChecked) {
  const auto complaint = [](PodRelations r) { return Case(std::move(r)).Found(); };
  EXPECT_EQ(complaint({.spread = {{.topology_key = ""}}}),
            "class web.spread: topologyKey is missing");
  EXPECT_EQ(complaint({.spread = {{.topology_key = "z", .max_skew = 0}}}),
            "class web.spread.maxSkew: must be at least 1");
  EXPECT_EQ(complaint({.spread = {{.topology_key = "z", .hard = false, .min_domains = 2}}}),
            "class web.spread.minDomains: goes with DoNotSchedule only");
  EXPECT_EQ(complaint({.ports = {{.port = 65536}}}),
            "class web.ports: 65536 is not between 1 and 65535");
  EXPECT_EQ(complaint({.preferred = {{0, {kHostname, Web()}}}}),
            "class web.preferredAffinity: a weight is between 1 and 100");
  EXPECT_EQ(
      complaint({.affinity = {{kHostname, {false, {{"n", LabelRequirement::Op::kGt, {"1"}}}}}}}),
      "class web.affinity.n: a label selector knows neither Gt nor Lt");
}

TEST(CheckPlacement, FindsPodsFurtherAwayThanTheirMaximumOfLatency) {
  Case c({});
  PodConstraints near;
  near.latency_sources = {{"eu"}};
  near.latency_us_max = 50'000;
  c.problem.classes[0].constraints = std::make_shared<const PodConstraints>(near);
  c.problem.clusters[0].region = "eu";
  c.problem.clusters[1].region = "us";
  const std::string wrong = "b: further than the maximum of latency from eu";
  EXPECT_EQ(c.Found(), wrong) << "a distance that nobody knows is too far";
  c.problem.links = {{"eu", "mid", 30'000}, {"mid", "us", 30'000}};
  EXPECT_EQ(c.Found(), wrong);
  c.problem.links.push_back({"us", "eu", 50'000});
  EXPECT_EQ(c.Found(), "");
}

}  // namespace
}  // namespace stowage::scheduler
