#include "sim/apiserver/managed_fields.h"

#include <gtest/gtest.h>

#include "base/time/rfc3339.h"
#include "sim/apiserver/managed_fields_set.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonRef;

Json J(std::string_view text) {
  auto parsed = Json::Parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json();
}

WallTime At(int second) { return *ParseTime("2026-11-20T10:00:00Z") + Seconds(second); }

class ManagedFields : public ::testing::Test {
 protected:
  const SchemaType* type() { return registry_.Find("apps", "v1", "Deployment"); }

  Result<Json> Apply(JsonRef live, std::string_view config, std::string manager, bool force = false,
                     int second = 1) {
    return ServerSideApply(type(), live, J(config), force, {manager, "apps/v1", "", At(second)});
  }
  Json MustApply(JsonRef live, std::string_view config, std::string manager, bool force = false,
                 int second = 1) {
    auto result = Apply(live, config, std::move(manager), force, second);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : Json();
  }
  Json Update(JsonRef before, std::string_view after, std::string manager,
              std::string subresource = "", int second = 2) {
    return TrackUpdate(type(), before, J(after), {manager, "apps/v1", subresource, At(second)});
  }
  // The fieldsV1 of a manager; missing if it owns nothing.
  JsonRef Owned(JsonRef object, std::string_view manager) {
    for (JsonRef e : object["metadata"]["managedFields"].elements()) {
      if (e["manager"].str() == manager) return e["fieldsV1"];
    }
    return {};
  }
  std::string TimeOf(JsonRef object, std::string_view manager) {
    for (JsonRef e : object["metadata"]["managedFields"].elements()) {
      if (e["manager"].str() == manager) return e["time"].string();
    }
    return "";
  }
  SchemaRegistry registry_;
};

constexpr const char* kConfig = R"({"apiVersion":"apps/v1","kind":"Deployment",
  "metadata":{"name":"web","labels":{"app":"web"}},
  "spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},
    "template":{"spec":{"containers":[{"name":"web","image":"nginx:1","ports":[{"containerPort":80}]}]}}}})";

TEST_F(ManagedFields, AnApplyOwnsExactlyWhatItSets) {
  const Json made = MustApply({}, kConfig, "alice");
  EXPECT_EQ(
      Owned(made, "alice").Dump(),
      R"({"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},"f:selector":{},)"
      R"("f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},)"
      R"("f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},)"
      R"("f:containerPort":{}}}}}}}}})");
  const JsonRef entry = made["metadata"]["managedFields"].At(0);
  EXPECT_EQ(entry["operation"].str(), "Apply");
  EXPECT_EQ(entry["fieldsType"].str(), "FieldsV1");
  EXPECT_EQ(entry["time"].str(), "2026-11-20T10:00:01Z");
}

TEST_F(ManagedFields, ApplyingAgainChangesNothingNotEvenTheTime) {
  const Json once = MustApply({}, kConfig, "alice");
  EXPECT_EQ(MustApply(once, kConfig, "alice", false, 99), once);
}

TEST_F(ManagedFields, WhatIsNoLongerAppliedGoes) {
  const Json once = MustApply({}, kConfig, "alice");
  const Json twice =
      MustApply(once, R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},
      "spec":{"selector":{"matchLabels":{"app":"web"}},
      "template":{"spec":{"containers":[{"name":"web","image":"nginx:1"}]}}}})",
                "alice");
  EXPECT_FALSE(twice["spec"]["replicas"].exists());
  EXPECT_FALSE(twice["metadata"]["labels"].exists());
  EXPECT_FALSE(twice["spec"]["template"]["spec"]["containers"].At(0)["ports"].exists());
  EXPECT_EQ(twice["spec"]["template"]["spec"]["containers"].At(0)["image"].str(), "nginx:1");
}

TEST_F(ManagedFields, AnotherManagersValueIsAConflictNamedByItsPath) {
  const Json made = MustApply({}, kConfig, "alice");
  const auto result = Apply(made, R"({"spec":{"replicas":5}})", "bob");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  EXPECT_EQ(result.error().message,
            "Apply failed with 1 conflict: conflict with \"alice\": .spec.replicas");
}

TEST_F(ManagedFields, ConflictsWithUpdatersNameTheirVersion) {
  const Json made = Update({}, kConfig, "kubectl-create");
  const auto result = Apply(
      made,
      R"({"spec":{"replicas":5,"template":{"spec":{"containers":[{"name":"web","image":"x"}]}}}})",
      "bob");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "Apply failed with 2 conflicts: conflicts with \"kubectl-create\" using apps/v1:\n"
            "- .spec.replicas\n- .spec.template.spec.containers[name=\"web\"].image");
}

TEST_F(ManagedFields, ForceTakesOver) {
  const Json made = MustApply({}, kConfig, "alice");
  const Json forced = MustApply(made, R"({"spec":{"replicas":5}})", "bob", true);
  EXPECT_EQ(forced["spec"]["replicas"].i64(), 5);
  EXPECT_FALSE(Owned(forced, "alice")["f:spec"]["f:replicas"].exists());
  EXPECT_TRUE(Owned(forced, "bob")["f:spec"]["f:replicas"].exists());
}

TEST_F(ManagedFields, TheSameValueIsOwnedTogetherAndStaysWhileOneWantsIt) {
  const Json made = MustApply({}, kConfig, "alice");
  const Json both = MustApply(made, R"({"spec":{"replicas":3}})", "bob");
  const Json left = MustApply(both, R"({"metadata":{"labels":{"b":"c"}}})", "bob");
  EXPECT_EQ(left["spec"]["replicas"].i64(), 3) << "alice still wants it";
  EXPECT_FALSE(Owned(left, "bob")["f:spec"].exists());
  const Json none = MustApply(left, R"({"metadata":{"labels":{"app":"web"}}})", "alice");
  EXPECT_FALSE(none["spec"]["replicas"].exists());
  EXPECT_EQ(none["metadata"]["labels"]["b"].str(), "c");
}

TEST_F(ManagedFields, ElementsOfTwoManagersLiveInOneList) {
  const Json made = MustApply({}, kConfig, "alice");
  const Json more = MustApply(
      made, R"({"spec":{"template":{"spec":{"containers":[{"name":"log","image":"l"}]}}}})", "bob");
  EXPECT_EQ(more["spec"]["template"]["spec"]["containers"].size(), 2u);
  const Json less = MustApply(more, R"({"metadata":{"labels":{"x":"y"}}})", "bob");
  ASSERT_EQ(less["spec"]["template"]["spec"]["containers"].size(), 1u);
  EXPECT_EQ(less["spec"]["template"]["spec"]["containers"].At(0)["name"].str(), "web");
}

TEST_F(ManagedFields, FinalizersAreOwnedOneByOne) {
  const Json one = MustApply({}, R"({"metadata":{"name":"w","finalizers":["a/x"]}})", "alice");
  const Json two = MustApply(one, R"({"metadata":{"name":"w","finalizers":["b/y"]}})", "bob");
  EXPECT_EQ(two["metadata"]["finalizers"].Dump(), R"(["a/x","b/y"])");
  const Json gone = MustApply(two, R"({"metadata":{"name":"w"}})", "alice");
  EXPECT_EQ(gone["metadata"]["finalizers"].Dump(), R"(["b/y"])");
}

TEST_F(ManagedFields, AtomicMapsAreOwnedWhole) {
  const Json made = MustApply({}, kConfig, "alice");
  const auto result =
      Apply(made, R"({"spec":{"selector":{"matchLabels":{"app":"web","tier":"x"}}}})", "bob");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find(": .spec.selector"), std::string::npos);
}

TEST_F(ManagedFields, AnUpdateTakesTheFieldsThatItChanges) {
  const Json made = MustApply({}, kConfig, "alice");
  std::string scaled = made.Dump();
  scaled.replace(scaled.find("\"replicas\":3"), 12, "\"replicas\":7");
  const Json after = Update(made, scaled, "kubectl-scale");
  EXPECT_FALSE(Owned(after, "alice")["f:spec"]["f:replicas"].exists());
  EXPECT_EQ(Owned(after, "kubectl-scale").Dump(), R"({"f:spec":{"f:replicas":{}}})");
  EXPECT_EQ(TimeOf(after, "alice"), "2026-11-20T10:00:01Z");
}

TEST_F(ManagedFields, TimesOnlyMoveWithTheFields) {
  const Json made = Update({}, kConfig, "creator", "", 1);
  EXPECT_EQ(Update(made, made.Dump(), "creator", "", 50), made);
  std::string scaled = made.Dump();
  scaled.replace(scaled.find("\"replicas\":3"), 12, "\"replicas\":7");
  const Json after = Update(made, scaled, "creator", "", 60);
  EXPECT_EQ(TimeOf(after, "creator"), "2026-11-20T10:00:01Z") << "it owned replicas already";
}

TEST_F(ManagedFields, StatusIsTrackedApart) {
  const Json made = Update({}, kConfig, "m", "", 1);
  std::string changed = made.Dump();
  changed.insert(changed.size() - 1, R"(,"status":{"replicas":3})");
  const Json after = Update(made, changed, "m", "status", 3);
  ASSERT_EQ(after["metadata"]["managedFields"].size(), 2u);
  const JsonRef entry = after["metadata"]["managedFields"].At(1);
  EXPECT_EQ(entry["subresource"].str(), "status");
  EXPECT_EQ(entry["fieldsV1"].Dump(), R"({"f:status":{"f:replicas":{}}})");
}

TEST_F(ManagedFields, KubectlTakesOverWhatClientSideApplySet) {
  const Json made = Update({}, R"({"metadata":{"name":"w","annotations":{
      "kubectl.kubernetes.io/last-applied-configuration":"{\"spec\":{\"replicas\":3}}"}},
      "spec":{"replicas":3}})",
                           "kubectl-client-side-apply");
  EXPECT_FALSE(Apply(made, R"({"spec":{"replicas":4}})", "somebody"));
  const Json after = MustApply(made, R"({"spec":{"replicas":4}})", "kubectl");
  EXPECT_EQ(after["spec"]["replicas"].i64(), 4);
}

TEST_F(ManagedFields, AnUntrackedObjectsFieldsBelongToBeforeFirstApply) {
  const Json live = J(R"({"metadata":{"name":"w","uid":"1"},"spec":{"replicas":3}})");
  const auto result = Apply(live, R"({"spec":{"replicas":4}})", "alice");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("before-first-apply"), std::string::npos);
  EXPECT_FALSE(Update(live, R"({"metadata":{"name":"w"},"spec":{"replicas":9}})",
                      "x")["metadata"]["managedFields"]
                   .exists());
}

TEST_F(ManagedFields, AnEmptyEntryForgetsAllOwnersAndAnEmptyListDoesNot) {
  const Json made = MustApply({}, kConfig, "alice");
  const Json kept =
      Update(made, R"({"metadata":{"name":"web","labels":{"app":"web"},"managedFields":[]}})", "x");
  EXPECT_TRUE(Owned(kept, "alice").exists());
  const Json reset = Update(made, R"({"metadata":{"name":"web","managedFields":[{}]}})", "x");
  EXPECT_FALSE(reset["metadata"]["managedFields"].exists());
}

TEST_F(ManagedFields, TheSameQuantityWrittenOtherwiseIsNoConflict) {
  const char* live = R"({"spec":{"template":{"spec":{"containers":[{"name":"web",
      "resources":{"requests":{"cpu":"1"}}}]}}}})";
  const Json made = Update({}, live, "creator");
  for (const char* cpu : {"1", "\"1000m\""}) {
    const Json after =
        MustApply(made,
                  std::string(R"({"spec":{"template":{"spec":{"containers":[{"name":"web",
        "resources":{"requests":{"cpu":)") +
                      cpu + "}}}]}}}}",
                  "alice");
    EXPECT_EQ(after["spec"], made["spec"]);
  }
}

TEST_F(ManagedFields, BadConfigurationsAreRefused) {
  for (const char* config :
       {R"({"metadata":{"managedFields":[{"manager":"x"}]}})",
        R"({"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}})",
        R"({"spec":{"template":{"spec":{"containers":[{"name":"x"},{"name":"x"}]}}}})"}) {
    const auto result = Apply({}, config, "alice");
    ASSERT_FALSE(result) << config;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  }
}

TEST_F(ManagedFields, TheListOfUpdatersStaysShort) {
  Json object = Update({}, kConfig, "creator", "", 0);
  for (int i = 0; i < 20; ++i) {
    kube::MutableJson next(object);
    next["metadata"]["labels"]["l" + std::to_string(i)] = "v";
    object = Update(object, next.ref().Dump(), "manager-" + std::to_string(i), "", i + 1);
  }
  EXPECT_LE(object["metadata"]["managedFields"].size(), 10u);
  EXPECT_TRUE(Owned(object, "ancient-changes").exists());
}

TEST(FieldSets, AreReadAsTheyWereWritten) {
  const Json fields =
      J(R"({"f:a":{".":{},"f:b":{}},"f:l":{"k:{\"name\":\"x\"}":{}},"f:s":{"v:\"q\"":{}}})");
  const FieldSet set = FieldSet::FromJson(fields);
  kube::MutableJson out;
  set.ToJson(out.root());
  EXPECT_EQ(out.ref(), fields);
  EXPECT_EQ(set.Paths(), (std::vector<std::string>{".a", ".a.b", ".l[name=\"x\"]", ".s[=\"q\"]"}));
  FieldSet rest = set;
  rest.Subtract(set);
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(set.Intersection(set), set);
}

}  // namespace
}  // namespace stowage::sim
