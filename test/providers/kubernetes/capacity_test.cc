#include "providers/kubernetes/capacity.h"

#include <gtest/gtest.h>

namespace stowage::providers {
namespace {

kube::Json Parsed(const std::string& text) {
  auto json = kube::Json::Parse(text);
  EXPECT_TRUE(json) << text;
  return json.value_or(kube::Json());
}

NodeFacts Node(int64_t cpu, const std::string& labels = "{}", bool ready = true,
               bool cordoned = false) {
  return FactsOf(kube::Object(Parsed(
      R"({"metadata":{"name":"n","labels":)" + labels + R"(},"spec":{"unschedulable":)" +
      (cordoned ? "true" : "false") + R"(},"status":{"conditions":[{"type":"Ready","status":")" +
      (ready ? "True" : "Unknown") + R"("}],"capacity":{"cpu":"8"},"allocatable":{"cpu":")" +
      std::to_string(cpu) + R"(m","memory":"1Gi","pods":"10"}}})")));
}

std::map<kube::NamespacedName, NodeFacts> Nodes(std::vector<NodeFacts> all) {
  std::map<kube::NamespacedName, NodeFacts> nodes;
  for (size_t i = 0; i < all.size(); ++i) {
    nodes.emplace(kube::NamespacedName{"", "n" + std::to_string(i)}, std::move(all[i]));
  }
  return nodes;
}

TEST(CapacityTest, NodesThatAreAlikeAreOneShapeAndNamesDoNotCount) {
  const Capacity capacity =
      ComputeCapacity(Nodes({Node(4000, R"({"kubernetes.io/hostname":"a","disk":"ssd"})"),
                             Node(4000, R"({"kubernetes.io/hostname":"b","disk":"ssd"})"),
                             Node(4000, R"({"kubernetes.io/hostname":"c","disk":"hdd"})")}),
                      {}, {});
  ASSERT_EQ(capacity.shapes.size(), 2u);
  EXPECT_EQ(capacity.shapes[0].labels.at("disk"), "hdd");
  EXPECT_EQ(capacity.shapes[1].count, 2);
  EXPECT_EQ(capacity.allocatable.at("cpu"), 12000);
  EXPECT_EQ(capacity.capacity.at("cpu"), 24000);
}

TEST(CapacityTest, ForeignPodsTakeFromTheirNodeAndNeverBelowNothing) {
  const Capacity capacity =
      ComputeCapacity(Nodes({Node(4000), Node(4000)}),
                      {{"n0", {{"cpu", 1500}, {"pods", 2}}}, {"n1", {{"cpu", 9000}}}}, {});
  EXPECT_EQ(capacity.allocatable.at("cpu"), 2500);
  EXPECT_EQ(capacity.allocatable.at("pods"), 18);
  ASSERT_EQ(capacity.shapes.size(), 2u);
  EXPECT_EQ(capacity.shapes[0].allocatable.at("cpu"), 0);
}

TEST(CapacityTest, UnreadyAndCordonedNodesOfferNothing) {
  const Capacity capacity = ComputeCapacity(
      Nodes({Node(4000), Node(4000, "{}", false), Node(4000, "{}", true, true)}), {}, {});
  EXPECT_EQ(capacity.nodes, 3);
  EXPECT_EQ(capacity.ready_nodes, 1);
  EXPECT_EQ(capacity.allocatable.at("cpu"), 4000);
  EXPECT_EQ(capacity.shapes.size(), 1u);
}

TEST(CapacityTest, LimitsCapWhatIsOffered) {
  const Capacity capacity = ComputeCapacity(Nodes({Node(4000)}), {}, {{"cpu", 1000}});
  EXPECT_EQ(capacity.allocatable.at("cpu"), 1000);
  EXPECT_EQ(CapacityFromLimits({{"cpu", 1000}}).shapes.at(0).allocatable.at("cpu"), 1000);
}

TEST(CapacityTest, ManyShapesFoldDownwardsAndLoseNoNode) {
  std::vector<NodeFacts> all;
  for (int i = 0; i < 2000; ++i) all.push_back(Node(100000 + i * 7));
  const Capacity capacity = ComputeCapacity(Nodes(all), {}, {});
  EXPECT_LE(capacity.shapes.size(), 256u);
  int64_t count = 0, offered = 0;
  for (const NodeShape& shape : capacity.shapes) {
    count += shape.count;
    offered += shape.count * shape.allocatable.at("cpu");
  }
  EXPECT_EQ(count, 2000);
  EXPECT_LE(offered, capacity.allocatable.at("cpu"));
  EXPECT_GE(offered, capacity.allocatable.at("cpu") * 9 / 10);
}

TEST(CapacityTest, LabelsThatTellEveryNodeApartGoWhereShapesWouldBeTooMany) {
  std::vector<NodeFacts> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(Node(1000, R"({"rack":"r)" + std::to_string(i) + R"(","disk":"ssd"})"));
  }
  const Capacity capacity = ComputeCapacity(Nodes(all), {}, {});
  ASSERT_EQ(capacity.shapes.size(), 1u);
  EXPECT_EQ(capacity.shapes[0].labels, (std::map<std::string, std::string>{{"disk", "ssd"}}));
  EXPECT_EQ(capacity.shapes[0].count, 300);
}

TEST(CapacityTest, APodAsksForItsContainersOrItsLargestInitStepWhicheverIsMore) {
  const auto requests = [](const std::string& spec) { return RequestsOf(Parsed(spec)); };
  EXPECT_EQ(requests(R"({"containers":[{"resources":{"requests":{"cpu":"100m"}}},
                         {"resources":{"requests":{"cpu":"200m"}}}]})"),
            (Amounts{{"cpu", 300}, {"pods", 1}}));
  EXPECT_EQ(requests(R"({"containers":[{"resources":{"requests":{"cpu":"100m"}}}],
      "initContainers":[{"resources":{"requests":{"cpu":"50m"}},"restartPolicy":"Always"},
                        {"resources":{"requests":{"cpu":"1"}}}],"overhead":{"cpu":"10m"}})"),
            (Amounts{{"cpu", 1060}, {"pods", 1}}));
}

}  // namespace
}  // namespace stowage::providers
