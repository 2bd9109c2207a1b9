#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "sim/apiserver/schema.h"
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {
namespace {

using kube::Json;

Json J(std::string_view text) {
  auto parsed = Json::Parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json();
}

std::string Errors(const SchemaType& type, std::string_view object) {
  std::string text;
  for (const FieldError& e : SchemaRegistry::Validate(type, J(object))) {
    text += e.path + ": " + e.message + "\n";
  }
  return text;
}

class BuiltInSchemas : public ::testing::Test {
 protected:
  const SchemaType& Type(std::string_view group, std::string_view version, std::string_view kind) {
    const SchemaType* type = registry_.Find(group, version, kind);
    EXPECT_NE(type, nullptr) << kind;
    return *type;
  }
  SchemaRegistry registry_;
};

TEST_F(BuiltInSchemas, KnowTheKindsThatUsersWrite) {
  const char* kinds[][3] = {{"", "v1", "Pod"},
                            {"", "v1", "PodList"},
                            {"", "v1", "Binding"},
                            {"", "v1", "Status"},
                            {"apps", "v1", "StatefulSet"},
                            {"batch", "v1", "CronJob"},
                            {"batch", "v1beta1", "CronJob"},
                            {"policy", "v1", "Eviction"},
                            {"policy", "v1beta1", "PodDisruptionBudget"},
                            {"autoscaling", "v1", "Scale"},
                            {"autoscaling", "v2", "HorizontalPodAutoscaler"},
                            {"discovery.k8s.io", "v1", "EndpointSlice"},
                            {"events.k8s.io", "v1", "Event"},
                            {"authentication.k8s.io", "v1", "TokenRequest"},
                            {"storage.k8s.io", "v1", "CSIStorageCapacity"},
                            {"apiextensions.k8s.io", "v1", "CustomResourceDefinition"}};
  for (const auto& k : kinds) EXPECT_NE(registry_.Find(k[0], k[1], k[2]), nullptr) << k[2];
  EXPECT_EQ(registry_.Find("apps", "v1beta1", "Deployment"), nullptr);
}

TEST_F(BuiltInSchemas, EveryKeyOfAMergedListIsAFieldOfItsElements) {
  for (const auto& [name, kind] : SchemaTable::BuiltIn().kinds()) {
    std::vector<const SchemaType*> todo = {kind};
    std::set<const SchemaType*> seen;
    while (!todo.empty()) {
      const SchemaType* type = todo.back();
      todo.pop_back();
      if (!seen.insert(type).second) continue;
      if (type->items) todo.push_back(type->items);
      for (const auto& f : type->fields) todo.push_back(f.type);
      if (!type->patch_merge_key.empty()) {
        EXPECT_TRUE(type->items->Find(type->patch_merge_key)) << name << type->items->name;
      }
      for (const std::string& key : type->list_keys) EXPECT_TRUE(type->items->Find(key)) << key;
    }
  }
}

TEST_F(BuiltInSchemas, AcceptAPodWithNewAndOldFields) {
  EXPECT_EQ(Errors(Type("", "v1", "Pod"), R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p",
    "creationTimestamp":null,"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i",
    "resources":{"requests":{"cpu":1,"memory":"1Gi"}},"ports":[{"containerPort":80}],
    "livenessProbe":{"httpGet":{"port":"http"}},"resizePolicy":[{"resourceName":"cpu","restartPolicy":"NotRequired"}]}],
    "schedulingGates":[{"name":"g"}],"hostUsers":false,"topologySpreadConstraints":[{"maxSkew":1,
    "topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","minDomains":2}]},
    "status":{"containerStatuses":[{"name":"c"}]}})"),
            "");
}

TEST_F(BuiltInSchemas, SayWhatIsWrongAndWhere) {
  EXPECT_EQ(
      Errors(Type("", "v1", "Pod"),
             R"({"spec":{"containers":[{"image":5,"ports":[{"containerPort":"x"}]}]}})"),
      "spec.containers[0].image: Invalid value: 5: must be of type string\n"
      "spec.containers[0].name: Required value\n"
      "spec.containers[0].ports[0].containerPort: Invalid value: \"x\": must be of type integer\n");
  EXPECT_EQ(
      Errors(Type("apps", "v1", "Deployment"), R"({"spec":{"replicas":3000000000,"template":{}}})"),
      "spec.replicas: Invalid value: 3000000000: must be an integer of 32 bits\n"
      "spec.selector: Required value\n");
  EXPECT_NE(
      Errors(Type("", "v1", "Pod"),
             R"({"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"lots"}}}]}})")
          .find("spec.containers[0].resources.limits[cpu]: Invalid value"),
      std::string::npos);
  EXPECT_NE(Errors(Type("", "v1", "Pod"), R"([])"), "");
}

TEST_F(BuiltInSchemas, NeverRepeatTheValueOfASecret) {
  const std::string errors =
      Errors(Type("", "v1", "Secret"), R"({"data":{"password":"hunter2!"}})");
  EXPECT_EQ(errors, "data[password]: Invalid value: must be base64\n");
}

TEST_F(BuiltInSchemas, FindFieldsThatDoNotExist) {
  EXPECT_EQ(
      SchemaRegistry::UnknownFields(
          Type("apps", "v1", "Deployment"),
          J(R"({"spec":{"replicsa":1,"template":{"spec":{"containers":[{"name":"a","imag":"x"}]}}},"extra":1})")),
      (std::vector<std::string>{"extra", "spec.replicsa",
                                "spec.template.spec.containers[0].imag"}));
}

TEST_F(BuiltInSchemas, PruneThemAndNullsToo) {
  EXPECT_EQ(
      SchemaRegistry::PruneAndDefault(
          Type("", "v1", "ConfigMap"),
          J(R"({"metadata":{"name":"c","creationTimestamp":null,"frob":1},"data":{"a":"b"},"spec":{}})")),
      J(R"({"metadata":{"name":"c"},"data":{"a":"b"}})"));
}

TEST(SchemaTables, ReadFieldsThatGoOnInTheNextLine) {
  const auto table =
      SchemaTable::Parse({"package p v1\nA\n  list []B merge=k\n      map=k,l: What\n"
                          "      it is.\nB\n  k string; l string\n"});
  ASSERT_TRUE(table) << table.error().message;
  const auto* list = (*table)->FindType("p.A")->Find("list");
  EXPECT_EQ(list->type->list_keys, (std::vector<std::string>{"k", "l"}));
  EXPECT_EQ(list->description, "What it is.");
}

TEST(SchemaTables, NameTheLineThatIsWrong) {
  for (const char* text :
       {"package p v1\nA\n  field NoSuchType", "package p v1\nA\n  field", "package p",
        "package p v1\nA frob", "package p v1\nA\n  x string; x string"}) {
    EXPECT_FALSE(SchemaTable::Parse({text})) << text;
  }
}

}  // namespace
}  // namespace stowage::sim
