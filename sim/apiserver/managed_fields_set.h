// Sets of field paths as metadata.managedFields has them (FieldsV1), and walks over typed objects
// that make and use such sets. The parts of server-side apply that know nothing of managers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::sim {

struct SchemaType;

// A set of paths, as a tree. Keys are FieldsV1's: "f:spec", "k:{\"name\":\"web\"}", "v:\"x\"".
struct FieldSet {
  bool member = false;  // the path that ends here is in the set
  std::map<std::string, FieldSet, std::less<>> children;

  bool empty() const { return !member && children.empty(); }  // as no empty children are kept
  bool operator==(const FieldSet&) const = default;
  const FieldSet* Find(std::string_view element) const;

  void Union(const FieldSet& other);
  void Subtract(const FieldSet& other);
  FieldSet Intersection(const FieldSet& other) const;
  // ".spec.containers[name=\"web\"].image" of every path, in order.
  std::vector<std::string> Paths() const;

  // FieldsV1. What is no such document reads as far as it makes sense.
  static FieldSet FromJson(kube::JsonRef fields);
  void ToJson(kube::JsonNode out) const;
};

struct FieldComparison {
  FieldSet added, modified, removed;
  bool same() const { return added.empty() && modified.empty() && removed.empty(); }
};

// What differs between two objects; either may be missing.
FieldComparison CompareFields(const SchemaType* type, kube::JsonRef before, kube::JsonRef after);

// The paths that an object sets.
FieldSet FieldsOf(const SchemaType* type, kube::JsonRef object);

// kInvalid: lists whose elements have no key, or the same key twice.
Result<void> CheckListKeys(const SchemaType* type, kube::JsonRef object);

// `live` with all that `applied` sets.
kube::Json MergeFields(const SchemaType* type, kube::JsonRef live, kube::JsonRef applied);

// `object` without the paths in `gone`; what becomes empty by that goes too.
kube::Json RemoveFields(const SchemaType* type, kube::JsonRef object, const FieldSet& gone);

}  // namespace stowage::sim
