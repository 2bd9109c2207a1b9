// Validation, unknown fields, pruning and defaults, along a SchemaType.
#include <algorithm>

#include "base/time/rfc3339.h"
#include "kube/api/quantity.h"
#include "sim/apiserver/schema.h"
#include "sim/apiserver/schema_custom.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;
using K = SchemaType::Kind;

std::string Join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}
std::string Index(const std::string& path, size_t i) {
  return path + "[" + std::to_string(i) + "]";
}

bool IsBase64(std::string_view text) {
  size_t digits = 0, padding = 0;
  for (char c : text) {
    if (c == '\n' || c == '\r') continue;  // as encoding/base64 does
    if (c == '=') {
      ++padding;
    } else if (padding > 0 ||
               !(std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/')) {
      return false;
    } else {
      ++digits;
    }
  }
  return padding <= 2 && (digits + padding) % 4 == 0;
}

// What is wrong with a scalar of a built-in type; empty if nothing is.
std::string ScalarError(const SchemaType& type, JsonRef value) {
  switch (type.kind) {
    case K::kString:
      return value.is_string() ? "" : "must be of type string";
    case K::kBoolean:
      return value.is_bool() ? "" : "must be of type boolean";
    case K::kNumber:
      return value.is_number() ? "" : "must be of type number";
    case K::kInteger:
      if (!value.is_int()) return "must be of type integer";
      if (type.format == "int32" && value.i64() != static_cast<int32_t>(value.i64())) {
        return "must be an integer of 32 bits";
      }
      return "";
    case K::kIntOrString:
      return value.is_int() || value.is_string() ? "" : "must be an integer or a string";
    case K::kQuantity:
      if (value.is_number()) return "";
      if (!value.is_string()) return "must be a quantity, such as \"500m\" or \"1Gi\"";
      return kube::Quantity::Parse(value.str()) ? ""
                                                : "quantities must match the regular expression "
                                                  "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    case K::kTime:
      return value.is_string() && ParseTime(value.str())
                 ? ""
                 : "must be a time as in RFC 3339, such as \"2026-11-20T19:57:00Z\"";
    case K::kBytes:
      return value.is_string() && IsBase64(value.str()) ? "" : "must be base64";
    default:
      return "";
  }
}

class Validator {
 public:
  // Below `status` of a built-in kind missing fields are no error: Kubernetes writes them as empty.
  void Walk(const SchemaType& type, JsonRef value, const std::string& path, bool required);
  std::vector<FieldError> Take() && { return std::move(errors_); }

 private:
  void WalkObject(const SchemaType& type, JsonRef value, const std::string& path, bool required);

  std::vector<FieldError> errors_;
};

void Validator::Walk(const SchemaType& type, JsonRef value, const std::string& path,
                     bool required) {
  if (!value.exists() || value.is_null()) return;
  // A CRD's own constraints are checked by CheckOpenApi; here only the built-in types within.
  const bool own = type.openapi.exists();
  const auto wrong = [&](std::string_view expected) {
    if (own) return;
    errors_.push_back(
        {path, "Invalid value: " + value.Dump() + ": must be of type " + std::string(expected),
         "FieldValueTypeInvalid"});
  };
  switch (type.kind) {
    case K::kAny:
      return;
    case K::kObject:
      if (!value.is_object()) return wrong("object");
      return WalkObject(type, value, path, required);
    case K::kMap:
      if (!value.is_object()) return wrong("object");
      for (const auto& m : value.members()) {
        Walk(*type.items, m.value, path + "[" + std::string(m.key) + "]", required);
      }
      return;
    case K::kList: {
      if (!value.is_array()) return wrong("array");
      size_t i = 0;
      for (JsonRef e : value.elements()) Walk(*type.items, e, Index(path, i++), required);
      return;
    }
    default: {
      if (own) return;
      const std::string error = ScalarError(type, value);
      if (error.empty()) return;
      // The value of a Secret must not show up in a message.
      const std::string shown = type.kind == K::kBytes ? "" : value.Dump() + ": ";
      errors_.push_back(
          {path, "Invalid value: " + shown + error,
           error.starts_with("must be of type") ? "FieldValueTypeInvalid" : "FieldValueInvalid"});
    }
  }
}

void Validator::WalkObject(const SchemaType& type, JsonRef value, const std::string& path,
                           bool required) {
  for (const auto& m : value.members()) {
    const auto* field = type.Find(m.key);
    if (!field) continue;
    const bool status = path.empty() && m.key == "status" && !type.openapi.exists();
    Walk(*field->type, m.value, Join(path, m.key), required && !status);
  }
  for (const auto& field : type.fields) {
    if (!field.required || !required) continue;
    if (type.openapi.exists() && field.type->openapi.exists()) continue;
    const JsonRef member = value[field.name];
    if (member.exists() && !member.is_null()) continue;
    errors_.push_back({Join(path, field.name), "Required value", "FieldValueRequired"});
  }
}

void FindUnknown(const SchemaType& type, JsonRef value, const std::string& path,
                 std::vector<std::string>& out) {
  if (type.kind == K::kObject) {
    for (const auto& m : value.members()) {
      const auto* field = type.Find(m.key);
      if (field) {
        FindUnknown(*field->type, m.value, Join(path, m.key), out);
      } else if (!type.preserve_unknown) {
        out.push_back(Join(path, m.key));
      }
    }
  } else if (type.kind == K::kMap) {
    for (const auto& m : value.members()) {
      FindUnknown(*type.items, m.value, Join(path, m.key), out);
    }
  } else if (type.kind == K::kList) {
    size_t i = 0;
    for (JsonRef e : value.elements()) FindUnknown(*type.items, e, Index(path, i++), out);
  }
}

void Prune(const SchemaType& type, JsonRef value, JsonNode out);

void PruneObject(const SchemaType& type, JsonRef value, JsonNode out) {
  out.Set(JsonObject{});
  for (const auto& m : value.members()) {
    const auto* field = type.Find(m.key);
    if (!field) {
      if (type.preserve_unknown) out[m.key].Set(m.value);
    } else if (!m.value.is_null() || field->type->nullable) {
      Prune(*field->type, m.value, out[m.key]);
    }
  }
  for (const auto& field : type.fields) {
    const JsonRef fallback = field.type->openapi["default"];
    if (fallback.exists() && !out.Has(field.name)) Prune(*field.type, fallback, out[field.name]);
  }
}

void Prune(const SchemaType& type, JsonRef value, JsonNode out) {
  if (type.kind == K::kObject && value.is_object()) {
    PruneObject(type, value, out);
  } else if (type.kind == K::kMap && value.is_object()) {
    out.Set(JsonObject{});
    const bool built_in = !type.openapi.exists();
    for (const auto& m : value.members()) {
      if (m.value.is_null() && built_in && type.items->kind == K::kString) {
        out[m.key].Set("");  // as Go decodes it
      } else {
        Prune(*type.items, m.value, out[m.key]);
      }
    }
  } else if (type.kind == K::kList && value.is_array()) {
    out.Set(JsonArray{});
    for (JsonRef e : value.elements()) Prune(*type.items, e, out.Append(nullptr));
  } else {
    out.Set(value);
  }
}

}  // namespace

std::vector<FieldError> SchemaRegistry::Validate(const SchemaType& type, JsonRef object) {
  Validator validator;
  validator.Walk(type, object, "", true);
  std::vector<FieldError> errors = std::move(validator).Take();
  if (!object.is_object())
    errors.push_back({"", "Required value: an object", "FieldValueRequired"});
  if (type.openapi.exists()) CheckOpenApi(type.openapi, object, "", errors);
  std::stable_sort(errors.begin(), errors.end(),
                   [](const FieldError& a, const FieldError& b) { return a.path < b.path; });
  return errors;
}

std::vector<std::string> SchemaRegistry::UnknownFields(const SchemaType& type, JsonRef object) {
  std::vector<std::string> unknown;
  FindUnknown(type, object, "", unknown);
  std::sort(unknown.begin(), unknown.end());
  return unknown;
}

Json SchemaRegistry::PruneAndDefault(const SchemaType& type, JsonRef object) {
  MutableJson result;
  Prune(type, object, result.root());
  return std::move(result).Freeze();
}

}  // namespace stowage::sim
