// The schema of one version of a custom resource, taken over from a CRD.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "kube/api/json.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {

class CustomSchema {
 public:
  // `schema` missing or null: a kind without a schema, which keeps everything. kInvalid: it is not
  // structural, and where.
  static Result<std::unique_ptr<CustomSchema>> Make(std::string_view group,
                                                    std::string_view version, std::string_view kind,
                                                    kube::JsonRef schema);

  const SchemaType* root() const { return root_; }

 private:
  Result<SchemaType*> Convert(kube::JsonRef node, const std::string& path, int depth);
  Result<void> ConvertObject(kube::JsonRef node, const std::string& path, int depth,
                             SchemaType& type);
  Result<void> ConvertList(kube::JsonRef node, const std::string& path, int depth,
                           SchemaType& type);
  // apiVersion, kind and metadata, which every object of the API has.
  void AddRootFields(SchemaType& type);
  SchemaType* New();

  kube::Json document_;
  std::vector<std::unique_ptr<SchemaType>> owned_;
  SchemaType* root_ = nullptr;
};

// What the constraints of an OpenAPI node (enum, minimum, pattern, oneOf ...) have against `value`,
// its type and its parts included; see schema_constraints.cc.
void CheckOpenApi(kube::JsonRef node, kube::JsonRef value, const std::string& path,
                  std::vector<FieldError>& errors);

}  // namespace stowage::sim
