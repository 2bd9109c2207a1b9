// Schemas of the kinds that the embedded API server serves: field types, how lists merge, and what
// is required. One description serves validation, strategic merge, server-side apply and OpenAPI.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::sim {

// One type. Types of built-in kinds live for ever; those of CRDs as long as their SchemaRegistry
// entry.
struct SchemaType {
  enum class Kind {
    kAny,  // anything (unknown fields are kept)
    kString,
    kInteger,
    kNumber,
    kBoolean,
    kIntOrString,
    kQuantity,  // a string or a number
    kTime,      // a string, RFC 3339
    kBytes,     // a string, base64
    kObject,    // fields by name
    kMap,       // any name, values of `items`
    kList,      // values of `items`
  };
  enum class ListType { kAtomic, kSet, kMap };
  struct Field {
    std::string name;
    const SchemaType* type = nullptr;
    bool required = false;
    std::string description;
  };

  Kind kind = Kind::kAny;
  std::string name;  // "io.k8s.api.core.v1.PodSpec"; empty for unnamed ones
  std::string description;
  std::string format;                 // "int32", "int64", "double", "date-time", "byte" or empty
  std::vector<Field> fields;          // of kObject, sorted by name
  const SchemaType* items = nullptr;  // of kMap and kList
  ListType list_type = ListType::kAtomic;
  std::vector<std::string> list_keys;  // of ListType::kMap: server-side apply's keys
  std::string patch_merge_key;  // strategic merge; empty: replace (or primitives merge if kSet)
  bool patch_retain_keys = false;
  bool patch_replace = false;     // of a kSet that strategic merge replaces all the same
  bool map_atomic = false;        // of kObject and kMap: server-side apply owns it whole
  bool preserve_unknown = false;  // of kObject: x-kubernetes-preserve-unknown-fields
  bool embedded_resource = false;
  bool nullable = false;
  // Of CRD schemas only: the raw OpenAPI node, for the constraints that built-in kinds check in
  // code (enum, minimum, pattern, format, default, maxItems ...).
  kube::Json openapi;

  const Field* Find(std::string_view field) const;
};

struct FieldError {
  std::string path;  // "spec.containers[0].image"
  std::string
      message;  // as Kubernetes words it: "Required value", "Invalid value: \"x\": must be ..."
  std::string reason;  // "FieldValueRequired", "FieldValueInvalid", "FieldValueNotSupported" ...
};

class SchemaRegistry {
 public:
  SchemaRegistry();  // knows the built-in kinds
  ~SchemaRegistry();

  // The root type of a kind; nullptr if it is not known.
  const SchemaType* Find(std::string_view group, std::string_view version,
                         std::string_view kind) const;

  // Takes over the structural schema of one version of a CRD (openAPIV3Schema, may be missing).
  // kInvalid: what in the schema is wrong and where.
  Result<void> AddCustom(std::string_view group, std::string_view version, std::string_view kind,
                         kube::JsonRef openapi_v3_schema);
  void RemoveCustom(std::string_view group, std::string_view version, std::string_view kind);
  // Grows with every AddCustom and RemoveCustom: for caches of the OpenAPI documents.
  uint64_t generation() const;

  // Types and required fields, unknown fields not counted (see UnknownFields); sorted by path.
  static std::vector<FieldError> Validate(const SchemaType& type, kube::JsonRef object);
  // Paths of fields that the type does not know ("spec.replicsa"), for fieldValidation=Strict|Warn.
  static std::vector<std::string> UnknownFields(const SchemaType& type, kube::JsonRef object);
  // Without the fields that the type does not know, and with the defaults of a CRD's schema.
  static kube::Json PruneAndDefault(const SchemaType& type, kube::JsonRef object);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stowage::sim
