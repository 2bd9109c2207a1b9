// SchemaTypes as OpenAPI schemas: definitions of version 2, components of version 3.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kube/api/json.h"
#include "sim/apiserver/openapi.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {

class OpenApiSchemas {
 public:
  enum class Version { k2, k3 };
  explicit OpenApiSchemas(Version version) : version_(version) {}

  // Takes in a type and all that it refers to. `kind` (may be nullptr) names it.
  void Add(const SchemaType& type, const ServedKind* kind);
  // {"io.k8s.api.core.v1.Pod": {...}}, sorted by name.
  void Write(kube::JsonNode out) const;
  // {"$ref": "#/definitions/NAME"}
  void WriteRef(std::string_view name, kube::JsonNode out) const;

 private:
  struct Entry {
    const SchemaType* type;
    std::vector<ServedKind> kinds;
  };
  void Collect(const SchemaType& type);
  // Built-in types with a name are definitions of their own; those of CRDs are written in place.
  static bool IsDefinition(const SchemaType& type) { return !type.name.empty(); }

  void WriteUse(const SchemaType& type, std::string_view description, kube::JsonNode out) const;
  void WriteBody(const SchemaType& type, kube::JsonNode out) const;
  void WriteObject(const SchemaType& type, kube::JsonNode out) const;
  void WriteList(const SchemaType& type, kube::JsonNode out) const;
  void WriteKinds(const Entry& entry, kube::JsonNode out) const;
  void WriteCustomRoot(const SchemaType& type, kube::JsonNode out) const;

  Version version_;
  std::map<std::string, Entry> entries_;
};

}  // namespace stowage::sim
