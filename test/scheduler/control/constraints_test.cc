// Node selection, tolerations and taints, read from API objects.
#include "scheduler/control/constraints.h"

#include <gtest/gtest.h>

#include "scheduler/control/fleet.h"
#include "test/support/builders.h"

namespace stowage::scheduler {
namespace {

std::vector<NodeSelectorTerm> TermsOf(const std::string& expressions) {
  const auto spec = kube::Json::Parse(
      R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":)"
      R"({"nodeSelectorTerms":[{"matchExpressions":)" +
      expressions + "}]}}}}");
  PodConstraints out;
  EXPECT_TRUE(spec && ParseConstraints(*spec, out));
  return out.required.value_or(std::vector<NodeSelectorTerm>());
}

bool Matches(const std::string& expressions, const Labels& labels) {
  return TermsOf(expressions).at(0).Matches({&labels, nullptr}, "node");
}

TEST(ParseConstraints, ATermWithAValueThatNoLabelCanHaveMatchesNothing) {
  const Labels labels = {{"generation", "5"}};
  EXPECT_TRUE(Matches(R"([{"key":"generation","operator":"Gt","values":["1"]}])", labels));
  EXPECT_FALSE(Matches(R"([{"key":"generation","operator":"Gt","values":["-1"]}])", labels));
  EXPECT_TRUE(Matches(R"([{"key":"generation","operator":"NotIn","values":["one"]}])", labels));
  EXPECT_FALSE(Matches(R"([{"key":"generation","operator":"NotIn","values":["no one"]}])", labels));
}

TEST(ProjectNode, KeepsTheOrderOfTaintsAndNamesEachOnce) {
  const auto node = ProjectNode(test::ObjectFrom(
      R"({"metadata":{"name":"n","labels":{"stowage.dev/cluster":"n"}},"spec":{"taints":[)"
      R"({"key":"team","value":"x","effect":"NoSchedule"},)"
      R"({"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"},)"
      R"({"key":"gpu","effect":"NoExecute"}]},)"
      R"("status":{"conditions":[{"type":"Ready","status":"False"}]}})"));
  ASSERT_TRUE(node);
  ASSERT_EQ(node->taints.size(), 3u);
  EXPECT_EQ(node->taints[0].key, "team");
  EXPECT_EQ(node->taints[1].key, "node.kubernetes.io/not-ready");
  EXPECT_EQ(node->taints[2].key, "gpu");
}

}  // namespace
}  // namespace stowage::scheduler
