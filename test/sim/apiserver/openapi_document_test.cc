#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sim/apiserver/openapi.h"
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonRef;

const std::vector<std::string> kAllVerbs = {"create", "delete", "deletecollection", "get",
                                            "list",   "patch",  "update",           "watch"};

std::vector<ServedKind> SomeKinds() {
  return {{"", "v1", "Pod", "pods", true, kAllVerbs},
          {"", "v1", "Namespace", "namespaces", false, kAllVerbs},
          {"apps", "v1", "Deployment", "deployments", true, kAllVerbs},
          {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
           false, kAllVerbs}};
}

void CollectRefs(JsonRef value, std::set<std::string>& refs) {
  for (const auto& m : value.members()) {
    if (m.key == "$ref" && m.value.is_string()) refs.insert(m.value.string());
    CollectRefs(m.value, refs);
  }
  for (JsonRef e : value.elements()) CollectRefs(e, refs);
}

TEST(OpenApi, EveryRefOfVersion2Resolves) {
  SchemaRegistry registry;
  const Json v2 = OpenApiV2(registry, SomeKinds());
  std::set<std::string> refs;
  CollectRefs(v2, refs);
  EXPECT_GT(refs.size(), 150u);
  const std::string prefix = "#/definitions/";
  for (const std::string& ref : refs) {
    ASSERT_TRUE(ref.starts_with(prefix)) << ref;
    EXPECT_TRUE(v2["definitions"][ref.substr(prefix.size())].is_object()) << ref;
  }
}

TEST(OpenApi, EveryRefOfVersion3ResolvesInItsOwnDocument) {
  SchemaRegistry registry;
  const Json index = OpenApiV3Index(registry, SomeKinds());
  EXPECT_EQ(index["paths"].size(), 3u);
  for (const auto& group : index["paths"].members()) {
    EXPECT_TRUE(group.value["serverRelativeURL"].str().starts_with("/openapi/v3/" +
                                                                   std::string(group.key)));
    const Json v3 = OpenApiV3(registry, SomeKinds(), group.key);
    std::set<std::string> refs;
    CollectRefs(v3, refs);
    const std::string prefix = "#/components/schemas/";
    for (const std::string& ref : refs) {
      ASSERT_TRUE(ref.starts_with(prefix)) << ref;
      EXPECT_TRUE(v3["components"]["schemas"][ref.substr(prefix.size())].is_object()) << ref;
    }
  }
  EXPECT_FALSE(OpenApiV3(registry, SomeKinds(), "apis/batch/v1").exists());
}

TEST(OpenApi, SaysHowListsMerge) {
  SchemaRegistry registry;
  const Json v2 = OpenApiV2(registry, SomeKinds());
  const JsonRef spec = v2["definitions"]["io.k8s.api.core.v1.PodSpec"]["properties"];
  EXPECT_EQ(spec["containers"]["x-kubernetes-patch-merge-key"].str(), "name");
  EXPECT_EQ(spec["containers"]["x-kubernetes-patch-strategy"].str(), "merge");
  EXPECT_EQ(spec["volumes"]["x-kubernetes-patch-strategy"].str(), "merge,retainKeys");
  EXPECT_EQ(spec["containers"]["items"]["$ref"].str(),
            "#/definitions/io.k8s.api.core.v1.Container");
  const JsonRef ports = v2["definitions"]["io.k8s.api.core.v1.Container"]["properties"]["ports"];
  EXPECT_EQ(ports["x-kubernetes-list-map-keys"].Dump(), R"(["containerPort","protocol"])");
  EXPECT_EQ(ports["x-kubernetes-patch-merge-key"].str(), "containerPort");
}

TEST(OpenApi, NamesTheKindAndOffersPatchesWithDryRun) {
  SchemaRegistry registry;
  const Json v2 = OpenApiV2(registry, SomeKinds());
  const JsonRef patch =
      v2["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
  EXPECT_EQ(patch["x-kubernetes-group-version-kind"].Dump(),
            R"({"group":"apps","kind":"Deployment","version":"v1"})");
  bool dry_run = false;
  for (JsonRef p : patch["parameters"].elements()) dry_run |= p["name"].str() == "dryRun";
  EXPECT_TRUE(dry_run);
  EXPECT_NE(patch["consumes"].Dump().find("strategic-merge-patch"), std::string::npos);
  EXPECT_EQ(v2["definitions"]["io.k8s.api.apps.v1.Deployment"]["x-kubernetes-group-version-kind"]
                .At(0)["kind"]
                .str(),
            "Deployment");
}

TEST(OpenApi, PublishesTheSchemaOfACustomResource) {
  SchemaRegistry registry;
  const auto schema = Json::Parse(
      R"({"type":"object","properties":{"spec":{"type":"object","required":["size"],
          "properties":{"size":{"type":"integer","minimum":1,"description":"How big."}}}}})");
  ASSERT_TRUE(registry.AddCustom("shop.example.com", "v1", "Shirt", *schema));
  const std::vector<ServedKind> served = {
      {"shop.example.com", "v1", "Shirt", "shirts", true, kAllVerbs}};
  const Json v3 = OpenApiV3(registry, served, "apis/shop.example.com/v1");
  const JsonRef shirt = v3["components"]["schemas"]["com.example.shop.v1.Shirt"];
  EXPECT_EQ(shirt["properties"]["spec"]["properties"]["size"]["minimum"].i64(), 1);
  EXPECT_TRUE(shirt["properties"]["metadata"]["allOf"].is_array());
  const JsonRef patch =
      v3["paths"]["/apis/shop.example.com/v1/namespaces/{namespace}/shirts/{name}"]["patch"];
  EXPECT_FALSE(patch["requestBody"]["content"]["application/strategic-merge-patch+json"].exists());
  EXPECT_TRUE(patch["requestBody"]["content"]["application/apply-patch+yaml"].exists());
}

TEST(OpenApi, IsTheSameEveryTimeAndItsIndexFollowsTheSchemas) {
  SchemaRegistry registry;
  EXPECT_EQ(OpenApiV2(registry, SomeKinds()).Dump(), OpenApiV2(registry, SomeKinds()).Dump());
  const std::vector<ServedKind> served = {
      {"example.com", "v1", "Thing", "things", true, kAllVerbs}};
  ASSERT_TRUE(
      registry.AddCustom("example.com", "v1", "Thing", *Json::Parse(R"({"type":"object"})")));
  const std::string before = OpenApiV3Index(registry, served).Dump();
  ASSERT_TRUE(registry.AddCustom(
      "example.com", "v1", "Thing",
      *Json::Parse(R"({"type":"object","properties":{"a":{"type":"string"}}})")));
  EXPECT_NE(OpenApiV3Index(registry, served).Dump(), before);
}

// A reader of the wire format that knows nothing of the messages.
struct WireField {
  uint64_t number, type, varint;
  std::string_view bytes;
};

bool ReadVarint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (int shift = 0; !in.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(in[0]);
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::vector<WireField> Decode(std::string_view in) {
  std::vector<WireField> fields;
  while (!in.empty()) {
    WireField f{};
    uint64_t tag = 0;
    EXPECT_TRUE(ReadVarint(in, tag));
    f.number = tag >> 3;
    f.type = tag & 7;
    if (f.type == 0) {
      EXPECT_TRUE(ReadVarint(in, f.varint));
    } else {
      uint64_t size = 8;
      EXPECT_TRUE(f.type == 1 || (f.type == 2 && ReadVarint(in, size)));
      if (size > in.size()) {
        ADD_FAILURE() << "a field ends after the message";
        return fields;
      }
      f.bytes = in.substr(0, size);
      in.remove_prefix(size);
    }
    fields.push_back(f);
  }
  return fields;
}

std::string_view Get(std::string_view message, uint64_t number) {
  for (const WireField& f : Decode(message)) {
    if (f.number == number) return f.bytes;
  }
  return {};
}

std::string_view Named(std::string_view list, uint64_t field, std::string_view name) {
  for (const WireField& f : Decode(list)) {
    if (f.number == field && Get(f.bytes, 1) == name) return Get(f.bytes, 2);
  }
  return {};
}

TEST(OpenApi, EncodesVersion2AsGnosticDoes) {
  SchemaRegistry registry;
  const Json v2 = OpenApiV2(registry, SomeKinds());
  const std::string bytes = OpenApiV2Protobuf(v2);
  EXPECT_EQ(Get(bytes, 1), "2.0");
  EXPECT_EQ(Get(Get(bytes, 2), 1), "Kubernetes");
  const std::string_view definitions = Get(bytes, 9);
  EXPECT_EQ(Decode(definitions).size(), v2["definitions"].size());
  const std::string_view container = Named(definitions, 1, "io.k8s.api.core.v1.Container");
  EXPECT_EQ(Get(Get(container, 22), 1), "object");
  EXPECT_EQ(Get(container, 19), "name");
  const std::string_view ports = Named(Get(container, 25), 1, "ports");
  EXPECT_EQ(Get(Get(ports, 22), 1), "array");
  EXPECT_EQ(Get(Get(Get(ports, 23), 1), 1), "#/definitions/io.k8s.api.core.v1.ContainerPort");
  EXPECT_EQ(Get(Named(ports, 31, "x-kubernetes-patch-merge-key"), 2), "\"containerPort\"\n");
  const std::string_view path =
      Named(Get(bytes, 8), 2, "/api/v1/namespaces/{namespace}/pods/{name}");
  const std::string_view patch = Get(path, 8);
  EXPECT_EQ(Get(Named(patch, 13, "x-kubernetes-action"), 2), "\"patch\"\n");
  std::set<std::string> query;
  for (const WireField& f : Decode(patch)) {
    if (f.number == 8) query.insert(std::string(Get(Get(Get(Get(f.bytes, 1), 2), 3), 4)));
  }
  EXPECT_TRUE(query.contains("dryRun"));
  EXPECT_TRUE(query.contains("force"));
}

}  // namespace
}  // namespace stowage::sim
