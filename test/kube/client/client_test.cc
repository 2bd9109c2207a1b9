#include "kube/client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/api/well_known.h"
#include "test/support/builders.h"
#include "test/support/fake_transport.h"
#include "test/support/test_loop.h"

namespace stowage::kube {
namespace {

using test::Answer;
using test::FakeTransport;
using test::JsonFrom;
using test::SeenRequest;

class ClientTest : public ::testing::Test {
 protected:
  const SeenRequest& Sent() const { return server_.requests().back(); }
  test::TestLoop loop_;
  FakeTransport server_{loop_.executor()};
  Client client_{server_};
};

TEST_F(ClientTest, GetsAnObject) {
  server_.Reply("GET", "/api/v1/namespaces/ns/pods/web", 200, R"({"metadata": {"name": "web"}})");
  Answer<Object> answer;
  client_.Get(kPods, "ns", "web", answer.callback());
  EXPECT_FALSE(answer.has()) << "never inside the call";
  loop_.RunPosted();
  EXPECT_EQ(answer.value().name(), "web");
  EXPECT_EQ(Sent().headers.Get("accept"), "application/json");
}

TEST_F(ClientTest, NamesItselfAsFieldManagerInWrites) {
  server_.Reply("", "/", 200, "{}");
  const Json body = JsonFrom(R"({"metadata": {"name": "x"}})");
  Answer<Object> a;
  client_.Create(kPods, "ns", body, a.callback());
  EXPECT_EQ(Sent().method, "POST");
  EXPECT_EQ(Sent().target, "/api/v1/namespaces/ns/pods?fieldManager=stowage");
  EXPECT_EQ(Sent().headers.Get("Content-Type"), "application/json");
  EXPECT_TRUE(Sent().Json() == body);
  client_.Update(kPods, "ns", "x", body, a.callback(), "status");
  EXPECT_EQ(Sent().method, "PUT");
  EXPECT_EQ(Sent().target, "/api/v1/namespaces/ns/pods/x/status?fieldManager=stowage");
  client_.Create(kServiceAccounts, "ns", body, a.callback(), "default", "token");
  EXPECT_EQ(Sent().Path(), "/api/v1/namespaces/ns/serviceaccounts/default/token");
}

TEST_F(ClientTest, PatchesSayTheirKind) {
  server_.Reply("", "/", 200, "{}");
  Answer<Object> a;
  client_.Patch(kNodes, "", "n1", PatchType::kStrategicMerge, JsonFrom("{}"), a.callback(),
                "status");
  EXPECT_EQ(Sent().target, "/api/v1/nodes/n1/status?fieldManager=stowage");
  EXPECT_EQ(Sent().headers.Get("Content-Type"), "application/strategic-merge-patch+json");
  client_.Patch(kNodes, "", "n1", PatchType::kApply, JsonFrom("{}"), a.callback(), "",
                {.field_manager = "me", .force = true});
  EXPECT_EQ(Sent().target, "/api/v1/nodes/n1?fieldManager=me&force=true");
  client_.Patch(kNodes, "", "n1", PatchType::kMerge, JsonFrom("{}"), a.callback(), "",
                {.field_manager = "me", .force = true});
  EXPECT_EQ(Sent().target, "/api/v1/nodes/n1?fieldManager=me") << "force is for apply alone";
}

TEST_F(ClientTest, DeletesWithPreconditions) {
  server_.Reply("DELETE", "/", 200, R"({"kind": "Status", "status": "Success"})");
  Answer<Object> a;
  client_.Delete(kPods, "ns", "x", {.grace_seconds = 0, .uid = "u1", .propagation = "Background"},
                 a.callback());
  EXPECT_TRUE(Sent().Json() == JsonFrom(R"({"apiVersion": "v1", "kind": "DeleteOptions",
      "gracePeriodSeconds": 0, "preconditions": {"uid": "u1"},
      "propagationPolicy": "Background"})"));
  loop_.RunPosted();
  EXPECT_EQ(a.value().kind(), "Status");
}

TEST_F(ClientTest, BindsWithUidAndAnnotations) {
  server_.Reply("POST", "/", 201, R"({"kind": "Status", "status": "Success"})");
  Answer<void> a;
  client_.Bind("ns", "web", "m1", JsonFrom(R"({"stowage.dev/placement": "{}"})"), "u1",
               a.callback());
  EXPECT_EQ(Sent().Path(), "/api/v1/namespaces/ns/pods/web/binding");
  EXPECT_TRUE(Sent().Json() == JsonFrom(R"({"apiVersion": "v1", "kind": "Binding",
      "metadata": {"name": "web", "namespace": "ns", "uid": "u1",
                   "annotations": {"stowage.dev/placement": "{}"}},
      "target": {"apiVersion": "v1", "kind": "Node", "name": "m1"}})"));
  loop_.RunPosted();
  EXPECT_TRUE(a.get());
}

TEST_F(ClientTest, EvictsWithDeleteOptions) {
  server_.Reply("POST", "/", 201, "{}");
  Answer<void> a;
  client_.Evict("ns", "web", {.grace_seconds = 5, .uid = "u1"}, a.callback());
  EXPECT_EQ(Sent().Path(), "/api/v1/namespaces/ns/pods/web/eviction");
  EXPECT_EQ(Sent().Json()["deleteOptions"].Dump(),
            R"({"gracePeriodSeconds":5,"preconditions":{"uid":"u1"}})");
}

TEST_F(ClientTest, MapsErrorsOnce) {
  struct Case {
    int status;
    const char* reason;
    ErrorCode read, write;
  };
  for (const Case& c :
       {Case{404, "NotFound", ErrorCode::kNotFound, ErrorCode::kNotFound},
        {409, "Conflict", ErrorCode::kConflict, ErrorCode::kConflict},
        {409, "AlreadyExists", ErrorCode::kAlreadyExists, ErrorCode::kAlreadyExists},
        {410, "Expired", ErrorCode::kGone, ErrorCode::kGone},
        {422, "Invalid", ErrorCode::kInvalid, ErrorCode::kInvalid},
        {401, "Unauthorized", ErrorCode::kUnauthorized, ErrorCode::kUnauthorized},
        {403, "Forbidden", ErrorCode::kForbidden, ErrorCode::kForbidden},
        {500, "InternalError", ErrorCode::kUnavailable, ErrorCode::kUnknownOutcome},
        {504, "Timeout", ErrorCode::kUnavailable, ErrorCode::kUnknownOutcome}}) {
    server_.On("", "/", [c](const SeenRequest&) {
      return test::StatusResponse(c.status, c.reason, "because");
    });
    Answer<Object> read, write;
    client_.Get(kPods, "ns", "x", read.callback());
    client_.Create(kPods, "ns", JsonFrom("{}"), write.callback());
    loop_.RunPosted();
    EXPECT_EQ(read.error().code, c.read) << c.status << c.reason;
    EXPECT_EQ(write.error().code, c.write) << c.status << c.reason;
    EXPECT_EQ(read.error().message, "because");
  }
}

TEST_F(ClientTest, HonoursRetryAfter) {
  server_.On("", "/", [](const SeenRequest&) -> Result<Response> {
    Response r;
    r.status = 429;
    r.headers.Set("Retry-After", "7");
    r.text = "slow down";
    return r;
  });
  Answer<Object> a;
  client_.Get(kPods, "ns", "x", a.callback());
  loop_.RunPosted();
  EXPECT_EQ(a.error().code, ErrorCode::kTooManyRequests);
  EXPECT_EQ(a.error().retry_after, Seconds(7));
  EXPECT_NE(a.error().message.find("slow down"), std::string::npos);
}

TEST_F(ClientTest, AnAnswerThatIsNoObjectIsNoSuccess) {
  server_.On("", "/", [](const SeenRequest&) -> Result<Response> {
    Response r;
    r.status = 200;
    r.text = "<html>login</html>";
    return r;
  });
  Answer<Object> read, write;
  client_.Get(kPods, "ns", "x", read.callback());
  client_.Create(kPods, "ns", JsonFrom("{}"), write.callback());
  loop_.RunPosted();
  EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(write.error().code, ErrorCode::kUnknownOutcome);
}

TEST_F(ClientTest, ListsOnePage) {
  server_.On("GET", "/api/v1/pods", [](const SeenRequest&) {
    return test::ListResponse({test::MakePod("a", "x").Json(), test::MakePod("b", "y").Json()},
                              "42", "more");
  });
  Answer<ObjectList> a;
  client_.List(kPods, "", {.label_selector = "app in (a,b)", .limit = 2}, a.callback());
  EXPECT_EQ(Sent().Parameter("labelSelector"), "app in (a,b)");
  EXPECT_EQ(Sent().Parameter("limit"), "2");
  loop_.RunPosted();
  ASSERT_EQ(a.value().items.size(), 2u);
  EXPECT_EQ(a.value().items[1].key().ToString(), "b/y");
  EXPECT_EQ(a.value().resource_version, "42");
  EXPECT_EQ(a.value().continue_token, "more");
}

TEST_F(ClientTest, ListAllFollowsTheTokens) {
  server_.On("GET", "/api/v1/pods", [](const SeenRequest& r) {
    const int page = r.Parameter("continue").empty() ? 0 : std::stoi(r.Parameter("continue"));
    return test::ListResponse({test::MakePod("a", "p" + std::to_string(page)).Json()}, "1",
                              page < 2 ? std::to_string(page + 1) : "");
  });
  Answer<std::vector<Object>> a;
  client_.ListAll(kPods, "", {}, a.callback(), 1);
  loop_.RunPosted();
  ASSERT_EQ(a.value().size(), 3u);
  EXPECT_EQ(a.value()[2].name(), "p2");
  EXPECT_EQ(a.calls(), 1);
}

TEST_F(ClientTest, ListAllStartsAnewOnceWithoutPagesWhenATokenExpires) {
  int whole_lists = 0;
  server_.On("GET", "/api/v1/pods", [&](const SeenRequest& r) -> Result<Response> {
    if (!r.Parameter("continue").empty()) return test::StatusResponse(410, "Expired", "old");
    if (!r.Parameter("limit").empty()) {
      return test::ListResponse({test::MakePod("a", "first").Json()}, "1", "next");
    }
    ++whole_lists;
    return test::ListResponse({test::MakePod("a", "x").Json(), test::MakePod("a", "y").Json()},
                              "2");
  });
  Answer<std::vector<Object>> a;
  client_.ListAll(kPods, "", {}, a.callback());
  loop_.RunPosted();
  EXPECT_EQ(a.value().size(), 2u);
  EXPECT_EQ(whole_lists, 1);
}

TEST_F(ClientTest, ListAllFailsAsAWhole) {
  server_.On("GET", "/api/v1/pods", [](const SeenRequest& r) -> Result<Response> {
    if (!r.Parameter("continue").empty()) return MakeError(ErrorCode::kUnavailable, "reset");
    return test::ListResponse({test::MakePod("a", "first").Json()}, "1", "next");
  });
  Answer<std::vector<Object>> a;
  client_.ListAll(kPods, "", {}, a.callback());
  loop_.RunPosted();
  EXPECT_EQ(a.error().code, ErrorCode::kUnavailable);
}

TEST_F(ClientTest, RawTextIsWrapped) {
  server_.On("GET", "/readyz", [](const SeenRequest&) -> Result<Response> {
    Response r;
    r.status = 200;
    r.text = "ok";
    return r;
  });
  Answer<Json> a;
  client_.GetRaw("/readyz", a.callback());
  loop_.RunPosted();
  EXPECT_EQ(a.value()["text"].str(), "ok");
}

TEST_F(ClientTest, ATransportErrorComesThrough) {
  server_.HangOnce("POST", "/");
  Answer<Object> a;
  client_.Create(kPods, "ns", JsonFrom("{}"), a.callback());
  loop_.RunFor(Seconds(31));
  EXPECT_EQ(a.error().code, ErrorCode::kUnknownOutcome);
}

TEST(Query, EncodesAndDecodes) {
  const std::string odd = "a b&c=d/é+%,(x)";
  EXPECT_EQ(DecodeQuery(EncodeQuery(odd)), odd);
  EXPECT_EQ(EncodeQuery("a b/~"), "a%20b%2F~");
  EXPECT_EQ(DecodeQuery("a+b%2"), "a b%2");
  EXPECT_EQ(DecodeQuery("%zz%41"), "%zzA");
  EXPECT_EQ(Query({{"a", "1"}, {"b", ""}, {"c", "x y"}}), "?a=1&c=x%20y");
  EXPECT_EQ(Query({{"b", ""}}), "");
}

TEST(CancelToken, RunsWhatWaitsForItOnce) {
  CancelToken token;
  int runs = 0;
  token.OnCancel([&] { ++runs; });
  CancelToken copy = token;
  copy.Cancel();
  token.Cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_EQ(runs, 1);
  token.OnCancel([&] { ++runs; });
  EXPECT_EQ(runs, 2) << "too late: at once";
}

TEST(HeadersTest, NamesAreComparedWithoutCase) {
  Headers h{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(h.Get("content-type"), "a");
  EXPECT_EQ(h.Get("X"), "1");
  h.Set("x", "3");
  EXPECT_EQ(h.all().size(), 2u);
  h.Remove("CONTENT-TYPE");
  EXPECT_FALSE(h.Has("Content-Type"));
}

}  // namespace
}  // namespace stowage::kube
