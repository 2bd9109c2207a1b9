#include "kube/http/client/http_transport.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "test/kube/http/http_world.h"

namespace stowage::kube {
namespace {

using testing::HasSubstr;

// The contract of Transport, over plain HTTP and over TLS.
class TransportTest : public testing::TestWithParam<bool> {
 protected:
  TransportTest() {
    auto& routes = world.handler.routes;
    routes["/echo"] = [](ServerRequest request, std::shared_ptr<Responder> r) {
      MutableJson json;
      json["method"] = request.method;
      json["target"] = request.target;
      json["body"] = request.body;
      json["agent"] = std::string(request.headers.Get("User-Agent"));
      json["type"] = std::string(request.headers.Get("Content-Type"));
      r->Respond({201, {{"X-Answer", "yes"}}, std::move(json).Freeze(), ""});
    };
    routes["/hang"] = [this](ServerRequest, std::shared_ptr<Responder> r) {
      kept.push_back(std::move(r));
    };
    routes["/upgrade"] = [this](ServerRequest request, std::shared_ptr<Responder> r) {
      EXPECT_EQ(request.headers.Get("Upgrade"), "SPDY/3.1");
      auto stream = r->Upgrade({{"Connection", "Upgrade"}, {"Upgrade", "SPDY/3.1"}});
      Pump(stream, stream, nullptr);
    };
    if (GetParam()) {
      world.ServeTls();
    } else {
      world.Serve();
    }
    transport = &world.Connect();
  }
  ~TransportTest() override {
    world.OnLoop([this] { kept.clear(); });
  }
  Request UpgradeRequest() {
    Request request;
    request.method = "POST";
    request.target = "/upgrade";
    request.headers = {{"Connection", "Upgrade"}, {"Upgrade", "SPDY/3.1"}};
    return request;
  }
  std::vector<std::shared_ptr<Responder>> kept;
  HttpWorld world;
  HttpTransport* transport = nullptr;
};
INSTANTIATE_TEST_SUITE_P(Over, TransportTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tls" : "Plain"; });

TEST_P(TransportTest, SendsWhatItIsGivenAndDecodesTheAnswer) {
  Request request;
  request.method = "PATCH";
  request.target = "/echo?fieldManager=a%20b&x=%2F&labelSelector=a%3Db%2Cc";
  request.headers = {{"Content-Type", "application/merge-patch+json"}};
  request.body = R"({"a":1})";
  auto response = world.Send(*transport, request);
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers.Get("x-answer"), "yes");
  EXPECT_EQ(response->json["method"].str(), "PATCH");
  EXPECT_EQ(response->json["target"].str(), request.target);
  EXPECT_EQ(response->json["body"].str(), request.body);
  EXPECT_EQ(response->json["type"].str(), "application/merge-patch+json");
  EXPECT_THAT(response->json["agent"].string(), HasSubstr("stowage/"));
  EXPECT_EQ(response->text, "");
}

TEST_P(TransportTest, AnErrorStatusIsAnAnswer) {
  auto response = world.Send(*transport, {.target = "/nothing"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(ErrorFromResponse(*response).code, ErrorCode::kNotFound);
}

TEST_P(TransportTest, DeletesWithoutABody) {
  auto response = world.Send(*transport, {.method = "DELETE", .target = "/echo"});
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->json["method"].str(), "DELETE");
}

TEST_P(TransportTest, KeepsConnectionsAlive) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.Send(*transport, {.target = "/echo"}));
  // The library gives a connection back a moment after the answer: now and then a second one is
  // made.
  EXPECT_LE(world.server->stats().connections, 2u);
  EXPECT_EQ(world.server->stats().requests, 20u);
}

TEST_P(TransportTest, BoundsRequestsInFlight) {
  HttpTransport& narrow = world.Connect(world.Config(), {.max_requests_in_flight = 2});
  std::vector<std::shared_ptr<Later<Result<Response>>>> all;
  for (int i = 0; i < 40; ++i) all.push_back(world.SendLater(narrow, {.target = "/echo"}));
  for (auto& later : all) EXPECT_TRUE(later->Get());
  EXPECT_LE(world.server->stats().connections, 4u);
}

TEST_P(TransportTest, AReadThatHangsIsUnavailableAndAWriteIsOfUnknownOutcome) {
  Request get{.target = "/hang", .timeout = Milliseconds(200)};
  Request post = get;
  post.method = "POST";
  post.body = "{}";
  Request remove = get;
  remove.method = "DELETE";
  EXPECT_EQ(world.Send(*transport, get).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(world.Send(*transport, post).error().code, ErrorCode::kUnknownOutcome);
  EXPECT_EQ(world.Send(*transport, remove).error().code, ErrorCode::kUnknownOutcome);
}

TEST_P(TransportTest, CancelAnswersAtOnceAndAlsoBeforeTheCall) {
  Request request{.target = "/hang"};
  request.cancel.emplace();
  auto later = world.SendLater(*transport, request);
  EXPECT_FALSE(later->ready(std::chrono::milliseconds(50)));
  request.cancel->Cancel();
  EXPECT_EQ(later->Get().error().code, ErrorCode::kCancelled);
  EXPECT_EQ(world.Send(*transport, request).error().code, ErrorCode::kCancelled);
}

TEST_P(TransportTest, CallsUnderWayEndWhenTheTransportGoes) {
  auto later = world.SendLater(*transport, {.target = "/hang"});
  EXPECT_FALSE(later->ready(std::chrono::milliseconds(50)));
  world.Forget();
  EXPECT_EQ(later->Get().error().code, ErrorCode::kCancelled);
}

TEST_P(TransportTest, CarriesAListOf40Megabytes) {
  std::string text = R"({"kind":"PodList","items":[)";
  const std::string item = "{\"name\":\"" + std::string(990, 'p') + "\"}";
  for (int i = 0; i < 40'000; ++i) text += (i == 0 ? "" : ",") + item;
  const Json list = *Json::Parse(text + "]}");
  world.handler.routes["/list"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    r->Respond({200, {}, list, ""});
  };
  auto response = world.Send(*transport, {.target = "/list", .timeout = kPatience});
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->json["items"].size(), 40'000u);
}

TEST_P(TransportTest, SendsABodyOfSeveralMegabytes) {
  Request request{.method = "POST", .target = "/echo", .body = std::string(3 << 20, 'b')};
  auto response = world.Send(*transport, request);
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->json["body"].str().size(), request.body.size());
}

TEST_P(TransportTest, UpgradesToAByteStreamBothWays) {
  auto reply = world.Upgrade(*transport, UpgradeRequest());
  ASSERT_TRUE(reply) << reply.error().ToString();
  EXPECT_EQ(reply->status, 101);
  EXPECT_EQ(reply->headers.Get("Upgrade"), "SPDY/3.1");
  ASSERT_TRUE(WriteAll(*reply->stream, "ping"));
  EXPECT_EQ(*ReadSome(*reply->stream), "ping");
  const std::string large(2 << 20, 'z');
  Later<Result<void>> written;
  reply->stream->Write(large, written.callback());
  std::string back;
  while (back.size() < large.size()) back += *ReadSome(*reply->stream);
  EXPECT_TRUE(back == large);
  EXPECT_TRUE(written.Get());
}

TEST_P(TransportTest, AHalfClosedTunnelStillDeliversWhatIsOnTheWay) {
  auto reply = world.Upgrade(*transport, UpgradeRequest());
  ASSERT_TRUE(reply);
  ASSERT_TRUE(WriteAll(*reply->stream, "last words"));
  reply->stream->CloseWrite();
  EXPECT_EQ(ReadToEnd(*reply->stream), "last words");
}

TEST_P(TransportTest, AClosedTunnelEndsReadsWithCancelled) {
  auto reply = world.Upgrade(*transport, UpgradeRequest());
  ASSERT_TRUE(reply);
  Later<Result<std::string>> read;
  reply->stream->Read(read.callback());
  reply->stream->Close();
  reply->stream->Close();
  EXPECT_EQ(read.Get().error().code, ErrorCode::kCancelled);
}

TEST_P(TransportTest, ARefusedUpgradeBringsStatusAndBody) {
  Request request = UpgradeRequest();
  request.target = "/nothing";
  auto reply = world.Upgrade(*transport, request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 404);
  EXPECT_THAT(ReadToEnd(*reply->stream), HasSubstr("no such path"));
  EXPECT_FALSE(WriteAll(*reply->stream, "x"));
}

TEST_P(TransportTest, FollowsABodyWithoutEnd) {
  ByteStreamPtr log;
  world.handler.routes["/log"] = [&](ServerRequest, std::shared_ptr<Responder> r) {
    log = r->StartStream(200, {{"Content-Type", "text/plain"}});
    log->Write("one\n", [](Result<void>) {});
  };
  auto reply = world.Upgrade(*transport, {.target = "/log"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(*ReadSome(*reply->stream), "one\n");
  world.OnLoop([&] { log->Write("two\n", [&](Result<void>) { log->CloseWrite(); }); });
  EXPECT_EQ(ReadToEnd(*reply->stream), "two\n");
  world.OnLoop([&] { log.reset(); });
}

TEST_P(TransportTest, AnUpgradeThatHangsTimesOutAsItsMethodSays) {
  Request request = UpgradeRequest();
  request.target = "/hang";
  request.timeout = Milliseconds(200);
  EXPECT_EQ(world.Upgrade(*transport, request).error().code, ErrorCode::kUnknownOutcome);
  request.method = "GET";
  EXPECT_EQ(world.Upgrade(*transport, request).error().code, ErrorCode::kUnavailable);
}

ClusterConfig At(const std::string& url) {
  ClusterConfig config;
  config.origin = "kubeconfig test";
  config.server = url;
  return config;
}

TEST(HttpTransport, AConnectionThatIsRefusedWasNeverSent) {
  HttpWorld world;
  HttpTransport& t = world.Connect(At("http://127.0.0.1:1"));
  for (const std::string method : {"GET", "POST"}) {
    auto response = world.Send(t, {.method = method, .target = "/x"});
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(response.error().message, HasSubstr("refused"));
    EXPECT_THAT(response.error().message, HasSubstr("http://127.0.0.1:1"));
    EXPECT_EQ(world.Upgrade(t, {.method = method, .target = "/x"}).error().code,
              ErrorCode::kUnavailable);
  }
}

TEST(HttpTransport, ANameThatDoesNotResolveSaysSo) {
  HttpWorld world;
  HttpTransport& t = world.Connect(At("https://no-such-host.invalid:6443"));
  auto response = world.Send(t, {.target = "/x"});
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("no-such-host.invalid"));
  EXPECT_THAT(world.Upgrade(t, {.target = "/x"}).error().message, HasSubstr("cannot resolve"));
}

TEST(HttpTransport, AConnectionClosedBeforeTheAnswerLeavesAWriteUnknown) {
  RawServer server([](int fd, int) { RawServer::ReadHead(fd); });
  HttpWorld world;
  HttpTransport& t = world.Connect(At(server.url()));
  EXPECT_EQ(world.Send(t, {.target = "/x"}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(world.Send(t, {.method = "POST", .target = "/x", .body = "{}"}).error().code,
            ErrorCode::kUnknownOutcome);
  EXPECT_EQ(world.Send(t, {.method = "DELETE", .target = "/x"}).error().code,
            ErrorCode::kUnknownOutcome);
}

TEST(HttpTransport, AnAnswerThatBreaksOffIsNoAnswer) {
  RawServer server([](int fd, int) {
    RawServer::ReadHead(fd);
    RawServer::Write(fd, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"kind\":");
  });
  HttpWorld world;
  HttpTransport& t = world.Connect(At(server.url()));
  EXPECT_EQ(world.Send(t, {.method = "POST", .target = "/x", .body = "{}"}).error().code,
            ErrorCode::kUnknownOutcome);
}

TEST(HttpTransport, AKeptConnectionThatDiesNeverSendsAWriteTwice) {
  std::atomic<int> posts{0};
  // Answers one request a connection, and acts on a second before hanging up without a word.
  RawServer server([&](int fd, int) {
    for (int i = 0; i < 2; ++i) {
      const std::string head = RawServer::ReadHead(fd);
      if (head.starts_with("POST")) ++posts;
      if (head.empty()) return;
      if (i == 0) RawServer::Write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    }
  });
  HttpWorld world;
  HttpTransport& t = world.Connect(At(server.url()));
  ASSERT_TRUE(world.Send(t, {.target = "/x"}));
  // The library gives the connection back a moment after the answer.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  auto post = world.Send(t, {.method = "POST", .target = "/x", .body = "{}"});
  ASSERT_FALSE(post);
  EXPECT_EQ(post.error().code, ErrorCode::kUnknownOutcome);
  EXPECT_EQ(posts, 1);
  auto get = world.Send(t, {.target = "/x"});
  ASSERT_TRUE(get) << get.error().ToString();
  get = world.Send(t, {.target = "/x"});
  EXPECT_TRUE(get) << "reads are sent anew by themselves: " << get.error().ToString();
}

TEST(HttpTransport, ATargetThatIsNoUriIsInvalid) {
  HttpWorld world;
  world.Serve();
  EXPECT_EQ(world.Send(world.Connect(), {.target = "/a b|c"}).error().code, ErrorCode::kInvalid);
}

TEST(HttpTransport, KeepsThePathPrefixOfTheServer) {
  HttpWorld world;
  world.handler.routes["/k8s/c1/api"] = [](ServerRequest, std::shared_ptr<Responder> r) {
    r->Respond({200, {}, {}, "here"});
  };
  world.Serve();
  ClusterConfig config = world.Config();
  config.server += "/k8s/c1/";
  HttpTransport& t = world.Connect(config);
  EXPECT_EQ(world.Send(t, {.target = "/api"})->text, "here");
  auto reply = world.Upgrade(t, {.target = "/api"});
  ASSERT_TRUE(reply) << reply.error().ToString();
  EXPECT_EQ(ReadToEnd(*reply->stream), "here");
}

// A proxy of one connection after the other that speaks CONNECT.
struct TestProxy {
  explicit TestProxy(uint16_t to)
      : server([this, to](int fd, int) {
          const std::string head = RawServer::ReadHead(fd);
          {
            std::lock_guard lock(mutex);
            heads.push_back(head);
          }
          if (head.find("Basic dTpw") == std::string::npos) {
            return RawServer::Write(fd, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
          }
          RawServer::Write(fd, "HTTP/1.1 200 Connection established\r\n\r\n");
          Tunnel(fd, to);
        }) {}
  static void Tunnel(int fd, uint16_t to);
  std::mutex mutex;
  std::vector<std::string> heads;
  RawServer server;
};

TEST(HttpTransport, GoesThroughAProxyThatWantsAPassword) {
  HttpWorld world;
  world.handler.routes["/x"] = [](ServerRequest, std::shared_ptr<Responder> r) {
    r->Respond({200, {{"Connection", "close"}}, {}, "through"});
  };
  world.ServeTls();
  TestProxy proxy(world.server->port());
  ClusterConfig config = world.Config();
  config.proxy_url = "http://u:p@127.0.0.1:" + std::to_string(proxy.server.port());
  {
    HttpTransport& t = world.Connect(config);
    auto response = world.Send(t, {.target = "/x"});
    ASSERT_TRUE(response) << response.error().ToString();
    EXPECT_EQ(response->text, "through");
    auto upgraded = world.Upgrade(t, {.target = "/x"});
    ASSERT_TRUE(upgraded) << upgraded.error().ToString();
    EXPECT_EQ(ReadToEnd(*upgraded->stream), "through");
  }
  EXPECT_THAT(proxy.heads.at(0),
              HasSubstr("CONNECT 127.0.0.1:" + std::to_string(world.server->port())));
  config.proxy_url = "http://u:wrong@127.0.0.1:" + std::to_string(proxy.server.port());
  auto refused = world.Upgrade(world.Connect(config), {.target = "/x"});
  EXPECT_THAT(refused.error().message, HasSubstr("status 407"));
}

}  // namespace
}  // namespace stowage::kube

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

namespace stowage::kube {
namespace {

void TestProxy::Tunnel(int fd, uint16_t to) {
  const int up = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(up, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    pollfd fds[2] = {{fd, POLLIN, 0}, {up, POLLIN, 0}};
    char buffer[4096];
    for (bool open = true; open && poll(fds, 2, 10'000) > 0;) {
      for (int i = 0; i < 2 && open; ++i) {
        if (fds[i].revents == 0) continue;
        const ssize_t n = recv(fds[i].fd, buffer, sizeof(buffer), 0);
        open = n > 0;
        if (open) RawServer::Write(fds[1 - i].fd, std::string(buffer, n));
      }
    }
  }
  close(up);
}

}  // namespace
}  // namespace stowage::kube
