#include "app/solve/check_solution.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/solve/solve_run.h"
#include "kube/api/json.h"

namespace stowage::app {
namespace {

using Kind = CheckOutcome::Kind;

// What it says, with "right: ", "wrong: " or "bad: " before it.
std::string Verdict(Format format, std::string_view problem, std::string_view solution) {
  const auto parsed = Parse(format, {"p", problem});
  if (!parsed) return parsed.error().message;
  const CheckOutcome outcome = CheckSolution(format, *parsed, {"s", solution});
  switch (outcome.kind) {
    case Kind::kRight:
      return "right: " + outcome.message;
    case Kind::kWrong:
      return "wrong: " + outcome.message;
    case Kind::kBadInput:
      return "bad: " + outcome.message;
  }
  return "";
}

std::string Solved(Format format, std::string_view problem) {
  auto parsed = Parse(format, {"p", problem});
  EXPECT_TRUE(parsed) << parsed.error().message;
  auto run = StartRun(format, std::move(*parsed), {});
  EXPECT_TRUE(run);
  while ((*run)->iterations() < 300'000 && (*run)->Step(50'000)) {
  }
  return ToJson((*run)->MakeReport(true), Milliseconds(5));
}

constexpr std::string_view kGap = "2 3\n1 2 3\n4 5 6\n2 2 2\n2 2 2\n4 2\n";
constexpr std::string_view kFleet = "2 2 1\n10\n10\n4 2 1 -1\n3 1 5 2\n";
constexpr std::string_view kMvp = "1\n2\n10 5 -1\n4 3 1\n2\n1 3\n4\n2 1\n5\n3\n";
constexpr std::string_view kStowage = R"(
classes:
- {name: web, count: 4, requests: {cpu: 1}, data: {region: us, perHour: 1Gi}}
- {name: db, count: 1, requests: {cpu: 2, memory: 2Gi}, nodeSelector: {disk: ssd},
   latency: {sources: [{region: us}], costPerMillisecond: "0.001"},
   once: {restart: "0.3", waitingHour: "2.1", home: a, moving: "0.7", runSeconds: 7000}}
- {name: infer, count: 3, requests: {cpu: 100m, gpu-milli: 400}}
- {name: train, count: 1, requests: {cpu: 100m, gpu-milli: 1200}, devices: 2}
- {name: batch, count: 5, requests: {cpu: 500m},
   once: {restart: "0.1", waitingHour: "1.1", home: a, moving: "0.2", runSeconds: 600}}
clusters:
- name: a
  region: eu
  egressPerGiB: "0.01"
  emissions: [{resource: cpu, gramsPerHour: 7.3}]
  nodes:
  - {count: 1, labels: {disk: ssd}, free: {cpu: 3, memory: 8Gi}}
  - {count: 1, free: {cpu: 1}, devices: [{gpu-milli: 1000}, {gpu-milli: 800}, {gpu-milli: 600}]}
  bound: [{count: 1, requests: {cpu: 500m}}]
- name: b
  region: us
  pools: [{name: m, allocatable: {cpu: 2, memory: 4Gi}, maximum: 5, nodeHour: "0.5",
           provisionSeconds: 70, minimumBillingSeconds: 3600, interruptionsPerHour: 0.07}]
  emissions: [{resource: cpu, gramsPerHour: 3.1}, {resource: memory, gramsPerHour: 0.4, per: 3Gi}]
  chargeBack: [{resource: cpu, price: "0.1"}]
links: [{between: [eu, us], milliseconds: 80}]
carbonPerTonne: "77.7"
horizonSeconds: 1000
)";

TEST(CheckSolutionTest, WhatSolveFindsIsRight) {
  for (const auto& [format, problem] :
       {std::pair(Format::kGap, kGap), std::pair(Format::kFleet, kFleet),
        std::pair(Format::kMvp, kMvp), std::pair(Format::kStowage, kStowage)}) {
    const std::string solution = Solved(format, problem);
    const std::string verdict = Verdict(format, problem, solution);
    EXPECT_TRUE(verdict.starts_with("right: ")) << verdict << solution;
  }
}

TEST(CheckSolutionTest, TheKindsOfBoundsStandApart) {
  const auto json = kube::Json::Parse(Solved(Format::kGap, kGap));
  ASSERT_TRUE(json);
  const int64_t bound = (*json)["bound"].i64(-1);
  int64_t best = 0;
  for (const auto& [kind, value] : (*json)["bounds"].members()) {
    best = std::max(best, value.i64(-1));
  }
  EXPECT_EQ(best, bound);
  EXPECT_GT((*json)["bounds"]["linear"].i64(-1), 0);
}

TEST(CheckSolutionTest, AnAnswerMayBeWrittenByHand) {
  EXPECT_EQ(Verdict(Format::kGap, kGap,
                    "assignment: [{job: 3, agent: 2}, {job: 1, agent: 1}, {job: 2, agent: 1}]")
                .substr(0, 47),
            "right: s: right: 3 jobs on 2 agents, cost 9, ha");
}

TEST(CheckSolutionTest, SaysWhatIsWrongWithAnAssignment) {
  const auto verdict = [](std::string_view solution) {
    return Verdict(Format::kGap, kGap, solution);
  };
  EXPECT_NE(verdict("assignment: [{job: 1, agent: 1}, {job: 2, agent: 1}]").find("not placed"),
            std::string::npos);
  EXPECT_NE(verdict("assignment: [{job: 1, agent: 2}, {job: 2, agent: 2}, {job: 3, agent: 1}]")
                .find("over its capacity"),
            std::string::npos);
  EXPECT_EQ(verdict("cost: 8\nassignment: [{job: 1, agent: 1}, {job: 2, agent: 1}, {job: 3, "
                    "agent: 2}]"),
            "wrong: s: the cost is 9, but the file says 8");
  EXPECT_EQ(verdict("bound: 10\nassignment: [{job: 1, agent: 1}, {job: 2, agent: 1}, {job: 3, "
                    "agent: 2}]"),
            "wrong: s: the bound 10 is above the cost 9");
  EXPECT_EQ(verdict("status: optimal\nbound: 8\nassignment: [{job: 1, agent: 1}, {job: 2, agent: "
                    "1}, {job: 3, agent: 2}]"),
            "wrong: s: the status is optimal, but the bound 8 is below the cost 9");
  EXPECT_NE(verdict("hash: \"0\"\nassignment: [{job: 1, agent: 1}, {job: 2, agent: 1}, {job: 3, "
                    "agent: 2}]")
                .find("but the file says \"0\""),
            std::string::npos);
}

TEST(CheckSolutionTest, AnAnswerToAnotherProblemIsBadInputWithItsPlace) {
  const auto verdict = [](std::string_view solution) {
    return Verdict(Format::kGap, kGap, solution);
  };
  EXPECT_EQ(verdict("assignment:\n- {job: 1, agent: 3}\n"),
            "bad: s:2:19: assignment, agent: expected a whole number from 1 to 2, found \"3\"");
  EXPECT_EQ(verdict("assignment:\n- {job: 1, agent: 1}\n- {job: 1, agent: 1}\n"),
            "bad: s:3:3: assignment: the same job and agent stand in line 2 already");
  EXPECT_EQ(verdict("cost: 9\n"),
            "bad: s:1:1: solution: expected the field assignment, found none; add it, for example "
            "assignment: [...]; stowage solve prints it with --assignment");
  EXPECT_EQ(verdict("{\"status\": \"unknown\", \"cost\": null}"),
            "bad: s: expected an answer to check, found none (status unknown)");
  EXPECT_TRUE(verdict("{").starts_with("bad: s:"));
}

// The answer of Solved(kStowage) with one text replaced by another.
std::string Forged(const std::string& from, const std::string& to) {
  std::string solution = Solved(Format::kStowage, kStowage);
  const size_t at = solution.find(from);
  EXPECT_NE(at, std::string::npos) << from << " in " << solution;
  if (at != std::string::npos) solution.replace(at, from.size(), to);
  return Verdict(Format::kStowage, kStowage, solution);
}

TEST(CheckSolutionTest, AForgedPlacementIsFoundOut) {
  EXPECT_TRUE(Forged("\"cost\": ", "\"cost\": 1").starts_with("wrong: s: the cost is"));
  EXPECT_TRUE(Forged("\"perNode\": 2", "\"perNode\": 3").starts_with("wrong: "));
  EXPECT_TRUE(Forged("\"pool\": \"m\", \"count\": 2", "\"pool\": \"m\", \"count\": 3")
                  .starts_with("wrong: "));
  EXPECT_TRUE(Forged("\"pool\": \"m\"", "\"pool\": \"n\"").starts_with("bad: "));
  EXPECT_TRUE(Forged("\"boundUnpacked\": 0", "\"boundUnpacked\": 1").starts_with("wrong: "));
  EXPECT_TRUE(Forged("\"cluster\": \"b\"", "\"cluster\": \"c\"").starts_with("bad: "));
}

TEST(CheckSolutionTest, NumbersThatWouldOverflowAreFoundOutToo) {
  // 2^52 times 2^12 is 0 in 64 bits.
  EXPECT_EQ(Verdict(Format::kStowage,
                    "classes: [{name: k, count: 1, requests: {memory: 4Pi}}]\n"
                    "clusters: [{name: c, nodes: [{free: {memory: 1Gi}}]}]\n",
                    "assignment: [{class: k, cluster: c, count: 1}]\n"
                    "witness: [{cluster: c, nodes: [{shape: 1, count: 1, loads: [{class: k, "
                    "perNode: 4096}]}]}]\n"),
            "wrong: s: cluster \"c\": a node holds more memory than it has");
  EXPECT_EQ(Verdict(Format::kStowage,
                    "classes: [{name: k, count: 1, requests: {pods: 0}}]\n"
                    "clusters: [{name: c, nodes: [{free: {memory: 1Gi}}]}]\n",
                    "assignment: [{class: k, cluster: c, count: 1}]\n"
                    "witness: [{cluster: c, nodes: [{shape: 1, count: 1, loads: [{class: k, "
                    "perNode: 2}]}]}]\n"),
            "wrong: s: \"k\" has more pods on nodes than it has");
}

TEST(CheckSolutionTest, NodesOfAClusterThatHasNoneAreBadInput) {
  const auto verdict = [](const std::string& nodes) {
    return Verdict(Format::kStowage, "classes: [{name: k}]\nclusters: [{name: c}]\n",
                   "assignment: [{class: k, cluster: c, count: 1}]\n"
                   "witness: [{cluster: c, nodes: [" +
                       nodes + "]}]\n");
  };
  const std::string load = ", count: 1, loads: [{class: k, perNode: 1}]}";
  EXPECT_NE(verdict("{shape: 1" + load).find("shape: the problem has none"), std::string::npos);
  EXPECT_TRUE(verdict("{pool: m" + load).starts_with("bad: "));
  EXPECT_TRUE(verdict("{count: 1, loads: [{bound: 1, perNode: 1}]}").starts_with("bad: "));
}

TEST(CheckSolutionTest, ForgedBinsAreFoundOut) {
  const std::string good = Solved(Format::kMvp, kMvp);
  const auto forged = [&](const std::string& from, const std::string& to) {
    std::string solution = good;
    const size_t at = solution.find(from);
    EXPECT_NE(at, std::string::npos) << from << " in " << solution;
    if (at != std::string::npos) solution.replace(at, from.size(), to);
    return Verdict(Format::kMvp, kMvp, solution);
  };
  EXPECT_TRUE(forged("\"perBin\": 2", "\"perBin\": 3").starts_with("wrong: "));
  EXPECT_TRUE(forged("\"item\": 1", "\"item\": 3").starts_with("bad: "));
}

}  // namespace
}  // namespace stowage::app
