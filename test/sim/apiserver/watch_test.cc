#include "test/sim/apiserver/fixture.h"

namespace stowage::sim {
namespace {

using kube::kConfigMaps;
using kube::kPods;
using ::std::string;
using Lines = std::vector<string>;

class WatchTest : public ApiServerTest {
 protected:
  explicit WatchTest(ApiServerOptions options = {}) : ApiServerTest(std::move(options)) {}
  void Make(const string& name, const string& labels = "") {
    auto made = Create(kConfigMaps, "default",
                       J(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
                         R"(","labels":{)" + labels + "}}}"));
    ASSERT_TRUE(made) << made.error().message;
    version = string(made->resource_version());
  }
  kube::WatchHandle Watch(const string& query, RecordingSink& sink) {
    auto handle =
        transport.Watch({.target = "/api/v1/namespaces/default/configmaps?watch=1&" + query}, sink);
    executor.RunPosted();
    return handle;
  }
  string version;
};

TEST_F(WatchTest, HearsEveryChangeAfterItsVersionInOrder) {
  Make("a");
  RecordingSink sink;
  auto watch = Watch("resourceVersion=" + version, sink);
  EXPECT_TRUE(sink.open);
  Make("b");
  ASSERT_TRUE(Patch(kConfigMaps, "default", "a", kube::PatchType::kMerge, R"({"data":{"k":"v"}})"));
  ASSERT_TRUE(Delete(kConfigMaps, "default", "b"));
  executor.RunPosted();
  EXPECT_EQ(sink.lines, (Lines{"ADDED b", "MODIFIED a", "DELETED b"}));
  EXPECT_NE(sink.events[0].object["metadata"]["resourceVersion"],
            sink.events[2].object["metadata"]["resourceVersion"]);
}

TEST_F(WatchTest, WithoutAVersionStartsWithWhatIsThere) {
  Make("a");
  RecordingSink sink;
  auto watch = Watch("", sink);
  EXPECT_EQ(sink.lines, (Lines{"ADDED a", "ADDED kube-root-ca.crt"}));
}

TEST_F(WatchTest, AnObjectThatLeavesTheSelectorIsDeletedForThisWatch) {
  Make("a", R"("app":"x")");
  RecordingSink sink;
  auto watch = Watch("labelSelector=app%3Dx&resourceVersion=" + version, sink);
  auto moved = Patch(kConfigMaps, "default", "a", kube::PatchType::kMerge,
                     R"({"metadata":{"labels":{"app":"y"}}})");
  ASSERT_TRUE(moved);
  ASSERT_TRUE(Patch(kConfigMaps, "default", "a", kube::PatchType::kMerge,
                    R"({"metadata":{"labels":{"app":"x"}}})"));
  executor.RunPosted();
  ASSERT_EQ(sink.lines, (Lines{"DELETED a", "ADDED a"}));
  EXPECT_EQ(sink.events[0].object["metadata"]["resourceVersion"].str(), moved->resource_version());
  EXPECT_EQ(sink.events[0].object["metadata"]["labels"]["app"].str(), "x");
}

TEST_F(WatchTest, AForgottenVersionIsGone) {
  Make("a");
  const string old = version;
  Make("b");
  server.CompactHistory();
  RecordingSink sink;
  auto watch = Watch("resourceVersion=" + old, sink);
  ASSERT_TRUE(sink.ended);
  ASSERT_TRUE(sink.end);
  EXPECT_EQ(sink.end->code, ErrorCode::kGone);
  EXPECT_TRUE(sink.end->message.starts_with("too old resource version")) << sink.end->message;
}

TEST_F(WatchTest, BookmarksComeEveryMinuteAndAtTheEnd) {
  Make("a");
  RecordingSink sink;
  auto watch = Watch("allowWatchBookmarks=true&timeoutSeconds=90&resourceVersion=" + version, sink);
  executor.RunFor(Seconds(61));
  EXPECT_EQ(sink.lines, (Lines{"BOOKMARK"}));
  EXPECT_EQ(sink.events[0].object["metadata"]["resourceVersion"].str(), version);
  executor.RunFor(Seconds(30));
  EXPECT_EQ(sink.lines.size(), 2u);
  EXPECT_TRUE(sink.ended);
  EXPECT_FALSE(sink.end);
}

TEST_F(WatchTest, TheInitialStateCanBeStreamedWithAMarkAtItsEnd) {
  Make("a");
  RecordingSink sink;
  auto watch = Watch(
      "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", sink);
  executor.RunPosted();
  ASSERT_EQ(sink.lines, (Lines{"ADDED a", "ADDED kube-root-ca.crt", "BOOKMARK"}));
  EXPECT_EQ(sink.events[2].object["metadata"]["annotations"]["k8s.io/initial-events-end"].str(),
            "true");
}

TEST_F(WatchTest, DroppedConnectionsEndAsUnavailable) {
  RecordingSink sink;
  auto watch = Watch("", sink);
  server.DropConnections();
  executor.RunPosted();
  ASSERT_TRUE(sink.end);
  EXPECT_EQ(sink.end->code, ErrorCode::kUnavailable);
  EXPECT_EQ(server.stats().watches, 0);
}

TEST_F(WatchTest, ADestroyedHandleEndsTheWatchAtTheServer) {
  RecordingSink sink;
  auto watch = Watch("", sink);
  EXPECT_EQ(server.stats().watches, 1);
  watch.reset();
  executor.RunPosted();
  EXPECT_EQ(server.stats().watches, 0);
}

TEST_F(WatchTest, BytesAndValuesTellTheSame) {
  Make("a");
  std::optional<Result<kube::UpgradeReply>> slot;
  kube::Request request;
  request.target = "/api/v1/namespaces/default/configmaps?watch=1&fieldSelector=metadata.name%3Da";
  transport.Upgrade(request, [&](auto r) { slot = std::move(r); });
  auto reply = Wait(slot);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  std::optional<Result<string>> bytes;
  reply->stream->Read([&](auto b) { bytes = std::move(b); });
  auto line = Wait(bytes);
  ASSERT_TRUE(line);
  auto event = J(*line);
  EXPECT_EQ(event["type"].str(), "ADDED");
  EXPECT_EQ(event["object"], Get(kConfigMaps, "default", "a")->json());
}

TEST_F(WatchTest, AWatchOfAnUnknownFieldIsRefused) {
  RecordingSink sink;
  auto watch = Watch("fieldSelector=data.x%3D1", sink);
  ASSERT_TRUE(sink.end);
  EXPECT_EQ(sink.end->code, ErrorCode::kInvalid);
}

class ShortHistoryTest : public WatchTest {
 protected:
  ShortHistoryTest() : WatchTest({.watch_history = 4}) {}
};

TEST_F(ShortHistoryTest, PagesShowOneStateWhileItIsRemembered) {
  for (const char* name : {"a", "b", "c"}) Make(name);
  auto first = Raw("GET", "/api/v1/namespaces/default/configmaps?limit=2");
  ASSERT_EQ(first.json["items"].size(), 2u);
  EXPECT_EQ(first.json["metadata"]["remainingItemCount"].i64(), 2);
  const string token = first.json["metadata"]["continue"].string();
  ASSERT_TRUE(Delete(kConfigMaps, "default", "c"));
  Make("d");
  auto second = Raw("GET", "/api/v1/namespaces/default/configmaps?limit=10&continue=" + token);
  ASSERT_EQ(second.json["items"].size(), 2u);
  EXPECT_EQ(second.json["items"].At(0)["metadata"]["name"].str(), "c");
  EXPECT_EQ(second.json["metadata"]["resourceVersion"], first.json["metadata"]["resourceVersion"]);
  for (const char* name : {"e", "f", "g", "h"}) Make(name);
  auto third = Raw("GET", "/api/v1/namespaces/default/configmaps?limit=10&continue=" + token);
  EXPECT_EQ(third.status, 410);
  EXPECT_EQ(third.json["reason"].str(), "Expired");
}

}  // namespace
}  // namespace stowage::sim
