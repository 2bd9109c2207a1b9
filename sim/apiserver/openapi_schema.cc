#include "sim/apiserver/openapi_schema.h"

namespace stowage::sim {
namespace {

using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using K = SchemaType::Kind;

std::string_view TypeWord(K kind) {
  switch (kind) {
    case K::kInteger:
      return "integer";
    case K::kNumber:
      return "number";
    case K::kBoolean:
      return "boolean";
    case K::kObject:
    case K::kMap:
      return "object";
    case K::kList:
      return "array";
    case K::kAny:
      return "";
    default:
      return "string";
  }
}

// Constraints that both versions can express.
constexpr const char* kConstraints[] = {
    "enum",        "minimum",    "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minLength",   "maxLength",  "pattern", "minItems",         "maxItems",
    "uniqueItems", "multipleOf", "title"};

}  // namespace

void OpenApiSchemas::Add(const SchemaType& type, const ServedKind* kind) {
  Collect(type);
  if (kind) entries_[type.name].kinds.push_back(*kind);
}

void OpenApiSchemas::Collect(const SchemaType& type) {
  if (IsDefinition(type) && !entries_.try_emplace(type.name, Entry{&type, {}}).second) return;
  if (type.items) Collect(*type.items);
  for (const auto& field : type.fields) Collect(*field.type);
}

void OpenApiSchemas::WriteRef(std::string_view name, JsonNode out) const {
  out["$ref"] =
      (version_ == Version::k2 ? "#/definitions/" : "#/components/schemas/") + std::string(name);
}

void OpenApiSchemas::Write(JsonNode out) const {
  out.Set(JsonObject{});
  for (const auto& [name, entry] : entries_) {
    const JsonNode schema = out[name];
    schema.Set(JsonObject{});
    if (!entry.type->description.empty()) schema["description"] = entry.type->description;
    if (version_ == Version::k3 && entry.type->openapi.exists()) {
      WriteCustomRoot(*entry.type, schema);
    } else {
      WriteBody(*entry.type, schema);
    }
    WriteKinds(entry, schema);
  }
}

void OpenApiSchemas::WriteKinds(const Entry& entry, JsonNode out) const {
  if (entry.kinds.empty()) return;
  const JsonNode list = out["x-kubernetes-group-version-kind"];
  list.Set(JsonArray{});
  for (const ServedKind& k : entry.kinds) {
    const JsonNode gvk = list.Append(JsonObject{});
    gvk["group"] = k.group;
    gvk["kind"] = k.kind;
    gvk["version"] = k.version;
  }
}

// Version 3 can say all that a CRD says, in its own words.
void OpenApiSchemas::WriteCustomRoot(const SchemaType& type, JsonNode out) const {
  out.Set(type.openapi);
  if (!out.Has("type")) out["type"] = "object";
  const JsonNode properties = out["properties"];
  if (!properties.ref().is_object()) properties.Set(JsonObject{});
  for (const char* name : {"apiVersion", "kind", "metadata"}) {
    const auto* field = type.Find(name);
    properties[name].Set(JsonObject{});
    WriteUse(*field->type, field->description, properties[name]);
  }
}

void OpenApiSchemas::WriteUse(const SchemaType& type, std::string_view description,
                              JsonNode out) const {
  out.Set(JsonObject{});
  // kubectl explain shows both, so the same sentence need not stand there twice.
  if (!description.empty() && description != type.description) out["description"] = description;
  if (!IsDefinition(type)) {
    WriteBody(type, out);
  } else if (version_ == Version::k2) {
    WriteRef(type.name, out);
  } else {
    const JsonNode all_of = out["allOf"];
    all_of.Set(JsonArray{});
    WriteRef(type.name, all_of.Append(JsonObject{}));
    if (type.kind == K::kObject) out["default"] = JsonObject{};
  }
  if (type.kind == K::kObject && type.patch_retain_keys) {
    out["x-kubernetes-patch-strategy"] = "retainKeys";
  } else if (type.kind == K::kObject && type.patch_replace) {
    out["x-kubernetes-patch-strategy"] = "replace";
  }
}

void OpenApiSchemas::WriteBody(const SchemaType& type, JsonNode out) const {
  if (type.kind == K::kIntOrString) {
    if (version_ == Version::k3) {
      const JsonNode one_of = out["oneOf"];
      one_of.Append(JsonObject{})["type"] = "integer";
      one_of.Append(JsonObject{})["type"] = "string";
    } else if (!type.openapi.exists()) {
      out["type"] = "string";
    }
    if (type.openapi.exists()) {
      out["x-kubernetes-int-or-string"] = true;
    } else {
      out["format"] = "int-or-string";
    }
    return;
  }
  if (type.kind == K::kQuantity && version_ == Version::k3) {
    const JsonNode one_of = out["oneOf"];
    one_of.Append(JsonObject{})["type"] = "string";
    one_of.Append(JsonObject{})["type"] = "number";
    return;
  }
  const std::string_view word = TypeWord(type.kind);
  if (!word.empty()) out["type"] = word;
  // kubectl explain --recursive fails on a schema that says nothing at all.
  if (word.empty() && version_ == Version::k3 && out.ref().size() == 0)
    out["description"] = "Any value.";
  if (!type.format.empty()) out["format"] = type.format;
  if (type.kind == K::kObject) WriteObject(type, out);
  if (type.kind == K::kList) WriteList(type, out);
  if (type.kind == K::kMap) WriteUse(*type.items, "", out["additionalProperties"]);
  if (type.map_atomic) out["x-kubernetes-map-type"] = "atomic";
  if (type.preserve_unknown) out["x-kubernetes-preserve-unknown-fields"] = true;
  for (const char* constraint : kConstraints) {
    const JsonRef value = type.openapi[constraint];
    if (value.exists()) out[constraint] = value;
  }
}

void OpenApiSchemas::WriteObject(const SchemaType& type, JsonNode out) const {
  // Where unknown fields are kept, clients must not complain about them.
  if (type.preserve_unknown && version_ == Version::k2) return;
  if (type.fields.empty()) return;
  bool any_required = false;
  const JsonNode properties = out["properties"];
  properties.Set(JsonObject{});
  for (const auto& field : type.fields) {
    any_required |= field.required;
    WriteUse(*field.type, field.description, properties[field.name]);
  }
  if (!any_required) return;
  const JsonNode required = out["required"];
  required.Set(JsonArray{});
  for (const auto& field : type.fields) {
    if (field.required) required.Append(field.name);
  }
}

void OpenApiSchemas::WriteList(const SchemaType& type, JsonNode out) const {
  WriteUse(*type.items, "", out["items"]);
  const bool set = type.list_type == SchemaType::ListType::kSet;
  const bool map = type.list_type == SchemaType::ListType::kMap;
  out["x-kubernetes-list-type"] = set ? "set" : map ? "map" : "atomic";
  if (map) {
    const JsonNode keys = out["x-kubernetes-list-map-keys"];
    keys.Set(JsonArray{});
    for (const std::string& key : type.list_keys) keys.Append(key);
  }
  if (type.openapi.exists()) return;  // custom resources know no strategic merge
  if (!type.patch_merge_key.empty()) out["x-kubernetes-patch-merge-key"] = type.patch_merge_key;
  if (!type.patch_merge_key.empty() || (set && !type.patch_replace)) {
    out["x-kubernetes-patch-strategy"] = type.patch_retain_keys ? "merge,retainKeys" : "merge";
  }
}

}  // namespace stowage::sim
