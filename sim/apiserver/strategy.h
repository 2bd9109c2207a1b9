// What is particular to kinds: defaults, what clients may not set, and validation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/apiserver/core.h"
#include "sim/apiserver/writes.h"

namespace stowage::sim {

using Causes = std::vector<ApiError::Cause>;

// Fields that Kubernetes fills in where the user said nothing.
void ApplyDefaults(const ResourceInfo& resource, kube::MutableJson& object);

// Drops what a client may not say at creation (mostly status), and sets what the server decides.
ApiResult<void> PrepareForCreate(Core& core, const WriteContext& ctx, kube::MutableJson& object);
// Carries over from `old` what this request may not change (status, or all but status).
ApiResult<void> PrepareForUpdate(Core& core, const WriteContext& ctx, kube::JsonRef old,
                                 kube::MutableJson& object);

Causes ValidateCreate(const ResourceInfo& resource, kube::JsonRef object);
Causes ValidateUpdate(const ResourceInfo& resource, kube::JsonRef object, kube::JsonRef old);

// Rules that look at other objects: the namespace, the service account, priority classes, quotas.
ApiResult<void> Admit(Core& core, const WriteContext& ctx, kube::MutableJson& object);

// After something was stored or deleted for good.
void AfterCreate(Core& core, const ResourceInfo& resource, const EntryPtr& entry);
void AfterUpdate(Core& core, const ResourceInfo& resource, const EntryPtr& old,
                 const EntryPtr& entry);
void AfterDelete(Core& core, const ResourceInfo& resource, const EntryPtr& entry);

// The seconds that a deletion waits for the object's own agent (pods); 0: none.
int64_t GraceSeconds(const ResourceInfo& resource, kube::JsonRef object,
                     const std::optional<int64_t>& asked);

// Helpers for validation.
void Required(Causes& causes, std::string field, std::string detail = "");
void InvalidValue(Causes& causes, std::string field, kube::JsonRef value, std::string detail);
void InvalidText(Causes& causes, std::string field, std::string_view value, std::string detail);
void ForbiddenField(Causes& causes, std::string field, std::string detail);
void NotSupported(Causes& causes, std::string field, std::string_view value,
                  std::initializer_list<std::string_view> supported);
void DuplicateValue(Causes& causes, std::string field, std::string_view value);
void Immutable(Causes& causes, std::string field, kube::JsonRef value);

}  // namespace stowage::sim
