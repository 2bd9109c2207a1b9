#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "sim/apiserver/patch.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;

Json J(std::string_view text) { return *Json::Parse(text); }

struct Case {
  const char *document, *patch, *expected;  // expected "": refused
};

// Appendix A of RFC 6902, and its rules on pointers and indexes.
TEST(JsonPatch, DoesWhatTheRfcShows) {
  const Case cases[] = {
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
       R"({"baz":"qux","foo":"bar"})"},
      {R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
       R"({"foo":["bar","qux","baz"]})"},
      {R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])", R"({"foo":"bar"})"},
      {R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
       R"({"foo":["bar","baz"]})"},
      {R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
       R"({"baz":"boo","foo":"bar"})"},
      {R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
       R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
       R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
      {R"({"foo":["all","grass","cows","eat"]})",
       R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
       R"({"foo":["all","cows","eat","grass"]})"},
      {R"({"baz":"qux","foo":["a",2,"c"]})",
       R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
       R"({"baz":"qux","foo":["a",2,"c"]})"},
      {R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])", ""},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])",
       R"({"foo":"bar","child":{"grandchild":{}}})"},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
       R"({"foo":"bar","baz":"qux"})"},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])", ""},
      {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])", R"({"/":9,"~1":10})"},
      {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":"10"}])", ""},
      {R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])",
       R"({"foo":["bar",["abc","def"]]})"},
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/3","value":3}])", ""},
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/01","value":3}])", ""},
      {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", ""},
      {R"({"a":1})", R"([{"op":"replace","path":"/b","value":1}])", ""},
      {R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/a/c"}])",
       R"({"a":{"b":1,"c":{"b":1}}})"},
      {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/c"}])", ""},
      {R"({"a":1})", R"([{"op":"replace","path":"","value":{"b":2}}])", R"({"b":2})"},
      {R"({"a":1})", R"([{"op":"frob","path":"/a"}])", ""},
      {R"({"a":1})", R"([{"op":"add","path":"a","value":1}])", ""},
      {R"({"a":1})", R"({"op":"add"})", ""},
  };
  for (const Case& c : cases) {
    const auto result = ApplyJsonPatch(J(c.document), J(c.patch));
    if (*c.expected == 0) {
      ASSERT_FALSE(result) << c.patch;
      EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
    } else {
      ASSERT_TRUE(result) << c.patch << ": " << result.error().message;
      EXPECT_EQ(*result, J(c.expected)) << result->Dump();
    }
  }
}

TEST(JsonPatch, NamesTheOperationAndThePathThatFail) {
  const auto result = ApplyJsonPatch(J(R"({"a":1})"), J(R"([{"op":"remove","path":"/b/c"}])"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("remove"), std::string::npos);
  EXPECT_NE(result.error().message.find("/b/c"), std::string::npos);
}

TEST(JsonPatch, RefusesToGrowWithoutBound) {
  std::string patch = "[";
  for (int i = 0; i < 200; ++i) {
    patch += std::string(i ? "," : "") + R"({"op":"copy","from":"/a","path":"/a/)" +
             std::to_string(i) + "\"}";
  }
  EXPECT_FALSE(ApplyJsonPatch(J(R"({"a":{"x":"0123456789012345678901234567890123456789"}})"),
                              J(patch + "]")));
}

// Appendix A of RFC 7386.
TEST(MergePatch, DoesWhatTheRfcShows) {
  const Case cases[] = {{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                        {R"({"a":"b"})", R"({"a":null})", R"({})"},
                        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
                        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
                        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
                        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
                        {R"({"a":"foo"})", R"(null)", R"(null)"},
                        {R"({"a":"foo"})", R"("bar")", R"("bar")"},
                        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
                        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}};
  for (const Case& c : cases) {
    EXPECT_EQ(ApplyMergePatch(J(c.document), J(c.patch)), J(c.expected)) << c.patch;
  }
}

void Grow(Rng& rng, int depth, JsonNode out) {
  const uint64_t kind = depth == 0 ? rng.Below(3) : rng.Below(5);
  if (kind == 0) out.Set(rng.Between(-3, 3));
  if (kind == 1) out.Set(rng.Name(1));
  if (kind == 2) out.Set(rng.Chance(0.5));
  if (kind == 3) {
    out.Set(JsonArray{});
    for (uint64_t i = rng.Below(4); i > 0; --i) Grow(rng, depth - 1, out.Append(nullptr));
  }
  if (kind == 4) {
    out.Set(JsonObject{});
    for (uint64_t i = rng.Below(4); i > 0; --i) Grow(rng, depth - 1, out[rng.Name(1)]);
  }
}

// What a merge patch must say to make `after` of `before`.
void Diff(JsonRef before, JsonRef after, JsonNode out) {
  out.Set(JsonObject{});
  for (const auto& m : before.members()) {
    if (!after[m.key].exists()) out[m.key].Set(nullptr);
  }
  for (const auto& m : after.members()) {
    const JsonRef old = before[m.key];
    if (old == m.value) continue;
    if (old.is_object() && m.value.is_object()) {
      Diff(old, m.value, out[m.key]);
    } else {
      out[m.key].Set(m.value);
    }
  }
}

TEST(MergePatch, ApplyingADifferenceGivesTheOtherDocument) {
  Rng rng(7386);
  for (int i = 0; i < 500; ++i) {
    MutableJson a, b, patch;
    for (int k = 0; k < 4; ++k) {
      Grow(rng, 3, a[rng.Name(1)]);
      Grow(rng, 3, b[rng.Name(1)]);
    }
    Diff(a.ref(), b.ref(), patch.root());
    const Json result = ApplyMergePatch(a.ref(), patch.ref());
    EXPECT_EQ(result, b.ref()) << patch.ref().Dump();
    EXPECT_EQ(ApplyMergePatch(result, patch.ref()), b.ref()) << "twice is as once";
  }
}

TEST(Patches, OfAnyShapeEndInAResult) {
  Rng rng(6902);
  for (int i = 0; i < 2000; ++i) {
    MutableJson document, patch;
    Grow(rng, 4, document.root());
    Grow(rng, 4, patch.root());
    ApplyMergePatch(document.ref(), patch.ref());
    (void)ApplyJsonPatch(document.ref(), patch.ref());
    (void)ApplyStrategicMergePatch(nullptr, document.ref(), patch.ref());
  }
}

}  // namespace
}  // namespace stowage::sim
