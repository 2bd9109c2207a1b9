// What is served: one ResourceInfo for each resource and version, built in or from a CRD.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kube/api/json.h"
#include "sim/apiserver/openapi.h"

namespace stowage::sim {

struct SchemaType;

// How a custom resource's additionalPrinterColumns are shown.
struct PrinterColumn {
  std::string name, type, format, description, json_path;
  int64_t priority = 0;
};

struct ResourceInfo {
  std::string group, version, kind, plural, singular;
  bool namespaced = true;
  std::vector<std::string> short_names, categories;
  std::string storage;          // the collection in the store: "pods", "deployments.apps"
  std::string storage_version;  // the apiVersion that objects are stored with: "apps/v1"
  bool stored = true;           // false: create only, answered and forgotten (reviews)
  bool status = false;          // has a status subresource
  bool scale = false;
  bool generation = false;                // metadata.generation follows the spec
  std::vector<std::string> subresources;  // others: "binding", "log" ...
  const SchemaType* type = nullptr;

  // Of custom resources.
  bool custom = false;
  std::vector<PrinterColumn> columns;
  std::vector<std::string> selectable_fields;  // without the leading dot
  std::string scale_spec_path, scale_status_path, scale_selector_path;

  std::string GroupVersion() const { return group.empty() ? version : group + "/" + version; }
  std::string GroupResource() const { return group.empty() ? plural : plural + "." + group; }
  bool Has(std::string_view subresource) const;
  std::vector<std::string> Verbs() const;
};

class SchemaRegistry;

class Resources {
 public:
  explicit Resources(SchemaRegistry& schemas);  // with the built-in ones

  // nullptr if it is not served.
  const ResourceInfo* Find(std::string_view group, std::string_view version,
                           std::string_view plural) const;
  const ResourceInfo* FindKind(std::string_view group, std::string_view kind) const;

  // Takes over (or anew) what `crd` describes; called when a CRD is written or read from disk.
  void AddCustom(kube::JsonRef crd);
  void RemoveCustom(std::string_view group, std::string_view plural);

  // In the order of discovery: groups as they were registered, the preferred version first.
  const std::vector<std::shared_ptr<const ResourceInfo>>& all() const { return all_; }
  std::vector<ServedKind> Served() const;
  // Grows when what is served changes.
  uint64_t generation() const { return generation_; }

 private:
  void Add(ResourceInfo info);
  void Drop(std::string_view group, std::string_view plural);

  SchemaRegistry& schemas_;
  std::vector<std::shared_ptr<const ResourceInfo>> all_;
  std::map<std::string, const ResourceInfo*, std::less<>> by_path_;  // "apps/v1/deployments"
  std::vector<std::shared_ptr<const ResourceInfo>>
      retired_;  // requests under way may still use them
  uint64_t generation_ = 0;
};

}  // namespace stowage::sim
