#include "kube/controller/leader_election.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/support/fake_transport.h"
#include "test/support/test_loop.h"

namespace stowage::kube {
namespace {

using test::SeenRequest;

// One Lease with optimistic locking.
class LeaderElectionTest : public ::testing::Test {
 protected:
  struct Member {
    explicit Member(Executor& executor) : server(executor), client(server) {}
    test::FakeTransport server;
    Client client;
    std::unique_ptr<LeaderElector> elector;
    int started = 0, stopped = 0;
    std::vector<std::string> seen;
    bool cut_off = false;  // its calls fail
    bool deaf = false;     // the answers to its writes are lost
  };

  // What the server answers, to whoever can reach it.
  Result<Response> Answer(const SeenRequest& r) {
    if (down_) return MakeError(ErrorCode::kUnavailable, "down");
    if (r.method == "GET") {
      if (!lease_.exists()) return test::StatusResponse(404, "NotFound", "no lease");
    } else {
      const Json wanted = r.Json();
      if (r.method == "POST" && lease_.exists()) {
        return test::StatusResponse(409, "AlreadyExists", "exists");
      }
      if (r.method == "PUT" &&
          wanted["metadata"]["resourceVersion"].str() != std::to_string(version_)) {
        return test::StatusResponse(409, "Conflict", "changed");
      }
      MutableJson stored(wanted);
      stored.Set({"metadata", "resourceVersion"}, std::to_string(++version_));
      lease_ = std::move(stored).Freeze();
    }
    Response response;
    response.status = 200;
    response.json = lease_;
    return response;
  }

  Member& Join(const std::string& identity) {
    auto& m = members_.emplace_back(std::make_unique<Member>(loop_.executor()));
    Member* p = m.get();
    p->server.On("", "/apis/coordination.k8s.io/v1/namespaces/sys/leases",
                 [this, p](const SeenRequest& r) -> Result<Response> {
                   if (p->cut_off) return MakeError(ErrorCode::kUnavailable, "cut off");
                   auto answer = Answer(r);
                   // Carried out, but nobody hears of it.
                   if (p->deaf && r.method != "GET") {
                     return MakeError(ErrorCode::kUnknownOutcome, "reset");
                   }
                   return answer;
                 });
    p->elector = std::make_unique<LeaderElector>(
        loop_.executor(), p->client, loop_.rng(identity),
        LeaderElectionOptions{.ns = "sys", .name = "stowage", .identity = identity},
        LeaderElector::Callbacks{[p] { ++p->started; }, [p] { ++p->stopped; },
                                 [p](const std::string& who) { p->seen.push_back(who); }});
    p->elector->Start();
    return *p;
  }
  int Leaders() const {
    int n = 0;
    for (const auto& m : members_) n += m->elector && m->elector->leading();
    return n;
  }
  std::string Holder() const { return lease_.Find({"spec", "holderIdentity"}).string(); }

  test::TestLoop loop_;
  Json lease_;
  int version_ = 0;
  bool down_ = false;
  std::vector<std::unique_ptr<Member>> members_;
};

TEST_F(LeaderElectionTest, TheFirstLeadsAndTheSecondWaits) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(1));
  Member& b = Join("b");
  loop_.RunFor(Minutes(5));
  EXPECT_TRUE(a.elector->leading());
  EXPECT_EQ(a.started, 1);
  EXPECT_EQ(a.stopped, 0);
  EXPECT_EQ(b.started, 0);
  EXPECT_EQ(b.seen, std::vector<std::string>{"a"});
  EXPECT_EQ(a.seen, std::vector<std::string>{"a"});
  EXPECT_EQ(lease_["spec"]["leaseDurationSeconds"].i64(), 15);
  EXPECT_EQ(lease_["spec"]["leaseTransitions"].i64(), 0);
}

TEST_F(LeaderElectionTest, AnotherTakesOverWhenTheLeaderDies) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(1));
  Member& b = Join("b");
  loop_.RunFor(Minutes(1));
  a.elector.reset();
  loop_.RunFor(Seconds(12));
  EXPECT_EQ(b.started, 0) << "not before the lease has run out";
  loop_.RunFor(Seconds(10));
  EXPECT_TRUE(b.elector->leading());
  EXPECT_EQ(lease_["spec"]["leaseTransitions"].i64(), 1);
  EXPECT_EQ(b.seen, (std::vector<std::string>{"a", "b"}));
}

TEST_F(LeaderElectionTest, AReleaseHandsOverAtOnce) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(1));
  Member& b = Join("b");
  loop_.RunFor(Seconds(30));
  bool done = false;
  a.elector->Release([&] { done = true; });
  EXPECT_EQ(a.stopped, 1) << "writes end before the lease does";
  loop_.RunPosted();
  EXPECT_TRUE(done);
  EXPECT_EQ(Holder(), "");
  loop_.RunFor(Seconds(5));
  EXPECT_TRUE(b.elector->leading());
  EXPECT_FALSE(a.elector->leading());
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(a.started, 1) << "who released does not come back";
}

TEST_F(LeaderElectionTest, ReleaseWithoutLeadershipOnlyEnds) {
  Join("a");
  loop_.RunFor(Seconds(1));
  Member& b = Join("b");
  loop_.RunFor(Seconds(5));
  bool done = false;
  b.elector->Release([&] { done = true; });
  loop_.RunPosted();
  EXPECT_TRUE(done);
  EXPECT_EQ(Holder(), "a");
  EXPECT_EQ(b.stopped, 0);
}

TEST_F(LeaderElectionTest, TheLeaderStopsBeforeAnybodyCanTakeOver) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(1));
  Join("b");
  loop_.RunFor(Seconds(30));
  down_ = true;
  loop_.RunFor(Seconds(11));
  EXPECT_EQ(a.stopped, 1);
  EXPECT_FALSE(a.elector->leading());
  down_ = false;
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(Leaders(), 1);
}

TEST_F(LeaderElectionTest, AShortOutageCostsNothing) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(30));
  down_ = true;
  loop_.RunFor(Seconds(7));
  down_ = false;
  loop_.RunFor(Minutes(1));
  EXPECT_TRUE(a.elector->leading());
  EXPECT_EQ(a.stopped, 0);
}

TEST_F(LeaderElectionTest, CallsThatHangDoNotOutlastTheDeadline) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(30));
  for (int i = 0; i < 20; ++i) a.server.HangOnce("", "/apis/coordination");
  loop_.RunFor(Seconds(11));
  EXPECT_EQ(a.stopped, 1);
  loop_.RunFor(Minutes(3));
  EXPECT_TRUE(a.elector->leading()) << "and it leads again afterwards";
}

TEST_F(LeaderElectionTest, JumpsOfTheWallClockChangeNothing) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(1));
  Member& b = Join("b");
  for (const Duration jump : {Hours(24), Hours(-72), Hours(1)}) {
    loop_.sim().JumpWall(jump);
    loop_.RunFor(Minutes(1));
    EXPECT_TRUE(a.elector->leading());
    EXPECT_EQ(b.started, 0);
  }
}

TEST_F(LeaderElectionTest, ALeaseFromTheFarFutureIsJudgedByHowLongItIsUnchanged) {
  lease_ =
      Json::Parse(R"({"metadata": {"name": "stowage", "namespace": "sys", "resourceVersion": "0"},
      "spec": {"holderIdentity": "ghost", "leaseDurationSeconds": 15,
               "renewTime": "2099-01-01T00:00:00.000000Z", "leaseTransitions": 4}})")
          .value();
  Member& a = Join("a");
  loop_.RunFor(Seconds(14));
  EXPECT_FALSE(a.elector->leading());
  loop_.RunFor(Seconds(10));
  EXPECT_TRUE(a.elector->leading());
  EXPECT_EQ(lease_["spec"]["leaseTransitions"].i64(), 5);
}

TEST_F(LeaderElectionTest, WhoLosesTheLeaseToAnotherStops) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(30));
  MutableJson stolen(lease_);
  stolen.Set({"spec", "holderIdentity"}, "thief");
  stolen.Set({"metadata", "resourceVersion"}, std::to_string(++version_));
  lease_ = std::move(stolen).Freeze();
  loop_.RunFor(Seconds(3));
  EXPECT_EQ(a.stopped, 1);
  EXPECT_EQ(a.seen.back(), "thief");
}

TEST_F(LeaderElectionTest, ADeletedLeaseIsMadeAnew) {
  Member& a = Join("a");
  loop_.RunFor(Seconds(30));
  lease_ = {};
  loop_.RunFor(Seconds(5));
  EXPECT_EQ(Holder(), "a");
  EXPECT_EQ(a.stopped, 0);
}

TEST_F(LeaderElectionTest, NeverTwoAtATime) {
  Rng rng = loop_.rng("chaos");
  for (const char* name : {"a", "b", "c"}) Join(name);
  for (int i = 0; i < 3000; ++i) {
    if (rng.Chance(0.02)) down_ = !down_;
    Member& one = *members_[rng.Below(members_.size())];
    if (rng.Chance(0.05)) one.server.HangOnce("", "/apis");
    if (rng.Chance(0.05)) one.cut_off = !one.cut_off;
    if (rng.Chance(0.05)) one.deaf = !one.deaf;
    if (rng.Chance(0.02)) loop_.sim().JumpWall(Seconds(rng.Between(-100, 100)));
    loop_.RunFor(Milliseconds(rng.Between(1, 1500)));
    ASSERT_LE(Leaders(), 1);
  }
  down_ = false;
  int terms = 0;
  for (const auto& m : members_) {
    m->cut_off = m->deaf = false;
    terms += m->started;
  }
  EXPECT_GT(terms, 10);
  loop_.RunFor(Minutes(2));
  EXPECT_EQ(Leaders(), 1);
}

}  // namespace
}  // namespace stowage::kube
