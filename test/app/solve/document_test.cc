#include "app/solve/document.h"

#include <gtest/gtest.h>

namespace stowage::app {
namespace {

std::string Refusal(const Result<Value>& value) {
  return value ? "accepted" : value.error().message;
}

std::string Json(std::string_view text) { return Refusal(ParseJson({"f.json", text})); }

// The tree as text, places included.
std::string Shown(const Value& v) {
  std::string out = std::to_string(v.at.line) + ":" + std::to_string(v.at.column);
  switch (v.kind) {
    case Value::Kind::kNull:
      return out + " null";
    case Value::Kind::kScalar:
      return out + (v.quoted ? " text " : " word ") + v.text;
    case Value::Kind::kList:
      out += " [";
      for (const Value& child : v.values) out += Shown(child) + ", ";
      return out + "]";
    case Value::Kind::kMap:
      out += " {";
      for (size_t i = 0; i < v.keys.size(); ++i) {
        out += std::to_string(v.keys[i].at.line) + ":" + std::to_string(v.keys[i].at.column) + " " +
               v.keys[i].text + " = " + Shown(v.values[i]) + ", ";
      }
      return out + "}";
  }
  return out;
}

TEST(DocumentTest, JsonAndYamlGiveTheSameTreeWithTheSamePlaces) {
  for (const std::string_view text :
       {R"({"a": 1, "b": [true, null, "x"], "c": {"d": -1.5e3}})", "{\n  \"a\": [\n    1,\n 2]\n}",
        R"({})", R"({"a": []})", R"({"\u00e9\n": "x", "b": 2})"}) {
    const auto json = ParseJson({"f", text}), yaml = ParseYaml({"f", text});
    ASSERT_TRUE(json && yaml) << Refusal(json) << Refusal(yaml);
    EXPECT_EQ(Shown(*json), Shown(*yaml));
  }
}

TEST(DocumentTest, EscapesAreThoseOfJson) {
  const auto value = ParseJson({"f", R"(["\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00"])"});
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->values[0].text, "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_NE(Json(R"(["\x"])"), "accepted");
  EXPECT_NE(Json(R"(["\u12g4"])"), "accepted");
  EXPECT_NE(Json(R"(["\ud83d"])"), "accepted");
  EXPECT_NE(Json(R"(["\ude00"])"), "accepted");
  EXPECT_NE(Json("[\"a\nb\"]"), "accepted");
}

TEST(DocumentTest, WhatIsNoJsonIsRefusedWhereItIsWrong) {
  EXPECT_EQ(Json(R"({"a": 1)"),
            "f.json:1:8: expected a comma or a closing brace, found the end of the file; check "
            "commas, quotes and brackets");
  EXPECT_EQ(Json("{\"a\": 1,\n \"b\" 2}").substr(0, 29), "f.json:2:6: expected a colon,");
  EXPECT_EQ(Json("{\"\xC3\xA9\": x}").substr(0, 28), "f.json:1:7: expected a value");
  EXPECT_EQ(Json("{a: 1}").substr(0, 36), "f.json:1:2: expected a key in quotes");
  EXPECT_EQ(Json(R"(["abc)"), "f.json:1:2: a text that is opened here is never closed");
  EXPECT_EQ(Json(R"({"a": 1, "a": 2})").substr(0, 11), "f.json:1:10");
  for (const char* text : {"", "[1,]", "[01]", "[1.]", "[.5]", "[+1]", "[1e]", "[-]", "[1] 2",
                           "[nul]", "{\"a\":}", "[1 2]", "]"}) {
    EXPECT_NE(Json(text), "accepted") << text;
  }
  EXPECT_NE(Json(std::string(200, '[') + std::string(200, ']')), "accepted");
  EXPECT_EQ(Json(std::string(90, '[') + std::string(90, ']')), "accepted");
}

TEST(DocumentTest, YamlInBracesIsReadAsYaml) {
  EXPECT_TRUE(ParseDocument({"f.yaml", "{a: 1, b: [x, y]}"}));
  EXPECT_FALSE(ParseDocument({"f.json", "{a: 1, b: [x, y]}"})) << "a .json file is JSON";
}

TEST(DocumentTest, AKeyTwiceIsFoundInMapsOfAnySize) {
  std::string text = "{";
  for (int i = 0; i < 40; ++i) text += "\"k" + std::to_string(i) + "\": 1,\n";
  EXPECT_EQ(Json(text + "\"l\": 2}"), "accepted");
  EXPECT_EQ(Json(text + "\"k7\": 2}"),
            "f.json:41:1: the key \"k7\" stands twice in this map; the first is in line 8; remove "
            "one of them");
}

}  // namespace
}  // namespace stowage::app
