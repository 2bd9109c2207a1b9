#include "kube/http/server/http_server.h"

#include <gmock/gmock.h>

#include "test/kube/http/http_world.h"

namespace stowage::kube {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t Count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    world.handler.routes["/echo"] = [](ServerRequest request, std::shared_ptr<Responder> r) {
      Response response{200, {}, {}, request.method + " " + request.body};
      if (request.json.exists()) response.text += " json:" + request.json["a"].string();
      if (!request.json_error.empty()) response.text += " bad json";
      r->Respond(std::move(response));
    };
    world.Serve();
  }
  HttpWorld world;
};

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    const std::string body = "n" + std::to_string(i) + ".";
    requests += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
  }
  const std::string answers = RawExchange(world.server->port(), requests, "POST n49.");
  size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find("POST n" + std::to_string(i) + ".", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpServerTest, ReadsChunkedBodiesAndParsesJsonOffTheExecutor) {
  const std::string answer = RawExchange(world.server->port(),
                                         "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                         "application/merge-patch+json\r\nTransfer-Encoding: "
                                         "chunked\r\nConnection: close\r\n\r\n"
                                         "4\r\n{\"a\"\r\n5\r\n:\"b\"}\r\n0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("POST {\"a\":\"b\"} json:b"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(HttpServerTest, SaysWhyAJsonBodyDoesNotParse) {
  EXPECT_THAT(RawExchange(world.server->port(),
                          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                          "Content-Length: 3\r\nConnection: close\r\n\r\n{\"a"),
              HasSubstr("bad json"));
}

TEST_F(HttpServerTest, TellsAClientThatAsksToGoOnWithItsBody) {
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_THAT(RawExchange(world.server->port(), head, "\r\n\r\n"),
              HasSubstr("HTTP/1.1 100 Continue"));
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAndNoBody) {
  const std::string answer = RawExchange(
      world.server->port(), "HEAD /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttpAndWhatIsTooLarge) {
  EXPECT_THAT(RawExchange(world.server->port(), "nonsense\r\n\r\n"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(RawExchange(world.server->port(),
                          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n"),
              HasSubstr("HTTP/1.1 413"));
  EXPECT_THAT(RawExchange(world.server->port(),
                          "GET /echo HTTP/1.1\r\nX: " + std::string(200'000, 'a') + "\r\n\r\n"),
              HasSubstr("HTTP/1.1 431"));
}

TEST_F(HttpServerTest, SaysWhichPortIsInUse) {
  HttpServerOptions options;
  options.port = world.server->port();
  world.OnLoop([&] {
    auto second = HttpServer::Start(world.loop, *world.io, world.handler, options);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
    EXPECT_THAT(second.error().message, HasSubstr(":" + std::to_string(options.port)));
    options.address = "no-address";
    EXPECT_EQ(HttpServer::Start(world.loop, *world.io, world.handler, options).error().code,
              ErrorCode::kInvalid);
  });
}

TEST_F(HttpServerTest, FreesItsPortAtOnce) {
  HttpServerOptions options;
  world.OnLoop([&] {
    for (int i = 0; i < 50; ++i) {
      auto server = HttpServer::Start(world.loop, *world.io, world.handler, options);
      ASSERT_TRUE(server) << i << ": " << server.error().ToString();
      options.port = (*server)->port();
    }
  });
}

TEST_F(HttpServerTest, AnUnansweredRequestIsA500) {
  world.handler.routes["/lost"] = [](ServerRequest, std::shared_ptr<Responder>) {};
  EXPECT_THAT(RawExchange(world.server->port(),
                          "GET /lost HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("HTTP/1.1 500"));
}

TEST_F(HttpServerTest, ALineBreakInAHeaderValueCannotBecomeAHeader) {
  world.handler.routes["/split"] = [](ServerRequest, std::shared_ptr<Responder> r) {
    r->Respond({200, {{"X-A", "1\r\nX-Evil: 2"}}, {}, ""});
  };
  EXPECT_THAT(RawExchange(world.server->port(),
                          "GET /split HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              Not(HasSubstr("\r\nX-Evil")));
}

TEST_F(HttpServerTest, NoticesAClientThatLeavesAndOneThatLeavesAStream) {
  Later<bool> gone, stream_ended;
  std::shared_ptr<Responder> kept;
  ByteStreamPtr stream;
  world.handler.routes["/hang"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    kept = r;
    r->OnGone([&] { gone.callback()(true); });
  };
  world.handler.routes["/stream"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    stream = r->StartStream(200, {});
    stream->Read([&](Result<std::string>) { stream_ended.callback()(true); });
    stream->Write("hello", [](Result<void>) {});
  };
  RawExchange(world.server->port(), "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", "hello");
  EXPECT_TRUE(stream_ended.Get());
  std::thread client([&] {
    RawExchange(world.server->port(), "GET /hang HTTP/1.1\r\nHost: x\r\n\r\nGET", "HTTP");
  });
  world.OnLoop([] {});
  EXPECT_FALSE(gone.ready(std::chrono::milliseconds(20)));
  world.OnLoop([&] { kept->Respond({200, {}, {}, "late"}); });
  client.join();
  world.OnLoop([&] { kept.reset(); });
}

TEST_F(HttpServerTest, OnGoneRunsWhenTheClientHangsUpBeforeTheAnswer) {
  Later<bool> gone, asked;
  std::shared_ptr<Responder> kept;
  world.handler.routes["/hang"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    kept = r;
    r->OnGone([&] { gone.callback()(true); });
    asked.callback()(true);
  };
  {
    HttpTransport& t = world.Connect();
    CancelToken cancel;
    Request request{.target = "/hang"};
    request.cancel = cancel;
    auto later = world.SendLater(t, request);
    asked.Get();
    cancel.Cancel();
    EXPECT_EQ(later->Get().error().code, ErrorCode::kCancelled);
  }
  EXPECT_TRUE(gone.Get());
  world.OnLoop([&] { kept.reset(); });
}

TEST_F(HttpServerTest, ASlowReaderSlowsTheWriterDown) {
  std::atomic<int64_t> written{0};
  Later<bool> stopped;
  std::function<void()> write_more;
  ByteStreamPtr stream;
  world.handler.routes["/flood"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    stream = r->StartStream(200, {});
    write_more = [&] {
      stream->Write(std::string(32 << 10, 'x'), [&](Result<void> done) {
        if (!done) return stopped.callback()(true);
        written += 32 << 10;
        write_more();
      });
    };
    write_more();
  };
  HttpTransport& t = world.Connect();
  auto reply = world.Upgrade(t, {.target = "/flood"});
  ASSERT_TRUE(reply);
  int64_t before = -1;
  while (written != before) {  // until it stands still
    before = written;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_GT(before, 0);
  EXPECT_LT(before, 32 << 20);
  for (int64_t got = 0; got < before + (1 << 20);) got += ReadSome(*reply->stream)->size();
  EXPECT_GT(written, before);
  reply->stream->Close();
  stopped.Get();
  world.OnLoop([&] { stream.reset(); });
}

TEST_F(HttpServerTest, CountsConnectionsAndRequests) {
  const std::string one = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string last = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(Count(RawExchange(world.server->port(), one + one + last), "HTTP/1.1 200"), 3u);
  EXPECT_EQ(world.server->stats().connections, 1u);
  EXPECT_EQ(world.server->stats().requests, 3u);
}

}  // namespace
}  // namespace stowage::kube
