#include "kube/api/json.h"

#include <gtest/gtest.h>

#include <limits>

#include "test/support/builders.h"

namespace stowage::kube {
namespace {

using test::JsonFrom;

std::string Nested(int levels) {
  return std::string(static_cast<size_t>(levels), '[') +
         std::string(static_cast<size_t>(levels), ']');
}

TEST(Json, ReadsWithoutEverFailing) {
  const Json j = JsonFrom(R"({"a": {"b": [1, "x", null, true]}, "n": 1.5})");
  EXPECT_EQ(j.Find({"a", "b"}).At(0).i64(), 1);
  EXPECT_EQ(j["a"]["b"].At(1).str(), "x");
  EXPECT_TRUE(j["a"]["b"].At(2).is_null());
  EXPECT_TRUE(j["a"]["b"].At(3).boolean());
  EXPECT_FALSE(j["a"]["b"].At(4).exists());
  EXPECT_FALSE(j["a"]["x"]["y"].At(3)["z"].exists());
  EXPECT_EQ(j["a"].str("none"), "none");
  EXPECT_EQ(j["n"].i64(), 1);
  EXPECT_EQ(j["missing"].kind_name(), "missing");
}

TEST(Json, KeepsIntegersWhole) {
  const Json j =
      JsonFrom(R"([9223372036854775807, -9223372036854775808, 18446744073709551615, 0.1])");
  EXPECT_EQ(j.At(0).i64(), INT64_MAX);
  EXPECT_EQ(j.At(1).i64(), INT64_MIN);
  EXPECT_FALSE(j.At(2).is_int());
  EXPECT_EQ(j.Dump(), "[9223372036854775807,-9223372036854775808,18446744073709551615,0.1]");
}

TEST(Json, OfDuplicateKeysTheLastWins) {
  EXPECT_EQ(JsonFrom(R"({"a": 1, "b": 2, "a": {"c": 1, "c": 3}})").Dump(),
            R"({"b":2,"a":{"c":3}})");
  std::string many = "{";
  for (int i = 0; i < 40; ++i)
    many += "\"k" + std::to_string(i % 30) + "\":" + std::to_string(i) + ",";
  many.back() = '}';
  const Json j = JsonFrom(many);
  EXPECT_EQ(j.size(), 30u);
  EXPECT_EQ(j["k5"].i64(), 35);
  EXPECT_EQ(j["k15"].i64(), 15);
}

TEST(Json, RefusesWhatIsNestedTooDeep) {
  EXPECT_TRUE(Json::Parse(Nested(900)));
  for (int levels : {1001, 100000}) {
    const auto j = Json::Parse(Nested(levels));
    ASSERT_FALSE(j);
    EXPECT_EQ(j.error().code, ErrorCode::kInvalid);
  }
}

TEST(Json, RefusalsSayWhere) {
  const auto j = Json::Parse("{\n  \"a\": 1,\n  \"b\" 2\n}");
  ASSERT_FALSE(j);
  EXPECT_NE(j.error().message.find("line 3"), std::string::npos) << j.error().message;
  for (const char* bad : {"", "{", "[1,]", "{\"a\":1,}", "NaN", "Infinity", "'a'", "01", "1 2",
                          "\"\xff\"", "{\"a\":1}}", "nul", "\"\x01\"", "1e999"}) {
    EXPECT_FALSE(Json::Parse(bad)) << bad;
  }
}

TEST(Json, RefusesZeroBytes) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view bad : {"{}\0{}"sv, "\0"sv, "{}\0"sv, "[1,\0 2]"sv, "\"a\0b\""sv}) {
    EXPECT_FALSE(Json::Parse(bad)) << bad.size();
  }
  EXPECT_EQ(JsonFrom(R"("a\u0000b")").str().size(), 3u);
}

TEST(Json, KeysThatLookAlikeAreTwo) {
  const Json j = JsonFrom(R"({"abcd": 1, "aXcd": 2, "": 3, "f:abcd": 4, "f:aXcd": 5, "abcd ": 6})");
  EXPECT_EQ(j.size(), 6u);
  EXPECT_EQ(JsonFrom(R"({"": 1, "": 2})").Dump(), R"({"":2})");
}

TEST(Json, EqualityDoesNotSeeTheOrderOfMembers) {
  EXPECT_TRUE(JsonFrom(R"({"a": 1, "b": [1, 2]})") == JsonFrom(R"({"b": [1, 2], "a": 1.0})"));
  EXPECT_EQ(JsonFrom(R"({"a": 1, "b": 2})").Hash(), JsonFrom(R"({"b": 2.0, "a": 1})").Hash());
  EXPECT_FALSE(JsonFrom("[1, 2]") == JsonFrom("[2, 1]"));
  EXPECT_FALSE(JsonFrom(R"({"a": null})") == JsonFrom("{}"));
  EXPECT_FALSE(JsonFrom("\"1\"") == JsonFrom("1"));
}

TEST(Json, PartsLiveOnWithTheirDocument) {
  Json part;
  {
    const Json whole = JsonFrom(R"({"items": [{"name": "a long enough name to be on the heap"}]})");
    part = whole.Share(whole["items"].At(0));
  }
  EXPECT_EQ(part["name"].str(), "a long enough name to be on the heap");
}

TEST(Json, CopiesAreSmall) {
  const Json whole = JsonFrom("{\"keep\": \"x\", \"drop\": \"" + std::string(100000, 'y') + "\"}");
  EXPECT_LT(Json::Copy(whole["keep"]).HeapBytes(), 1000u);
}

TEST(MutableJson, BuildsWhatPathsName) {
  MutableJson m;
  m.Set({"metadata", "labels", "app"}, "web");
  m["spec"]["list"].Append(1);
  m["spec"]["list"].Append("two");
  m["spec"]["list"].Insert(0, true);
  EXPECT_TRUE(m.Remove({"metadata", "labels", "app"}));
  EXPECT_FALSE(m.Remove({"metadata", "nothing", "app"}));
  EXPECT_EQ(m.ref().Dump(), R"({"metadata":{"labels":{}},"spec":{"list":[true,1,"two"]}})");
  const Json frozen = std::move(m).Freeze();
  EXPECT_EQ(frozen["spec"]["list"].At(2).str(), "two");
}

TEST(Json, ReadsEveryNumberAsWhatItIs) {
  const auto read = [](std::string_view text) {
    const auto json = Json::Parse(text);
    return json ? json->Dump() : "refused";
  };
  for (const char* zero :
       {"0e40", "0e308", "0.0e-99", "1e-400", "0.0000000000000000000000000e50"}) {
    EXPECT_EQ(read(zero), "0.0") << zero;
  }
  EXPECT_EQ(read("-0"), "0");
  EXPECT_EQ(read("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(read("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(read("0.1"), "0.1");
  EXPECT_EQ(read("1.7976931348623157e308"), "1.7976931348623157e308");
  for (const char* bad : {"1e309", "-1e400", "01", "1.", ".5", "+1", "0x1", "1e", "inf", "nan"}) {
    EXPECT_EQ(read(bad), "refused") << bad;
  }
  EXPECT_EQ(read(std::string(400, '9')), "refused");
}

TEST(MutableJson, WritesOnlyWhatCanBeRead) {
  MutableJson m;
  m["text"] = "a\xff\xc3\xa9\xed\xa0\x80";  // a stray byte, a letter, a surrogate
  m["k\xff"] = 1;
  m["k\xff"] = 2;
  m["number"] = std::numeric_limits<double>::infinity();
  const std::string_view bad = "\xef\xbf\xbd";
  EXPECT_EQ(m.ref()["text"].str(), "a" + std::string(bad) + "\xc3\xa9" + std::string(bad) +
                                       std::string(bad) + std::string(bad));
  EXPECT_EQ(m.ref()["k" + std::string(bad)].i64(), 2);
  EXPECT_TRUE(m.ref()["number"].is_null());
  EXPECT_TRUE(Json::Parse(m.ref().Dump()));
  EXPECT_TRUE(Json::Parse(QuoteJson("\xff")));
  // Half of a surrogate pair can be escaped, and not written.
  EXPECT_TRUE(Json::Parse(JsonFrom(R"({"a":"\ude00","\udc00":1})").Dump()));
}

TEST(MutableJson, CanBeSetToAPartOfItself) {
  MutableJson m(JsonFrom(R"({"a": {"b": {"c": 1}}})"));
  m["a"] = m.ref()["a"]["b"];
  EXPECT_EQ(m.ref().Dump(), R"({"a":{"c":1}})");
}

TEST(MutableJson, SnapshotsDoNotChangeAfterwards) {
  MutableJson m;
  m["a"] = 1;
  const Json before = m.Snapshot();
  m["a"] = 2;
  EXPECT_EQ(before["a"].i64(), 1);
}

TEST(Resource, PathsOfCoreAndGroups) {
  const Resource pods{"", "v1", "pods", true};
  const Resource deployments{"apps", "v1", "deployments", true};
  const Resource nodes{"", "v1", "nodes", false};
  EXPECT_EQ(pods.Path(), "/api/v1/pods");
  EXPECT_EQ(pods.Path("ns", "web", "status"), "/api/v1/namespaces/ns/pods/web/status");
  EXPECT_EQ(deployments.Path("ns"), "/apis/apps/v1/namespaces/ns/deployments");
  EXPECT_EQ(nodes.Path("ignored", "n1"), "/api/v1/nodes/n1");
}

}  // namespace
}  // namespace stowage::kube
