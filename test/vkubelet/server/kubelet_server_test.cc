#include "vkubelet/server/kubelet_server.h"

#include <gtest/gtest.h>

#include <deque>

#include "sim/apiserver/direct_transport.h"
#include "test/support/test_loop.h"

namespace stowage::vkubelet {
namespace {

struct Reply {
  kube::Response response;
  int stream_status = 0;
  kube::Headers headers;
  kube::ByteStreamPtr client;  // the client's end of a stream
};

class FakeResponder : public kube::Responder {
 public:
  FakeResponder(Executor& executor, Reply& reply) : executor_(executor), reply_(reply) {}
  void Respond(kube::Response response) override { reply_.response = std::move(response); }
  kube::ByteStreamPtr StartStream(int status, kube::Headers headers) override {
    reply_.stream_status = status;
    reply_.headers = std::move(headers);
    auto [server, client] = sim::MemoryPipe(executor_);
    reply_.client = client;
    return server;
  }
  kube::ByteStreamPtr Upgrade(kube::Headers headers) override {
    return StartStream(101, std::move(headers));
  }
  void OnGone(std::function<void()>) override {}

 private:
  Executor& executor_;
  Reply& reply_;
};

// A member that keeps what it was asked and answers as it is told.
class FakeStreams : public providers::StreamProvider {
 public:
  explicit FakeStreams(Executor& executor) : executor_(executor) {}
  void OpenStream(providers::StreamRequest request,
                  Callback<Result<kube::UpgradeReply>> done) override {
    last = std::move(request);
    ++calls;
    executor_.Post([this, done] {
      if (error) return done(Err(*error));
      auto [ours, theirs] = sim::MemoryPipe(executor_);
      member = theirs;
      done(kube::UpgradeReply{status, headers, ours});
    });
  }
  int status = 200;
  kube::Headers headers;
  std::optional<Error> error;
  providers::StreamRequest last;
  kube::ByteStreamPtr member;  // the member's end
  int calls = 0;

 private:
  Executor& executor_;
};

class KubeletServerTest : public ::testing::Test {
 protected:
  Reply Ask(const std::string& method, const std::string& target, kube::Headers headers = {},
            kube::PeerIdentity peer = {"kube-apiserver", {"system:masters"}, "x"}) {
    Reply reply;
    kube::ServerRequest request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.peer = std::move(peer);
    server.Handle(std::move(request), std::make_shared<FakeResponder>(loop.executor(), reply));
    loop.RunPosted();
    return reply;
  }
  std::string Read(const kube::ByteStreamPtr& stream) {
    std::string text = "(nothing)";
    stream->Read([&](Result<std::string> bytes) { text = bytes ? *bytes : "(error)"; });
    loop.RunPosted();
    return text;
  }
  void Write(const kube::ByteStreamPtr& stream, const std::string& text) {
    stream->Write(text, [](Result<void>) {});
    loop.RunPosted();
  }

  test::TestLoop loop;
  FakeStreams streams{loop.executor()};
  NodePods pods{[](const std::string& ns, const std::string& name) {
                  return ns == "default" && name == "web"
                             ? std::optional<providers::PodRef>({ns, name, "u1"})
                             : std::nullopt;
                },
                [](bool, Callback<Result<kube::Json>> done) {
                  done(*kube::Json::Parse(R"({"kind":"PodList","items":[]})"));
                }};
  KubeletServer server{{.node = "m1", .allowed_organizations = {"system:masters"}}, &streams, pods};
};

TEST_F(KubeletServerTest, RefusesClientsWithoutACertificate) {
  const Reply reply = Ask("GET", "/containerLogs/default/web/app", {}, {});
  EXPECT_EQ(reply.response.status, 401);
  EXPECT_EQ(streams.calls, 0);
}

TEST_F(KubeletServerTest, RefusesCertificatesThatAreNotAllowed) {
  EXPECT_EQ(Ask("GET", "/healthz", {}, {"mallory", {"dev"}, "x"}).response.status, 403);
  EXPECT_EQ(Ask("GET", "/healthz").response.status, 200);
}

TEST_F(KubeletServerTest, SaysNotFoundForPodsOfOtherNodes) {
  EXPECT_EQ(Ask("GET", "/containerLogs/default/stranger/app").response.status, 404);
  EXPECT_EQ(Ask("POST", "/exec/default/web/other-uid/app?command=ls&output=1").response.status,
            404);
  EXPECT_EQ(Ask("GET", "/nonsense").response.status, 404);
  EXPECT_EQ(streams.calls, 0);
}

TEST_F(KubeletServerTest, StreamsLogsUntilTheyEnd) {
  const Reply reply =
      Ask("GET", "/containerLogs/default/web/app?follow=true&tailLines=5&timestamps=1&x=y");
  EXPECT_EQ(streams.last.verb, "log");
  EXPECT_EQ(streams.last.ref.uid, "u1");
  EXPECT_EQ(streams.last.query, "container=app&follow=true&tailLines=5&timestamps=true");
  ASSERT_EQ(reply.stream_status, 200);
  Write(streams.member, "line 1\n");
  EXPECT_EQ(Read(reply.client), "line 1\n");
  streams.member->CloseWrite();
  loop.RunPosted();
  EXPECT_EQ(Read(reply.client), "");
}

TEST_F(KubeletServerTest, ClosesAFollowedLogWhenTheClientLeaves) {
  const Reply reply = Ask("GET", "/containerLogs/default/web/app?follow=true");
  reply.client->Close();
  loop.RunPosted();
  EXPECT_NE(Read(streams.member), "(nothing)");
}

TEST_F(KubeletServerTest, RefusesLogQueriesThatContradictThemselves) {
  EXPECT_EQ(Ask("GET", "/containerLogs/default/web/app?sinceSeconds=1&sinceTime=x").response.status,
            400);
  EXPECT_EQ(Ask("GET", "/containerLogs/default/web/app?tailLines=many").response.status, 400);
}

TEST_F(KubeletServerTest, TunnelsExecBothWaysAndTranslatesItsQuery) {
  streams.status = 101;
  streams.headers = {{"Upgrade", "SPDY/3.1"}, {"X-Stream-Protocol-Version", "v4.channel.k8s.io"}};
  const Reply reply = Ask(
      "POST", "/exec/default/web/app?command=sh&command=-c&command=a%20b&input=1&output=1&tty=1",
      {{"Connection", "Upgrade"},
       {"Upgrade", "SPDY/3.1"},
       {"X-Stream-Protocol-Version", "v4.channel.k8s.io"},
       {"X-Stream-Protocol-Version", "v3.channel.k8s.io"},
       {"Authorization", "Bearer secret"},
       {"Cookie", "secret"}});
  EXPECT_EQ(streams.last.verb, "exec");
  EXPECT_EQ(streams.last.method, "POST");
  EXPECT_EQ(streams.last.query,
            "container=app&command=sh&command=-c&command=a%20b&stdin=true&stdout=true&tty=true");
  EXPECT_EQ(streams.last.headers.size(), 4u);
  ASSERT_EQ(reply.stream_status, 101);
  EXPECT_EQ(reply.headers.Get("X-Stream-Protocol-Version"), "v4.channel.k8s.io");
  Write(reply.client, "in");
  EXPECT_EQ(Read(streams.member), "in");
  Write(streams.member, "out");
  EXPECT_EQ(Read(reply.client), "out");
}

TEST_F(KubeletServerTest, KeepsBearerTokensOfWebSocketClientsFromTheMember) {
  const auto headers =
      StreamHeaders({{"Sec-WebSocket-Protocol",
                      "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.c2VjcmV0"}});
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].second, "v5.channel.k8s.io");
}

TEST_F(KubeletServerTest, PassesARefusalOfTheMemberOnAsItIs) {
  streams.status = 400;
  streams.headers = {{"Content-Type", "application/json"}, {"Content-Length", "99"}};
  const Reply reply = Ask("POST", "/exec/default/web/app?command=ls&output=1");
  EXPECT_EQ(reply.stream_status, 400);
  EXPECT_EQ(reply.headers.Get("Content-Type"), "application/json");
  EXPECT_FALSE(reply.headers.Has("Content-Length"));
  Write(streams.member, "container not found");
  EXPECT_EQ(Read(reply.client), "container not found");
}

TEST_F(KubeletServerTest, RefusesExecsThatCannotWork) {
  EXPECT_EQ(Ask("POST", "/exec/default/web/app?output=1").response.status, 400);
  EXPECT_EQ(Ask("POST", "/exec/default/web/app?command=ls").response.status, 400);
  EXPECT_EQ(Ask("POST", "/attach/default/web/app?tty=1&error=1").response.status, 400);
}

TEST_F(KubeletServerTest, TranslatesPortForward) {
  streams.status = 101;
  Ask("POST", "/portForward/default/web?port=80,443");
  EXPECT_EQ(streams.last.verb, "portforward");
  EXPECT_EQ(streams.last.query, "ports=80&ports=443");
}

TEST_F(KubeletServerTest, SaysWhyTheMemberCannotBeAsked) {
  streams.error = Error{ErrorCode::kUnavailable, "member m1 does not answer", std::nullopt};
  const Reply reply = Ask("GET", "/containerLogs/default/web/app");
  EXPECT_EQ(reply.response.status, 503);
  EXPECT_EQ(reply.response.text, "member m1 does not answer\n");
}

TEST_F(KubeletServerTest, ListsPodsAndIsHonestAboutStatistics) {
  EXPECT_EQ(Ask("GET", "/pods").response.json["kind"].str(), "PodList");
  EXPECT_EQ(Ask("GET", "/runningpods/").response.status, 200);
  EXPECT_EQ(Ask("GET", "/stats/summary").response.status, 404);
  EXPECT_EQ(Ask("GET", "/metrics/resource").response.status, 404);
  EXPECT_EQ(Ask("DELETE", "/pods").response.status, 405);
}

}  // namespace
}  // namespace stowage::vkubelet
