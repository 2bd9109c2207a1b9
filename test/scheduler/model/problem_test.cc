#include "scheduler/model/problem.h"

#include <gtest/gtest.h>

#include "scheduler/model/placement.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

Problem Small() {
  Problem p;
  p.classes = {Pods("web", 3, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(2, Room(2000, 4))}, 0.04)};
  return p;
}

std::string Complaint(const Problem& p) {
  const auto valid = Validate(p);
  return valid ? "" : valid.error().message;
}

TEST(Problem, AnOrdinaryOneIsValid) { EXPECT_EQ(Complaint(Small()), ""); }

TEST(Problem, NamesMustBeUnique) {
  Problem p = Small();
  p.classes.push_back(p.classes[0]);
  EXPECT_EQ(Complaint(p), "class web: is there twice");
  p = Small();
  p.clusters.push_back(p.clusters[0]);
  EXPECT_EQ(Complaint(p), "cluster a: is there twice");
}

TEST(Problem, AmountsAreTakenUpToTheLimitAndNotBeyond) {
  Problem p = Small();
  p.classes[0].count = 1;
  p.classes[0].demand[1] = kMaxAmount;
  EXPECT_EQ(Complaint(p), "");
  p.classes[0].demand[1] = kMaxAmount + 1;
  EXPECT_NE(Complaint(p).find("class web.demand.memory"), std::string::npos);
  p.classes[0].demand[1] = -1;
  EXPECT_NE(Complaint(p), "");
  p = Small();
  p.clusters[0].shapes[0].count = kMaxPods + 1;
  EXPECT_NE(Complaint(p).find("cluster a.shape.count"), std::string::npos);
}

TEST(Problem, ABillThatCouldOverflowIsRefused) {
  Problem p = Small();
  p.clusters[0].charge_back = {{0, Dollars(1'000'000), 1}};
  p.classes[0] = Pods("web", 1'000'000, Demand(1'000'000, 1));
  EXPECT_NE(Complaint(p).find("may exceed"), std::string::npos);
}

TEST(Problem, ResourcesThatNobodyNamedAreRefused) {
  Problem p = Small();
  p.classes[0].demand.resize(7, 1);
  EXPECT_NE(Complaint(p), "");
}

// ---- the checker --------------------------------------------------------------------------------

Placement Good() {
  Placement s;
  s.classes = {{"web", {{"a", 3}}, 0}};
  s.witness = {{"a", {{0, -1, 1, {{"web", -1, 2}}}, {0, -1, 1, {{"web", -1, 1}}}}, 0}};
  return s;
}

std::string Found(const Problem& p, const Placement& s) {
  const auto ok = CheckPlacement(p, s);
  return ok ? "" : ok.error().message;
}

TEST(CheckPlacement, AcceptsWhatFits) { EXPECT_EQ(Found(Small(), Good()), ""); }

TEST(CheckPlacement, FindsANodeThatHoldsTooMuch) {
  Placement s = Good();
  s.witness[0].nodes = {{0, -1, 1, {{"web", -1, 3}}}};
  EXPECT_EQ(Found(Small(), s), "a: a node holds too much");
}

TEST(CheckPlacement, FindsMoreNodesThanThereAre) {
  Placement s = Good();
  s.witness[0].nodes = {{0, -1, 3, {{"web", -1, 1}}}};
  EXPECT_EQ(Found(Small(), s), "a: more nodes than there are");
}

TEST(CheckPlacement, FindsPodsThatWereLostOrInvented) {
  Placement s = Good();
  s.classes[0].assignments[0].count = 2;
  EXPECT_EQ(Found(Small(), s), "web: the counts do not add up");
  s.classes[0].unplaced = 1;
  EXPECT_EQ(Found(Small(), s), "a: the witness does not match the assignments");
  s = Good();
  s.witness.clear();
  EXPECT_EQ(Found(Small(), s), "a: pods without a witness");
}

TEST(CheckPlacement, FindsSelectorsAndTaintsThatWereIgnored) {
  Problem p = Small();
  p.classes = {Pods("web", 3, Demand(1000, 1), {.node_selector = {{"disk", "ssd"}}})};
  EXPECT_EQ(Found(p, Good()), "a: nodeSelector not satisfied");
  p = Small();
  p.clusters[0].shapes[0].taints = {{"gpu", "", Taint::Effect::kNoSchedule}};
  EXPECT_EQ(Found(p, Good()), "a: a taint is not tolerated");
  p = Small();
  p.clusters[0].unschedulable = true;
  EXPECT_EQ(Found(p, Good()), "a: is unschedulable");
}

TEST(CheckPlacement, FindsPoolsOverTheirMaximum) {
  Problem p = Small();
  p.clusters[0].pools = {Pool("m", 1, Room(1000, 4), 0.1)};
  Placement s = Good();
  s.witness[0].nodes = {{0, -1, 1, {{"web", -1, 1}}}, {-1, 0, 2, {{"web", -1, 1}}}};
  EXPECT_EQ(Found(p, s), "a: pool over its maximum");
}

}  // namespace
}  // namespace stowage::scheduler
