#include "app/lib/embedded_files.h"

#include <gtest/gtest.h>

namespace stowage::app {
namespace {

std::string Json(std::string_view yaml) {
  auto json = YamlToJson(yaml);
  return json ? json->Dump() : "error: " + json.error().message;
}

TEST(YamlTest, ScalarsHaveTheTypesOfYaml12) {
  EXPECT_EQ(Json("{a: 1, b: -2, c: 1.5, d: true, e: false, f: null, g: ~, h: text}"),
            R"({"a":1,"b":-2,"c":1.5,"d":true,"e":false,"f":null,"g":null,"h":"text"})");
}

TEST(YamlTest, WhatIsQuotedIsText) {
  EXPECT_EQ(Json("{a: \"1\", b: 'true', c: \"null\", d: ''}"),
            R"({"a":"1","b":"true","c":"null","d":""})");
}

TEST(YamlTest, WordsThatYaml11TookForBooleansAreText) {
  EXPECT_EQ(Json("{a: yes, b: no, c: on, d: off}"), R"({"a":"yes","b":"no","c":"on","d":"off"})");
}

TEST(YamlTest, QuantitiesVersionsAndAddressesAreText) {
  EXPECT_EQ(Json("{a: 100m, b: 1Gi, c: 1.2.3, d: 10.0.0.1, e: 0x10}"),
            R"({"a":"100m","b":"1Gi","c":"1.2.3","d":"10.0.0.1","e":"0x10"})");
}

TEST(YamlTest, ListsMapsAndBlocksNest) {
  EXPECT_EQ(Json("a:\n- b: [1, 2]\n- |\n  two\n  lines\n"),
            R"({"a":[{"b":[1,2]},"two\nlines\n"]})");
}

TEST(YamlTest, AnEmptyTextIsNull) { EXPECT_EQ(Json(""), "null"); }

TEST(YamlTest, AKeyThatStandsTwiceIsRefusedWithItsPlace) {
  const std::string text = Json("a: 1\nb:\n  c: 1\n  c: 2\n");
  EXPECT_NE(text.find("line 4, column 3"), std::string::npos) << text;
  EXPECT_NE(text.find("\"c\" stands twice"), std::string::npos) << text;
}

TEST(YamlTest, BrokenTextIsRefusedWithItsPlace) {
  EXPECT_NE(Json("a: [1, 2\nb: 3\n").find("error: line "), std::string::npos);
  EXPECT_NE(Json("? [a, b]\n: 1\n").find("a key must be a word"), std::string::npos);
}

TEST(YamlTest, NestingHasALimit) {
  EXPECT_NE(Json(std::string(150, '[') + std::string(150, ']')).find("nested too deep"),
            std::string::npos);
}

TEST(YamlTest, AliasesCannotMultiplyWithoutEnd) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'i'; ++c) {
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i)
      text += std::string(i > 0 ? ", *" : "*") + static_cast<char>(c - 1);
    text += "]\n";
  }
  EXPECT_NE(Json(text).find("values"), std::string::npos);
}

TEST(EmbeddedFilesTest, TheCrdOfClusterIsBuiltIn) {
  auto crd = ClusterCrd();
  ASSERT_TRUE(crd) << crd.error().message;
  EXPECT_EQ((*crd)["kind"].str(), "CustomResourceDefinition");
  EXPECT_EQ((*crd)["metadata"]["name"].str(), "clusters.stowage.dev");
  EXPECT_EQ((*crd)["spec"]["names"]["kind"].str(), "Cluster");
}

}  // namespace
}  // namespace stowage::app
