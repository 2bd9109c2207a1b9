#include "sim/faults/fault_transport.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "sim/engine/sim_executor.h"

namespace stowage::sim {
namespace {

// A server that answers 200 to all, and whose watches are driven by hand.
struct Server : kube::Transport {
  explicit Server(Executor& e) : executor(e) {}
  void Send(kube::Request request, Callback<Result<kube::Response>> done) override {
    ++requests;
    last = request.target;
    executor.Post([done] { done(kube::Response{200, {}, {}, ""}); });
  }
  struct Handle : kube::Watch {
    explicit Handle(Server& s) : server(s) {}
    ~Handle() override { server.sink = nullptr; }
    Server& server;
  };
  kube::WatchHandle Watch(kube::WatchRequest, kube::WatchSink& s) override {
    sink = &s;
    return std::make_unique<Handle>(*this);
  }
  void Upgrade(kube::Request, Callback<Result<kube::UpgradeReply>>) override {}
  void Tell(int n = 1) {
    std::vector<kube::WatchEvent> batch(static_cast<size_t>(n),
                                        {kube::WatchEvent::Type::kAdded, {}});
    if (sink) sink->OnEvents(std::move(batch));
  }
  Executor& executor;
  kube::WatchSink* sink = nullptr;
  int requests = 0;
  std::string last;
};

struct Reader : kube::WatchSink {
  void OnEvents(std::vector<kube::WatchEvent> batch) override { events += batch.size(); }
  void OnEnd(kube::WatchEnd e) override {
    ++ends;
    end = std::move(e);
  }
  size_t events = 0;
  int ends = 0;
  kube::WatchEnd end;
};

class FaultTransportTest : public ::testing::Test {
 protected:
  Result<kube::Response> Ask(FaultTransport& transport, const std::string& method) {
    std::optional<Result<kube::Response>> answer;
    transport.Send({.method = method, .target = "/x"}, [&](auto r) { answer = std::move(r); });
    EXPECT_FALSE(answer) << "never inside the call";
    executor.RunFor(Minutes(2));
    EXPECT_TRUE(answer);
    return answer ? *answer : MakeError(ErrorCode::kInternal, "no answer");
  }
  FaultTransport Make(FaultPlan plan) { return {executor, server, Rng(1), plan, counts}; }

  SimExecutor executor;
  Server server{executor};
  FaultCounts counts;
};

TEST_F(FaultTransportTest, WithoutAPlanAllPasses) {
  FaultTransport transport = Make({});
  EXPECT_EQ(Ask(transport, "POST")->status, 200);
  EXPECT_EQ(server.requests, 1);
}

TEST_F(FaultTransportTest, ADroppedRequestNeverArrivesAndAWriteSaysItDoesNotKnow) {
  FaultTransport transport = Make({.drop = 1});
  EXPECT_EQ(Ask(transport, "GET").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Ask(transport, "POST").error().code, ErrorCode::kUnknownOutcome);
  EXPECT_EQ(server.requests, 0);
  EXPECT_EQ(counts.Of(Fault::kDrop), 2u);
}

TEST_F(FaultTransportTest, AnUnansweredWriteWasCarriedOut) {
  FaultTransport transport = Make({.unanswered = 1});
  EXPECT_EQ(Ask(transport, "POST").error().code, ErrorCode::kUnknownOutcome);
  EXPECT_EQ(server.requests, 1);
}

TEST_F(FaultTransportTest, RefusalsAreAnswersOfTheServerThatDidNothing) {
  FaultTransport busy = Make({.too_many = 1});
  EXPECT_EQ(Ask(busy, "POST")->status, 429);
  FaultTransport conflict = Make({.conflict = 1});
  EXPECT_EQ(Ask(conflict, "PATCH")->status, 409);
  EXPECT_EQ(server.requests, 0);
  EXPECT_EQ(Ask(conflict, "GET")->status, 200);
}

TEST_F(FaultTransportTest, APartitionHoldsEventsBackAndLosesRequests) {
  FaultTransport transport = Make({});
  Reader reader;
  auto watch = transport.Watch({}, reader);
  transport.SetPartitioned(true);
  server.Tell(3);
  EXPECT_EQ(Ask(transport, "GET").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(reader.events, 0u);
  transport.SetPartitioned(false);
  EXPECT_EQ(reader.events, 3u);
  EXPECT_EQ(Ask(transport, "GET")->status, 200);
}

TEST_F(FaultTransportTest, AStalledWatchTellsLaterWhatCameMeanwhile) {
  FaultTransport transport = Make({.watch_stall_per_second = 1000, .stall_max = Seconds(5)});
  Reader reader;
  auto watch = transport.Watch({}, reader);
  executor.RunFor(Milliseconds(50));
  server.Tell(2);
  EXPECT_EQ(reader.events, 0u);
  transport.SetPlan({});
  executor.RunFor(Seconds(10));
  EXPECT_EQ(reader.events, 2u);
}

TEST_F(FaultTransportTest, AWatchEndsOnceAndTellsNothingAfterwards) {
  FaultTransport transport = Make({.watch_close_per_second = 1000});
  Reader reader;
  auto watch = transport.Watch({}, reader);
  executor.RunFor(Seconds(2));
  transport.BreakWatches();
  EXPECT_EQ(reader.ends, 1);
  EXPECT_EQ(server.sink, nullptr);
}

TEST_F(FaultTransportTest, NobodyHearsOfAWatchThatWasLetGo) {
  FaultTransport transport = Make({.watch_refused = 1});
  Reader reader;
  auto watch = transport.Watch({}, reader);
  watch.reset();
  executor.RunFor(Seconds(2));
  EXPECT_EQ(reader.ends, 0);
}

TEST_F(FaultTransportTest, ARequestOnItsWayArrivesThoughItsSenderDied) {
  std::optional<FaultTransport> transport;
  transport.emplace(executor, server, Rng(3), FaultPlan{.delay = 1}, counts);
  bool answered = false;
  for (int i = 0; i < 20; ++i) {
    transport->Send({.method = "POST", .target = "/x"}, [&](auto) { answered = true; });
  }
  transport.reset();
  executor.RunFor(Seconds(2));
  EXPECT_EQ(server.requests, 20);
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace stowage::sim
