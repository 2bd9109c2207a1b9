#include "kube/http/client/http_watch.h"

#include <gmock/gmock.h>

#include "test/kube/http/http_world.h"

namespace stowage::kube {
namespace {

using testing::HasSubstr;

struct RecordingSink : WatchSink {
  void OnOpen() override { ++opened; }
  void OnEvents(std::vector<WatchEvent> batch) override {
    EXPECT_LE(batch.size(), 256u);
    if (slow) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (WatchEvent& e : batch) events.push_back(std::move(e));
    if (events.size() >= wanted && !reached) {
      reached = true;
      enough.callback()(true);
    }
  }
  void OnEnd(WatchEnd end) override { ended.callback()(std::move(end)); }

  int opened = 0;
  bool slow = false, reached = false;
  size_t wanted = 1;
  std::vector<WatchEvent> events;
  Later<bool> enough;
  Later<WatchEnd> ended;
};

std::string Line(const std::string& type, int64_t version) {
  return R"({"type":")" + type + R"(","object":{"kind":"Pod","metadata":{"resourceVersion":")" +
         std::to_string(version) + "\"}}}\n";
}

class HttpWatchTest : public testing::TestWithParam<bool> {
 protected:
  HttpWatchTest() {
    world.handler.routes["/watch"] = [this](ServerRequest, std::shared_ptr<Responder> r) {
      stream = r->StartStream(200, {{"Content-Type", "application/json"}});
      if (!first.empty()) stream->Write(first, [](Result<void>) {});
      if (close_after_first) stream->CloseWrite();
    };
    if (GetParam()) {
      world.ServeTls();
    } else {
      world.Serve();
    }
  }
  ~HttpWatchTest() override {
    world.OnLoop([this] {
      handle.reset();
      stream.reset();
    });
  }
  void Start(WatchRequest request = {.target = "/watch"}) {
    HttpTransport& t = world.Connect();
    world.OnLoop([&] { handle = t.Watch(std::move(request), sink); });
  }
  HttpWorld world;
  RecordingSink sink;
  WatchHandle handle;
  ByteStreamPtr stream;
  std::string first;
  bool close_after_first = false;
};
INSTANTIATE_TEST_SUITE_P(Over, HttpWatchTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tls" : "Plain"; });

TEST_P(HttpWatchTest, DeliversEventsInOrderThenTheEnd) {
  const int n = 3000;
  for (int i = 0; i < n; ++i) first += Line(i % 2 == 0 ? "ADDED" : "MODIFIED", i);
  first += "{ \"object\": {\"kind\":\"Pod\"}, \"type\": \"BOOKMARK\" }\n";
  close_after_first = true;
  Start();
  EXPECT_EQ(sink.ended.Get(), std::nullopt);
  ASSERT_EQ(sink.events.size(), n + 1u);
  EXPECT_EQ(sink.opened, 1);
  for (int i = 0; i < n; ++i) {
    EXPECT_EQ(sink.events[i].object["metadata"]["resourceVersion"].str(), std::to_string(i));
  }
  EXPECT_EQ(sink.events[1].type, WatchEvent::Type::kModified);
  EXPECT_EQ(sink.events[n].type, WatchEvent::Type::kBookmark);
}

TEST_P(HttpWatchTest, AnErrorEventEndsItAsGone) {
  first = Line("ADDED", 1) +
          R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired",)"
          R"("message":"too old resource version"}})"
          "\n";
  Start();
  const WatchEnd end = sink.ended.Get();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, ErrorCode::kGone);
  EXPECT_EQ(sink.events.size(), 1u);
}

TEST_P(HttpWatchTest, ARefusalEndsItWithTheMappedError) {
  Start({.target = "/nothing"});
  const WatchEnd end = sink.ended.Get();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, ErrorCode::kNotFound);
  EXPECT_THAT(end->message, HasSubstr("no such path"));
  EXPECT_EQ(sink.opened, 0);
}

TEST_P(HttpWatchTest, SilenceBeyondTheIdleTimeoutEndsIt) {
  first = Line("ADDED", 1);
  Start({.target = "/watch", .idle_timeout = Milliseconds(150)});
  const WatchEnd end = sink.ended.Get();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, ErrorCode::kUnavailable);
  EXPECT_THAT(end->message, HasSubstr("silent"));
}

TEST_P(HttpWatchTest, AServerThatDiesIsNotACleanEnd) {
  first = Line("ADDED", 1);
  Start();
  sink.enough.Get();
  world.OnLoop([&] { stream->Close(); });
  const WatchEnd end = sink.ended.Get();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, ErrorCode::kUnavailable);
}

TEST_P(HttpWatchTest, ADroppedWatchIsSilentAndTheServerNotices) {
  first = Line("ADDED", 1);
  Start();
  sink.enough.Get();
  Later<bool> noticed;
  world.OnLoop([&] {
    stream->Read([&](Result<std::string>) { noticed.callback()(true); });
    handle.reset();
  });
  EXPECT_TRUE(noticed.Get());
  EXPECT_FALSE(sink.ended.ready(std::chrono::milliseconds(20)));
}

TEST_P(HttpWatchTest, AnObjectOfSeveralMegabytesComesWhole) {
  const std::string data(5 << 20, 'd');
  first = R"({"type":"ADDED","object":{"data":")" + data + "\"}}\n";
  Start();
  sink.enough.Get();
  EXPECT_EQ(sink.events[0].object["data"].str().size(), data.size());
}

TEST_P(HttpWatchTest, ALaggingExecutorHoldsTheServerBackAndLosesNothing) {
  sink.slow = true;
  std::atomic<int> written{0};
  std::function<void()> more;
  constexpr int kBursts = 400;
  world.handler.routes["/flood"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    stream = r->StartStream(200, {});
    more = [&] {
      if (written == kBursts) return stream->CloseWrite();
      std::string burst;
      for (int i = 0; i < 1000; ++i) burst += Line("ADDED", written * 1000 + i);
      ++written;
      stream->Write(std::move(burst), [&](Result<void> done) {
        if (done) more();
      });
    };
    more();
  };
  Start({.target = "/flood"});
  EXPECT_EQ(sink.ended.Get(), std::nullopt);
  ASSERT_EQ(sink.events.size(), kBursts * 1000u);
  EXPECT_EQ(sink.events.back().object["metadata"]["resourceVersion"].str(), "399999");
}

TEST_P(HttpWatchTest, AThousandWatchesRunSideBySide) {
  constexpr int kWatches = 1000;
  std::vector<ByteStreamPtr> streams;
  world.handler.routes["/many"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    streams.push_back(r->StartStream(200, {}));
    streams.back()->Write(Line("ADDED", 1), [](Result<void>) {});
  };
  struct CountingSink : WatchSink {
    void OnEvents(std::vector<WatchEvent> batch) override {
      if ((*events += batch.size()) == kWatches) done->callback()(true);
    }
    void OnEnd(WatchEnd end) override { ADD_FAILURE() << (end ? end->ToString() : "ended"); }
    size_t* events = nullptr;
    Later<bool>* done = nullptr;
  };
  size_t events = 0;
  Later<bool> done;
  std::vector<CountingSink> sinks(kWatches);
  std::vector<WatchHandle> handles;
  HttpTransport& t = world.Connect();
  world.OnLoop([&] {
    for (CountingSink& s : sinks) {
      s.events = &events;
      s.done = &done;
      handles.push_back(t.Watch({.target = "/many"}, s));
    }
  });
  EXPECT_TRUE(done.Get());
  EXPECT_EQ(world.server->stats().open, kWatches);
  world.OnLoop([&] {
    handles.clear();
    streams.clear();
  });
}

TEST(WatchLine, IsReadWithAndWithoutBlanksAndBrokenOnesAreErrors) {
  EXPECT_EQ(ParseWatchLine(Line("DELETED", 7))->type, WatchEvent::Type::kDeleted);
  EXPECT_EQ(ParseWatchLine(R"({"type":"ADDED","object":{"a":1},"more":2})")->object["a"].i64(), 1);
  EXPECT_FALSE(ParseWatchLine(R"({"type":"ADDED","object":)"));
  EXPECT_FALSE(ParseWatchLine(R"({"type":"ODD","object":{}})"));
  EXPECT_FALSE(ParseWatchLine("[]"));
}

}  // namespace
}  // namespace stowage::kube
