#include "scheduler/placement/remedy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scheduler/placement/advice.h"
#include "scheduler/solvers/exact.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/random_problem.h"
#include "test/scheduler/solved.h"

namespace stowage::scheduler {
namespace {

using What = Adjustment::What;

class RemedyTest : public testing::Test {
 protected:
  void Solve(const Problem& problem, const Solver& solver) {
    session_ = MakeEngine(solver)->Start(problem, {});
    answer_ = RunToTheEnd(*session_);
  }
  std::vector<Remedy> Ask(const Problem& problem, const std::string& key, int64_t pods = 1) {
    Solve(problem, greedy_);
    Work work(1'000'000);
    return session_->Remedies(key, pods, 10, work);
  }
  int64_t Unplaced(const std::string& key) const {
    for (const ClassPlacement& k : answer_.placement.classes) {
      if (k.key == key) return k.unplaced;
    }
    return -1;
  }
  static Problem With(Problem problem, const std::vector<Adjustment>& changes) {
    for (const Adjustment& a : changes) Apply(a, problem);
    return problem;
  }
  // One more pod passes the checker on some node, beside all others where they are.
  static bool OneMorePasses(const Problem& problem, const Placement& placement,
                            const std::string& key);

  const GreedySolver greedy_;
  std::unique_ptr<SolveSession> session_;
  Incumbent answer_;
};

void Count(Placement& placement, const std::string& key, const std::string& cluster) {
  for (ClassPlacement& k : placement.classes) {
    if (k.key != key) continue;
    --k.unplaced;
    for (Assignment& a : k.assignments) {
      if (a.cluster == cluster) {
        ++a.count;
        return;
      }
    }
    k.assignments.push_back({cluster, 1});
    std::sort(k.assignments.begin(), k.assignments.end(),
              [](const Assignment& a, const Assignment& b) { return a.cluster < b.cluster; });
  }
}

bool RemedyTest::OneMorePasses(const Problem& problem, const Placement& placement,
                               const std::string& key) {
  const PackedNodes::Load load{key, -1, 1, 1'000'000, {}};
  for (size_t w = 0; w < placement.witness.size(); ++w) {
    const ClusterWitness& witness = placement.witness[w];
    const auto passes = [&](size_t nodes, const PackedNodes& one) {
      Placement more = placement;
      Count(more, key, witness.cluster);
      if (nodes < witness.nodes.size()) --more.witness[w].nodes[nodes].count;
      std::erase_if(more.witness[w].nodes, [](const PackedNodes& n) { return n.count == 0; });
      more.witness[w].nodes.push_back(one);
      more.witness[w].nodes.back().loads.push_back(load);
      return CheckPlacement(problem, more).has_value();
    };
    for (size_t i = 0; i < witness.nodes.size(); ++i) {
      PackedNodes one = witness.nodes[i];
      one.count = 1;
      if (passes(i, one)) return true;
    }
    const auto view = std::find_if(problem.clusters.begin(), problem.clusters.end(),
                                   [&](const auto& c) { return c.name == witness.cluster; });
    for (size_t s = 0; s < view->shapes.size(); ++s) {
      if (passes(SIZE_MAX, {static_cast<int32_t>(s), -1, 1, {}})) return true;
    }
    for (size_t p = 0; p < view->pools.size(); ++p) {
      if (passes(SIZE_MAX, {-1, static_cast<int32_t>(p), 1, {}})) return true;
    }
  }
  return false;
}

TEST_F(RemedyTest, AQuotaIsRaisedByWhatThePodsLack) {
  Problem p;
  p.classes = {Pods("web", 5, Demand(1500, 2))};
  p.clusters = {Cluster("a", {Nodes(4, Room(4000, 16))})};
  p.quotas = {{"team", {}, {}, {{ResourceTable::kCpu, 4000}, {ResourceTable::kPods, 100}}}};
  const auto one = Ask(p, "web");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].changes,
            (std::vector<Adjustment>{{What::kQuota, "team", -1, ResourceTable::kCpu, 4000, 4500}}));
  EXPECT_EQ(one[0].missing, 1);
  const auto all = Ask(p, "web", 3);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].changes[0].to, 7500);
  const Relaxation text = RelaxationOf(p, all[0].changes[0]);
  EXPECT_EQ(text.field + ": " + text.from + " -> " + text.to, "quotas.team.hard.cpu: 4 -> 7500m");
}

TEST_F(RemedyTest, AllCapsThatAreInTheWayAreRaised) {
  Problem p;
  p.classes = {Pods("web", 2, Demand(1000, 3))};
  p.clusters = {Cluster("a", {Nodes(4, Room(4000, 16))})};
  p.quotas = {{"cores", {}, {}, {{ResourceTable::kCpu, 1500}}},
              {"memory", {}, {}, {{ResourceTable::kMemory, 5 * kGi}}}};
  const auto remedies = Ask(p, "web");
  ASSERT_EQ(remedies.size(), 1u);
  ASSERT_EQ(remedies[0].changes.size(), 2u);
  EXPECT_EQ(remedies[0].changes[0].to, 2000);
  EXPECT_EQ(remedies[0].changes[1].to, 6 * kGi);
  EXPECT_EQ(RelaxationOf(p, remedies[0].changes[1]).to, "6Gi");
}

TEST_F(RemedyTest, TheCheapestNodesComeFirstAndAreAsManyAsItTakes) {
  Problem p;
  p.classes = {Pods("web", 9, Demand(2000, 2))};
  p.clusters = {Cluster("a", {}), Cluster("b", {})};
  p.clusters[0].pools = {Pool("large", 1, Room(8000, 32), 0.5)};
  p.clusters[1].pools = {Pool("small", 0, Room(2000, 8), 0.1),
                         Pool("tiny", 5, Room(1000, 8), 0.01)};
  const auto one = Ask(p, "web");
  ASSERT_EQ(one.size(), 2u);
  EXPECT_EQ(one[0].changes[0], (Adjustment{What::kPoolMaximum, "b", 0, 0, 0, 1}));
  EXPECT_EQ(one[0].nodes, Dollars(0.1));
  EXPECT_EQ(one[0].total, Dollars(0.1));
  EXPECT_EQ(one[1].changes[0], (Adjustment{What::kPoolMaximum, "a", 0, 0, 1, 2}));
  // Five are left: two large nodes, or five small ones for less.
  const auto all = Ask(p, "web", 5);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].changes[0].to, 5);
  EXPECT_EQ(all[0].nodes, Dollars(0.5));
  EXPECT_EQ(all[1].changes[0].to, 3);
  EXPECT_EQ(all[1].missing, 5);
}

TEST_F(RemedyTest, AGangSaysHowManyOfItHaveNoRoom) {
  Problem p;
  p.classes = {Pods("trainer", 6, Demand(3000, 8))};
  p.classes[0].gang = "training";
  p.gangs = {{"training", 4, true}};
  p.clusters = {Cluster("a", {Nodes(3, Room(4000, 16))}), Cluster("b", {Nodes(1, Room(4000, 16))})};
  const auto remedies = Ask(p, "trainer");
  ASSERT_EQ(remedies.size(), 3u);
  EXPECT_EQ(remedies[0].changes[0], (Adjustment{What::kGangMinimum, "training", -1, 0, 4, 3}));
  EXPECT_EQ(remedies[0].missing, 1);
  EXPECT_EQ(remedies[1].changes[0], (Adjustment{What::kNodes, "a", 0, 0, 3, 4}));
  EXPECT_EQ(remedies[1].pods, 4);
  EXPECT_EQ(remedies[1].missing, 1);
  EXPECT_EQ(remedies[2].changes[0], (Adjustment{What::kNodes, "b", 0, 0, 1, 4}));
  EXPECT_EQ(remedies[2].missing, 3);
  for (const Remedy& r : remedies) {
    Solve(With(p, r.changes), greedy_);
    EXPECT_GE(answer_.tiers[0].placed, r.pods);
  }
}

TEST_F(RemedyTest, NodesAreNotProposedWhereTheRulesOfThePodKeepItOffThem) {
  Problem p;
  PodRelations r{.ns = "shop", .labels = {{"app", "db"}}};
  const LabelSelector own{false, {{"app", LabelRequirement::Op::kIn, {"db"}}}};
  r.anti_affinity = {{std::string(kTopologyCluster), own}};
  p.classes = {Pods("db", 2, Demand(1000, 1))};
  p.classes[0].relations = std::make_shared<const PodRelations>(r);
  p.clusters = {Cluster("a", {Nodes(2, Room(4000, 16))})};
  EXPECT_TRUE(Ask(p, "db").empty());
  p.classes.push_back(Pods("selective", 1, Demand(1000, 1), {.node_selector = {{"disk", "ssd"}}}));
  EXPECT_TRUE(Ask(p, "selective").empty());
}

// With the proposal one more pod passes the checker on some node; without it, and with one unit of
// a quota less, on none.
TEST_F(RemedyTest, WhatIsProposedIsEnoughAndNoMoreThanNeeded) {
  int quotas = 0, nodes = 0;
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    Rng rng(seed);
    Problem problem = AnyProblem(rng, 12, 3);
    problem.gangs.clear();
    for (PodClass& k : problem.classes) k.gang.clear();
    const std::string key = problem.classes[0].key;
    const auto remedies = Ask(problem, key);
    if (Unplaced(key) == 0) continue;
    for (const Remedy& r : remedies) {
      const Problem with = With(problem, r.changes);
      // More nodes may change what the spread of others says of them from the beginning.
      if (!CheckPlacement(with, answer_.placement)) continue;
      EXPECT_TRUE(OneMorePasses(with, answer_.placement, key)) << seed;
      EXPECT_FALSE(OneMorePasses(problem, answer_.placement, key)) << seed;
      ++(r.changes.back().what == What::kQuota ? quotas : nodes);
      for (size_t i = 0; i < r.changes.size(); ++i) {
        std::vector<Adjustment> less = r.changes;
        --less[i].to;
        const Problem short_of = With(problem, less);
        if (!CheckPlacement(short_of, answer_.placement)) continue;
        EXPECT_FALSE(OneMorePasses(short_of, answer_.placement, key)) << seed;
      }
    }
  }
  EXPECT_GT(quotas, 100);
  EXPECT_GT(nodes, 300);
}

// The best answer to the problem that is proposed has more pods, of gangs too.
TEST_F(RemedyTest, TheBestAnswerToTheRelaxedProblemPlacesMore) {
  const ExactSolver exact;
  int nodes = 0, gangs = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    Rng rng(seed);
    const Problem problem = AnyProblem(rng, 7, 2);
    Solve(problem, exact);
    const std::vector<TierResult> before = answer_.tiers;
    if (Unplaced(problem.classes[0].key) == 0) continue;
    Work work(1'000'000);
    for (const Remedy& r : session_->Remedies(problem.classes[0].key, 1, 2, work)) {
      Solve(With(problem, r.changes), exact);
      std::vector<int64_t> then, now;
      for (const TierResult& t : before) then.push_back(t.placed);
      for (const TierResult& t : answer_.tiers) now.push_back(t.placed);
      EXPECT_GT(now, then) << seed;
      ++(r.changes.back().what == What::kGangMinimum || r.pods > 1 ? gangs : nodes);
      break;
    }
  }
  EXPECT_GT(nodes, 50);
  EXPECT_GT(gangs, 10);
}

TEST_F(RemedyTest, TheOrderOfListsMeansNothing) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    Problem problem = AnyProblem(rng, 12, 3);
    const std::string key = problem.classes[0].key;
    const auto texts = [&] {
      std::vector<std::string> out;
      for (const Remedy& r : Ask(problem, key)) {
        std::string& text = out.emplace_back(r.cluster + " " + std::to_string(r.total.nano));
        for (const Adjustment& a : r.changes) {
          const Relaxation c = RelaxationOf(problem, a);
          text += "; " + c.field + " " + c.from + " " + c.to + " " + c.node;
        }
      }
      return out;
    };
    const std::vector<std::string> before = texts();
    std::reverse(problem.classes.begin(), problem.classes.end());
    std::reverse(problem.clusters.begin(), problem.clusters.end());
    for (ClusterView& c : problem.clusters) std::reverse(c.shapes.begin(), c.shapes.end());
    EXPECT_EQ(texts(), before) << seed;
    found += static_cast<int>(before.size());
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace stowage::scheduler
