// How fast server and transport are together. Small in a test run; STOWAGE_BENCH_REQUESTS=200000
// for figures.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "test/kube/http/http_world.h"

namespace stowage::kube {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

class Throughput : public testing::TestWithParam<bool> {
 protected:
  Throughput() {
    const char* n = std::getenv("STOWAGE_BENCH_REQUESTS");
    requests = n == nullptr ? 2000 : std::atoi(n);
    world.handler.routes["/pods"] = [](ServerRequest request, std::shared_ptr<Responder> r) {
      r->Respond({201, {}, request.json, ""});
    };
    if (GetParam()) {
      world.ServeTls();
    } else {
      world.Serve();
    }
  }
  void Report(const char* what, double n, std::chrono::steady_clock::time_point from, double cpu) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    std::printf("%s %s: %.0f/s, %.1f us CPU each\n", what, GetParam() ? "tls" : "plain",
                n / seconds, (CpuSeconds() - cpu) / n * 1e6);
  }
  HttpWorld world;
  int requests = 0;
};
INSTANTIATE_TEST_SUITE_P(Over, Throughput, testing::Bool());

// The server by itself: a bare client that pipelines, on one connection.
TEST_P(Throughput, ServerOfPipelinedRequests) {
  if (GetParam()) GTEST_SKIP() << "the bare client speaks plain HTTP only";
  const std::string body = "{\"kind\":\"Pod\",\"data\":\"" + std::string(1000, 'p') + "\"}";
  const std::string one =
      "POST /pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto from = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  for (int done = 0; done < requests; done += 100) {
    std::string batch;
    for (int i = 0; i < 100; ++i) batch += one;
    batch += "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    ASSERT_NE(RawExchange(world.server->port(), batch).find("no such path"), std::string::npos);
  }
  Report("server, pipelined 1 KB POST", requests, from, cpu);
}

TEST_P(Throughput, SixteenPostsAtATime) {
  HttpTransport& t = world.Connect();
  const std::string body = "{\"kind\":\"Pod\",\"data\":\"" + std::string(1000, 'p') + "\"}";
  int left = requests, ended = 0;
  Later<bool> done;
  std::function<void()> next = [&] {
    if (left-- <= 0) return;
    t.Send({.method = "POST",
            .target = "/pods",
            .headers = {{"Content-Type", "application/json"}},
            .body = body},
           [&](Result<Response> r) {
             EXPECT_TRUE(r) << r.error().ToString();
             next();
             if (++ended == requests) done.callback()(true);  // last: the test may end here
           });
  };
  const auto from = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  world.OnLoop([&] {
    for (int i = 0; i < 16; ++i) next();
  });
  ASSERT_TRUE(done.Get());
  Report("transport and server, 1 KB POST, 16 at a time", requests, from, cpu);
}

TEST_P(Throughput, WatchEvents) {
  struct Sink : WatchSink {
    void OnEvents(std::vector<WatchEvent> batch) override { events += batch.size(); }
    void OnEnd(WatchEnd) override { done.callback()(true); }
    size_t events = 0;
    Later<bool> done;
  } sink;
  const std::string line =
      R"({"type":"MODIFIED","object":{"kind":"Pod","data":")" + std::string(1000, 'p') + "\"}}\n";
  ByteStreamPtr stream;
  int left = requests;
  std::function<void()> more = [&] {
    if (left-- <= 0) return stream->CloseWrite();
    stream->Write(line, [&](Result<void>) { more(); });
  };
  world.handler.routes["/watch"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    stream = r->StartStream(200, {});
    more();
  };
  HttpTransport& t = world.Connect();
  WatchHandle handle;
  const auto from = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  world.OnLoop([&] { handle = t.Watch({.target = "/watch"}, sink); });
  ASSERT_TRUE(sink.done.Get());
  EXPECT_EQ(sink.events, static_cast<size_t>(requests));
  Report("watch, 1 KB events one write each", requests, from, cpu);
  world.OnLoop([&] {
    handle.reset();
    stream.reset();
  });
}

}  // namespace
}  // namespace stowage::kube
