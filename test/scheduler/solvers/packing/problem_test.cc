#include "scheduler/solvers/packing/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace stowage::scheduler {
namespace {

using testing::HasSubstr;

PackingProblem TwoTypes() {
  return {.dimensions = 2,
          .bins = {{{10, 8}, 5, BinType::kAny}, {{20, 16}, 9, 1}},
          .items = {{3, {{4, 2}}}, {2, {{1, 6}, {6, 1}}}}};
}

// Two bins of the first type and the one of the second.
PackingSolution Good() {
  return {.bins = {{0, 2, {{0, 0, 1}, {1, 0, 1}}}, {1, 1, {{0, 0, 1}}}}, .cost = 19};
}

TEST(PackingProblem, AcceptsWhatIsWhole) {
  EXPECT_TRUE(Validate(TwoTypes()));
  EXPECT_TRUE(Check(TwoTypes(), Good()));
}

TEST(PackingProblem, SaysWhatIsWrongWithAProblem) {
  const struct {
    const char* message;
    std::function<void(PackingProblem&)> spoil;
  } cases[] = {
      {"dimensions: 0 is not between 1", [](auto& p) { p.dimensions = 0; }},
      {"bin type 2: 1 capacities for 2 dimensions", [](auto& p) { p.bins[1].capacity.pop_back(); }},
      {"bin type 1: -1 is not between 0", [](auto& p) { p.bins[0].capacity[0] = -1; }},
      {"bin type 1 cost: -5 is not between 0", [](auto& p) { p.bins[0].cost = -5; }},
      {"bin type 1 quantity: -2 is not between -1", [](auto& p) { p.bins[0].quantity = -2; }},
      {"item 1: no incarnation", [](auto& p) { p.items[0].incarnations.clear(); }},
      {"item 2: 3 sizes for 2 dimensions",
       [](auto& p) { p.items[1].incarnations[1].push_back(1); }},
      {"item 1 size: -4 is not between 0", [](auto& p) { p.items[0].incarnations[0][0] = -4; }},
      {"item 2 demand: -1 is not between 0", [](auto& p) { p.items[1].demand = -1; }},
      {"times the demands add up to too much", [](auto& p) { p.items[0].demand = INT64_MAX / 2; }},
      {"a bin for each item costs too much", [](auto& p) { p.bins[0].cost = int64_t{1} << 61; }},
  };
  for (const auto& c : cases) {
    PackingProblem p = TwoTypes();
    c.spoil(p);
    const auto result = Validate(p);
    ASSERT_FALSE(result) << c.message;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(result.error().message, HasSubstr(c.message));
  }
}

TEST(PackingProblem, RangesEndWhereTheySay) {
  PackingProblem p{.dimensions = 1, .bins = {{{int64_t{1} << 62}, 1}}, .items = {{1, {{1}}}}};
  p.items[0].incarnations[0][0] = int64_t{1} << 62;
  EXPECT_TRUE(Validate(p));
  p.items.push_back({1, {{1}}});
  EXPECT_FALSE(Validate(p)) << "the sum of sizes is 2^62 + 1";
}

TEST(PackingProblem, SaysWhatIsWrongWithASolution) {
  const struct {
    const char* message;
    std::function<void(PackingSolution&)> spoil;
  } cases[] = {
      {"bins 1: no bin type 3", [](auto& s) { s.bins[0].type = 2; }},
      {"bins 2 count: 0 is not between 1", [](auto& s) { s.bins[1].count = 0; }},
      {"more bins of type 2 are opened than there are", [](auto& s) { s.bins[0].type = 1; }},
      {"bins 1: no item 8", [](auto& s) { s.bins[0].loads[1].item = 7; }},
      {"item 2: no incarnation 3", [](auto& s) { s.bins[0].loads[1].incarnation = 2; }},
      {"not in the order", [](auto& s) { std::swap(s.bins[0].loads[0], s.bins[0].loads[1]); }},
      {"count in a bin: 0 is not between 1", [](auto& s) { s.bins[0].loads[0].per_bin = 0; }},
      {"more are packed than demanded", [](auto& s) { s.bins[0].loads[1].per_bin = 2; }},
      {"item 1: 2 of 3 are packed", [](auto& s) { s.bins[1].loads.clear(); }},
      {"the bins cost 19, the solution says 18", [](auto& s) { s.cost = 18; }},
  };
  for (const auto& c : cases) {
    PackingSolution s = Good();
    c.spoil(s);
    const auto result = Check(TwoTypes(), s);
    ASSERT_FALSE(result) << c.message;
    EXPECT_THAT(result.error().message, HasSubstr(c.message));
  }
}

TEST(PackingProblem, RefusesABinThatIsTooFull) {
  const PackingProblem p{.dimensions = 2, .bins = {{{10, 8}, 5}}, .items = {{2, {{4, 5}}}}};
  const auto result = Check(p, {.bins = {{0, 1, {{0, 0, 2}}}}, .cost = 5});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("the load passes the capacity in dimension 2"));
}

}  // namespace
}  // namespace stowage::scheduler
