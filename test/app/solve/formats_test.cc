#include "app/solve/formats.h"

#include <gtest/gtest.h>

#include "app/solve/gap_formats.h"
#include "app/solve/mvp_format.h"

namespace stowage::app {
namespace {

using scheduler::GapProblem;
using scheduler::PackingProblem;

std::string Refusal(Format format, std::string_view text) {
  const auto problem = Parse(format, {"f", text});
  return problem ? "accepted" : problem.error().message;
}

TEST(FormatsTest, TheEndingSaysWhatAFileHolds) {
  EXPECT_EQ(*FormatOf("", "/a.b/c.gap"), Format::kGap);
  EXPECT_EQ(*FormatOf("", "x.mrgap"), Format::kMrgap);
  EXPECT_EQ(*FormatOf("", "x.fleet"), Format::kFleet);
  EXPECT_EQ(*FormatOf("", "x.mvp"), Format::kMvp);
  for (const char* path : {"x.yaml", "x.yml", "x.json"}) {
    EXPECT_EQ(*FormatOf("", path), Format::kStowage) << path;
  }
  EXPECT_EQ(*FormatOf("mvp", "x.gap"), Format::kMvp) << "--format wins";
}

TEST(FormatsTest, AnUnknownEndingIsRefusedWithTheKnownOnes) {
  for (const char* path : {"x", "x.txt", "a.gap/x", ""}) {
    const auto format = FormatOf("", path);
    ASSERT_FALSE(format) << path;
    EXPECT_NE(format.error().message.find("stowage, gap, mrgap, fleet, mvp"), std::string::npos);
  }
  EXPECT_FALSE(FormatOf("GAP", "x.gap"));
}

TEST(FormatsTest, AGapFileListsAgentsByLineAndJobsByColumn) {
  const auto p = ParseGap({"f",
                           "2 3\n"
                           "11 12 13\n"
                           "21 22 23\n"
                           "1 2 3\n"
                           "4 5 6\n"
                           "7 8\n"});
  ASSERT_TRUE(p) << p.error().message;
  EXPECT_EQ(p->agents, 2);
  EXPECT_EQ(p->classes, 3);
  EXPECT_EQ(p->resources, 1);
  EXPECT_EQ(p->Cost(0, 0), 11);
  EXPECT_EQ(p->Cost(2, 1), 23);
  EXPECT_EQ(p->Sizes(0, 1)[0], 4);
  EXPECT_EQ(p->Sizes(2, 0)[0], 3);
  EXPECT_EQ(p->Capacities(1)[0], 8);
  EXPECT_EQ(p->counts, std::vector<int64_t>({1, 1, 1}));
}

TEST(FormatsTest, AnMrgapFileListsResourcesAsBlocks) {
  const auto p = ParseMrgap({"f",
                             "1 2 2\n"
                             "5 6\n"
                             "1 2\n"
                             "3 4\n"
                             "10\n"
                             "20\n"});
  ASSERT_TRUE(p) << p.error().message;
  EXPECT_EQ(p->resources, 2);
  EXPECT_EQ(p->Sizes(0, 0)[0], 1);
  EXPECT_EQ(p->Sizes(0, 0)[1], 3);
  EXPECT_EQ(p->Sizes(1, 0)[1], 4);
  EXPECT_EQ(p->Capacities(0)[1], 20);
}

TEST(FormatsTest, AFleetFileHasCountsAndPairsThatAreNotAllowed) {
  const auto p = ParseFleet({"f",
                             "2 1 2\n"
                             "10 20\n"
                             "30 40\n"
                             "7  1 2  -1 5\n"});
  ASSERT_TRUE(p) << p.error().message;
  EXPECT_TRUE(p->uniform);
  EXPECT_EQ(p->counts[0], 7);
  EXPECT_EQ(p->Sizes(0, 1)[1], 2);
  EXPECT_EQ(p->Cost(0, 0), GapProblem::kForbidden);
  EXPECT_EQ(p->Cost(0, 1), 5);
  EXPECT_EQ(p->Capacities(1)[0], 30);
}

TEST(FormatsTest, AnMvpFileHasBinTypesAndIncarnations) {
  const auto p = ParseMvp({"f",
                           "2\n"
                           "2\n"
                           "100 50 9 -1\n"
                           "60 60 5 3\n"
                           "2\n"
                           "1 4\n 10 10\n"
                           "2 1\n 20 5\n 5 20\n"});
  ASSERT_TRUE(p) << p.error().message;
  EXPECT_EQ(p->dimensions, 2);
  EXPECT_EQ(p->bins[0].quantity, scheduler::BinType::kAny);
  EXPECT_EQ(p->bins[1].capacity, std::vector<int64_t>({60, 60}));
  EXPECT_EQ(p->bins[1].quantity, 3);
  EXPECT_EQ(p->items[0].demand, 4);
  EXPECT_EQ(p->items[1].incarnations[1], std::vector<int64_t>({5, 20}));
}

TEST(FormatsTest, AnyWhiteSpaceSeparatesNumbers) {
  EXPECT_TRUE(ParseGap({"f", "1\r\n1\t 5\v\f4 9"}));
  EXPECT_TRUE(ParseGap({"f", "\n\n 1 1 5 4 9 \n\n"}));
}

TEST(FormatsTest, NumbersMayBeAsLargeAsTheSumsAllow) {
  // 2^62 is the limit of the sums that solvers make.
  EXPECT_TRUE(ParseGap({"f", "1 1 4611686018427387904 1 1"}));
  EXPECT_EQ(Refusal(Format::kGap, "1 1 4611686018427387905 1 1"),
            "f:1:5: expected the cost of job 1 on agent 1 of 1 (jobs: 1), a whole number from 0 to "
            "4611686018427387904; found \"4611686018427387905\"; use a larger unit");
  EXPECT_NE(Refusal(Format::kGap, "1 1 99999999999999999999999999 1 1").find("use a larger unit"),
            std::string::npos);
  EXPECT_TRUE(ParseGap({"f", "1 1 000000000000000000000000000007 1 1"})) << "leading zeros";
}

TEST(FormatsTest, SumsThatOverflowAreRefused) {
  const std::string max = "4611686018427387904";
  EXPECT_NE(Refusal(Format::kGap, "1 2 " + max + " 1 1 1 1").find("f:1:1: "), std::string::npos);
  EXPECT_NE(Refusal(Format::kGap, "1 2 1 1 " + max + " 1 1").find("f:1:1: "), std::string::npos);
  EXPECT_NE(Refusal(Format::kFleet, "1 1 1 5 " + max + " 2 1").find("f:1:1: "), std::string::npos);
  EXPECT_NE(Refusal(Format::kMvp, "1 1 9 1 -1 1 1 " + max + " 2").find("f:1:1: "),
            std::string::npos);
}

TEST(FormatsTest, AFirstLineThatPromisesTooMuchTakesNoMemory) {
  const std::string refusal = Refusal(Format::kGap, "100000000 100000000 1 2 3");
  EXPECT_NE(refusal.find("f:1:20: expected 20000000100000000 numbers"), std::string::npos)
      << refusal;
  EXPECT_NE(Refusal(Format::kMvp, "1 99999999 1 2").find("f:1:3: "), std::string::npos);
}

}  // namespace
}  // namespace stowage::app
