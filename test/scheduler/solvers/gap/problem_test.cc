#include "scheduler/solvers/gap/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scheduler/instances/gap_instances.h"

namespace stowage::scheduler {
namespace {

// Two classes (2 items and 1), two agents, one resource; class 1 may not use agent 0.
GapProblem Small() {
  GapProblem p;
  p.classes = 2, p.agents = 2, p.resources = 1;
  p.counts = {2, 1};
  p.costs = {1, 5, GapProblem::kForbidden, 7};
  p.sizes = {3, 3, 4, 4};
  p.capacities = {3, 7};
  return p;
}

GapSolution Good() { return {{{0, 0, 1}, {0, 1, 1}, {1, 1, 1}}, 13}; }

std::string Complaint(const Result<void>& result) { return result ? "" : result.error().message; }

TEST(GapProblemTest, AValidProblemPassesAndItsSolutionToo) {
  EXPECT_TRUE(Validate(Small()));
  EXPECT_TRUE(Check(Small(), Good()));
}

TEST(GapProblemTest, ValidateSaysWhichNumbersAreMissing) {
  GapProblem p = Small();
  p.costs.pop_back();
  EXPECT_EQ(Complaint(Validate(p)), "costs has 3 numbers; expected 4");
  p = Small(), p.sizes.push_back(1);
  EXPECT_EQ(Complaint(Validate(p)), "sizes has 5 numbers; expected 4");
  p = Small(), p.uniform = true;
  EXPECT_EQ(Complaint(Validate(p)), "sizes has 4 numbers; expected 2");
  p = Small(), p.agents = -1;
  EXPECT_EQ(Complaint(Validate(p)), "a dimension is negative");
}

TEST(GapProblemTest, ValidateRefusesNegativeNumbers) {
  GapProblem p = Small();
  p.counts[1] = -1;
  EXPECT_EQ(Complaint(Validate(p)), "the count of class 2 is negative");
  p = Small(), p.costs[3] = -2;
  EXPECT_EQ(Complaint(Validate(p)),
            "the cost of class 2 on agent 2 is negative and not -1 (forbidden)");
  p = Small(), p.sizes[0] = -1;
  EXPECT_EQ(Complaint(Validate(p)), "a size is negative");
  p = Small(), p.capacities[0] = -1;
  EXPECT_EQ(Complaint(Validate(p)), "a capacity is negative");
}

TEST(GapProblemTest, SumsUpTo2To62AreAcceptedAndNoMore) {
  constexpr int64_t kLimit = int64_t{1} << 62;
  GapProblem p = Small();
  p.counts = {2, 0}, p.costs = {kLimit / 2, 0, 0, 0};
  EXPECT_TRUE(Validate(p));
  ++p.costs[0];
  EXPECT_THAT(Complaint(Validate(p)), testing::HasSubstr("the costs could add up"));
  p = Small(), p.counts = {2, 0}, p.sizes[1] = kLimit / 2;
  EXPECT_TRUE(Validate(p));
  ++p.sizes[1];
  EXPECT_THAT(Complaint(Validate(p)), testing::HasSubstr("the sizes on agent 2, resource 1"));
  p = Small(), p.costs = {0, 0, 0, 0}, p.sizes = {0, 0, 0, 0}, p.counts = {kLimit, 0};
  EXPECT_TRUE(Validate(p));
  p.counts[1] = 1;
  EXPECT_EQ(Complaint(Validate(p)), "the counts add up to more than 2^62");
}

TEST(GapProblemTest, CheckFindsEachKindOfMistake) {
  const GapProblem p = Small();
  const auto complaint = [&](auto change) {
    GapSolution s = Good();
    change(s);
    return Complaint(Check(p, s));
  };
  EXPECT_EQ(complaint([](GapSolution& s) { s.cost = 12; }),
            "the cost is not the sum of the costs of the shares");
  EXPECT_EQ(complaint([](GapSolution& s) { s.shares.pop_back(); }),
            "class 2 has items that are not placed");
  EXPECT_EQ(complaint([](GapSolution& s) { s.shares[0].count = 2; }),
            "class 1 has more items placed than it has");
  EXPECT_EQ(complaint([](GapSolution& s) { s.shares[0].count = 3; }),
            "class 1 on agent 1 has more items than the class");
  EXPECT_EQ(complaint([](GapSolution& s) { s.shares[0].count = 0; }),
            "class 1 on agent 1 has a count that is not positive");
  EXPECT_EQ(complaint([](GapSolution& s) { std::swap(s.shares[0], s.shares[1]); }),
            "class 1 on agent 1 is out of order or given twice");
  EXPECT_EQ(complaint([](GapSolution& s) { s.shares[2].j = 0; }),
            "class 2 on agent 1 is forbidden");
  EXPECT_EQ(complaint([](GapSolution& s) { s.shares[2].j = 2; }), "there is no agent 3");
  EXPECT_EQ(complaint([](GapSolution& s) { s.shares[2].k = -1; }), "there is no class 0");
  EXPECT_EQ(complaint([](GapSolution& s) {
              s.shares = {{0, 1, 2}, {1, 1, 1}}, s.cost = 17;
            }),
            "agent 2 is over its capacity of resource 1");
}

TEST(GapInstancesTest, EachFamilyIsValidAndTheSameEveryTime) {
  for (const char type : {'C', 'D', 'E'}) {
    const GapProblem p = MakeGap(type, 5, 30, 2, 7);
    EXPECT_TRUE(Validate(p));
    EXPECT_EQ(p.costs, MakeGap(type, 5, 30, 2, 7).costs);
    EXPECT_NE(p.costs, MakeGap(type, 5, 30, 2, 8).costs);
  }
  const GapProblem fleet = MakeFleet(2000, 1.05, 3);
  EXPECT_TRUE(Validate(fleet));
  EXPECT_EQ(fleet.agents, 101);
}

}  // namespace
}  // namespace stowage::scheduler
