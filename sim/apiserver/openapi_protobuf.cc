// OpenAPI version 2 in the wire format of gnostic's openapi.v2.Document, which kubectl before 1.27
// asks for. Only the fields that OpenApiV2 writes are encoded; their numbers are those of
// https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto.
#include <bit>
#include <cmath>

#include "sim/apiserver/openapi.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

// A protobuf message being written. Empty strings, false and 0 are left out, as proto3 has it.
class Message {
 public:
  void String(int field, std::string_view text) {
    if (!text.empty()) Bytes(field, text);
  }
  void Nested(int field, const Message& message) { Bytes(field, message.bytes_); }
  void Bool(int field, bool value) {
    if (value) Int(field, 1);
  }
  void Int(int field, int64_t value) {
    if (value == 0) return;
    Varint(static_cast<uint64_t>(field) << 3);
    Varint(static_cast<uint64_t>(value));
  }
  void Double(int field, double value) {
    if (value == 0) return;
    Varint((static_cast<uint64_t>(field) << 3) | 1);
    auto bits = std::bit_cast<uint64_t>(value);
    for (int i = 0; i < 8; ++i, bits >>= 8) bytes_ += static_cast<char>(bits & 0xFF);
  }
  void Strings(int field, JsonRef list) {
    for (JsonRef e : list.elements()) Bytes(field, e.str());
  }
  std::string Take() && { return std::move(bytes_); }

 private:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7F) | 0x80);
    bytes_ += static_cast<char>(value);
  }
  void Bytes(int field, std::string_view bytes) {
    Varint((static_cast<uint64_t>(field) << 3) | 2);
    Varint(bytes.size());
    bytes_ += bytes;
  }

  std::string bytes_;
};

// Any.yaml: a value as YAML, and JSON is that.
Message Any(JsonRef value) {
  Message any;
  any.String(2, value.Dump() + "\n");
  return any;
}

// The "x-" members of an object as NamedAny.
void Extensions(Message& message, int field, JsonRef object) {
  for (const auto& m : object.members()) {
    if (!m.key.starts_with("x-")) continue;
    Message named;
    named.String(1, m.key);
    named.Nested(2, Any(m.value));
    message.Nested(field, named);
  }
}

Message Schema(JsonRef schema);

Message Properties(JsonRef properties) {
  Message message;
  for (const auto& m : properties.members()) {
    Message named;
    named.String(1, m.key);
    named.Nested(2, Schema(m.value));
    message.Nested(1, named);
  }
  return message;
}

void SchemaBounds(Message& message, JsonRef schema) {
  message.Double(6, schema["multipleOf"].f64());
  message.Double(7, schema["maximum"].f64());
  message.Bool(8, schema["exclusiveMaximum"].boolean());
  message.Double(9, schema["minimum"].f64());
  message.Bool(10, schema["exclusiveMinimum"].boolean());
  message.Int(11, schema["maxLength"].i64());
  message.Int(12, schema["minLength"].i64());
  message.String(13, schema["pattern"].str());
  message.Int(14, schema["maxItems"].i64());
  message.Int(15, schema["minItems"].i64());
  message.Bool(16, schema["uniqueItems"].boolean());
}

Message Schema(JsonRef schema) {
  Message message;
  message.String(1, schema["$ref"].str());
  message.String(2, schema["format"].str());
  message.String(3, schema["title"].str());
  message.String(4, schema["description"].str());
  SchemaBounds(message, schema);
  message.Strings(19, schema["required"]);
  for (JsonRef e : schema["enum"].elements()) message.Nested(20, Any(e));
  if (schema["additionalProperties"].is_object()) {
    Message item;
    item.Nested(1, Schema(schema["additionalProperties"]));
    message.Nested(21, item);
  }
  if (schema["type"].is_string()) {
    Message type;
    type.String(1, schema["type"].str());
    message.Nested(22, type);
  }
  if (schema["items"].is_object()) {
    Message items;
    items.Nested(1, Schema(schema["items"]));
    message.Nested(23, items);
  }
  if (schema["properties"].is_object()) message.Nested(25, Properties(schema["properties"]));
  Extensions(message, 31, schema);
  return message;
}

// ParametersItem{Parameter{BodyParameter | NonBodyParameter{query | path}}}
Message Parameter(JsonRef parameter) {
  const std::string_view in = parameter["in"].str();
  Message outer, item;
  if (in == "body") {
    Message body;
    body.String(2, parameter["name"].str());
    body.String(3, in);
    body.Bool(4, parameter["required"].boolean());
    body.Nested(5, Schema(parameter["schema"]));
    outer.Nested(1, body);
  } else {
    const bool query = in == "query";
    Message sub, non_body;
    sub.Bool(1, parameter["required"].boolean());
    sub.String(2, in);
    sub.String(4, parameter["name"].str());
    sub.String(query ? 6 : 5, parameter["type"].str());
    non_body.Nested(query ? 3 : 4, sub);
    outer.Nested(2, non_body);
  }
  item.Nested(1, outer);
  return item;
}

Message Responses(JsonRef responses) {
  Message message;
  for (const auto& m : responses.members()) {
    Message response, value, named;
    response.String(1, m.value["description"].str());
    if (m.value["schema"].exists()) {
      Message item;
      item.Nested(1, Schema(m.value["schema"]));
      response.Nested(2, item);
    }
    value.Nested(1, response);
    named.String(1, m.key);
    named.Nested(2, value);
    message.Nested(1, named);
  }
  return message;
}

Message Operation(JsonRef operation) {
  Message message;
  message.Strings(6, operation["produces"]);
  message.Strings(7, operation["consumes"]);
  for (JsonRef p : operation["parameters"].elements()) message.Nested(8, Parameter(p));
  message.Nested(9, Responses(operation["responses"]));
  Extensions(message, 13, operation);
  return message;
}

Message PathItem(JsonRef path) {
  Message message;
  static constexpr std::pair<const char*, int> kMethods[] = {
      {"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  for (const auto& [method, field] : kMethods) {
    if (path[method].exists()) message.Nested(field, Operation(path[method]));
  }
  for (JsonRef p : path["parameters"].elements()) message.Nested(9, Parameter(p));
  return message;
}

}  // namespace

std::string OpenApiV2Protobuf(const kube::Json& v2) {
  Message document, info, paths;
  document.String(1, v2["swagger"].str());
  info.String(1, v2["info"]["title"].str());
  info.String(2, v2["info"]["version"].str());
  document.Nested(2, info);
  for (const auto& m : v2["paths"].members()) {
    Message named;
    named.String(1, m.key);
    named.Nested(2, PathItem(m.value));
    paths.Nested(2, named);
  }
  document.Nested(8, paths);
  document.Nested(9, Properties(v2["definitions"]));  // Definitions has the shape of Properties
  return std::move(document).Take();
}

}  // namespace stowage::sim
