#include "sim/apiserver/writes.h"

#include <algorithm>

#include "base/time/rfc3339.h"
#include "sim/apiserver/convert.h"
#include "sim/apiserver/managed_fields.h"
#include "sim/apiserver/strategy.h"

namespace stowage::sim {
namespace {

constexpr int kGeneratedLetters = 5;

// Everything but metadata and status, compared for metadata.generation.
bool SameDesired(kube::JsonRef a, kube::JsonRef b) {
  size_t fields = 0;
  for (const auto& [key, value] : a.members()) {
    if (key == "metadata" || key == "status" || key == "apiVersion" || key == "kind") continue;
    ++fields;
    if (!(value == b[key])) return false;
  }
  for (const auto& [key, value] : b.members()) {
    if (key == "metadata" || key == "status" || key == "apiVersion" || key == "kind") continue;
    --fields;
  }
  return fields == 0;
}

// Equal but for managedFields and resourceVersion: then nothing is written.
bool SameObject(kube::JsonRef a, kube::JsonRef b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a.members()) {
    if (key == "metadata") continue;
    if (!(value == b[key])) return false;
  }
  const auto count = [](kube::JsonRef metadata) {
    size_t n = 0;
    for (const auto& [key, value] : metadata.members()) {
      n += key != "managedFields" && key != "resourceVersion";
    }
    return n;
  };
  const kube::JsonRef ma = a["metadata"], mb = b["metadata"];
  if (count(ma) != count(mb)) return false;
  for (const auto& [key, value] : ma.members()) {
    if (key == "managedFields" || key == "resourceVersion") continue;
    if (!(value == mb[key])) return false;
  }
  return true;
}

kube::MutableJson Tracked(Core& core, const WriteContext& ctx, kube::JsonRef before,
                          kube::MutableJson object) {
  if (ctx.applied || ctx.manager.empty()) return object;
  const FieldManagement who{ctx.manager, ctx.resource->GroupVersion(), ctx.subresource,
                            core.executor.WallNow()};
  return kube::MutableJson(TrackUpdate(ctx.resource->type, before, object.ref(), who));
}

EntryPtr Unstored(const WriteContext& ctx, kube::MutableJson object) {
  return std::make_shared<const Entry>(ctx.key(), 0, std::move(object).Freeze());
}

ApiResult<void> CheckCreateMetadata(Core& core, WriteContext& ctx, kube::MutableJson& object) {
  const kube::JsonRef metadata = object.ref()["metadata"];
  const std::string ns = metadata["namespace"].string();
  if (ctx.resource->namespaced && !ns.empty() && ns != ctx.ns) {
    return BadRequest(
        "the namespace of the provided object does not match the namespace sent on "
        "the request");
  }
  std::string name = metadata["name"].string();
  if (name.empty() && ctx.name.empty() && !metadata["generateName"].str().empty()) {
    std::string base = metadata["generateName"].string().substr(0, 58);
    do {
      name = base + core.rng.Name(kGeneratedLetters);
    } while (core.store.Get(ctx.resource->storage, {ctx.ns, name}));
  }
  if (name.empty()) name = ctx.name;
  if (name.empty()) {
    return Invalid(*ctx.resource, "",
                   {{"FieldValueRequired", "Required value: name or generateName is required",
                     "metadata.name"}});
  }
  ctx.name = name;
  object.Set({"metadata", "name"}, name);
  if (ctx.resource->namespaced) {
    object.Set({"metadata", "namespace"}, ctx.ns);
  } else {
    object.Remove({"metadata", "namespace"});
  }
  return {};
}

void SetSystemMetadata(Core& core, const WriteContext& ctx, kube::MutableJson& object) {
  object.Set({"metadata", "uid"}, core.rng.Uuid());
  object.Set({"metadata", "creationTimestamp"}, core.Timestamp());
  for (const char* field : {"resourceVersion", "selfLink", "deletionTimestamp",
                            "deletionGracePeriodSeconds", "generation"}) {
    object.Remove({"metadata", field});
  }
  if (ctx.resource->generation) object.Set({"metadata", "generation"}, 1);
}

ApiResult<void> CheckPreconditions(const WriteContext& ctx, kube::JsonRef sent, kube::JsonRef old) {
  const std::string_view uid = sent["metadata"]["uid"].str();
  const std::string_view old_uid = old["metadata"]["uid"].str();
  if (!uid.empty() && uid != old_uid) {
    return Conflict(*ctx.resource, ctx.name,
                    "Precondition failed: UID in precondition: " + std::string(uid) +
                        ", UID in object meta: " + std::string(old_uid));
  }
  const std::string_view version = sent["metadata"]["resourceVersion"].str();
  if (!version.empty() && version != "0" && version != old["metadata"]["resourceVersion"].str()) {
    return Modified(*ctx.resource, ctx.name);
  }
  return {};
}

// What no update changes.
void KeepSystemMetadata(kube::JsonRef old, kube::MutableJson& object) {
  for (const char* field :
       {"name", "namespace", "uid", "creationTimestamp", "generateName", "deletionTimestamp",
        "deletionGracePeriodSeconds", "generation", "resourceVersion"}) {
    const kube::JsonRef value = old["metadata"][field];
    if (value.exists()) {
      object.Set({"metadata", field}, value);
    } else {
      object.Remove({"metadata", field});
    }
  }
  object.Remove({"metadata", "selfLink"});
  if (!object.ref()["metadata"]["managedFields"].exists() &&
      old["metadata"]["managedFields"].exists()) {
    object.Set({"metadata", "managedFields"}, old["metadata"]["managedFields"]);
  }
}

// A deleted object whose last finalizer has just gone.
bool ReadyToGo(const ResourceInfo& r, kube::JsonRef object) {
  const kube::JsonRef metadata = object["metadata"];
  if (!metadata["deletionTimestamp"].is_string() || !metadata["finalizers"].empty()) return false;
  if (r.storage == "namespaces") return object["spec"]["finalizers"].empty();
  return metadata["deletionGracePeriodSeconds"].i64(0) == 0;
}

}  // namespace

ApiResult<kube::Json> Decode(const WriteContext& ctx, kube::JsonRef object) {
  const ResourceInfo& r = *ctx.resource;
  if (!r.type) return kube::Json::Copy(object);
  const std::string prefix =
      r.kind + " in version \"" + r.version + "\" cannot be handled as a " + r.kind + ": ";
  if (ctx.validation != "Ignore") {
    const std::vector<std::string> unknown = SchemaRegistry::UnknownFields(*r.type, object);
    if (!unknown.empty() && ctx.validation == "Strict") {
      std::string all;
      for (const std::string& path : unknown) {
        all += (all.empty() ? "" : ", ") + ("unknown field \"" + path + "\"");
      }
      return BadRequest((r.custom ? "" : prefix) + "strict decoding error: " + all);
    }
    if (ctx.warnings) {
      for (const std::string& path : unknown) {
        ctx.warnings->push_back("unknown field \"" + path + "\"");
      }
    }
  }
  Causes causes;
  for (const FieldError& e : SchemaRegistry::Validate(*r.type, object)) {
    if (!r.custom && e.reason == "FieldValueTypeInvalid") {
      return BadRequest(prefix + e.path + ": " + e.message);
    }
    causes.push_back({e.reason, e.message, e.path});
  }
  if (!causes.empty()) return Invalid(r, object["metadata"]["name"].str(), std::move(causes));
  return SchemaRegistry::PruneAndDefault(*r.type, object);
}

ApiResult<EntryPtr> CreateObject(Core& core, WriteContext ctx, kube::JsonRef sent) {
  const ResourceInfo& r = *ctx.resource;
  kube::MutableJson named(sent);
  if (auto ok = CheckCreateMetadata(core, ctx, named); !ok) return ApiFailure(ok.error());
  auto decoded = Decode(ctx, named.ref());
  if (!decoded) return ApiFailure(decoded.error());
  if (decoded->Find({"metadata", "resourceVersion"}).str() != "" &&
      decoded->Find({"metadata", "resourceVersion"}).str() != "0") {
    return BadRequest("resourceVersion should not be set on objects to be created");
  }
  kube::MutableJson object = FromVersion(r, *decoded);
  SetSystemMetadata(core, ctx, object);
  if (auto ok = PrepareForCreate(core, ctx, object); !ok) return ApiFailure(ok.error());
  ApplyDefaults(r, object);
  if (auto ok = Admit(core, ctx, object); !ok) return ApiFailure(ok.error());
  if (Causes causes = ValidateCreate(r, object.ref()); !causes.empty()) {
    return Invalid(r, ctx.name, std::move(causes));
  }
  if (core.store.Get(r.storage, ctx.key())) return AlreadyExists(r, ctx.name);
  object = Tracked(core, ctx, {}, std::move(object));
  if (ctx.dry_run) return Unstored(ctx, std::move(object));
  EntryPtr entry = core.store.Put(r.storage, ctx.key(), std::move(object));
  ++core.stats.creates;
  AfterCreate(core, r, entry);
  return entry;
}

ApiResult<EntryPtr> UpdateObject(Core& core, const WriteContext& ctx, const EntryPtr& existing,
                                 kube::JsonRef sent) {
  const ResourceInfo& r = *ctx.resource;
  const kube::Json& old = existing->json();
  if (auto ok = CheckPreconditions(ctx, sent, old); !ok) return ApiFailure(ok.error());
  kube::MutableJson whole(sent);
  for (const char* field : {"name", "namespace"}) {
    const kube::JsonRef value = old["metadata"][field];
    if (value.exists()) whole.Set({"metadata", field}, value);
  }
  auto decoded = Decode(ctx, whole.ref());
  if (!decoded) return ApiFailure(decoded.error());
  kube::MutableJson object = FromVersion(r, *decoded);
  KeepSystemMetadata(old, object);
  if (auto ok = PrepareForUpdate(core, ctx, old, object); !ok) return ApiFailure(ok.error());
  ApplyDefaults(r, object);
  if (ctx.subresource.empty()) {
    if (auto ok = Admit(core, ctx, object); !ok) return ApiFailure(ok.error());
  }
  Causes causes = ValidateUpdate(r, object.ref(), old);
  if (!causes.empty()) return Invalid(r, ctx.name, std::move(causes));
  if (r.generation && !SameDesired(object.ref(), old)) {
    object.Set({"metadata", "generation"}, old["metadata"]["generation"].i64() + 1);
  }
  if (SameObject(object.ref(), old) && (!ctx.applied || object.ref()["metadata"]["managedFields"] ==
                                                            old["metadata"]["managedFields"])) {
    return existing;
  }
  object = Tracked(core, ctx, old, std::move(object));
  if (ctx.dry_run) return Unstored(ctx, std::move(object));
  if (ReadyToGo(r, object.ref())) {
    core.store.Put(r.storage, ctx.key(), std::move(object));
    EntryPtr last = core.store.Delete(r.storage, ctx.key());
    AfterDelete(core, r, last);
    return last;
  }
  EntryPtr entry = core.store.Put(r.storage, ctx.key(), std::move(object));
  AfterUpdate(core, r, existing, entry);
  return entry;
}

EntryPtr EditObject(Core& core, std::string_view storage, const kube::NamespacedName& key,
                    const std::function<void(kube::MutableJson&)>& change) {
  EntryPtr existing = core.store.Get(storage, key);
  if (!existing) return nullptr;
  kube::MutableJson object(existing->json());
  change(object);
  if (SameObject(object.ref(), existing->json())) return existing;
  return core.store.Put(storage, key, std::move(object));
}

}  // namespace stowage::sim
