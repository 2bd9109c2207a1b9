#include "sim/apiserver/convert.h"
#include "sim/apiserver/managed_fields.h"
#include "sim/apiserver/patch.h"
#include "sim/apiserver/rest.h"

namespace stowage::sim {
namespace {

constexpr char kPatchTypes[] =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, "
    "application/strategic-merge-patch+json";

ApiError FromError(const ResourceInfo& r, std::string_view name, const Error& error) {
  if (error.code == ErrorCode::kConflict) {
    ApiError e = Conflict(r, name, "").value();
    e.message = error.message;
    return e;
  }
  ApiError e = Invalid(r, name, {}).value();
  e.message = error.message;
  return e;
}

void ServeApply(Core& core, Call& call, const kube::Json& applied) {
  const ResourceInfo& r = *call.resource;
  WriteContext ctx = MakeWriteContext(call);
  ctx.applied = true;
  ctx.manager = call.info.target.Param("fieldManager");
  if (ctx.manager.empty()) {
    return ReplyError(core, call,
                      BadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required "
                                 "value: is required for apply patch")
                          .value());
  }
  if (applied["apiVersion"].str() != r.GroupVersion() || applied["kind"].str() != r.kind) {
    return ReplyError(core, call,
                      BadRequest("the apiVersion and kind in the data do not match " +
                                 r.GroupVersion() + ", " + r.kind)
                          .value());
  }
  auto checked = Decode(ctx, applied);
  if (!checked && checked.error().code == 400) return ReplyError(core, call, checked.error());
  kube::MutableJson named(applied);
  named.Set({"metadata", "name"}, call.info.name);
  if (r.namespaced) named.Set({"metadata", "namespace"}, call.info.ns);
  const EntryPtr live = core.store.Get(r.storage, {call.info.ns, call.info.name});
  if (!live && !call.info.subresource.empty()) {
    return ReplyError(core, call, NotFound(r, call.info.name).value());
  }
  const FieldManagement who{ctx.manager, r.GroupVersion(), ctx.subresource,
                            core.executor.WallNow()};
  const kube::Json before = live ? ToVersion(r, live->json()) : kube::Json();
  auto merged = ServerSideApply(r.type, before, named.ref(), call.info.target.Flag("force"), who);
  if (!merged) return ReplyError(core, call, FromError(r, call.info.name, merged.error()));
  ctx.warnings = nullptr;  // told once, by Decode above
  auto entry = live ? UpdateObject(core, ctx, live, *merged) : CreateObject(core, ctx, *merged);
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, live ? 200 : 201, *entry);
}

}  // namespace

void ServePatch(Core& core, Call& call) {
  const ResourceInfo& r = *call.resource;
  const std::string_view type = MediaType(call.request.headers.Get("Content-Type"));
  auto patch = ReadAnyBody(call.request);
  if (!patch) return ReplyError(core, call, patch.error());
  if (type == "application/apply-patch+yaml") return ServeApply(core, call, *patch);
  auto existing = FindObject(core, call);
  if (!existing) return ReplyError(core, call, existing.error());
  const kube::Json before = ToVersion(r, (*existing)->json());
  Result<kube::Json> after = kube::Json();
  if (type == "application/json-patch+json") {
    after = ApplyJsonPatch(before, *patch);
  } else if (!patch->is_object()) {
    return ReplyError(core, call, BadRequest("the patch is no object").value());
  } else if (type == "application/merge-patch+json") {
    after = ApplyMergePatch(before, *patch);
  } else if (type == "application/strategic-merge-patch+json" && !r.custom) {
    after = ApplyStrategicMergePatch(r.type, before, *patch);
  } else {
    return ReplyError(core, call, UnsupportedMediaType(kPatchTypes).value());
  }
  if (!after) return ReplyError(core, call, FromError(r, call.info.name, after.error()));
  auto entry = UpdateObject(core, MakeWriteContext(call), *existing, *after);
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, 200, *entry);
}

}  // namespace stowage::sim
