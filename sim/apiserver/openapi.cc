// The OpenAPI documents: schemas (openapi_schema.h) and the paths that use them.
#include "sim/apiserver/openapi.h"

#include <algorithm>

#include "base/random/rng.h"
#include "sim/apiserver/openapi_schema.h"
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;

constexpr std::string_view kDeleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
constexpr std::string_view kStatus = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

std::string GroupVersionPath(const ServedKind& k) {
  return k.group.empty() ? "api/" + k.version : "apis/" + k.group + "/" + k.version;
}

bool Has(const ServedKind& k, std::string_view verb) {
  return std::find(k.verbs.begin(), k.verbs.end(), verb) != k.verbs.end();
}

bool IsCustom(const SchemaType& type) { return !SchemaTable::BuiltIn().FindType(type.name); }

// One operation on a collection or an object of a kind.
struct Operation {
  std::string_view method, action, verb;
  bool on_object;
  std::vector<std::string_view> query;
};

const std::vector<Operation>& Operations() {
  static const auto* operations = new std::vector<Operation>{
      {"get",
       "list",
       "list",
       false,
       {"allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit",
        "resourceVersion", "resourceVersionMatch", "timeoutSeconds", "watch"}},
      {"post", "post", "create", false, {"dryRun", "fieldManager", "fieldValidation"}},
      {"delete",
       "deletecollection",
       "deletecollection",
       false,
       {"continue", "dryRun", "fieldSelector", "gracePeriodSeconds", "labelSelector", "limit",
        "propagationPolicy"}},
      {"get", "get", "get", true, {}},
      {"put", "put", "update", true, {"dryRun", "fieldManager", "fieldValidation"}},
      {"patch", "patch", "patch", true, {"dryRun", "fieldManager", "fieldValidation", "force"}},
      {"delete",
       "delete",
       "delete",
       true,
       {"dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"}}};
  return *operations;
}

std::string_view QueryType(std::string_view name) {
  if (name == "limit" || name.ends_with("Seconds")) return "integer";
  if (name == "watch" || name == "force" || name.ends_with("Bookmarks") ||
      name.starts_with("orphan"))
    return "boolean";
  return "string";
}

class Writer {
 public:
  Writer(const SchemaRegistry& registry, OpenApiSchemas::Version version)
      : registry_(registry), version_(version), schemas_(version) {}

  void AddPaths(const ServedKind& kind, JsonNode paths);
  void WriteSchemas(JsonNode out) {
    for (std::string_view name : {kDeleteOptions, kStatus}) {
      schemas_.Add(*SchemaTable::BuiltIn().FindType(name), nullptr);
    }
    schemas_.Write(out);
  }

 private:
  bool v2() const { return version_ == OpenApiSchemas::Version::k2; }
  void WriteOperation(const ServedKind& kind, const SchemaType& type, const Operation& operation,
                      JsonNode out);
  void WriteParameters(const Operation& operation, std::string_view body, JsonNode out);
  void WritePathParameters(const ServedKind& kind, bool on_object, JsonNode path);
  void WriteParameter(std::string_view name, std::string_view in, std::string_view type,
                      JsonNode out);
  void WriteContent(const std::vector<std::string_view>& types, std::string_view schema,
                    JsonNode content);
  std::vector<std::string_view> Consumes(const SchemaType& type, const Operation& operation) const;

  const SchemaRegistry& registry_;
  OpenApiSchemas::Version version_;
  OpenApiSchemas schemas_;
};

void Writer::AddPaths(const ServedKind& kind, JsonNode paths) {
  const SchemaType* type = registry_.Find(kind.group, kind.version, kind.kind);
  if (!type) return;
  schemas_.Add(*type, &kind);
  const SchemaType* list = registry_.Find(kind.group, kind.version, kind.kind + "List");
  if (list) {
    ServedKind list_kind = kind;
    list_kind.kind += "List";
    schemas_.Add(*list, &list_kind);
  }
  const std::string base = "/" + GroupVersionPath(kind) + "/";
  const std::string collection =
      base + (kind.namespaced ? "namespaces/{namespace}/" : "") + kind.plural;
  for (const Operation& operation : Operations()) {
    if (!Has(kind, operation.verb)) continue;
    const std::string path = collection + (operation.on_object ? "/{name}" : "");
    const bool fresh = !paths.Has(path);
    WriteOperation(kind, *type, operation, paths[path][operation.method]);
    if (fresh) WritePathParameters(kind, operation.on_object, paths[path]);
    if (operation.action == "list" && kind.namespaced) {
      WriteOperation(kind, *type, operation, paths[base + kind.plural][operation.method]);
    }
  }
}

void Writer::WritePathParameters(const ServedKind& kind, bool on_object, JsonNode path) {
  if (!kind.namespaced && !on_object) return;
  path["parameters"].Set(JsonArray{});
  if (on_object) WriteParameter("name", "path", "string", path["parameters"].Append(JsonObject{}));
  if (kind.namespaced) {
    WriteParameter("namespace", "path", "string", path["parameters"].Append(JsonObject{}));
  }
}

void Writer::WriteParameter(std::string_view name, std::string_view in, std::string_view type,
                            JsonNode out) {
  out["in"] = in;
  out["name"] = name;
  if (in == "path") out["required"] = true;
  if (v2()) {
    out["type"] = type;
    out["uniqueItems"] = true;
  } else {
    out["schema"]["type"] = type;
  }
}

std::vector<std::string_view> Writer::Consumes(const SchemaType& type,
                                               const Operation& operation) const {
  if (operation.method != "patch") return {"*/*"};
  std::vector<std::string_view> types = {"application/json-patch+json",
                                         "application/merge-patch+json"};
  if (!IsCustom(type)) types.push_back("application/strategic-merge-patch+json");
  types.push_back("application/apply-patch+yaml");
  return types;
}

void Writer::WriteContent(const std::vector<std::string_view>& types, std::string_view schema,
                          JsonNode content) {
  content.Set(JsonObject{});
  for (std::string_view type : types) {
    const JsonNode media = content[type]["schema"];
    media.Set(JsonObject{});
    if (schema.empty()) {
      media["type"] = "object";
    } else {
      schemas_.WriteRef(schema, media);
    }
  }
}

void Writer::WriteParameters(const Operation& operation, std::string_view body, JsonNode out) {
  out.Set(JsonArray{});
  if (v2() && operation.method != "get") {
    const JsonNode parameter = out.Append(JsonObject{});
    parameter["in"] = "body";
    parameter["name"] = "body";
    if (operation.method != "delete") parameter["required"] = true;
    parameter["schema"].Set(JsonObject{});
    if (body.empty()) {
      parameter["schema"]["type"] = "object";
    } else {
      schemas_.WriteRef(body, parameter["schema"]);
    }
  }
  for (std::string_view name : operation.query) {
    WriteParameter(name, "query", QueryType(name), out.Append(JsonObject{}));
  }
}

void Writer::WriteOperation(const ServedKind& kind, const SchemaType& type,
                            const Operation& operation, JsonNode out) {
  out.Set(JsonObject{});
  const bool list = operation.action == "list";
  std::string_view body =
      operation.method == "delete" ? kDeleteOptions : std::string_view(type.name);
  if (operation.method == "patch") body = "";
  const std::string list_name = type.name + "List";
  std::string_view answer = operation.method == "delete" ? kStatus : std::string_view(type.name);
  if (list) answer = SchemaTable::BuiltIn().FindType(list_name) ? std::string_view(list_name) : "";
  const auto consumes = Consumes(type, operation);
  if (v2()) {
    out["consumes"].Set(JsonArray{});
    for (std::string_view c : consumes) out["consumes"].Append(c);
    out["produces"].Set(JsonArray{});
    for (const char* p : {"application/json", "application/yaml"}) out["produces"].Append(p);
  } else if (operation.method != "get") {
    WriteContent(consumes, body, out["requestBody"]["content"]);
  }
  WriteParameters(operation, body, out["parameters"]);
  const JsonNode ok = out["responses"]["200"];
  ok["description"] = "OK";
  if (!v2()) {
    WriteContent({"application/json", "application/yaml"}, answer, ok["content"]);
  } else if (!answer.empty()) {
    schemas_.WriteRef(answer, out["responses"]["200"]["schema"]);
  }
  out["x-kubernetes-action"] = operation.action;
  const JsonNode gvk = out["x-kubernetes-group-version-kind"];
  gvk["group"] = kind.group;
  gvk["kind"] = kind.kind;
  gvk["version"] = kind.version;
}

void WriteInfo(JsonNode root) {
  root["info"]["title"] = "Kubernetes";
  root["info"]["version"] = "v1.32.0";
}

}  // namespace

Json OpenApiV2(const SchemaRegistry& registry, const std::vector<ServedKind>& served) {
  MutableJson document;
  document["swagger"] = "2.0";
  WriteInfo(document.root());
  document["paths"].Set(JsonObject{});
  Writer writer(registry, OpenApiSchemas::Version::k2);
  for (const ServedKind& kind : served) writer.AddPaths(kind, document["paths"]);
  writer.WriteSchemas(document["definitions"]);
  return std::move(document).Freeze();
}

Json OpenApiV3(const SchemaRegistry& registry, const std::vector<ServedKind>& served,
               std::string_view group_version) {
  MutableJson document;
  document["openapi"] = "3.0.0";
  WriteInfo(document.root());
  document["paths"].Set(JsonObject{});
  Writer writer(registry, OpenApiSchemas::Version::k3);
  bool any = false;
  for (const ServedKind& kind : served) {
    if (GroupVersionPath(kind) != group_version) continue;
    any = true;
    writer.AddPaths(kind, document["paths"]);
  }
  if (!any) return {};
  writer.WriteSchemas(document["components"]["schemas"]);
  return std::move(document).Freeze();
}

Json OpenApiV3Index(const SchemaRegistry& registry, const std::vector<ServedKind>& served) {
  std::map<std::string, uint64_t> hashes;  // by group version
  for (const ServedKind& kind : served) {
    uint64_t& hash = hashes[GroupVersionPath(kind)];
    hash = HashCombine(hash, StableHash(kind.kind + "/" + kind.plural));
    const SchemaType* type = registry.Find(kind.group, kind.version, kind.kind);
    // Built-in schemas only change with the program.
    if (type && type->openapi.exists()) hash = HashCombine(hash, type->openapi.Hash());
  }
  MutableJson index;
  const JsonNode paths = index["paths"];
  paths.Set(JsonObject{});
  for (const auto& [path, hash] : hashes) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llX", static_cast<unsigned long long>(hash));
    paths[path]["serverRelativeURL"] = "/openapi/v3/" + path + "?hash=" + text;
  }
  return std::move(index).Freeze();
}

}  // namespace stowage::sim
