// Writes: what create, update and delete do to an object, whoever asks: clients, sub-resources, or
// the server itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/apiserver/core.h"

namespace stowage::sim {

struct WriteContext {
  const ResourceInfo* resource = nullptr;
  std::string ns, name, subresource;
  UserInfo user;
  std::string manager;  // field manager; "" leaves managedFields as they are
  bool dry_run = false;
  bool applied = false;    // by server-side apply: managedFields are right already
  std::string validation;  // fieldValidation: "Strict", "Warn" or "Ignore"
  std::vector<std::string>* warnings = nullptr;

  kube::NamespacedName key() const { return {ns, name}; }
};

// The object as it was stored (in the stored version).
ApiResult<EntryPtr> CreateObject(Core& core, WriteContext ctx, kube::JsonRef object);

// `object` takes the place of `existing`; "" or "status" as ctx.subresource say which half counts.
ApiResult<EntryPtr> UpdateObject(Core& core, const WriteContext& ctx, const EntryPtr& existing,
                                 kube::JsonRef object);

struct DeleteRequest {
  std::optional<int64_t> grace_seconds;
  std::string uid, resource_version;
  std::string propagation;
  bool orphan_dependents = false;
  bool dry_run = false;
};
struct DeleteResult {
  EntryPtr entry;
  bool gone = false;  // else only marked: a grace period or finalizers are left
};
ApiResult<DeleteRequest> ReadDeleteRequest(kube::JsonRef options, const ParsedTarget& target);
ApiResult<DeleteResult> DeleteObject(Core& core, const ResourceInfo& resource,
                                     const EntryPtr& existing, const DeleteRequest& request);

// The server's own changes: no validation, no conflict; `change` edits a copy. Nullptr if the
// object is not there.
EntryPtr EditObject(Core& core, std::string_view storage, const kube::NamespacedName& key,
                    const std::function<void(kube::MutableJson&)>& change);

// Checks and prunes `object` against the schema of its kind, as fieldValidation says.
ApiResult<kube::Json> Decode(const WriteContext& ctx, kube::JsonRef object);

}  // namespace stowage::sim
