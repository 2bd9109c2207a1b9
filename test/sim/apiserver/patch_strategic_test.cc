#include <gtest/gtest.h>

#include "sim/apiserver/patch.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {
namespace {

using kube::Json;

Json J(std::string_view text) {
  auto parsed = Json::Parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json();
}

class StrategicMerge : public ::testing::Test {
 protected:
  Result<Json> Patch(std::string_view group, std::string_view kind, std::string_view document,
                     std::string_view patch) {
    return ApplyStrategicMergePatch(registry_.Find(group, "v1", kind), J(document), J(patch));
  }
  void Expect(std::string_view group, std::string_view kind, std::string_view document,
              std::string_view patch, std::string_view expected) {
    const auto result = Patch(group, kind, document, patch);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(*result, J(expected)) << result->Dump();
  }
  SchemaRegistry registry_;
};

TEST_F(StrategicMerge, AddsAContainerAndReplacesTolerations) {
  Expect("apps", "Deployment",
         R"({"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx"}],
             "tolerations":[{"key":"a"}]}}}})",
         R"({"spec":{"template":{"spec":{"containers":[{"name":"cache","image":"redis"}],
             "tolerations":[{"key":"b"}]}}}})",
         R"({"spec":{"template":{"spec":{"containers":[{"name":"cache","image":"redis"},
             {"name":"web","image":"nginx"}],"tolerations":[{"key":"b"}]}}}})");
}

TEST_F(StrategicMerge, ChangesOneFieldOfTheContainerThatItNames) {
  Expect(
      "", "Pod",
      R"({"spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":80}]},{"name":"b","image":"y"}]}})",
      R"({"spec":{"containers":[{"name":"b","image":"z"}]}})",
      R"({"spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":80}]},{"name":"b","image":"z"}]}})");
}

TEST_F(StrategicMerge, DeletesAnElementByItsKey) {
  Expect("", "Pod", R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
         R"({"spec":{"containers":[{"$patch":"delete","name":"a"}]}})",
         R"({"spec":{"containers":[{"name":"b"}]}})");
}

TEST_F(StrategicMerge, ReplacesAListOrAMapWhereAsked) {
  Expect("", "Pod", R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
         R"({"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}})",
         R"({"spec":{"containers":[{"name":"c"}]}})");
  Expect("", "Pod", R"({"spec":{"securityContext":{"runAsUser":1,"fsGroup":2}}})",
         R"({"spec":{"securityContext":{"$patch":"replace","runAsUser":5}}})",
         R"({"spec":{"securityContext":{"runAsUser":5}}})");
  Expect("", "Pod", R"({"spec":{"securityContext":{"runAsUser":1}}})",
         R"({"spec":{"securityContext":{"$patch":"delete"}}})",
         R"({"spec":{"securityContext":{}}})");
}

TEST_F(StrategicMerge, NullDeletes) {
  Expect("", "Pod", R"({"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"nodeName":"n"}})",
         R"({"metadata":{"labels":{"a":null}},"spec":{"nodeName":null,"hostname":null}})",
         R"({"metadata":{"labels":{"b":"2"}},"spec":{}})");
}

TEST_F(StrategicMerge, FinalizersAreASet) {
  Expect("", "Pod", R"({"metadata":{"finalizers":["a","b"]}})",
         R"({"metadata":{"finalizers":["b","c"]}})",
         R"({"metadata":{"finalizers":["a","b","c"]}})");
  Expect("", "Pod", R"({"metadata":{"finalizers":["a","b","c"]}})",
         R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}})",
         R"({"metadata":{"finalizers":["a","c"]}})");
  Expect("", "Pod", R"({"metadata":{"finalizers":["a","b","c"]}})",
         R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"finalizers":["d"],
             "$setElementOrder/finalizers":["d","a","c"]}})",
         R"({"metadata":{"finalizers":["d","a","c"]}})");
}

TEST_F(StrategicMerge, SetElementOrderOrdersAndKeepsTheServersOwn) {
  Expect(
      "", "Pod",
      R"({"spec":{"containers":[{"name":"sidecar"},{"name":"a","image":"1"},{"name":"b"}]}})",
      R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"2"}]}})",
      R"({"spec":{"containers":[{"name":"sidecar"},{"name":"b"},{"name":"a","image":"2"}]}})");
  Expect("", "Pod", R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
         R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}})",
         R"({"spec":{"containers":[{"name":"b"},{"name":"a"}]}})");
}

TEST_F(StrategicMerge, RetainKeysClearsTheOtherMembersOfAUnion) {
  Expect("apps", "Deployment",
         R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
         R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})",
         R"({"spec":{"strategy":{"type":"Recreate"}}})");
  Expect(
      "", "Pod", R"({"spec":{"volumes":[{"name":"v","emptyDir":{}}]}})",
      R"({"spec":{"volumes":[{"$retainKeys":["name","hostPath"],"name":"v","hostPath":{"path":"/x"}}]}})",
      R"({"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}})");
  EXPECT_FALSE(Patch("apps", "Deployment", R"({"spec":{"strategy":{"type":"Recreate"}}})",
                     R"({"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":{}}}})"));
}

TEST_F(StrategicMerge, ServicePortsMergeByPort) {
  Expect("", "Service", R"({"spec":{"ports":[{"port":80,"targetPort":1},{"port":443}]}})",
         R"({"spec":{"ports":[{"port":80,"targetPort":"http"}]}})",
         R"({"spec":{"ports":[{"port":80,"targetPort":"http"},{"port":443}]}})");
}

TEST_F(StrategicMerge, ConditionsMergeByType) {
  Expect(
      "", "Node",
      R"({"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"DiskPressure","status":"False"}]}})",
      R"({"status":{"$setElementOrder/conditions":[{"type":"Ready"}],"conditions":[{"type":"Ready","status":"Unknown"}]}})",
      R"({"status":{"conditions":[{"type":"Ready","status":"Unknown"},{"type":"DiskPressure","status":"False"}]}})");
}

TEST_F(StrategicMerge, DirectivesNeverReachTheResult) {
  Expect(
      "", "Pod", R"({"metadata":{"name":"p"}})",
      R"({"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a"},{"$patch":"delete","name":"b"}],
             "volumes":[{"name":"v","$retainKeys":["name"],"emptyDir":null}]}})",
      R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"}],"volumes":[{"name":"v"}]}})");
}

TEST_F(StrategicMerge, RefusesWhatItCannotMerge) {
  const char* document = R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})";
  for (
      const char* patch :
      {R"({"spec":{"containers":[{"image":"x"}]}})",
       R"({"spec":{"containers":[{"$patch":"frob","name":"a"}]}})", R"({"spec":{"$patch":"frob"}})",
       R"([1])",
       R"({"spec":{"containers":[{"name":"a"},{"name":"b"}],"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}})"}) {
    const auto result = Patch("", "Pod", document, patch);
    ASSERT_FALSE(result) << patch << " gave " << result->Dump();
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  }
}

TEST_F(StrategicMerge, TwiceIsAsOnce) {
  const char* patch =
      R"({"metadata":{"labels":{"x":"y"},"finalizers":["f"]},"spec":{"containers":[{"name":"a","env":[{"name":"E","value":"1"}]}],
          "$setElementOrder/containers":[{"name":"a"},{"name":"b"}]}})";
  const auto once =
      Patch("", "Pod", R"({"spec":{"containers":[{"name":"b"},{"name":"a"}]}})", patch);
  ASSERT_TRUE(once);
  const auto twice = Patch("", "Pod", once->Dump(), patch);
  ASSERT_TRUE(twice);
  EXPECT_EQ(*once, *twice);
}

}  // namespace
}  // namespace stowage::sim
