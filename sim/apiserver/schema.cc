// Where schemas are found; what they check is in schema_validate.cc and schema_constraints.cc.
#include "sim/apiserver/schema.h"

#include <algorithm>

#include "sim/apiserver/schema_custom.h"
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {
namespace {

std::string ApiVersion(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

}  // namespace

const SchemaType::Field* SchemaType::Find(std::string_view field) const {
  const auto at =
      std::lower_bound(fields.begin(), fields.end(), field,
                       [](const Field& f, std::string_view name) { return f.name < name; });
  return at != fields.end() && at->name == field ? &*at : nullptr;
}

struct SchemaRegistry::Impl {
  std::map<std::string, std::unique_ptr<CustomSchema>, std::less<>> custom;  // "group/version/Kind"
  // Requests under way may still hold a type of a schema that was replaced.
  std::vector<std::unique_ptr<CustomSchema>> retired;
  uint64_t generation = 1;

  void Retire(const std::string& key) {
    const auto it = custom.find(key);
    if (it == custom.end()) return;
    retired.push_back(std::move(it->second));
    custom.erase(it);
    constexpr size_t kKept = 64;
    if (retired.size() > kKept) retired.erase(retired.begin());
  }
};

SchemaRegistry::SchemaRegistry() : impl_(std::make_unique<Impl>()) { SchemaTable::BuiltIn(); }
SchemaRegistry::~SchemaRegistry() = default;

const SchemaType* SchemaRegistry::Find(std::string_view group, std::string_view version,
                                       std::string_view kind) const {
  const std::string api_version = ApiVersion(group, version);
  const auto it = impl_->custom.find(api_version + "/" + std::string(kind));
  if (it != impl_->custom.end()) return it->second->root();
  return SchemaTable::BuiltIn().FindKind(api_version, kind);
}

Result<void> SchemaRegistry::AddCustom(std::string_view group, std::string_view version,
                                       std::string_view kind, kube::JsonRef openapi_v3_schema) {
  ASSIGN_OR_RETURN(auto schema, CustomSchema::Make(group, version, kind, openapi_v3_schema));
  const std::string key = ApiVersion(group, version) + "/" + std::string(kind);
  impl_->Retire(key);
  impl_->custom[key] = std::move(schema);
  ++impl_->generation;
  return {};
}

void SchemaRegistry::RemoveCustom(std::string_view group, std::string_view version,
                                  std::string_view kind) {
  impl_->Retire(ApiVersion(group, version) + "/" + std::string(kind));
  ++impl_->generation;
}

uint64_t SchemaRegistry::generation() const { return impl_->generation; }

}  // namespace stowage::sim
