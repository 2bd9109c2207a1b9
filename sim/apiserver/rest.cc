#include "sim/apiserver/rest.h"

#include "sim/apiserver/convert.h"
#include "sim/apiserver/strategy.h"
#include "sim/apiserver/wire.h"

namespace stowage::sim {
namespace {

constexpr char kBodyTypes[] =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";

void ServeGet(Core& core, Call& call) {
  auto entry = FindObject(core, call);
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, 200, *entry);
}

void ServeCreate(Core& core, Call& call) {
  if (!call.info.name.empty()) return ReplyError(core, call, MethodNotAllowed().value());
  auto body = ReadBody(call, *call.resource);
  if (!body) return ReplyError(core, call, body.error());
  auto entry = CreateObject(core, MakeWriteContext(call), *body);
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, 201, *entry);
}

void ServeUpdate(Core& core, Call& call) {
  auto body = ReadBody(call, *call.resource);
  if (!body) return ReplyError(core, call, body.error());
  const std::string_view name = body->Find({"metadata", "name"}).str();
  if (name.empty()) {
    return ReplyError(core, call,
                      BadRequest("the name of the object (" + std::string(name) +
                                 " based on URL) was undeterminable: name must be provided")
                          .value());
  }
  if (name != call.info.name) {
    return ReplyError(core, call,
                      BadRequest("the name of the object (" + std::string(name) +
                                 ") does not match the name on the URL (" + call.info.name + ")")
                          .value());
  }
  auto existing = FindObject(core, call);
  if (!existing) return ReplyError(core, call, existing.error());
  if (call.resource->custom && body->Find({"metadata", "resourceVersion"}).str().empty()) {
    return ReplyError(
        core, call,
        Invalid(*call.resource, name,
                {{"FieldValueInvalid", "Invalid value: 0x0: must be specified for an update",
                  "metadata.resourceVersion"}})
            .value());
  }
  auto entry = UpdateObject(core, MakeWriteContext(call), *existing, *body);
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, 200, *entry);
}

ApiResult<DeleteRequest> ReadDelete(Call& call) {
  auto body = ReadAnyBody(call.request);
  if (!body) return ApiFailure(body.error());
  return ReadDeleteRequest(*body, call.info.target);
}

void ServeDelete(Core& core, Call& call) {
  auto request = ReadDelete(call);
  if (!request) return ReplyError(core, call, request.error());
  auto existing = FindObject(core, call);
  if (!existing) return ReplyError(core, call, existing.error());
  auto result = DeleteObject(core, *call.resource, *existing, *request);
  if (!result) return ReplyError(core, call, result.error());
  // Kubernetes answers with the object where an agent still has to let go of it.
  if (!result->gone || call.resource->storage == "pods") {
    return ReplyObject(core, call, 200, result->entry);
  }
  const std::string_view uid = (*existing)->json()["metadata"]["uid"].str();
  ReplyJson(core, call, 200, SuccessStatus(*call.resource, call.info.name, uid));
}

void ServeDeleteCollection(Core& core, Call& call) {
  auto request = ReadDelete(call);
  if (!request) return ReplyError(core, call, request.error());
  auto filter = ObjectFilter::Make(*call.resource, call.info);
  if (!filter) return ReplyError(core, call, filter.error());
  std::vector<EntryPtr> chosen;
  for (const auto& [key, entry] : core.store.collection(call.resource->storage).objects) {
    if (filter->Matches(key, entry->json())) chosen.push_back(entry);
  }
  kube::MutableJson list;
  list["kind"] = call.resource->kind + "List";
  list["apiVersion"] = call.resource->GroupVersion();
  list["items"] = kube::JsonArray{};
  for (const EntryPtr& entry : chosen) {
    auto result = DeleteObject(core, *call.resource, entry, *request);
    if (!result) return ReplyError(core, call, result.error());
    list["items"].Append(ToVersion(*call.resource, result->entry->json()));
  }
  list.Set({"metadata", "resourceVersion"}, std::to_string(core.store.version()));
  ReplyJson(core, call, 200, std::move(list).Freeze());
}

}  // namespace

ApiResult<EntryPtr> FindObject(Core& core, const Call& call) {
  EntryPtr entry = core.store.Get(call.resource->storage, {call.info.ns, call.info.name});
  if (!entry) return NotFound(*call.resource, call.info.name);
  return entry;
}

ApiResult<kube::Json> ReadAnyBody(const kube::ServerRequest& request) {
  const std::string_view type = MediaType(request.headers.Get("Content-Type"));
  if (!request.json_error.empty()) return BadRequest(request.json_error);
  if (request.json.exists()) return request.json;
  if (request.body.empty()) return kube::Json();
  if (type == kProtobufType) {
    auto decoded = DecodeProtobuf(request.body);
    if (decoded) return std::move(*decoded);
    ApiError e = UnsupportedMediaType(kBodyTypes).value();
    e.message += ": " + decoded.error().message;
    return ApiFailure(std::move(e));
  }
  if (type.ends_with("yaml")) {
    // JSON is what most clients send under this name, too.
    if (auto json = kube::Json::Parse(request.body)) return std::move(*json);
    auto yaml = ParseYaml(request.body);
    if (!yaml) return BadRequest(yaml.error().message);
    return std::move(*yaml);
  }
  if (!type.empty() && type != "application/json" && !type.ends_with("+json")) {
    return UnsupportedMediaType(kBodyTypes);
  }
  auto json = kube::Json::Parse(request.body);
  if (!json) return BadRequest(json.error().message);
  return std::move(*json);
}

ApiResult<kube::Json> ReadBody(Call& call, const ResourceInfo& expected) {
  auto body = ReadAnyBody(call.request);
  if (!body) return body;
  if (!body->is_object()) return BadRequest("the body of the request is empty or is no object");
  const std::string_view kind = (*body)["kind"].str(), version = (*body)["apiVersion"].str();
  if (kind.empty() && version.empty()) {
    kube::MutableJson filled(*body);
    filled["kind"] = expected.kind;
    filled["apiVersion"] = expected.GroupVersion();
    return std::move(filled).Freeze();
  }
  if (version != expected.GroupVersion()) {
    return BadRequest("the API version in the data (" + std::string(version) +
                      ") does not match the expected API version (" + expected.GroupVersion() +
                      ")");
  }
  if (kind != expected.kind) {
    return BadRequest("the kind in the data (" + std::string(kind) +
                      ") does not match the expected kind (" + expected.kind + ")");
  }
  return body;
}

WriteContext MakeWriteContext(Call& call) {
  WriteContext ctx;
  ctx.resource = call.resource;
  ctx.ns = call.info.ns;
  ctx.name = call.info.name;
  ctx.subresource = call.info.subresource;
  ctx.user = call.user;
  const ParsedTarget& target = call.info.target;
  ctx.manager = target.Param("fieldManager");
  if (ctx.manager.empty()) {
    const std::string_view agent = call.request.headers.Get("User-Agent");
    ctx.manager = agent.substr(0, agent.find('/'));
    if (ctx.manager.empty()) ctx.manager = "unknown";
  }
  ctx.dry_run = target.Param("dryRun") == "All";
  ctx.validation = target.Param("fieldValidation");
  if (ctx.validation.empty()) ctx.validation = "Warn";
  ctx.warnings = &call.warnings;
  return ctx;
}

void ServeResource(Core& core, Call& call) {
  const RequestInfo& info = call.info;
  const ResourceInfo& r = *call.resource;
  if (info.target.Has("dryRun") && info.target.Param("dryRun") != "All" &&
      !info.target.Param("dryRun").empty()) {
    return ReplyError(core, call, BadRequest("invalid dryRun: only \"All\" is supported").value());
  }
  if (!info.subresource.empty() && info.subresource != "status") {
    if (!r.Has(info.subresource)) return ReplyError(core, call, NoSuchResource().value());
    return ServeSubresource(core, call);
  }
  if (info.subresource == "status" && !r.status) {
    return ReplyError(core, call, NoSuchResource().value());
  }
  if (!r.stored) return ServeReview(core, call);
  // A namespaced collection over all namespaces can be read, and nothing else.
  if (r.namespaced && info.ns.empty() && info.verb != "list" && info.verb != "watch") {
    return ReplyError(core, call, MethodNotAllowed().value());
  }
  if (!r.namespaced && !info.ns.empty()) return ReplyError(core, call, NoSuchResource().value());
  if (info.verb == "get") return ServeGet(core, call);
  if (info.verb == "list") return ServeList(core, call);
  if (info.verb == "watch") return core.watches.Start(call);
  if (info.verb == "create") return ServeCreate(core, call);
  if (info.verb == "update" && !info.name.empty()) return ServeUpdate(core, call);
  if (info.verb == "patch" && !info.name.empty()) return ServePatch(core, call);
  if (info.verb == "delete" && info.subresource.empty()) return ServeDelete(core, call);
  if (info.verb == "deletecollection") return ServeDeleteCollection(core, call);
  ReplyError(core, call, MethodNotAllowed().value());
}

}  // namespace stowage::sim
