#include "kube/api/base64.h"
#include "test/sim/cluster/member_fixture.h"
#include "test/sim/cluster/streaming_client.h"

namespace stowage::sim {
namespace {

class Streaming : public MemberTest {
 protected:
  void SetUp() override {
    Begin();
    CreatePod(
        "a",
        R"("image":"busybox","command":["sh","-c","while true; do sleep 1; echo tick; done"])");
    CreatePod("web", R"("image":"nginx","ports":[{"containerPort":80}])");
    executor.RunFor(Seconds(4));
  }

  // The clients have left with the test's body: what served them ends, and nothing is leaked.
  void TearDown() override { executor.RunFor(Seconds(60)); }

  kube::UpgradeReply Upgrade(const std::string& method, const std::string& target,
                             kube::Headers headers) {
    kube::UpgradeReply out;
    bool done = false;
    transport->Upgrade({.method = method,
                        .target = "/api/v1/namespaces/default/pods/" + target,
                        .headers = std::move(headers)},
                       [&](Result<kube::UpgradeReply> reply) {
                         done = true;
                         ASSERT_TRUE(reply) << reply.error().ToString();
                         out = std::move(*reply);
                       });
    executor.RunUntil([&] { return done; }, Seconds(5));
    return out;
  }
  std::shared_ptr<SpdyClient> Spdy(const std::string& target,
                                   const std::string& protocol = "v4.channel.k8s.io") {
    const kube::UpgradeReply reply = Upgrade("POST", target,
                                             {{"Connection", "Upgrade"},
                                              {"Upgrade", "SPDY/3.1"},
                                              {"X-Stream-Protocol-Version", protocol}});
    EXPECT_EQ(reply.status, 101);
    EXPECT_EQ(reply.headers.Get("X-Stream-Protocol-Version"), protocol);
    auto client = std::make_shared<SpdyClient>(executor, reply.stream);
    client->Start();
    return client;
  }
  template <class Client = WebSocketClient>
  std::shared_ptr<Client> WebSocket(const std::string& target, const std::string& protocol) {
    const kube::UpgradeReply reply = Upgrade("GET", target,
                                             {{"Connection", "keep-alive, Upgrade"},
                                              {"Upgrade", "websocket"},
                                              {"Sec-WebSocket-Version", "13"},
                                              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                              {"Sec-WebSocket-Protocol", protocol}});
    EXPECT_EQ(reply.status, 101);
    EXPECT_EQ(reply.headers.Get("Sec-WebSocket-Protocol"), protocol);
    EXPECT_EQ(reply.headers.Get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    auto client = std::make_shared<Client>(executor, reply.stream);
    client->Start();
    return client;
  }
  uint32_t Open(SpdyClient& client, const std::string& type) {
    return client.Open({{"streamtype", type}});
  }
  bool Wait(const std::function<bool()>& done, Duration limit = Seconds(30)) {
    return executor.RunUntil(done, limit);
  }
};

kube::Json Parsed(const std::string& text) {
  auto json = kube::Json::Parse(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : kube::Json();
}

TEST_F(Streaming, SpdyExecCarriesOutputErrorsAndTheExitCode) {
  auto client = Spdy(
      "a/exec?command=sh&command=-c&command=echo+out;echo+err>%262;exit+3&stdout=true&stderr=true");
  const uint32_t error = Open(*client, "error"), out = Open(*client, "stdout");
  executor.RunFor(Seconds(1));
  EXPECT_EQ(client->streams[out].data, "");  // nothing runs until every stream is there
  const uint32_t err = Open(*client, "stderr");
  ASSERT_TRUE(Wait([&] { return client->streams[error].fin; }));
  EXPECT_EQ(client->streams[out].data, "out\n");
  EXPECT_EQ(client->streams[err].data, "err\n");
  EXPECT_TRUE(client->streams[out].fin);
  const kube::Json status = Parsed(client->streams[error].data);
  EXPECT_EQ(status["status"].str(), "Failure");
  EXPECT_EQ(status["reason"].str(), "NonZeroExitCode");
  EXPECT_EQ(status["details"]["causes"].At(0)["reason"].str(), "ExitCode");
  EXPECT_EQ(status["details"]["causes"].At(0)["message"].str(), "3");
}

TEST_F(Streaming, SpdyStdinEndsWithItsFinAndSuccessIsAStatus) {
  auto client = Spdy("a/exec?command=cat&stdin=true&stdout=true");
  const uint32_t error = Open(*client, "error"), in = Open(*client, "stdin");
  client->Data(in, "early ");
  const uint32_t out = Open(*client, "stdout");
  client->Data(in, "late", true);
  ASSERT_TRUE(Wait([&] { return client->streams[error].fin; }));
  EXPECT_EQ(client->streams[out].data, "early late");
  EXPECT_EQ(client->streams[error].data, R"({"metadata":{},"status":"Success"})");
}

TEST_F(Streaming, TarCarriesFilesOutAndIn) {
  auto pack = Spdy(
      "a/exec?command=sh&command=-c&stdout=true&command="
      "mkdir+/tmp/d;echo+one>/tmp/d/f;tar+cf+-+-C+/tmp+d");
  const uint32_t packed = Open(*pack, "error"), archive = Open(*pack, "stdout");
  ASSERT_TRUE(Wait([&] { return pack->streams[packed].fin && pack->streams[archive].fin; }));
  EXPECT_EQ(pack->streams[archive].data.size(), 5u * 512);
  auto unpack = Spdy(
      "web/exec?command=tar&command=-xmf&command=-&command=-C&command=/tmp&stdin=true&stdout=true");
  const uint32_t done = Open(*unpack, "error"), in = Open(*unpack, "stdin");
  Open(*unpack, "stdout");
  unpack->Data(in, pack->streams[archive].data, true);
  ASSERT_TRUE(Wait([&] { return unpack->streams[done].fin; }));
  EXPECT_EQ(Parsed(unpack->streams[done].data)["status"].str(), "Success");
  auto look = Spdy("web/exec?command=cat&command=/tmp/d/f&stdout=true");
  const uint32_t shown = Open(*look, "error"), text = Open(*look, "stdout");
  ASSERT_TRUE(Wait([&] { return look->streams[shown].fin; }));
  EXPECT_EQ(look->streams[text].data, "one\n");
}

TEST_F(Streaming, OldProtocolVersionsSayFailuresInPlainText) {
  auto client = Spdy("a/exec?command=false&stdout=true", "v2.channel.k8s.io");
  const uint32_t error = Open(*client, "error");
  Open(*client, "stdout");
  ASSERT_TRUE(Wait([&] { return client->streams[error].fin; }));
  EXPECT_EQ(client->streams[error].data,
            "command terminated with non-zero exit code: exit status 1");
}

TEST_F(Streaming, CommandThatCannotStartIsToldOnTheErrorStream) {
  auto client = Spdy("a/exec?command=nosuch&stdout=true");
  const uint32_t error = Open(*client, "error");
  Open(*client, "stdout");
  ASSERT_TRUE(Wait([&] { return client->streams[error].fin; }));
  const kube::Json status = Parsed(client->streams[error].data);
  EXPECT_EQ(status["reason"].str(), "InternalError");
  EXPECT_NE(status["message"].str().find("exec: \"nosuch\": executable file not found in $PATH"),
            std::string::npos);
}

TEST_F(Streaming, ResizeAndATerminal) {
  auto client = Spdy("a/exec?command=sh&stdin=true&stdout=true&tty=true");
  const uint32_t error = Open(*client, "error"), in = Open(*client, "stdin"),
                 out = Open(*client, "stdout"), resize = Open(*client, "resize");
  client->Data(resize, "{\"Width\":101,\"Height\":");
  client->Data(resize, "33}\n{\"Width\":-1}\n");
  executor.RunFor(Seconds(1));
  client->Data(in, "echo $COLUMNS x $LINES; exit 4\r");
  ASSERT_TRUE(Wait([&] { return client->streams[error].fin; }));
  EXPECT_NE(client->streams[out].data.find("101 x 33\r\n"), std::string::npos);
  EXPECT_EQ(Parsed(client->streams[error].data)["details"]["causes"].At(0)["message"].str(), "4");
}

TEST_F(Streaming, TenMegabytesBothWaysThroughASlowReader) {
  for (const bool grants : {false, true}) {
    auto client = Spdy("a/exec?command=cat&stdin=true&stdout=true");
    client->read_delay = Milliseconds(5);
    client->grants = grants;
    if (grants) {
      client->Write({.type = SpdyFrame::Type::kSettings,
                     .settings = {{kSpdySettingInitialWindow, 64 << 10}}});
    }
    const uint32_t error = Open(*client, "error"), in = Open(*client, "stdin"),
                   out = Open(*client, "stdout");
    std::string text;
    while (text.size() < 10'000'000) text += std::to_string(text.size()) + " ";
    client->Data(in, text, true);
    ASSERT_TRUE(
        Wait([&] { return client->streams[error].fin && client->streams[out].fin; }, Minutes(10)))
        << grants;
    EXPECT_TRUE(client->streams[out].data == text) << client->streams[out].data.size();
    EXPECT_GT(client->streams[in].granted, 9'000'000);
  }
}

TEST_F(Streaming, ClientThatDoesNotReadHoldsTheProcessAndIsNotBufferedFor) {
  auto client = Spdy("a/exec?command=cat&stdin=true&stdout=true");
  client->read_delay = Minutes(60);
  Open(*client, "error");
  const uint32_t in = Open(*client, "stdin");
  Open(*client, "stdout");
  client->Data(in, std::string(40 << 20, 'x'));
  executor.RunFor(Seconds(60));
  EXPECT_GT(client->unsent(), 15u << 20);  // most of what is too much stays with the client
}

TEST_F(Streaming, WindowsOfAClientThatGrantsThemBind) {
  auto client = Spdy("a/exec?command=cat&stdin=true&stdout=true");
  client->Write(
      {.type = SpdyFrame::Type::kSettings, .settings = {{kSpdySettingInitialWindow, 1000}}});
  Open(*client, "error");
  const uint32_t in = Open(*client, "stdin"), out = Open(*client, "stdout");
  client->Data(in, std::string(5000, 'x'));
  executor.RunFor(Seconds(2));
  EXPECT_EQ(client->streams[out].data.size(), 1000u);
  client->Write({.type = SpdyFrame::Type::kWindowUpdate, .stream_id = out, .value = 1500});
  executor.RunFor(Seconds(2));
  EXPECT_EQ(client->streams[out].data.size(), 2500u);
}

TEST_F(Streaming, ProtocolErrorsEndTheConnectionWithGoAway) {
  for (const std::string& bytes :
       {std::string("\x80\x02\x00\x06\x00\x00\x00\x04\x00\x00\x00\x01", 12),  // SPDY/2
        std::string("\x80\x03\x00\x01\x00\x00\x00\x02\x00\x00", 10)}) {       // a short SYN_STREAM
    auto client = Spdy("a/exec?command=cat&stdin=true&stdout=true");
    client->Send(bytes);
    ASSERT_TRUE(Wait([&] { return client->ended; }));
    EXPECT_EQ(client->goaway, 1);
  }
}

TEST_F(Streaming, PingsAreAnsweredAndUnknownStreamsReset) {
  auto client = Spdy("a/exec?command=cat&stdin=true&stdout=true");
  client->Write({.type = SpdyFrame::Type::kPing, .value = 41});
  client->Data(77, "lost");
  client->Open({{"streamtype", "what"}});
  executor.RunFor(Seconds(1));
  EXPECT_EQ(client->pings[41], 1);
  EXPECT_TRUE(client->streams[77].reset);
  EXPECT_TRUE(client->streams[1].reset);
}

TEST_F(Streaming, StreamsThatNeverComeEndTheConnectionAfterThirtySeconds) {
  auto client = Spdy("a/exec?command=cat&stdin=true&stdout=true");
  Open(*client, "error");
  executor.RunFor(Seconds(29));
  EXPECT_FALSE(client->ended);
  executor.RunFor(Seconds(2));
  EXPECT_TRUE(client->ended);
}

TEST_F(Streaming, ClientThatLeavesHangsItsProcessUp) {
  auto client = Spdy("a/exec?command=sh&command=-c&command=sleep+1000&stdout=true");
  Open(*client, "error");
  Open(*client, "stdout");
  executor.RunFor(Seconds(1));
  client->Leave();
  executor.RunFor(Seconds(1));
  auto look = Spdy("a/exec?command=ps&stdout=true");
  const uint32_t error = Open(*look, "error"), out = Open(*look, "stdout");
  ASSERT_TRUE(Wait([&] { return look->streams[error].fin; }));
  EXPECT_EQ(look->streams[out].data.find("sleep 1000"), std::string::npos)
      << look->streams[out].data;
}

TEST_F(Streaming, AttachFollowsTheMainProcessAndLeavesItAlone) {
  auto client = Spdy("a/attach?stdout=true&stderr=true");
  const uint32_t error = Open(*client, "error"), out = Open(*client, "stdout");
  Open(*client, "stderr");
  executor.RunFor(Seconds(5));
  EXPECT_NE(client->streams[out].data.find("tick\ntick\n"), std::string::npos);
  EXPECT_FALSE(client->streams[error].fin);
  client->Leave();
  executor.RunFor(Seconds(2));
  EXPECT_EQ(Phase("a"), "Running");
}

TEST_F(Streaming, RefusalsBeforeTheUpgradeAreStatuses) {
  const kube::Headers spdy = {{"Connection", "Upgrade"},
                              {"Upgrade", "SPDY/3.1"},
                              {"X-Stream-Protocol-Version", "v4.channel.k8s.io"}};
  EXPECT_EQ(Upgrade("POST", "a/exec?command=ls", spdy).status, 400);
  EXPECT_EQ(Upgrade("POST", "a/exec?stdout=true", spdy).status, 400);
  EXPECT_EQ(Upgrade("POST", "a/exec?command=ls&stdout=true&container=zz", spdy).status, 400);
  EXPECT_EQ(Upgrade("POST", "none/exec?command=ls&stdout=true", spdy).status, 404);
  EXPECT_EQ(Upgrade("POST", "a/exec?command=ls&stdout=true", {}).status, 400);
  const kube::UpgradeReply unknown = Upgrade("POST", "a/exec?command=ls&stdout=true",
                                             {{"Connection", "Upgrade"},
                                              {"Upgrade", "SPDY/3.1"},
                                              {"X-Stream-Protocol-Version", "v9.channel.k8s.io"}});
  EXPECT_EQ(unknown.status, 403);
  EXPECT_EQ(unknown.headers.Get("X-Accepted-Stream-Protocol-Versions"), "v4.channel.k8s.io");
}

TEST_F(Streaming, WebSocketVersionFiveClosesStdinAndTellsTheExitCode) {
  auto client = WebSocket("a/exec?command=sh&command=-c&command=cat;exit+5&stdin=true&stdout=true",
                          "v5.channel.k8s.io");
  client->Message(std::string("\0hello", 6));
  client->Message("ping", 0x89);
  executor.RunFor(Seconds(1));
  EXPECT_EQ(client->channels[1], "hello");
  EXPECT_EQ(client->pong, "ping");
  client->Message(std::string("\xff\0", 2));
  ASSERT_TRUE(Wait([&] { return client->close_code != 0; }));
  EXPECT_EQ(client->close_code, 1000);
  EXPECT_EQ(Parsed(client->channels[3])["details"]["causes"].At(0)["message"].str(), "5");
}

TEST_F(Streaming, WebSocketBase64ChannelsAreText) {
  auto client = WebSocket("a/exec?command=cat&stdin=true&stdout=true", "v4.base64.channel.k8s.io");
  client->Message("0" + kube::EncodeBase64("hi"), 0x81);
  executor.RunFor(Seconds(1));
  EXPECT_EQ(client->channels['1'], kube::EncodeBase64("hi"));
}

TEST_F(Streaming, BrokenWebSocketIsClosedWithTheReason) {
  auto client = WebSocket("a/exec?command=cat&stdin=true&stdout=true", "v5.channel.k8s.io");
  client->Send(std::string("\x82\x01x", 3));  // not masked
  ASSERT_TRUE(Wait([&] { return client->ended; }));
  EXPECT_EQ(client->close_code, 1002);
}

TEST_F(Streaming, PortForwardAnswersManyConnectionsAtOnce) {
  auto client = Spdy("web/portforward", "portforward.k8s.io");
  std::map<uint32_t, uint32_t> data;  // by error stream
  for (int i = 0; i < 200; ++i) {
    const std::string id = std::to_string(i);
    const uint32_t error =
        client->Open({{"streamtype", "error"}, {"port", "80"}, {"requestid", id}}, true);
    data[error] = client->Open({{"streamtype", "data"}, {"port", "80"}, {"requestid", id}});
    client->Data(data[error], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  executor.RunFor(Seconds(1));
  for (const auto& [error, stream] : data) {
    EXPECT_TRUE(client->streams[stream].data.starts_with("HTTP/1.1 200 OK"));
    EXPECT_FALSE(client->streams[stream].fin);
    client->Data(stream, "", true);
  }
  executor.RunFor(Seconds(1));
  for (const auto& [error, stream] : data) {
    EXPECT_TRUE(client->streams[stream].fin);
    EXPECT_TRUE(client->streams[error].fin);
    EXPECT_EQ(client->streams[error].data, "");
  }
}

TEST_F(Streaming, RefusedPortIsToldOnTheErrorStream) {
  auto client = Spdy("web/portforward", "portforward.k8s.io");
  const uint32_t error =
      client->Open({{"streamtype", "error"}, {"port", "81"}, {"requestid", "0"}}, true);
  client->Open({{"streamtype", "data"}, {"port", "81"}, {"requestid", "0"}});
  const uint32_t wrong =
      client->Open({{"streamtype", "data"}, {"port", "99999"}, {"requestid", "1"}});
  ASSERT_TRUE(Wait([&] { return client->streams[error].fin; }));
  EXPECT_NE(client->streams[error].data.find("connection refused"), std::string::npos);
  EXPECT_TRUE(client->streams[wrong].reset);
}

TEST_F(Streaming, PortForwardGoesThroughAWebSocketTunnel) {
  auto client = WebSocket("web/portforward", "SPDY/3.1+portforward.k8s.io");
  SpdyWriter writer;
  auto open = [&](uint32_t id, const std::string& type) {
    return writer.Write({.type = SpdyFrame::Type::kSynStream,
                         .stream_id = id,
                         .headers = {{"streamtype", type}, {"port", "80"}, {"requestid", "0"}}});
  };
  // Frames need not end where messages do.
  std::string bytes = open(1, "error");
  bytes += open(3, "data");
  bytes += writer.Write({.stream_id = 3, .data = "GET / HTTP/1.1\r\n\r\n"});
  client->Message(bytes.substr(0, 10));
  client->Message(bytes.substr(10));
  executor.RunFor(Seconds(1));
  SpdyReader reader;
  reader.Append(client->all);
  std::string page;
  while (true) {
    auto frame = reader.Next();
    ASSERT_TRUE(frame);
    if (!*frame) break;
    if ((*frame)->type == SpdyFrame::Type::kData && (*frame)->stream_id == 3)
      page += (*frame)->data;
  }
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK")) << page;
}

TEST_F(Streaming, DamagedConversationsNeitherCrashNorStopTheServer) {
  Rng rng = Rng(3).Stream("damage");
  SpdyWriter writer;
  std::string good = writer.Write(
      {.type = SpdyFrame::Type::kSynStream, .stream_id = 1, .headers = {{"streamtype", "error"}}});
  good += writer.Write(
      {.type = SpdyFrame::Type::kSynStream, .stream_id = 3, .headers = {{"streamtype", "stdin"}}});
  good += writer.Write({.stream_id = 3, .data = "data"});
  good += writer.Write({.type = SpdyFrame::Type::kWindowUpdate, .stream_id = 3, .value = 9});
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 1 + round % 4; ++i) {
      bytes[rng.Below(bytes.size())] = static_cast<char>(rng.Below(256));
    }
    auto client = Spdy("a/exec?command=cat&stdin=true");
    client->Send(bytes);
    executor.RunFor(Milliseconds(20));
    client->Leave();
  }
  auto client = Spdy("a/exec?command=echo&command=alive&stdout=true");
  const uint32_t error = Open(*client, "error"), out = Open(*client, "stdout");
  ASSERT_TRUE(Wait([&] { return client->streams[error].fin; }));
  EXPECT_EQ(client->streams[out].data, "alive\n");
}

}  // namespace
}  // namespace stowage::sim
