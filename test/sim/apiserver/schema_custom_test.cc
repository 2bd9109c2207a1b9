#include <gtest/gtest.h>

#include "sim/apiserver/schema.h"

namespace stowage::sim {
namespace {

using kube::Json;

Json J(std::string_view text) {
  auto parsed = Json::Parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json();
}

class CustomSchemas : public ::testing::Test {
 protected:
  // Of the property "x" of spec.
  const SchemaType& WithProperty(const std::string& schema) {
    const auto added = registry_.AddCustom(
        "example.com", "v1", "Thing",
        J(R"({"type":"object","properties":{"spec":{"type":"object","properties":{"x":)" + schema +
          "}}}}"));
    EXPECT_TRUE(added) << added.error().message;
    return *registry_.Find("example.com", "v1", "Thing");
  }
  std::string ErrorsOf(const std::string& schema, const std::string& value) {
    std::string text;
    for (const FieldError& e :
         SchemaRegistry::Validate(WithProperty(schema), J(R"({"spec":{"x":)" + value + "}}"))) {
      text += e.path + ": " + e.message + "\n";
    }
    return text;
  }
  SchemaRegistry registry_;
};

TEST_F(CustomSchemas, CheckEveryConstraint) {
  const struct {
    const char *schema, *good, *bad, *message;
  } cases[] = {
      {R"({"type":"string"})", "\"a\"", "1", "spec.x in body must be of type string: \"integer\""},
      {R"({"type":"integer"})", "3", "3.5", "must be of type integer"},
      {R"({"type":"integer"})", "3.0", "\"3\"", "must be of type integer"},
      {R"({"type":"integer","minimum":1})", "1", "0", "should be greater than or equal to 1"},
      {R"({"type":"integer","maximum":5})", "5", "6", "should be less than or equal to 5"},
      {R"({"type":"number","minimum":0,"exclusiveMinimum":true})", "0.1", "0",
       "should be greater than 0"},
      {R"({"type":"number","multipleOf":0.5})", "1.5", "1.2", "should be a multiple of 0.5"},
      {R"({"type":"string","minLength":2})", "\"\u00e4\u00f6\"", "\"\u00e4\"",
       "should be at least 2 chars long"},
      {R"({"type":"string","maxLength":2})", "\"\u00e4\u00f6\"", "\"abc\"",
       "Too long: may not be more than 2 bytes"},
      {R"({"type":"string","pattern":"^a+$"})", "\"aa\"", "\"ab\"", "should match '^a+$'"},
      {R"({"type":"string","enum":["a","b"]})", "\"a\"", "\"c\"",
       "Unsupported value: \"c\": supported values: \"a\", \"b\""},
      {R"({"type":"string","format":"date-time"})", "\"2026-11-20T19:57:00Z\"", "\"today\"",
       "must be of type date-time"},
      {R"({"type":"string","format":"ipv4"})", "\"10.0.0.1\"", "\"10.0.0.256\"",
       "must be of type ipv4"},
      {R"({"type":"string","format":"byte"})", "\"YWI=\"", "\"YWI\"", "must be of type byte"},
      {R"({"type":"string","format":"made-up"})", "\"x\"", "1", "must be of type string"},
      {R"({"type":"array","items":{"type":"string"},"minItems":1})", "[\"a\"]", "[]",
       "should have at least 1 items"},
      {R"({"type":"array","items":{"type":"string"},"maxItems":1})", "[\"a\"]", "[\"a\",\"b\"]",
       "Too many: 2: must have at most 1 items"},
      {R"({"type":"array","items":{"type":"string"}})", "[\"a\"]", "[1]", "spec.x[0]"},
      {R"({"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set"})",
       "[\"a\",\"b\"]", "[\"a\",\"a\"]", "spec.x[1]: Duplicate value: \"a\""},
      {R"({"type":"object","additionalProperties":{"type":"integer"}})", "{\"a\":1}",
       "{\"a\":\"b\"}", "spec.x.a"},
      {R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})",
       "{\"a\":\"b\"}", "{}", "spec.x.a: Required value"},
      {R"({"x-kubernetes-int-or-string":true})", "\"25%\"", "true",
       "must be of type integer,string"},
      {R"({"type":"string","nullable":true})", "null", "1", "must be of type string"},
      {R"({"type":"string","not":{"enum":["a"]}})", "\"b\"", "\"a\"",
       "must not validate the schema (not)"},
      {R"({"type":"string","anyOf":[{"pattern":"^a"},{"pattern":"z$"}]})", "\"a\"", "\"m\"",
       "must validate at least one schema (anyOf)"},
      {R"({"type":"string","oneOf":[{"pattern":"^a"},{"pattern":"z$"}]})", "\"a\"", "\"az\"",
       "must validate one and only one schema (oneOf). Found 2 valid"},
      {R"({"type":"string","allOf":[{"pattern":"^a"},{"pattern":"z$"}]})", "\"az\"", "\"a\"",
       "must validate all the schemas (allOf)"}};
  for (const auto& c : cases) {
    EXPECT_EQ(ErrorsOf(c.schema, c.good), "") << c.schema;
    const std::string errors = ErrorsOf(c.schema, c.bad);
    EXPECT_NE(errors.find(c.message), std::string::npos) << c.schema << " said: " << errors;
  }
}

TEST_F(CustomSchemas, MapListsHaveOneElementPerKey) {
  const char* schema =
      R"({"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],
      "items":{"type":"object","properties":{"k":{"type":"string"},"v":{"type":"string"}}}})";
  EXPECT_EQ(ErrorsOf(schema, R"([{"k":"a"},{"k":"b"}])"), "");
  EXPECT_NE(ErrorsOf(schema, R"([{"k":"a"},{"k":"a","v":"2"}])").find("Duplicate value"),
            std::string::npos);
}

TEST_F(CustomSchemas, CheckTheMetadataOfAllObjects) {
  const SchemaType& type = WithProperty(R"({"type":"string"})");
  const auto errors = SchemaRegistry::Validate(type, J(R"({"metadata":{"name":5}})"));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].path, "metadata.name");
}

TEST_F(CustomSchemas, PruneAndFillInDefaults) {
  const SchemaType& type = WithProperty(
      R"({"type":"object","default":{},"properties":{"size":{"type":"integer","default":3},
          "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
          "maybe":{"type":"string","nullable":true},
          "list":{"type":"array","items":{"type":"object","properties":{"on":{"type":"boolean","default":true}}}}}})");
  EXPECT_EQ(SchemaRegistry::PruneAndDefault(type, J(R"({"spec":{}})")),
            J(R"({"spec":{"x":{"size":3}}})"));
  EXPECT_EQ(
      SchemaRegistry::PruneAndDefault(
          type,
          J(R"({"metadata":{"name":"t"},"junk":1,"spec":{"x":{"size":null,"junk":2,"free":{"a":{"b":1}},
                "maybe":null,"list":[{},{"on":false}]}}})")),
      J(R"({"metadata":{"name":"t"},"spec":{"x":{"size":3,"free":{"a":{"b":1}},"maybe":null,
                "list":[{"on":true},{"on":false}]}}})"));
}

TEST_F(CustomSchemas, KeepEverythingWhereThereIsNoSchema) {
  ASSERT_TRUE(registry_.AddCustom("example.com", "v1", "Free", {}));
  const SchemaType& type = *registry_.Find("example.com", "v1", "Free");
  const Json object = J(R"({"metadata":{"name":"f"},"spec":{"a":[1,{"b":null}]}})");
  EXPECT_EQ(SchemaRegistry::PruneAndDefault(type, object), object);
  EXPECT_TRUE(SchemaRegistry::UnknownFields(type, object).empty());
  EXPECT_TRUE(SchemaRegistry::Validate(type, object).empty());
}

TEST_F(CustomSchemas, EmbeddedResourcesHaveMetadata) {
  const SchemaType& type = WithProperty(
      R"({"type":"object","x-kubernetes-embedded-resource":true,"properties":{"spec":{"type":"object"}}})");
  EXPECT_TRUE(
      SchemaRegistry::UnknownFields(
          type, J(R"({"spec":{"x":{"apiVersion":"v1","kind":"K","metadata":{"name":"n"}}}})"))
          .empty());
  const auto errors = SchemaRegistry::Validate(type, J(R"({"spec":{"x":{"kind":"K"}}})"));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].path, "spec.x.apiVersion");
}

TEST_F(CustomSchemas, RefuseSchemasThatAreNotStructural) {
  for (
      const char* schema :
      {R"({"type":"object","properties":{"a":{"description":"no type"}}})", R"({"type":"frob"})",
       R"({"type":"string"})", R"({"type":"object","properties":{"a":{"type":"array"}}})",
       R"({"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}})",
       R"({"type":"object","properties":{"a":{"$ref":"#/x"}}})",
       R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object"},
            "x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["nope"]}}})"}) {
    const auto added = registry_.AddCustom("example.com", "v1", "Bad", J(schema));
    ASSERT_FALSE(added) << schema;
    EXPECT_EQ(added.error().code, ErrorCode::kInvalid);
    EXPECT_NE(added.error().message.find("openAPIV3Schema"), std::string::npos);
  }
  EXPECT_EQ(registry_.Find("example.com", "v1", "Bad"), nullptr);
}

TEST_F(CustomSchemas, ComeAndGo) {
  const uint64_t before = registry_.generation();
  WithProperty(R"({"type":"string"})");
  EXPECT_GT(registry_.generation(), before);
  registry_.RemoveCustom("example.com", "v1", "Thing");
  EXPECT_EQ(registry_.Find("example.com", "v1", "Thing"), nullptr);
}

}  // namespace
}  // namespace stowage::sim
