// Random objects: nothing that a client sends crashes, and the laws of an apply hold.
#include <gtest/gtest.h>

#include "base/random/rng.h"
#include "sim/apiserver/managed_fields.h"
#include "sim/apiserver/managed_fields_set.h"
#include "sim/apiserver/patch.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;
using K = SchemaType::Kind;

// A value of `type`, now and then of another one if `wild`.
void Grow(Rng& rng, const SchemaType& type, int depth, bool wild, JsonNode out) {
  if (wild && rng.Chance(0.05)) return out.Set(rng.Chance(0.5) ? kube::JsonValue(nullptr) : 7);
  switch (type.kind) {
    case K::kBoolean:
      return out.Set(rng.Chance(0.5));
    case K::kInteger:
    case K::kNumber:
      return out.Set(rng.Between(0, 3));
    case K::kQuantity:
      return out.Set(rng.Chance(0.5) ? "1" : "250m");
    case K::kTime:
      return out.Set("2026-11-20T19:57:00Z");
    case K::kBytes:
      return out.Set("YWI=");
    case K::kObject:
      out.Set(JsonObject{});
      for (const auto& f : type.fields) {
        const bool key = f.required || f.name == "name" || f.name == "type";
        if (f.name == "managedFields" || (!key && (depth == 0 || !rng.Chance(0.2)))) continue;
        Grow(rng, *f.type, std::max(0, depth - 1), wild, out[f.name]);
      }
      return;
    case K::kMap:
      out.Set(JsonObject{});
      for (uint64_t i = rng.Below(3); i > 0; --i) {
        Grow(rng, *type.items, std::max(0, depth - 1), wild, out[rng.Name(1)]);
      }
      return;
    case K::kList:
      out.Set(JsonArray{});
      for (uint64_t i = depth == 0 ? 0 : rng.Below(3); i > 0; --i) {
        Grow(rng, *type.items, std::max(0, depth - 1), wild, out.Append(nullptr));
      }
      return;
    default:
      return out.Set(rng.Name(1));
  }
}

Json RandomPod(Rng& rng, const SchemaType& type, bool wild) {
  MutableJson pod;
  Grow(rng, type, 6, wild, pod.root());
  pod.Remove({"status"});
  return std::move(pod).Freeze();
}

TEST(RandomObjects, AnApplyOwnsWhatItSetsAndRepeatingItChangesNothing) {
  SchemaRegistry registry;
  const SchemaType* type = registry.Find("", "v1", "Pod");
  Rng rng(4242);
  int applied = 0;
  for (int i = 0; i < 300; ++i) {
    const Json first = RandomPod(rng, *type, false), second = RandomPod(rng, *type, false);
    const FieldManagement alice{"alice", "v1", "", WallTime()}, bob{"bob", "v1", "", WallTime()};
    const auto made = ServerSideApply(type, {}, first, false, alice);
    if (!made) continue;  // the same key twice in a list
    const auto both = ServerSideApply(type, *made, second, true, bob);
    if (!both) continue;
    ++applied;
    const auto again = ServerSideApply(type, *both, second, false, bob);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *both) << second.Dump();
    // All that bob wants is there.
    FieldSet missing = CompareFields(type, second, *both).removed;
    EXPECT_TRUE(missing.empty()) << (missing.empty() ? "" : missing.Paths()[0]);
  }
  EXPECT_GT(applied, 100);
}

TEST(RandomObjects, OfWrongShapesEndInAnAnswer) {
  SchemaRegistry registry;
  const SchemaType* type = registry.Find("", "v1", "Pod");
  Rng rng(99);
  for (int i = 0; i < 500; ++i) {
    const Json a = RandomPod(rng, *type, true), b = RandomPod(rng, *type, true);
    const FieldManagement who{"m", "v1", "", WallTime()};
    const Json tracked = TrackUpdate(type, {}, a, who);
    TrackUpdate(type, tracked, b, who);
    (void)ServerSideApply(type, tracked, b, rng.Chance(0.5), who);
    (void)ApplyStrategicMergePatch(type, a, b);
    SchemaRegistry::Validate(*type, a);
    SchemaRegistry::UnknownFields(*type, a);
    const Json pruned = SchemaRegistry::PruneAndDefault(*type, a);
    EXPECT_EQ(SchemaRegistry::PruneAndDefault(*type, pruned), pruned);
  }
}

TEST(RandomObjects, ComparedFieldsAreTheDifference) {
  SchemaRegistry registry;
  const SchemaType* type = registry.Find("", "v1", "Pod");
  Rng rng(7);
  for (int i = 0; i < 300; ++i) {
    const Json a = RandomPod(rng, *type, false), b = RandomPod(rng, *type, false);
    EXPECT_TRUE(CompareFields(type, a, a).same());
    const FieldComparison there = CompareFields(type, a, b), back = CompareFields(type, b, a);
    EXPECT_EQ(there.added, back.removed);
    EXPECT_EQ(there.modified, back.modified);
  }
}

}  // namespace
}  // namespace stowage::sim
