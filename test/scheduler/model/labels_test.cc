#include "scheduler/model/labels.h"

#include <gtest/gtest.h>

namespace stowage::scheduler {
namespace {

using Op = LabelRequirement::Op;

bool Holds(Op op, std::vector<std::string> values, const char* value) {
  const std::string text = value != nullptr ? value : "";
  return LabelRequirement{"k", op, std::move(values)}.Matches(value != nullptr ? &text : nullptr);
}

TEST(LabelRequirement, MeansWhatKubernetesSays) {
  EXPECT_TRUE(Holds(Op::kIn, {"a", "b"}, "b"));
  EXPECT_FALSE(Holds(Op::kIn, {"a", "b"}, "c"));
  EXPECT_FALSE(Holds(Op::kIn, {"a"}, nullptr));
  EXPECT_TRUE(Holds(Op::kNotIn, {"a"}, nullptr));
  EXPECT_FALSE(Holds(Op::kNotIn, {"a"}, "a"));
  EXPECT_TRUE(Holds(Op::kExists, {}, ""));
  EXPECT_TRUE(Holds(Op::kDoesNotExist, {}, nullptr));
  EXPECT_TRUE(Holds(Op::kGt, {"5"}, "6"));
  EXPECT_FALSE(Holds(Op::kGt, {"5"}, "5"));
  EXPECT_FALSE(Holds(Op::kGt, {"5"}, "six"));
  EXPECT_FALSE(Holds(Op::kGt, {"5"}, nullptr));
  EXPECT_TRUE(Holds(Op::kLt, {"5"}, "-7"));
}

TEST(NodeSelectorTerm, WithoutRequirementsMatchesNothing) {
  EXPECT_FALSE(NodeSelectorTerm{}.Matches({}, "node"));
}

TEST(NodeSelectorTerm, KnowsTheNodesName) {
  const NodeSelectorTerm term{{}, {{"metadata.name", Op::kIn, {"edge"}}}};
  EXPECT_TRUE(term.Matches({}, "edge"));
  EXPECT_FALSE(term.Matches({}, "core"));
}

TEST(LabelView, AShapesOwnLabelsWin) {
  const Labels cluster{{"zone", "a"}, {"region", "eu"}}, shape{{"zone", "b"}};
  const LabelView view{&cluster, &shape};
  EXPECT_EQ(*view.Find("zone"), "b");
  EXPECT_EQ(*view.Find("region"), "eu");
  EXPECT_EQ(view.Find("arch"), nullptr);
}

TEST(Toleration, MatchesAsKubernetesDoes) {
  const Taint gpu{"gpu", "a100", Taint::Effect::kNoSchedule};
  EXPECT_TRUE((Toleration{"gpu", true, "", {}}).Tolerates(gpu));
  EXPECT_TRUE((Toleration{"gpu", false, "a100", {}}).Tolerates(gpu));
  EXPECT_FALSE((Toleration{"gpu", false, "", {}}).Tolerates(gpu));
  EXPECT_TRUE((Toleration{"", true, "", {}}).Tolerates(gpu));
  EXPECT_FALSE((Toleration{"", false, "", {}}).Tolerates(gpu));
  EXPECT_FALSE((Toleration{"gpu", true, "", {Taint::Effect::kNoExecute}}).Tolerates(gpu));
}

TEST(Taints, APreferenceKeepsNobodyAway) {
  EXPECT_EQ(FindUntolerated({}, {{"slow", "", Taint::Effect::kPreferNoSchedule}}), nullptr);
  EXPECT_NE(FindUntolerated({}, {{"slow", "", Taint::Effect::kNoExecute}}), nullptr);
}

}  // namespace
}  // namespace stowage::scheduler
