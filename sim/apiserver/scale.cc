#include "sim/apiserver/scale.h"

#include "kube/api/selector.h"
#include "sim/apiserver/filter.h"
#include "sim/apiserver/patch.h"
#include "sim/apiserver/rest.h"
#include "sim/apiserver/strategy.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

struct Paths {
  std::string spec = "spec.replicas", status = "status.replicas", selector;
};

Paths PathsOf(const ResourceInfo& r) {
  if (!r.custom) return {};
  return {r.scale_spec_path, r.scale_status_path, r.scale_selector_path};
}

JsonRef At(JsonRef object, std::string_view path) {
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    object = object[path.substr(0, dot)];
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return object;
}

void SetAt(kube::MutableJson& object, std::string_view path, int64_t value) {
  kube::JsonNode at = object.root();
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    at = at[path.substr(0, dot)];
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  at.Set(value);
}

kube::Json ScaleOf(const ResourceInfo& r, JsonRef object) {
  const Paths paths = PathsOf(r);
  kube::MutableJson j;
  j["kind"] = "Scale";
  j["apiVersion"] = "autoscaling/v1";
  for (const char* field : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (object["metadata"][field].exists()) j.Set({"metadata", field}, object["metadata"][field]);
  }
  j["spec"]["replicas"] = At(object, paths.spec).i64();
  j["status"]["replicas"] = At(object, paths.status).i64();
  if (!paths.selector.empty()) {
    j["status"]["selector"] = FieldText(object, paths.selector);
  } else if (!r.custom) {
    const JsonRef selector = object["spec"]["selector"];
    if (r.kind == "ReplicationController") {
      j["status"]["selector"] = kube::LabelSelector::FromMap(selector).ToString();
    } else if (auto parsed = kube::LabelSelector::FromJson(selector)) {
      j["status"]["selector"] = parsed->ToString();
    }
  }
  return std::move(j).Freeze();
}

ApiResult<kube::Json> ReadScale(Call& call, const kube::Json& before) {
  auto body = ReadAnyBody(call.request);
  if (!body) return body;
  if (call.info.verb == "update") return body;
  const std::string_view type = MediaType(call.request.headers.Get("Content-Type"));
  if (type == "application/json-patch+json") {
    auto after = ApplyJsonPatch(before, *body);
    if (!after) return BadRequest(after.error().message);
    return std::move(*after);
  }
  return ApplyMergePatch(before, *body);
}

}  // namespace

void ServeScale(Core& core, Call& call) {
  const ResourceInfo& r = *call.resource;
  auto existing = FindObject(core, call);
  if (!existing) return ReplyError(core, call, existing.error());
  const kube::Json before = ScaleOf(r, (*existing)->json());
  if (call.info.verb == "get") return ReplyJson(core, call, 200, before);
  if (call.info.verb != "update" && call.info.verb != "patch") {
    return ReplyError(core, call, MethodNotAllowed().value());
  }
  auto scale = ReadScale(call, before);
  if (!scale) return ReplyError(core, call, scale.error());
  const JsonRef replicas = (*scale)["spec"]["replicas"];
  if (replicas.exists() && (!replicas.is_int() || replicas.i64() < 0)) {
    Causes causes;
    InvalidValue(causes, "spec.replicas", replicas, "must be greater than or equal to 0");
    return ReplyError(core, call,
                      Invalid({.group = "autoscaling", .kind = "Scale", .plural = "scales"},
                              call.info.name, std::move(causes))
                          .value());
  }
  kube::MutableJson object((*existing)->json());
  SetAt(object, PathsOf(r).spec, replicas.i64());
  const JsonRef version = (*scale)["metadata"]["resourceVersion"];
  object.Set({"metadata", "resourceVersion"},
             version.exists() ? version.str() : std::string_view());
  WriteContext ctx = MakeWriteContext(call);
  ctx.subresource = "";
  auto entry = UpdateObject(core, ctx, *existing, object.ref());
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyJson(core, call, 200, ScaleOf(r, (*entry)->json()));
}

}  // namespace stowage::sim
