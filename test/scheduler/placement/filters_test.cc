// Each filter by a table: what is refused, and in which words.
#include <gtest/gtest.h>

#include "scheduler/placement/filters/capacity.h"
#include "scheduler/placement/filters/filter.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

using Op = LabelRequirement::Op;

std::string Reason(const std::optional<Refusal>& refusal) { return refusal ? refusal->reason : ""; }

std::string OfCluster(const ClusterFilter& filter, const PodConstraints& pod,
                      const ClusterView& cluster, const LatencyTable& latency = {}) {
  return Reason(filter.Check(pod, cluster, latency));
}

TEST(UnschedulableFilter, KeepsPodsAwayUnlessTheyTolerateTheTaint) {
  ClusterView c{.name = "a"};
  EXPECT_EQ(OfCluster(UnschedulableFilter(), {}, c), "");
  c.unschedulable = true;
  EXPECT_EQ(OfCluster(UnschedulableFilter(), {}, c), "node(s) were unschedulable");
  const PodConstraints brave{.tolerations = {{"node.kubernetes.io/unschedulable", true, "", {}}}};
  EXPECT_EQ(OfCluster(UnschedulableFilter(), brave, c), "");
}

TEST(ClusterTaintFilter, NamesTheTaint) {
  const ClusterView c{.name = "a", .taints = {{"dedicated", "gpu", Taint::Effect::kNoExecute}}};
  EXPECT_EQ(OfCluster(ClusterTaintFilter(), {}, c),
            "node(s) had untolerated taint {dedicated: gpu}");
}

TEST(LatencyFilter, MeasuresOverTheKnownLinks) {
  const LatencyTable latency({{"a", "b", 10'000}, {"b", "c", 15'500}, {"a", "c", 40'000}});
  const ClusterView c{.name = "x", .region = "c"};
  PodConstraints pod{.latency_sources = {{"a", 1'000'000}}, .latency_us_max = 25'500};
  EXPECT_EQ(OfCluster(LatencyFilter(), pod, c, latency), "");
  pod.latency_us_max = 25'499;
  EXPECT_EQ(OfCluster(LatencyFilter(), pod, c, latency), "node(s) were too far from region a");
  EXPECT_EQ(LatencyFilter().Check(pod, c, latency)->detail, "25.5 ms away, at most 25.4 ms");
  pod.latency_sources[0].region = "nowhere";
  EXPECT_EQ(LatencyFilter().Check(pod, c, latency)->detail,
            "an unknown distance away, at most 25.4 ms");
  pod.latency_us_max.reset();
  EXPECT_EQ(OfCluster(LatencyFilter(), pod, c, latency), "");
}

TEST(NodeSelectorFilter, JoinsTermsByOrAndRequirementsByAnd) {
  const std::string refused = "node(s) didn't match Pod's node affinity/selector";
  const ClusterView c{.name = "edge", .labels = {{"zone", "a"}}};
  const Labels labels{{"disk", "ssd"}};
  const std::vector<Taint> taints;
  const NodeView node{c, labels, taints};
  const auto check = [&](const PodConstraints& pod) {
    return Reason(NodeSelectorFilter().Check(pod, node));
  };
  EXPECT_EQ(check({}), "");
  EXPECT_EQ(check({.node_selector = {{"zone", "a"}, {"disk", "ssd"}}}), "");
  EXPECT_EQ(check({.node_selector = {{"zone", "a"}, {"disk", "hdd"}}}), refused);
  const NodeSelectorTerm zone_b{{{"zone", Op::kIn, {"b"}}}, {}};
  const NodeSelectorTerm ssd{{{"disk", Op::kExists, {}}}, {}};
  EXPECT_EQ(check({.required = {{zone_b, ssd}}}), "");
  EXPECT_EQ(check({.required = {{zone_b}}}), refused);
  EXPECT_EQ(check({.required = std::vector<NodeSelectorTerm>{}}), refused);
  const NodeSelectorTerm named{{}, {{"metadata.name", Op::kIn, {"edge"}}}};
  EXPECT_EQ(check({.required = {{named}}}), "");
}

TEST(NodeFilters, TaintsAreAskedAboutBeforeSelectors) {
  const ClusterView c{.name = "a"};
  const Labels none;
  const std::vector<Taint> taints = {{"spot", "", Taint::Effect::kNoSchedule}};
  const PodConstraints pod{.node_selector = {{"disk", "ssd"}}};
  std::vector<std::string> filters;
  for (const NodeFilter* filter : NodeFilters()) {
    if (const auto refusal = filter->Check(pod, {c, none, taints}))
      filters.push_back(refusal->filter);
  }
  EXPECT_EQ(filters, (std::vector<std::string>{"TaintToleration", "NodeAffinity"}));
}

TEST(ResidencyFilter, KeepsPodsInTheirRegions) {
  const ClusterView eu{.name = "a", .region = "eu"}, nowhere{.name = "b"};
  const auto refused = [](const PodConstraints& pod, const ClusterView& c) {
    return ResidencyFilter().Check(pod, c, {}).has_value();
  };
  EXPECT_FALSE(refused({}, eu));
  EXPECT_FALSE(refused({.allowed_regions = {"us", "eu"}}, eu));
  EXPECT_TRUE(refused({.allowed_regions = {"us"}}, eu));
  EXPECT_TRUE(refused({.allowed_regions = {"us"}}, nowhere));
  EXPECT_TRUE(refused({.denied_regions = {"eu"}}, eu));
  EXPECT_FALSE(refused({.denied_regions = {"us"}}, eu));
  EXPECT_TRUE(refused({.denied_regions = {"us"}}, nowhere));
  EXPECT_EQ(ResidencyFilter().Check({.denied_regions = {"eu"}}, eu, {})->detail,
            "region eu is not allowed");
}

TEST(VolumeFilter, EveryVolumeMustBeReachable) {
  const ClusterView c{.name = "a", .labels = {{"zone", "a"}}};
  const Labels none;
  const std::vector<Taint> taints;
  const std::vector<NodeSelectorTerm> here{{{{"zone", Op::kIn, {"a", "b"}}}, {}}},
      there{{{{"zone", Op::kIn, {"c"}}}, {}}};
  const auto check = [&](const PodConstraints& pod) {
    return Reason(VolumeFilter().Check(pod, {c, none, taints}));
  };
  EXPECT_EQ(check({.volumes = {here, here}}), "");
  EXPECT_EQ(check({.volumes = {here, there}}), "node(s) had volume node affinity conflict");
  EXPECT_EQ(check({.volumes = {{}}}), "node(s) had volume node affinity conflict");
}

TEST(PreferenceWeight, SumsWhatHoldsAndTakesOffForSoftTaints) {
  const ClusterView c{.name = "a", .labels = {{"zone", "a"}}};
  const std::vector<Taint> taints{{"slow", "", Taint::Effect::kPreferNoSchedule}};
  const Labels none;
  const PodConstraints pod{.preferred = {{50, {{{"zone", Op::kIn, {"a"}}}, {}}},
                                         {30, {{{"zone", Op::kIn, {"b"}}}, {}}}}};
  EXPECT_EQ(PreferenceWeight(pod, {c, none, taints}), 40);
}

struct CapacityCase {
  std::vector<NodeShape> shapes;
  Amounts demand;
  std::string reason, detail;
};

TEST(Capacity, SaysWhichResourceIsMissingOnEveryNode) {
  const ResourceTable resources;
  const CapacityCase cases[] = {
      {{Nodes(1, Room(4000, 8))}, Demand(4000, 8), "", ""},
      {{Nodes(1, Room(500, 8)), Nodes(1, Room(2500, 8))},
       Demand(4000, 1),
       "Insufficient cpu",
       "needs cpu 4, the most free on a node is 2500m"},
      {{Nodes(3, Room(4000, 1))},
       Demand(100, 2),
       "Insufficient memory",
       "needs memory 2Gi, the most free on a node is 1Gi"},
      {{Nodes(3, Room(4000, 8, 0))},
       Demand(100, 1),
       "Too many pods",
       "needs pods 1, the most free on a node is 0"},
      {{Nodes(1, Room(4000, 1)), Nodes(1, Room(500, 8))},
       Demand(1000, 2),
       "Insufficient resources on any one node",
       "no node has cpu 1 memory 2Gi at once"},
  };
  for (const CapacityCase& c : cases) {
    const ClusterView view = Cluster("a", c.shapes);
    const Admission all{std::vector<char>(c.shapes.size(), 1), {}};
    const auto refusal = CheckCapacity(resources, c.demand, all, ClusterBins(view));
    EXPECT_EQ(Reason(refusal), c.reason);
    EXPECT_EQ(refusal ? refusal->detail : "", c.detail);
  }
}

}  // namespace
}  // namespace stowage::scheduler
