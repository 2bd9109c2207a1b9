#include "kube/controller/event_recorder.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "test/support/builders.h"
#include "test/support/fake_transport.h"
#include "test/support/test_loop.h"

namespace stowage::kube {
namespace {

using test::SeenRequest;
using Type = EventRecorder::Type;

class EventRecorderTest : public ::testing::Test {
 protected:
  EventRecorderTest() {
    server_.On("", "/api/v1/namespaces/", [this](const SeenRequest& r) -> Result<Response> {
      if (r.method == "POST") {
        const std::string name = r.Json().Find({"metadata", "name"}).string();
        if (events_.contains(name)) return test::StatusResponse(409, "AlreadyExists", "exists");
        events_.emplace(name, r.Json());
        return test::JsonResponse(201, "{}");
      }
      const std::string name = r.Path().substr(r.Path().rfind('/') + 1);
      if (!events_.contains(name)) return test::StatusResponse(404, "NotFound", "expired");
      MutableJson changed(events_[name]);
      const Json patch = r.Json();
      for (const auto& [key, value] : patch.members()) changed[key] = value;
      events_[name] = std::move(changed).Freeze();
      return test::JsonResponse(200, "{}");
    });
  }
  void Record(std::string_view message, std::string_view reason = "Scheduled",
              const std::string& pod = "web") {
    recorder_.Record(ObjectReference::Of(test::MakePod("ns", pod)), Type::kNormal, reason, message);
  }
  // What all events together say happened.
  int64_t Counted() const {
    int64_t n = 0;
    for (const auto& [name, event] : events_) n += event["count"].i64();
    return n;
  }
  const Json& Only() const { return events_.begin()->second; }

  test::TestLoop loop_;
  test::FakeTransport server_{loop_.executor()};
  Client client_{server_};
  EventRecorder recorder_{loop_.executor(), client_, loop_.rng(), "stowage-test", "host-1"};
  std::map<std::string, Json> events_;
};

TEST_F(EventRecorderTest, WritesACoreEvent) {
  recorder_.Record(ObjectReference::Of(test::MakePod("ns", "web")), Type::kWarning, "Failed",
                   "why");
  loop_.RunPosted();
  ASSERT_EQ(events_.size(), 1u);
  const Json& e = Only();
  EXPECT_EQ(e["type"].str(), "Warning");
  EXPECT_EQ(e["reason"].str(), "Failed");
  EXPECT_EQ(e["message"].str(), "why");
  EXPECT_EQ(e["count"].i64(), 1);
  EXPECT_EQ(e["firstTimestamp"].str(), "2026-01-01T00:00:00Z");
  EXPECT_EQ(e["source"].Dump(), R"({"component":"stowage-test","host":"host-1"})");
  EXPECT_EQ(e["involvedObject"].Dump(),
            R"({"apiVersion":"v1","kind":"Pod","namespace":"ns","name":"web","uid":"uid-web"})");
  EXPECT_EQ(server_.requests()[0].Path(), "/api/v1/namespaces/ns/events");
  EXPECT_TRUE(e.Find({"metadata", "name"}).str().starts_with("web."));
}

TEST_F(EventRecorderTest, OfClusterScopedObjectsAreInDefault) {
  recorder_.Record(ObjectReference::Of(test::MakeNode("n1")), Type::kNormal, "Ready", "m");
  loop_.RunPosted();
  EXPECT_EQ(server_.requests()[0].Path(), "/api/v1/namespaces/default/events");
}

TEST_F(EventRecorderTest, TheSameAgainRaisesTheCount) {
  Record("m");
  loop_.RunFor(Seconds(5));
  Record("m");
  Record("m");
  loop_.RunFor(Seconds(5));
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(Only()["count"].i64(), 3);
  EXPECT_EQ(Only()["firstTimestamp"].str(), "2026-01-01T00:00:00Z");
  EXPECT_EQ(Only()["lastTimestamp"].str(), "2026-01-01T00:00:05Z");
}

TEST_F(EventRecorderTest, RepeatsWhileTheFirstIsUnderWayAreNotLost) {
  server_.SetLatency(Seconds(1));
  for (int i = 0; i < 4; ++i) Record("m");
  loop_.RunFor(Seconds(10));
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(Counted(), 4);
  EXPECT_EQ(server_.requests().size(), 2u);
}

TEST_F(EventRecorderTest, ManySimilarOnesBecomeOne) {
  for (int i = 0; i < 15; ++i) Record("message " + std::to_string(i));
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(events_.size(), 10u);
  EXPECT_EQ(Counted(), 15);
  int combined = 0;
  for (const auto& [name, e] : events_) {
    if (!e["message"].str().starts_with("(combined from similar events): ")) continue;
    ++combined;
    EXPECT_EQ(e["count"].i64(), 6);
    EXPECT_EQ(e["message"].str(), "(combined from similar events): message 14");
  }
  EXPECT_EQ(combined, 1);
}

TEST_F(EventRecorderTest, OtherReasonsAndObjectsAreNotSimilar) {
  for (int i = 0; i < 8; ++i) {
    Record("message " + std::to_string(i), "A");
    Record("message " + std::to_string(i), "B");
    Record("message " + std::to_string(i), "A", "other");
  }
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(events_.size(), 24u);
}

TEST_F(EventRecorderTest, AFloodAboutOneObjectIsCutAndOthersAreNot) {
  for (int i = 0; i < 100; ++i) Record("m");
  Record("m", "Scheduled", "other");
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(recorder_.dropped(), 75u);
  EXPECT_EQ(Counted(), 26);
  loop_.RunFor(Minutes(10));
  for (int i = 0; i < 5; ++i) Record("m");
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(Counted(), 28) << "one more in five minutes";
}

TEST_F(EventRecorderTest, LongMessagesAreCutBetweenCharacters) {
  Record(std::string(1023, 'x') + "\xC3\xA9 and more");
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(Only()["message"].str(), std::string(1023, 'x'));
}

TEST_F(EventRecorderTest, AnOutageIsRiddenOut) {
  for (int i = 0; i < 3; ++i) {
    server_.FailOnce("POST", "/", Error{ErrorCode::kUnavailable, "down", std::nullopt});
  }
  Record("m");
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(Counted(), 1);
  EXPECT_EQ(recorder_.dropped(), 0u);
}

TEST_F(EventRecorderTest, ALostAnswerDoesNotMakeASecondEvent) {
  server_.Once("POST", "/", [this](const SeenRequest& r) -> Result<Response> {
    events_.emplace(r.Json().Find({"metadata", "name"}).string(), r.Json());
    return MakeError(ErrorCode::kUnknownOutcome, "reset");
  });
  Record("m");
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(events_.size(), 1u);
  Record("m");
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(Counted(), 2);
}

TEST_F(EventRecorderTest, AnExpiredEventIsWrittenAnew) {
  Record("m");
  loop_.RunFor(Seconds(1));
  events_.clear();
  Record("m");
  loop_.RunFor(Seconds(1));
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(Only()["count"].i64(), 2);
}

TEST_F(EventRecorderTest, ARefusedEventIsDroppedAndCounted) {
  server_.On("POST", "/", [](const SeenRequest&) {
    return test::StatusResponse(403, "Forbidden", "namespace is being terminated");
  });
  Record("m");
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(server_.requests().size(), 1u);
  EXPECT_EQ(recorder_.dropped(), 1u);
}

TEST_F(EventRecorderTest, OfTooManyWaitingOnesTheOldestAreDropped) {
  server_.SetLatency(Minutes(1));
  for (int i = 0; i < 10200; ++i) Record("m", "Scheduled", "pod-" + std::to_string(i));
  EXPECT_EQ(recorder_.dropped(), 10200u - 32 - 10000);
  server_.SetLatency(Duration(0));
  loop_.RunFor(Minutes(2));
  std::set<std::string> names;
  for (const auto& [name, e] : events_) names.insert(e.Find({"involvedObject", "name"}).string());
  EXPECT_TRUE(names.contains("pod-1199"));
  EXPECT_TRUE(names.contains("pod-0")) << "already under way";
  EXPECT_FALSE(names.contains("pod-40"));
}

}  // namespace
}  // namespace stowage::kube
