// Object: one Kubernetes object, whole and immutable; unknown fields are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::kube {

// What names an object in its collection. `ns` is empty for cluster-scoped kinds.
struct NamespacedName {
  std::string ns;
  std::string name;
  std::string ToString() const { return ns.empty() ? name : ns + "/" + name; }
  auto operator<=>(const NamespacedName&) const = default;
};

class Object {
 public:
  Object() = default;
  explicit Object(Json json) : json_(std::move(json)) {}

  const Json& json() const { return json_; }
  JsonRef operator[](std::string_view key) const { return json_[key]; }
  JsonRef operator[](const char* key) const { return json_[key]; }
  JsonRef metadata() const { return json_["metadata"]; }
  JsonRef spec() const { return json_["spec"]; }
  JsonRef status() const { return json_["status"]; }

  bool exists() const { return json_.exists(); }
  std::string_view api_version() const { return json_["apiVersion"].str(); }
  std::string_view kind() const { return json_["kind"].str(); }
  std::string_view name() const { return metadata()["name"].str(); }
  std::string_view ns() const { return metadata()["namespace"].str(); }
  std::string_view uid() const { return metadata()["uid"].str(); }
  std::string_view resource_version() const { return metadata()["resourceVersion"].str(); }
  std::string_view label(std::string_view key) const { return metadata()["labels"][key].str(); }
  std::string_view annotation(std::string_view key) const {
    return metadata()["annotations"][key].str();
  }
  bool deleting() const { return metadata()["deletionTimestamp"].is_string(); }
  NamespacedName key() const { return {std::string(ns()), std::string(name())}; }

 private:
  Json json_;
};

// A collection of the API: "" / "v1" / "pods", or "apps" / "v1" / "deployments".
struct Resource {
  std::string group;
  std::string version;
  std::string plural;
  bool namespaced = true;

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  // "/api/v1/namespaces/ns/pods/name/sub": empty `ns` for all namespaces or cluster-scoped kinds,
  // empty `name` for the collection, empty `sub` for the object itself.
  std::string Path(std::string_view ns = {}, std::string_view name = {},
                   std::string_view sub = {}) const;
  auto operator<=>(const Resource&) const = default;
};

}  // namespace stowage::kube
