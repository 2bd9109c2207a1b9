// The table of the built-in kinds' types, in a notation of its own, and its parser.
//
//   package io.k8s.api.apps.v1 apps/v1        the package of the types below, and their apiVersion
//   Deployment kind: What it is for.          a type that is a kind: has apiVersion, kind, metadata
//     replicas int32: How many.               a field, its type, what it means
//     selector! LabelSelector; paused bool    required; several fields without a description
//     conditions []DeploymentCondition merge=type
//         A description that goes on here.
//
// Types: string bool int32 int64 double bytes time microtime quantity intstr any, []T, {}T (a map),
// and names: of this package, else of core/v1 or meta/v1, else with two parts more
// ("batch.v1.JobSpec").
// After a type's name: kind, atomic (server-side apply owns it whole), like=T (has T's fields too).
// After a field's type: merge=KEY (strategic merge by that key, and server-side apply too unless
// map= says otherwise), map=KEY,KEY (server-side apply's keys), set, atomic, replace, retainKeys.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/apiserver/schema.h"

namespace stowage::sim {

std::string_view SchemaTableMeta();
std::string_view SchemaTableCore();
std::string_view SchemaTableCorePod();
std::string_view SchemaTableCoreVolume();
std::string_view SchemaTableApps();
std::string_view SchemaTableNetwork();
std::string_view SchemaTableCluster();
std::string_view SchemaTableExtend();

// All types of the table, linked to each other. Made once; types stay where they are for ever.
class SchemaTable {
 public:
  static const SchemaTable& BuiltIn();

  // kInternal: the line of the table that is wrong.
  static Result<std::unique_ptr<SchemaTable>> Parse(const std::vector<std::string_view>& texts);

  // By apiVersion and kind ("apps/v1", "Deployment"); nullptr if there is none.
  const SchemaType* FindKind(std::string_view api_version, std::string_view kind) const;
  // By full name ("io.k8s.api.core.v1.PodSpec").
  const SchemaType* FindType(std::string_view name) const;

  const std::map<std::string, const SchemaType*, std::less<>>& kinds() const { return kinds_; }

 private:
  friend class SchemaTableParser;
  std::vector<std::unique_ptr<SchemaType>> owned_;
  std::map<std::string, SchemaType*, std::less<>> types_;        // by full name
  std::map<std::string, const SchemaType*, std::less<>> kinds_;  // by "apps/v1/Deployment"
};

}  // namespace stowage::sim
