#include <algorithm>

#include "base/time/rfc3339.h"
#include "sim/apiserver/strategy.h"
#include "sim/apiserver/writes.h"

namespace stowage::sim {
namespace {

constexpr std::string_view kForeground = "foregroundDeletion";
constexpr std::string_view kOrphan = "orphan";

bool HasFinalizer(kube::JsonRef object, std::string_view name) {
  for (kube::JsonRef f : object["metadata"]["finalizers"].elements()) {
    if (f.str() == name) return true;
  }
  return false;
}

// Makes the finalizers say how dependents are dealt with.
void SetPropagation(kube::MutableJson& object, const DeleteRequest& request) {
  bool foreground = HasFinalizer(object.ref(), kForeground);
  bool orphan = HasFinalizer(object.ref(), kOrphan);
  if (!request.propagation.empty() || request.orphan_dependents) {
    foreground = request.propagation == "Foreground";
    orphan = request.propagation == "Orphan" || request.orphan_dependents;
  }
  std::vector<std::string> finalizers;
  for (kube::JsonRef f : object.ref()["metadata"]["finalizers"].elements()) {
    if (f.str() != kForeground && f.str() != kOrphan) finalizers.push_back(f.string());
  }
  if (foreground) finalizers.emplace_back(kForeground);
  if (orphan) finalizers.emplace_back(kOrphan);
  if (finalizers.empty()) {
    object.Remove({"metadata", "finalizers"});
    return;
  }
  object.Set({"metadata", "finalizers"}, kube::JsonArray{});
  for (const std::string& f : finalizers) object["metadata"]["finalizers"].Append(f);
}

ApiResult<void> CheckPreconditions(const ResourceInfo& r, const EntryPtr& existing,
                                   const DeleteRequest& request) {
  const kube::JsonRef metadata = existing->json()["metadata"];
  const auto failed = [&](std::string_view what, std::string_view asked, std::string_view actual) {
    return Conflict(r, existing->key().name,
                    "Precondition failed: " + std::string(what) +
                        " in precondition: " + std::string(asked) + ", " + std::string(what) +
                        " in object meta: " + std::string(actual));
  };
  if (!request.uid.empty() && request.uid != metadata["uid"].str()) {
    return failed("UID", request.uid, metadata["uid"].str());
  }
  if (!request.resource_version.empty() &&
      request.resource_version != metadata["resourceVersion"].str()) {
    return failed("ResourceVersion", request.resource_version, metadata["resourceVersion"].str());
  }
  return {};
}

// Marks a deletion that has to wait `grace` seconds; false: it was marked so already.
bool Mark(Core& core, const ResourceInfo& r, kube::MutableJson& object, int64_t grace) {
  const kube::JsonRef metadata = object.ref()["metadata"];
  const bool deleting = metadata["deletionTimestamp"].is_string();
  if (deleting && metadata["deletionGracePeriodSeconds"].i64() <= grace) return false;
  WallTime start = core.executor.WallNow();
  if (deleting) {
    // The clock started with the first request; only the end moves.
    if (auto end = ParseTime(metadata["deletionTimestamp"].str())) {
      start = *end - Seconds(metadata["deletionGracePeriodSeconds"].i64());
    }
  }
  object.Set({"metadata", "deletionTimestamp"}, FormatTime(start + Seconds(grace)));
  object.Set({"metadata", "deletionGracePeriodSeconds"}, grace);
  if (!deleting && r.generation) {
    object.Set({"metadata", "generation"}, object.ref()["metadata"]["generation"].i64() + 1);
  }
  if (r.storage == "namespaces") object.Set({"status", "phase"}, "Terminating");
  return true;
}

}  // namespace

ApiResult<DeleteRequest> ReadDeleteRequest(kube::JsonRef options, const ParsedTarget& target) {
  DeleteRequest d;
  if (options["gracePeriodSeconds"].is_int()) d.grace_seconds = options["gracePeriodSeconds"].i64();
  if (auto grace = target.Int("gracePeriodSeconds")) d.grace_seconds = grace;
  if (d.grace_seconds && *d.grace_seconds < 0) d.grace_seconds = 1;
  d.uid = options.Find({"preconditions", "uid"}).string();
  d.resource_version = options.Find({"preconditions", "resourceVersion"}).string();
  d.propagation = options["propagationPolicy"].string(target.Param("propagationPolicy"));
  d.orphan_dependents = options["orphanDependents"].boolean(target.Flag("orphanDependents"));
  if (!d.propagation.empty() && d.propagation != "Background" && d.propagation != "Foreground" &&
      d.propagation != "Orphan") {
    return BadRequest("invalid deletion propagation policy \"" + d.propagation +
                      "\": must be Background, Foreground or Orphan");
  }
  for (kube::JsonRef v : options["dryRun"].elements()) d.dry_run |= v.str() == "All";
  d.dry_run |= target.Param("dryRun") == "All";
  return d;
}

ApiResult<DeleteResult> DeleteObject(Core& core, const ResourceInfo& r, const EntryPtr& existing,
                                     const DeleteRequest& request) {
  if (auto ok = CheckPreconditions(r, existing, request); !ok) return ApiFailure(ok.error());
  const kube::NamespacedName& key = existing->key();
  if (r.storage == "namespaces" &&
      (key.name == "default" || key.name == "kube-system" || key.name == "kube-public")) {
    return Forbidden(r, key.name, "this namespace may not be deleted");
  }
  kube::MutableJson object(existing->json());
  SetPropagation(object, request);
  const int64_t grace = GraceSeconds(r, object.ref(), request.grace_seconds);
  const bool waits = grace > 0 || !object.ref()["metadata"]["finalizers"].empty() ||
                     (r.storage == "namespaces" && !object.ref()["spec"]["finalizers"].empty());
  if (request.dry_run) return DeleteResult{existing, !waits};
  if (waits) {
    const bool marked = Mark(core, r, object, grace);
    const bool changed =
        !(object.ref()["metadata"]["finalizers"] == existing->json()["metadata"]["finalizers"]);
    if (!marked && !changed) return DeleteResult{existing, false};
    EntryPtr entry = core.store.Put(r.storage, key, std::move(object));
    AfterUpdate(core, r, existing, entry);
    return DeleteResult{entry, false};
  }
  EntryPtr last = core.store.Delete(r.storage, key);
  AfterDelete(core, r, last);
  return DeleteResult{last, true};
}

}  // namespace stowage::sim
