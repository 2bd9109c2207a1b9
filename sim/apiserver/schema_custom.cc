#include "sim/apiserver/schema_custom.h"

#include <algorithm>

#include "sim/apiserver/schema_table.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonRef;
using K = SchemaType::Kind;

constexpr int kMaxDepth = 200;

tl::unexpected<Error> Bad(const std::string& path, std::string_view what) {
  return MakeError(ErrorCode::kInvalid, path + ": " + std::string(what));
}

bool KeepsUnknown(JsonRef node) { return node["x-kubernetes-preserve-unknown-fields"].boolean(); }

// "stable.example.com", "v1", "CronTab" is named "com.example.stable.v1.CronTab".
std::string DefinitionName(std::string_view group, std::string_view version,
                           std::string_view kind) {
  std::string name;
  while (!group.empty()) {
    const size_t dot = group.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? group : group.substr(dot + 1);
    name += std::string(last) + ".";
    group = dot == std::string_view::npos ? std::string_view() : group.substr(0, dot);
  }
  return name + std::string(version) + "." + std::string(kind);
}

void AddField(SchemaType& type, SchemaType::Field field) {
  const auto at =
      std::lower_bound(type.fields.begin(), type.fields.end(), field.name,
                       [](const SchemaType::Field& f, const std::string& n) { return f.name < n; });
  if (at != type.fields.end() && at->name == field.name) {
    *at = std::move(field);
  } else {
    type.fields.insert(at, std::move(field));
  }
}

}  // namespace

SchemaType* CustomSchema::New() {
  owned_.push_back(std::make_unique<SchemaType>());
  return owned_.back().get();
}

Result<std::unique_ptr<CustomSchema>> CustomSchema::Make(std::string_view group,
                                                         std::string_view version,
                                                         std::string_view kind, JsonRef schema) {
  auto custom = std::make_unique<CustomSchema>();
  if (schema.is_object()) {
    custom->document_ = Json::Copy(schema);
    ASSIGN_OR_RETURN(custom->root_, custom->Convert(custom->document_, "openAPIV3Schema", 0));
    if (custom->root_->kind != K::kObject && custom->root_->kind != K::kAny) {
      return Bad("openAPIV3Schema.type", "Invalid value: must be object at the root");
    }
  } else {
    custom->root_ = custom->New();
    custom->root_->preserve_unknown = true;
  }
  custom->root_->kind = K::kObject;
  custom->root_->name = DefinitionName(group, version, kind);
  custom->AddRootFields(*custom->root_);
  return custom;
}

void CustomSchema::AddRootFields(SchemaType& type) {
  const SchemaType* pod = SchemaTable::BuiltIn().FindKind("v1", "Pod");
  for (const char* name : {"apiVersion", "kind", "metadata"}) {
    SchemaType::Field field = *pod->Find(name);
    field.required = type.embedded_resource && field.name != "metadata";
    AddField(type, std::move(field));
  }
}

Result<SchemaType*> CustomSchema::Convert(JsonRef node, const std::string& path, int depth) {
  if (!node.is_object()) return Bad(path, "Invalid value: must be a schema, which is an object");
  if (depth > kMaxDepth) return Bad(path, "Invalid value: the schema is nested too deeply");
  if (node["$ref"].exists()) return Bad(path + ".$ref", "Forbidden: $ref is not supported");
  SchemaType& type = *New();
  type.openapi = document_.Share(node);
  type.description = node["description"].string();
  type.nullable = node["nullable"].boolean();
  type.format = node["format"].string();
  type.embedded_resource = node["x-kubernetes-embedded-resource"].boolean();
  type.preserve_unknown = KeepsUnknown(node);
  const std::string_view word = node["type"].str();
  if (node["x-kubernetes-int-or-string"].boolean()) {
    type.kind = K::kIntOrString;
  } else if (word == "object" ||
             (word.empty() && node["properties"].is_object() && type.preserve_unknown)) {
    RETURN_IF_ERROR(ConvertObject(node, path, depth, type));
  } else if (word == "array") {
    RETURN_IF_ERROR(ConvertList(node, path, depth, type));
  } else if (word == "string") {
    type.kind = K::kString;
  } else if (word == "integer") {
    type.kind = K::kInteger;
  } else if (word == "number") {
    type.kind = K::kNumber;
  } else if (word == "boolean") {
    type.kind = K::kBoolean;
  } else if (!word.empty()) {
    return Bad(path + ".type", "Unsupported value: \"" + std::string(word) +
                                   "\": must be object, array, string, integer, number or boolean");
  } else if (!type.preserve_unknown) {
    return Bad(path + ".type", "Required value: must not be empty for specified object fields");
  }
  return &type;
}

Result<void> CustomSchema::ConvertObject(JsonRef node, const std::string& path, int depth,
                                         SchemaType& type) {
  type.kind = K::kObject;
  type.map_atomic = node["x-kubernetes-map-type"].str() == "atomic";
  const JsonRef properties = node["properties"];
  const JsonRef additional = node["additionalProperties"];
  if (additional.is_object() || (additional.is_bool() && additional.boolean())) {
    if (!properties.empty()) {
      return Bad(path + ".additionalProperties",
                 "Forbidden: additionalProperties and properties are mutual exclusive");
    }
    type.kind = K::kMap;
    if (additional.is_object()) {
      ASSIGN_OR_RETURN(type.items, Convert(additional, path + ".additionalProperties", depth + 1));
    } else {
      SchemaType* any = New();
      any->preserve_unknown = true;
      type.items = any;
    }
    return {};
  }
  for (const auto& m : properties.members()) {
    SchemaType::Field field;
    field.name = m.key;
    field.description = m.value["description"].string();
    ASSIGN_OR_RETURN(field.type,
                     Convert(m.value, path + ".properties[" + field.name + "]", depth + 1));
    AddField(type, std::move(field));
  }
  for (JsonRef name : node["required"].elements()) {
    for (auto& field : type.fields) field.required |= field.name == name.str();
  }
  if (type.embedded_resource) AddRootFields(type);
  return {};
}

Result<void> CustomSchema::ConvertList(JsonRef node, const std::string& path, int depth,
                                       SchemaType& type) {
  type.kind = K::kList;
  if (!node["items"].is_object()) return Bad(path + ".items", "Required value: must be specified");
  ASSIGN_OR_RETURN(type.items, Convert(node["items"], path + ".items", depth + 1));
  const std::string_view list_type = node["x-kubernetes-list-type"].str("atomic");
  const JsonRef keys = node["x-kubernetes-list-map-keys"];
  if (list_type == "set") {
    type.list_type = SchemaType::ListType::kSet;
  } else if (list_type == "map") {
    type.list_type = SchemaType::ListType::kMap;
    for (JsonRef key : keys.elements()) {
      type.list_keys.push_back(key.string());
      if (type.items->kind != K::kObject || !type.items->Find(key.str())) {
        return Bad(
            path + ".x-kubernetes-list-map-keys",
            "Invalid value: " + key.Dump() + ": entries must all be names of item properties");
      }
    }
    if (type.list_keys.empty()) {
      return Bad(path + ".x-kubernetes-list-map-keys",
                 "Required value: must not be empty if x-kubernetes-list-type is map");
    }
  } else if (list_type != "atomic") {
    return Bad(path + ".x-kubernetes-list-type", "Unsupported value: must be atomic, set or map");
  }
  return {};
}

}  // namespace stowage::sim
