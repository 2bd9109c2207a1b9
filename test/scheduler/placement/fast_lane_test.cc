// The fast lane against an evaluation without any memory, the checker and the engine's reasons.
#include "scheduler/placement/fast_lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "base/random/rng.h"
#include "scheduler/placement/filters/peer_filter.h"
#include "scheduler/solvers/greedy.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/instances/random_problem.h"

namespace stowage::scheduler {
namespace {

// A problem, solved, and the lane that goes on from there.
struct World {
  explicit World(const Problem& p, const ShadowPrices& prices = {})
      : problem(p), instance(Solved(p)), lane(instance, Best(), prices) {}

  static Instance Solved(const Problem& p) {
    Instance instance{SolveOptions{}};
    instance.Apply(Whole(p));
    return instance;
  }
  const Solution& Best() {
    Work work(int64_t{1} << 40);
    instance.Prepare(work);
    search = GreedySolver().Start(instance, {});
    search->Step(work);
    return *search->best();
  }
  int32_t Class(const std::string& key) { return static_cast<int32_t>(*instance.PlaceOf(key)); }

  Problem problem;
  Instance instance;
  std::unique_ptr<Search> search;
  FastLane lane;
};

using GoneBound = std::map<std::pair<size_t, size_t>, int64_t>;  // by cluster and place

// ---- all ways and all nodes, counted anew -------------------------------------------------------

struct Found {
  int64_t price;
  int32_t j;
  Landing landing;
  Amounts free;  // of the node
};

std::optional<Found> FromScratch(const Instance& instance, const Solution& now,
                                 const ShadowPrices& prices, const GoneBound& gone, size_t k) {
  using Rank = std::tuple<int64_t, int64_t, size_t, int32_t, int64_t, int, int64_t, size_t>;
  const PodRules& rules = instance.rules().Of(k);
  const PodState state(instance.rules(), instance.clusters(), now.bins);
  QuotaState quotas(instance);
  for (const Share& s : now.shares) quotas.Use(s.k, s.j, s.count);
  for (const auto& [bound, count] : gone) {
    quotas.UseBound(instance.clusters()[bound.first]->bound[bound.second], bound.first, -count);
  }
  const int64_t point = instance.options().preference_point.nano;
  std::optional<std::pair<Rank, Found>> best;
  for (size_t j = 0; j < now.bins.size(); ++j) {
    const Verdict& verdict = instance.VerdictOf(k, j);
    const ClusterView& view = *instance.clusters()[j];
    if (verdict.refusal || quotas.Check(k, j)) continue;
    const Amounts& demand = instance.DemandOf(k, j);
    const auto& groups = now.bins[j].groups();
    const auto known = std::find(prices.clusters.begin(), prices.clusters.end(), view.name);
    const size_t row = known - prices.clusters.begin();
    const bool priced = known != prices.clusters.end();
    for (size_t i = 0; i < groups.size(); ++i) {
      const NodeGroup& g = groups[i];
      if (g.count == 0 || !Admits(verdict.admission, g)) continue;
      const int64_t room = PodsPerNode(g, demand);
      Allowance allowed = AllowanceAt(rules, state, {j, g});
      if (room == 0 || allowed.none()) continue;
      const int64_t points = PeerPreference(rules, state, {j, g}, allowed);
      int64_t price = instance.PodCost(k, j, ClusterBins::kStanding, 1, Rounding::kUp).nano;
      if (g.open && priced) price += prices.Of(prices.standing[row], demand).nano;
      if (!g.open) {
        const ElasticPool& pool = view.pools[g.pool];
        const int64_t full = std::min(rules.per_node_most, PodsPerNode(pool, demand));
        const int64_t worth = priced ? prices.Of(prices.pools[row][g.pool], demand).nano : 0;
        price = instance.ClusterCost(k, j, 1, Rounding::kUp).nano +
                std::max(MulDivCeil(pool.node_hour.nano, 1, 1, full), worth);
      }
      price -= (verdict.preference + points) * point;
      const int32_t pool = g.open ? ClusterBins::kStanding : g.pool;
      const Rank rank(price, now.bins[j].UtilisationPpm(), j, pool, -points,
                      ClusterBins::Waste(g.free, demand), room, i);
      if (best && best->first <= rank) continue;
      best = {rank, {price, static_cast<int32_t>(j), {g.shape, g.pool, 1}, g.free}};
    }
  }
  if (!best) return std::nullopt;
  return best->second;
}

// ---- one decision for the checker: all other pods are bound -------------------------------------

struct Played {
  Problem problem;
  Placement placement;
};

Played Play(const World& world, const Solution& now, const FastLane::Decision& decision) {
  Played out{world.problem, {}};
  const PodClass& pod = *world.instance.classes()[decision.k];
  out.problem.classes = {pod};
  out.problem.classes[0].count = 1;
  const std::string& target = world.instance.clusters()[decision.j]->name;
  out.placement.classes = {{pod.key, {{target, 1}}, 0}};
  out.problem.clusters.clear();
  for (size_t j = 0; j < now.bins.size(); ++j) {
    ClusterView view = *world.instance.clusters()[j];
    ClusterWitness witness{view.name, {}, now.bins[j].bound_unpacked};
    std::map<int32_t, int32_t> bound;  // of classes, in the view
    std::vector<int64_t> packed(view.bound.size(), 0);
    for (const NodeGroup& g : now.bins[j].groups()) {
      if (g.loads.empty() || g.count == 0) continue;
      PackedNodes nodes{g.shape, g.pool, g.count, {}};
      for (const NodeGroup::Load& load : g.loads) {
        if (load.id == decision.k && load.step == decision.step) {
          nodes.loads.push_back({pod.key, -1, 1, 1});
          continue;
        }
        int32_t place = ~load.id;
        if (load.id >= 0) {
          const PodClass& k = *world.instance.classes()[load.id];
          const auto [it, added] = bound.emplace(load.id, static_cast<int32_t>(view.bound.size()));
          place = it->second;
          if (added) {
            view.bound.push_back({k.constraints, k.DemandIn(view.name), 0, k.relations});
            packed.push_back(0);
          }
        }
        packed[place] += load.per_node * g.count;
        nodes.loads.push_back({"", place, load.per_node, 0});
      }
      witness.nodes.push_back(std::move(nodes));
    }
    if (witness.bound_unpacked == 0) {
      for (size_t i = 0; i < packed.size(); ++i) view.bound[i].count = packed[i];
    } else {
      for (const auto& [k, place] : bound) view.bound[place].count = packed[place];
    }
    out.problem.clusters.push_back(std::move(view));
    out.placement.witness.push_back(std::move(witness));
  }
  return out;
}

// ---- random lives -------------------------------------------------------------------------------

ShadowPrices AnyPrices(Rng& rng, const Instance& instance) {
  ShadowPrices prices;
  prices.shift = {0, 20, 0};
  const auto any = [&] {
    RoomPrices room;
    if (rng.Chance(0.3)) return room;
    room.of = {{rng.Between(0, 90'000)}, {rng.Between(0, 40'000)}, {rng.Between(0, 9'000)}};
    return room;
  };
  for (const ClusterView* c : instance.clusters()) {
    if (rng.Chance(0.1)) continue;  // it joined since
    prices.clusters.push_back(c->name);
    prices.standing.push_back(any());
    prices.pools.emplace_back();
    for (size_t p = 0; p < c->pools.size(); ++p) prices.pools.back().push_back(any());
  }
  return prices;
}

struct Tally {
  int placed = 0, refused = 0, opened = 0, learned = 0, forgotten = 0, left = 0;
};

class Life {
 public:
  Life(Rng& rng, const Problem& problem, Tally& tally)
      : rng_(rng), world_(problem), lane_(world_.lane), tally_(tally) {
    prices_ = AnyPrices(rng, world_.instance);
    lane_.SetPrices(prices_);
  }

  void Event() {
    switch (rng_.Below(10)) {
      case 0:
        return Learn();
      case 1:
        return Depart();
      case 2:
        return DepartBound();
      case 3:
        return Forget();
      case 4:
        prices_ = AnyPrices(rng_, world_.instance);
        return lane_.SetPrices(prices_);
      default:
        return Arrive(static_cast<int32_t>(rng_.Below(world_.instance.classes().size())));
    }
  }

 private:
  void Learn() {
    PodClass k = AnyClass(rng_, "late" + std::to_string(learned_++), 1);
    if (rng_.Chance(0.3)) {  // of relations that are known, and other demand
      const PodClass& other = *world_.instance.classes()[0];
      k.relations = other.relations;
    }
    const auto place = lane_.Learn(k);
    ASSERT_TRUE(place) << place.error().message;
    EXPECT_EQ(*lane_.Learn(k), *place);
    ++tally_.learned;
    Arrive(*place);
  }

  void Depart() {
    const Solution now = lane_.Snapshot();
    if (now.shares.empty()) return;
    const Share& s = now.shares[rng_.Below(now.shares.size())];
    EXPECT_TRUE(lane_.Leave(s.k, s.j));
    ++tally_.left;
  }

  void DepartBound() {
    const size_t j = rng_.Below(world_.instance.clusters().size());
    const auto& bound = world_.instance.clusters()[j]->bound;
    if (bound.empty()) return;
    const size_t place = rng_.Below(bound.size());
    if (lane_.LeaveBound(place, static_cast<int32_t>(j))) ++gone_[{j, place}];
  }

  void Forget() {
    if (decisions_.empty()) return;
    const size_t i = rng_.Below(decisions_.size());
    tally_.forgotten += lane_.Forget(decisions_[i]);  // unless it has left
    EXPECT_FALSE(lane_.Forget(decisions_[i]));
    decisions_.erase(decisions_.begin() + static_cast<ptrdiff_t>(i));
  }

  void Arrive(int32_t k) {
    const ClassExplanation why = lane_.Explain(k);
    const bool open = std::any_of(why.clusters.begin(), why.clusters.end(),
                                  [](const ClusterVerdict& v) { return !v.refusal; });
    const auto wanted = FromScratch(world_.instance, lane_.Snapshot(), prices_, gone_, k);
    const auto decision = lane_.Place(k);
    if (lane_.NeedsSolve(k)) {
      EXPECT_FALSE(decision);
      return;
    }
    EXPECT_EQ(decision.has_value(), open);
    ASSERT_EQ(decision.has_value(), wanted.has_value());
    (decision ? tally_.placed : tally_.refused) += 1;
    if (!decision) return;
    tally_.opened += decision->opened;
    EXPECT_FALSE(why.clusters[decision->j].refusal);
    EXPECT_EQ(decision->j, wanted->j);
    EXPECT_EQ(decision->price.nano, wanted->price);
    EXPECT_EQ(decision->landing.shape, wanted->landing.shape);
    EXPECT_EQ(decision->landing.pool, wanted->landing.pool);
    const Solution after = lane_.Snapshot();
    EXPECT_EQ(FreeBefore(after, *decision), wanted->free);
    decisions_.push_back(*decision);
    const Played played = Play(world_, after, *decision);
    const auto ok = CheckPlacement(played.problem, played.placement);
    EXPECT_TRUE(ok) << ok.error().message;
  }

  // What the node had free that the pod went to.
  Amounts FreeBefore(const Solution& after, const FastLane::Decision& decision) const {
    for (const NodeGroup& g : after.bins[decision.j].groups()) {
      for (const NodeGroup::Load& load : g.loads) {
        if (load.id != decision.k || load.step != decision.step) continue;
        Amounts free = g.free;
        const Amounts& demand = world_.instance.DemandOf(decision.k, decision.j);
        for (size_t r = 0; r < demand.size(); ++r) free[r] += demand[r];
        return free;
      }
    }
    return {};
  }

  Rng& rng_;
  World world_;
  FastLane& lane_;
  Tally& tally_;
  ShadowPrices prices_;
  GoneBound gone_;
  int learned_ = 0;
  std::vector<FastLane::Decision> decisions_;
};

TEST(FastLane, DecidesAsWithoutMemoryAndTheCheckerAgrees) {
  Rng rng(20261123);
  Tally tally;
  for (int i = 0; i < 1500 && !testing::Test::HasFailure(); ++i) {
    const Problem problem = AnyProblem(rng, rng.Between(1, 8), 4);
    Life life(rng, problem, tally);
    for (int event = 0; event < 40 && !testing::Test::HasFailure(); ++event) {
      SCOPED_TRACE("problem " + std::to_string(i) + ", event " + std::to_string(event));
      life.Event();
    }
  }
  EXPECT_GT(tally.placed, 1000);
  EXPECT_GT(tally.refused, 1000);
  EXPECT_GT(tally.opened, 20);
  EXPECT_GT(tally.learned, 500);
  EXPECT_GT(tally.forgotten, 100);
  EXPECT_GT(tally.left, 500);
}

TEST(FastLane, GoesWhereCostAndWhatOthersLoseAreLeast) {
  Problem p;
  p.classes = {Pods("web", 0, Demand(1000, 1))};
  p.clusters = {Cluster("cheap", {Nodes(1, Room(2000, 8))}, 0.02),
                Cluster("dear", {Nodes(1, Room(8000, 8))}, 0.05)};
  World world(p);
  EXPECT_EQ(world.lane.Place(0)->j, 0);
  ShadowPrices prices{.clusters = {"cheap", "dear"},
                      .standing = {{{Dollars(0.04)}}, {}},
                      .pools = {{}, {}},
                      .shift = {10}};  // for 1024 milli-cores
  world.lane.SetPrices(prices);
  const auto second = world.lane.Place(0);
  EXPECT_EQ(second->j, 1);
  EXPECT_EQ(second->price, Dollars(0.05));
}

TEST(FastLane, OfEqualPricesTheEmptierClusterIsTaken) {
  Problem p;
  p.classes = {Pods("web", 0, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(1, Room(4000, 8))}), Cluster("b", {Nodes(1, Room(8000, 8))})};
  World world(p);
  std::string taken;
  for (int i = 0; i < 6; ++i) taken += world.instance.clusters()[world.lane.Place(0)->j]->name;
  EXPECT_EQ(taken, "abbabb");
}

TEST(FastLane, ANewNodeIsOpenedWhereRoomEndsAndGivenBackWithItsLastPod) {
  Problem p;
  p.classes = {Pods("web", 0, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(1, Room(1000, 8))})};
  p.clusters[0].pools = {Pool("m", 1, Room(2000, 8), 0.1)};
  World world(p);
  EXPECT_FALSE(world.lane.Place(0)->opened);
  const auto first = world.lane.Place(0);
  EXPECT_TRUE(first->opened);
  EXPECT_EQ(world.lane.Snapshot().cost, Dollars(0.1));
  const auto second = world.lane.Place(0);
  EXPECT_FALSE(second->opened);
  EXPECT_FALSE(world.lane.Place(0));
  EXPECT_TRUE(world.lane.Forget(*first));
  EXPECT_EQ(world.lane.Snapshot().cost, Dollars(0.1));
  EXPECT_TRUE(world.lane.Forget(*second));
  EXPECT_EQ(world.lane.Snapshot().cost, Money{});
  EXPECT_TRUE(world.lane.Place(0)->opened);
}

TEST(FastLane, WhoLeftMakesRoomAtOnce) {
  Problem p;
  p.classes = {Pods("web", 0, Demand(1000, 1))};
  p.clusters = {Cluster("a", {Nodes(1, Room(2000, 8))})};
  p.clusters[0].bound = {{p.classes[0].constraints, Demand(1000, 1), 1}};
  World world(p);
  EXPECT_TRUE(world.lane.Place(0));
  EXPECT_FALSE(world.lane.Place(0));
  EXPECT_EQ(world.lane.Explain(0).clusters[0].refusal->reason, "Insufficient cpu");
  EXPECT_TRUE(world.lane.LeaveBound(0, 0));
  EXPECT_FALSE(world.lane.LeaveBound(0, 0));
  EXPECT_TRUE(world.lane.Place(0));
  EXPECT_FALSE(world.lane.Place(0));
}

TEST(FastLane, PodsOfAGangWaitForTheSolve) {
  Problem p;
  p.classes = {Pods("web", 0, Demand(1000, 1))};
  p.classes[0].gang = "g";
  p.gangs = {{"g", 2, false}};
  p.clusters = {Cluster("a", {Nodes(1, Room(2000, 8))})};
  World world(p);
  EXPECT_TRUE(world.lane.NeedsSolve(0));
  EXPECT_FALSE(world.lane.Place(0));
}

TEST(FastLane, AClassThatIsOutOfRangeIsNotLearned) {
  Problem p;
  p.clusters = {Cluster("a", {Nodes(1, Room(2000, 8))}, 1)};
  World world(p);
  EXPECT_FALSE(world.lane.Learn(Pods("huge", 1, {kMaxAmount + 1, 0, 1})));
  PodClass far = Pods("far", 1, Demand(1000, 1));
  PodConstraints constraints;
  constraints.cost_per_ms = Dollars(1'000'000);
  constraints.latency_sources = {{"x", 1'000'000}, {"y", 1'000'000}};
  far.constraints = std::make_shared<const PodConstraints>(constraints);
  EXPECT_FALSE(world.lane.Learn(far));
  EXPECT_TRUE(world.lane.Learn(Pods("web", 1, Demand(1000, 1))));
}

}  // namespace
}  // namespace stowage::scheduler
